/*
 * d2dswarm: parses d2d/swarm.conf. It may come from a stick or a disk that anybody can write, so each line is checked, a line
 * with a mistake is named and left out, and the others are used. Messages never repeat a value that could be a token, since they
 * go to logs and consoles. Pure functions on memory, which access no files.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DSWARM) += d2dswarm_parse.o

#include "d2dswarm.h"
#include "d2d_config.h"
#include <arpa/inet.h>
#include <net/if.h>

enum { WRONG_MAX = 50, HOST = 253, LABEL = 63, SHOWN = 60 };

struct parser {
	struct d2dswarm_conf *c;
	const char *path;
	unsigned line, n_wrong;
};

bool d2dswarm_has_secret(const char *text)
{
	return strcasestr(text, "SWMTKN") != NULL;
}

/* Whether a word may be printed that is in the wrong place. The two secret parts of a token have 50 and 25 letters and digits;
 * names have hardly ever so many without a dot. */
static bool is_printable_word(const char *text)
{
	const char *p;
	size_t run = 0;

	for (p = text; *p && run < 20; p++)
		run = isalnum((unsigned char)*p) ? run + 1 : 0;
	return run < 20 && !d2dswarm_has_secret(text);
}

static void wrong(struct parser *parser, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void wrong(struct parser *parser, const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = d2d_vformat(format, args);
	va_end(args);
	llist_add_to_end(&parser->c->wrong, xasprintf("%s:%u: %s", parser->path, parser->line, text));
	parser->n_wrong++;
	free(text);
}

/* ---- values ---- */

/* Returns the value for a message, "" if it could be a token. The text is freed later (auto_string). */
static const char *shown(const char *value)
{
	if (!is_printable_word(value))
		return "";
	return auto_string(xasprintf(": '%s'", auto_string(d2d_printable(value, MIN(strlen(value), SHOWN)))));
}

/* Whether HOST can be the name of a host. Without the limit for a label of a name, a token would be one, and be shown as one. */
static bool is_host(const char *host)
{
	size_t len = strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._");
	const char *label;

	if (!len || len > HOST || host[len] || !isalnum((unsigned char)host[0]) || !isalnum((unsigned char)host[len - 1]))
		return false;
	for (label = host; *label; label += len + (label[len] == '.')) {
		len = strcspn(label, ".");
		if (!len || len > LABEL)
			return false;
	}
	return !d2dswarm_has_secret(host);
}

/* Returns "HOST:PORT" with an address of IPv6 in brackets, or NULL. The caller frees it. */
static char *manager(const char *word)
{
	char *host = xstrdup(word), *port = NULL, *end, *result = NULL;
	unsigned number = D2DSWARM_MANAGE;
	struct in6_addr v6;

	if (host[0] == '[' && (end = strchr(host, ']')) != NULL && (!end[1] || end[1] == ':')) {
		port = end[1] ? end + 2 : NULL;
		*end = '\0';
		overlapping_strcpy(host, host + 1);
		if (inet_pton(AF_INET6, host, &v6) != 1)
			goto out;
	} else if (inet_pton(AF_INET6, host, &v6) != 1) {
		port = strchr(host, ':');
		if (port)
			*port++ = '\0';
		if (!is_host(host))
			goto out;
	}
	if (port) {
		errno = 0;
		number = isdigit((unsigned char)port[0]) ? bb_strtou(port, NULL, 10) : 0;
		if (errno || number < 1 || number > 65535)
			goto out;
	}
	result = strchr(host, ':') ? xasprintf("[%s]:%u", host, number) : xasprintf("%s:%u", host, number);
 out:
	free(host);
	return result;
}

static void set_managers(struct parser *parser, char *value)
{
	char *word, *name;

	while ((word = strsep(&value, " ,")) != NULL) {
		if (!word[0])
			continue;
		name = manager(word);
		if (!name) {
			wrong(parser, "'manager' has a word that is neither HOST nor HOST:PORT%s", shown(word));
		} else if (llist_find_str(parser->c->managers, name)) {
			free(name);
		} else if (parser->c->n_managers >= D2DSWARM_MANAGERS_MAX) {
			wrong(parser, "'manager' has one manager too many: %u are enough", D2DSWARM_MANAGERS_MAX);
			free(name);
			return;
		} else {
			llist_add_to_end(&parser->c->managers, name);
			parser->c->n_managers++;
		}
	}
}

static void set_token(struct parser *parser, const char *value)
{
	size_t len = strlen(value);
	const char *rest = is_prefixed_with(value, "SWMTKN-");

	if (parser->c->token[0]) {
		wrong(parser, "'token' is the second one");
	} else if (!rest || !rest[0] || len > D2DSWARM_TOKEN
			|| strspn(rest, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-") != strlen(rest)) {
		wrong(parser, "'token' is not a token like SWMTKN-1-..., as 'docker swarm join-token -q worker' prints it on a manager");
	} else {
		memcpy(parser->c->token, value, len + 1);
	}
}

/* Whether TEXT can be a card, its MAC address, or an address. */
static bool is_place(const char *text)
{
	struct in6_addr a;

	if (inet_pton(AF_INET, text, &a) == 1 || inet_pton(AF_INET6, text, &a) == 1)
		return true;
	/* A MAC address is longer than the name of an interface. */
	return text[0] != '-' && text[0] != '.' && strlen(text) <= 17
		&& !text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._:")];
}

static void set_place(struct parser *parser, char **place, const char *key, const char *value)
{
	if (*place)
		wrong(parser, "'%s' is the second one", key);
	else if (!is_place(value))
		wrong(parser, "'%s' is neither a network card, like eth0, nor a MAC address nor an address%s", key, shown(value));
	else
		*place = xstrdup(value);
}

/* ---- lines ---- */

/* Returns the key for a message. */
static const char *key_shown(const char *key)
{
	size_t len = strspn(key, "abcdefghijklmnopqrstuvwxyz-_");

	/* Somebody may have written a token in the place of the key. */
	return len && len < 20 && !key[len] ? auto_string(xasprintf("'%s'", key)) : "this line";
}

static void key_line(struct parser *parser, char *line)
{
	static const char keys[] ALIGN1 = "manager\0token\0advertise\0data-path\0";
	char *sign = strchr(line, '='), *value;

	if (line[0] == '[') {
		wrong(parser, "this line is a section: there are none in this file");
		return;
	}
	if (!sign) {
		wrong(parser, "this line is not KEY = VALUE");
		return;
	}
	*sign = '\0';
	trim(line);
	value = skip_whitespace(sign + 1);
	switch (index_in_strings(keys, line)) {
	case 0: value[0] ? set_managers(parser, value) : wrong(parser, "'manager' has no value"); break;
	case 1: value[0] ? set_token(parser, value) : wrong(parser, "'token' has no value"); break;
	case 2: set_place(parser, &parser->c->advertise, line, value); break;
	case 3: set_place(parser, &parser->c->data_path, line, value); break;
	default: wrong(parser, "%s has an unknown key: manager, token, advertise and data-path are known", key_shown(line));
	}
}

void d2dswarm_parse(struct d2dswarm_conf *c, char *text, const char *path)
{
	struct parser parser = { .c = c, .path = path };
	char *line;

	while ((line = d2d_config_line(&text, &parser.line)) != NULL) {
		key_line(&parser, line);
		if (parser.n_wrong >= WRONG_MAX) {
			wrong(&parser, "too many mistakes: the rest of the file is left out");
			break;
		}
	}
}

void d2dswarm_conf_free(struct d2dswarm_conf *c)
{
	llist_free(c->managers, free);
	llist_free(c->wrong, free);
	free(c->advertise);
	free(c->data_path);
	explicit_bzero(c, sizeof(*c));
}
