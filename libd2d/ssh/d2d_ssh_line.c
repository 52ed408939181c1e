/*
 * Lines of authorized_keys: "[OPTIONS] TYPE BASE64 [COMMENT]" (sshd(8)), as far as dropbear understands them.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_ssh_line.o

#include "d2d_ssh.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Returns the length of the word at TEXT. Inside double quotes, which a backslash may precede, blanks belong to the word. */
static size_t word(const char *text, size_t len)
{
	bool quoted = false;
	size_t i;

	for (i = 0; i < len && (quoted || !is_blank(text[i])); i++) {
		if (text[i] == '\\' && i + 1 < len && text[i + 1] == '"')
			i++;
		else if (text[i] == '"')
			quoted = !quoted;
	}
	return i;
}

/* Returns why dropbear would refuse a key with these options, or NULL. A key whose options aren't understood must not be accepted,
 * because they restrict it. */
static const char *options_error(const char *text, size_t len)
{
	static const char flags[] ALIGN1 = "no-port-forwarding\0no-agent-forwarding\0no-X11-forwarding\0no-pty\0restrict\0"
		"no-touch-required\0verify-required\0";
	static const char values[] ALIGN1 = "command\0permitopen\0";
	bool command = false;

	for (;;) {
		size_t n = 0, name;
		char *key;
		int flag;

		while (n < len && text[n] != ',' && text[n] != '=')
			n++;
		name = n;
		key = xstrndup(text, name);
		flag = n < len && text[n] == '=' ? index_in_strings(values, key) : index_in_strings(flags, key);
		free(key);
		if (flag < 0)
			return "an option that the server doesn't know, so the key isn't accepted";
		if (n < len && text[n] == '=') {
			/* dropbear accepts one command. */
			if (flag == 0 && command)
				return "two commands";
			command |= flag == 0;
			if (n + 1 >= len || text[n + 1] != '"')
				return "an option whose value isn't in double quotes";
			for (n += 2; n < len && text[n] != '"'; n++)
				if (text[n] == '\\' && n + 1 < len)
					n++;
			if (n++ >= len)
				return "an option whose value isn't in double quotes";
		}
		if (n == len)
			return NULL;
		if (text[n] != ',' || n + 1 == len)
			return "options that aren't separated by single commas";
		text += n + 1;
		len -= n + 1;
	}
}

/* Whether a word may be the type of a key, known or not. */
static bool is_type(const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (!isalnum(text[i]) && !strchr("-@.", text[i]))
			return false;
	return len > 6 && (strncmp(text, "ssh-", 4) == 0 || strncmp(text, "ecdsa-", 6) == 0 || strncmp(text, "sk-", 3) == 0);
}

/* Returns what a line is if it is the beginning of a key in another form, or NULL. */
static const char *other_form(const char *line, size_t len)
{
	static const char *const forms[][2] = {
		{ "-----BEGIN ", "the beginning of a private key, which belongs to nobody else: use the file with the suffix .pub" },
		{ "PuTTY-User-Key-File", "the beginning of a private key of PuTTY: save the public key, which PuTTYgen shows" },
		{ "---- BEGIN SSH2 PUBLIC KEY", "the beginning of a key in another form: convert it with 'ssh-keygen -i -f FILE'" },
	};
	unsigned i;

	for (i = 0; i < ARRAY_SIZE(forms); i++)
		if (len >= strlen(forms[i][0]) && memcmp(line, forms[i][0], strlen(forms[i][0])) == 0)
			return forms[i][1];
	return NULL;
}

static void skip_blanks(const char **p, const char *end)
{
	while (*p < end && is_blank(**p))
		(*p)++;
}

/* Parses the type of a key and what follows. Returns NULL, or what is wrong. */
static const char *parse_key(const char *type, const char *end, struct d2d_ssh_key *key)
{
	size_t n = word(type, end - type);
	const char *p = type + n, *why;
	const char *base64;

	if (!is_type(type, n))
		return "not a public key, 'ssh-ed25519 AAAA... COMMENT' for example";
	if (memmem(type, n, "-cert-", 6))
		return "a certificate, and the server accepts keys only";
	skip_blanks(&p, end);
	for (base64 = p; p < end && !is_blank(*p); p++)
		continue;
	why = d2d_ssh_blob_decode(&key->blob, base64, p - base64);
	if (why)
		return why;
	if (strlen(key->blob.type) != n || memcmp(key->blob.type, type, n) != 0)
		return "the type in front of the key isn't that of the key";
	skip_blanks(&p, end);
	key->comment = d2d_printable(p, end - p);
	return NULL;
}

int d2d_ssh_line(const char *line, size_t len, struct d2d_ssh_key *key, const char **why)
{
	const char *end = line + len, *p;
	size_t options = 0;

	while (end > line && (is_blank(end[-1]) || end[-1] == '\r'))
		end--;
	skip_blanks(&line, end);
	if (line == end || line[0] == '#')
		return 0;
	*why = other_form(line, end - line);
	if (!*why && end - line > D2D_SSH_LINE_MAX)
		*why = "too long";
	if (!*why && memchr(line, '\0', end - line))
		*why = "a NUL byte is in it";
	if (*why)
		return -EINVAL;

	p = line + word(line, end - line);
	if (is_type(line, p - line)) {
		p = line;
	} else {
		options = p - line;
		skip_blanks(&p, end);
	}
	/* A line without a type is no key, whatever it begins with. */
	*why = parse_key(p, end, key);
	if (*why)
		return -EINVAL;
	*why = options ? options_error(line, options) : NULL;
	if (*why) {
		free(key->comment);
		return -EINVAL;
	}
	key->options = xstrndup(line, options);
	return 1;
}

void d2d_ssh_key_free(struct d2d_ssh_key *key)
{
	free(key->options);
	free(key->comment);
}

char *d2d_ssh_key_line(const struct d2d_ssh_key *key)
{
	char *base64 = d2d_ssh_base64(&key->blob), *line;

	line = xasprintf("%s%s%s %s%s%s\n", key->options, key->options[0] ? " " : "", key->blob.type, base64,
		key->comment[0] ? " " : "", key->comment);
	free(base64);
	return line;
}

unsigned d2d_ssh_file(const char *text, size_t len, const struct d2d_ssh_reader *reader)
{
	const char *end = text + len, *why;
	unsigned line = 0, keys = 0;
	struct d2d_ssh_key key;

	if (len >= 2 && (memcmp(text, "\xff\xfe", 2) == 0 || memcmp(text, "\xfe\xff", 2) == 0)) {
		reader->wrong(reader->arg, 0, "UTF-16, as PowerShell writes it: save it as plain text");
		return 0;
	}
	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		text += 3;
	while (text < end) {
		const char *stop = memchr(text, '\n', end - text) ? : end;
		int r = d2d_ssh_line(text, stop - text, &key, &why);

		line++;
		if (r > 0) {
			reader->found(reader->arg, &key);
			d2d_ssh_key_free(&key);
			keys++;
		} else if (r < 0) {
			reader->wrong(reader->arg, line, why);
		}
		text = stop + 1;
	}
	return keys;
}
