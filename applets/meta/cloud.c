/*
 * d2dmeta: user-data. Of cloud-config, the keys are understood that have a meaning on this system; all others are named.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DMETA) += d2dmeta_cloud.o

#include "d2dmeta_text.h"
#include "d2d_config.h"

enum d2dmeta_kind d2dmeta_kind(const char *text, size_t len)
{
	static const char mark[] ALIGN1 = "#cloud-config";
	size_t word;

	if (len == 0)
		return D2DMETA_EMPTY;
	if (len > 2 && text[0] == '#' && text[1] == '!')
		return D2DMETA_SCRIPT;
	for (word = 0; word < len && !isspace((unsigned char)text[word]); word++)
		continue;
	return word == sizeof(mark) - 1 && memcmp(text, mark, word) == 0 ? D2DMETA_CLOUD_CONFIG : D2DMETA_OTHER;
}

/* ---- keys of SSH ---- */

/* Adds the lines of a text. Whether they are keys, d2dssh looks. */
static void add_keys(const char *text, struct d2dmeta_text *keys, struct d2dmeta_notes *n)
{
	char *copy = xstrdup(text), *rest = copy, *line;

	while ((line = strsep(&rest, "\r\n")) != NULL) {
		trim(line);
		if (!line[0])
			continue;
		if (d2dmeta_is_line(line))
			d2dmeta_add(keys, "%s\n", line);
		else
			d2dmeta_wrong(n, "a public key with control characters");
	}
	free(copy);
}

/* Adds a text, or the key in an object {"openssh-key": TEXT}. */
static void add_key(struct json_object *o, struct d2dmeta_text *keys, struct d2dmeta_notes *n)
{
	const char *text = d2dmeta_scalar(o) ? : d2dmeta_get(o, "openssh-key");

	if (text)
		add_keys(text, keys, n);
	else
		d2dmeta_wrong(n, "a public key that is no text");
}

void d2dmeta_keys(struct json_object *o, struct d2dmeta_text *keys, struct d2dmeta_notes *n)
{
	struct json_object_iter one;
	size_t i;

	if (json_object_is_type(o, json_type_object)) {
		json_object_object_foreachC(o, one) {
			if (json_object_is_type(one.val, json_type_array))
				d2dmeta_keys(one.val, keys, n);
			else
				add_key(one.val, keys, n);
		}
	} else if (json_object_is_type(o, json_type_array)) {
		for (i = 0; i < d2d_json_length(o); i++)
			add_key(json_object_array_get_idx(o, i), keys, n);
	} else if (o) {
		add_key(o, keys, n);
	}
	if (keys->full)
		d2dmeta_wrong(n, "too many public keys: the rest is left out");
}

/* ---- commands ---- */

/* Writes a word in single quotes, so that a shell takes all of it as it is. */
static void add_word(struct d2dmeta_text *t, const char *word)
{
	d2dmeta_add(t, "'");
	while (*word) {
		size_t len = strcspn(word, "'");

		d2dmeta_add(t, "%.*s", (int)len, word);
		word += len;
		if (*word == '\'') {
			d2dmeta_add(t, "'\\''");
			word++;
		}
	}
	d2dmeta_add(t, "'");
}

/* Writes a command: a line for the shell, or words that the shell must not change. Returns false if it is neither. */
static bool add_command(struct json_object *command, struct d2dmeta_text *t)
{
	const char *line = d2dmeta_scalar(command);
	size_t i, n = d2d_json_length(command);

	if (line) {
		d2dmeta_add(t, "%s%s", line, is_suffixed_with(line, "\n") ? "" : "\n");
		return true;
	}
	for (i = 0; i < n; i++)
		if (!d2dmeta_scalar(json_object_array_get_idx(command, i)))
			return false;
	for (i = 0; i < n; i++) {
		add_word(t, d2dmeta_scalar(json_object_array_get_idx(command, i)));
		d2dmeta_add(t, i + 1 < n ? " " : "\n");
	}
	return n > 0;
}

static void commands(struct json_object *list, const char *key, struct d2dmeta_text *t, struct d2dmeta_notes *n)
{
	size_t i, len = d2d_json_length(list);

	if (list && !json_object_is_type(list, json_type_array))
		d2dmeta_wrong(n, "%s: is no list of commands", key);
	for (i = 0; i < len; i++)
		if (!add_command(json_object_array_get_idx(list, i), t))
			d2dmeta_wrong(n, "%s: command %u is neither a text nor a list of texts", key, (unsigned)i + 1);
	/* Half of a script could do harm. */
	if (t->full) {
		d2dmeta_wrong(n, "%s: more than 1 MiB: none of it is run", key);
		free(t->text);
		t->text = NULL;
		t->len = 0;
	}
}

/* ---- NTP ---- */

static bool is_server(const char *text)
{
	return text[0] && text[0] != '-' && strlen(text) < 256
		&& strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.:_-") == strlen(text);
}

/* Adds the servers of a list to the value of the option ntp. */
static void servers(struct json_object *list, struct d2dmeta_text *value, struct d2dmeta_notes *n)
{
	size_t i;

	for (i = 0; i < d2d_json_length(list); i++) {
		const char *server = d2d_json_text_at(list, i);

		if (server && is_server(server))
			d2dmeta_add(value, "%s%s", value->len ? "," : "", server);
		else
			d2dmeta_wrong(n, "ntp: '%.80s' is not a host name or an address", server ? : "");
	}
}

static void ntp(struct json_object *o, struct d2dmeta_cloud *c, struct d2dmeta_notes *n)
{
	struct d2dmeta_text value = { 0 };
	struct json_object *list;

	d2dmeta_unknown(n, o, "enabled\0servers\0pools\0", "ntp.");
	if (d2dmeta_flag(o, "enabled") == 0) {
		d2dmeta_add(&c->config, "ntp=no\n");
		return;
	}
	list = d2dmeta_typed(o, "servers", json_type_array);
	servers(list, &value, n);
	list = d2dmeta_typed(o, "pools", json_type_array);
	servers(list, &value, n);
	if (value.len)
		d2dmeta_add(&c->config, "ntp=%s\n", value.text);
	free(value.text);
}

/* ---- all of it ---- */

static void hostname(struct json_object *o, struct d2dmeta_cloud *c, struct d2dmeta_notes *n)
{
	const char *name = d2dmeta_scalar(o);

	if (name && d2d_hostname_ok(name))
		c->hostname = xstrdup(name);
	else
		d2dmeta_wrong(n, "hostname: '%.80s' is not a valid host name", name ? : "");
}

void d2dmeta_cloud(struct json_object *o, struct d2dmeta_cloud *c, struct d2dmeta_notes *n)
{
	static const char known[] ALIGN1 = "hostname\0ssh_authorized_keys\0write_files\0runcmd\0bootcmd\0ntp\0growpart\0";

	struct json_object_iter one;

	json_object_object_foreachC(o, one) {
		const char *key = one.key;
		struct json_object *value = one.val;

		switch (index_in_strings(known, key)) {
		case 0: hostname(value, c, n); break;
		case 1: d2dmeta_keys(value, &c->keys, n); break;
		case 2:
			c->files = d2d_json_length(value);
			if (value && !json_object_is_type(value, json_type_array))
				d2dmeta_wrong(n, "write_files: is no list");
			break;
		case 3: commands(value, key, &c->runcmd, n); break;
		case 4: commands(value, key, &c->bootcmd, n); break;
		case 5: ntp(value, c, n); break;
		case 6:
			/* The store's file system grows at each boot, as by growpart's default; no partition does. */
			if (d2dmeta_flag(value, "mode") == 0 || d2dmeta_typed(value, "devices", json_type_array))
				d2dmeta_ignored(n, "growpart: "
					"a store always grows to the size of its partition, and nothing else does");
			break;
		default: d2dmeta_ignored(n, "%s", key);
		}
	}
}

void d2dmeta_cloud_free(struct d2dmeta_cloud *c)
{
	free(c->hostname);
	free(c->keys.text);
	free(c->bootcmd.text);
	free(c->runcmd.text);
	free(c->config.text);
	memset(c, 0, sizeof(*c));
}
