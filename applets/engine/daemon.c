/*
 * d2dengine: daemon.json and the proxy. dockerd itself checks the merged settings; if it doesn't accept them, the image's own are
 * used, so that a mistake on a stick doesn't leave the machine without Docker. Not all mistakes are found by this check: if dockerd
 * keeps ending with the settings, boot-scripts/daemon-ended unmounts them.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DENGINE) += d2dengine_daemon.o

#include <json-c/json.h>
#include "d2dengine.h"
#include "d2d_engine.h"

#define DOCKERD "/usr/bin/dockerd"
#define MEMBERSHIP "/var/lib/docker/swarm/docker-state.json"
#define NOPROXY "localhost,127.0.0.1,::1"

enum { SETTINGS_MAX = 1024 * 1024 };

/* Parses a text of JSON as strictly as dockerd does. Returns NULL and sets *ERR if there is a mistake in it. */
static struct json_object *parse(const char *text, enum json_tokener_error *err)
{
	static const char mark[] ALIGN1 = "\xef\xbb\xbf";	/* Windows' editors put it at the start of a text in UTF-8 */
	struct json_tokener *parser = json_tokener_new();
	struct json_object *settings;

	if (is_prefixed_with(text, mark))
		text += sizeof(mark) - 1;
	json_tokener_set_flags(parser, JSON_TOKENER_STRICT);
	settings = json_tokener_parse_ex(parser, text, strlen(text) + 1);
	*err = json_tokener_get_error(parser);
	json_tokener_free(parser);
	return settings;
}

/* Reads a JSON object. Returns it, or NULL after a message. */
static struct json_object *read_settings(struct d2dengine *e, const char *path, const char *name)
{
	enum json_tokener_error err = json_tokener_success;
	struct json_object *settings = NULL;
	char *text, *shown = d2d_printable(name, strlen(name));
	size_t len;
	int r = d2d_file_read(path, SETTINGS_MAX, &text, &len);

	if (r < 0) {
		bb_error_msg("'%s' %s", shown, d2d_file_error(r));
	} else {
		settings = parse(text, &err);
		if (!json_object_is_type(settings, json_type_object)) {
			bb_error_msg("'%s' is not a JSON object%s%s", shown, err ? ": " : "", err ? json_tokener_error_desc(err) : "");
			json_object_put(settings);
			settings = NULL;
		}
	}
	if (!settings)
		e->code = EXIT_FAILURE;
	free(shown);
	free(text);
	return settings;
}

struct refusal {
	struct d2dengine *e;
	const char *file;
};

static void print_refused(void *arg, const char *key, const char *why)
{
	struct refusal *r = arg;
	char *shown = d2d_printable(r->file, strlen(r->file));

	bb_error_msg("%s: '%s' is left out: %s", shown, key, why);
	r->e->code = EXIT_FAILURE;
	free(shown);
}

/* Whether dockerd will be in a swarm: by its membership, which Docker's data has, or because it is to join one. */
static bool in_swarm(const struct d2dengine *e)
{
	char *path = xasprintf("%s"MEMBERSHIP, e->root), *how = d2d_option_at(e->root, "swarm");
	bool is = access(path, F_OK) == 0 || (how && strcmp(how, "join") == 0);

	free(how);
	free(path);
	return is;
}

/* Returns the settings of NAME, "daemon.json" or the profile, without those that can't be used, or NULL. */
static struct json_object *settings_of(struct d2dengine *e, const char *name)
{
	unsigned i;

	for (i = 0; i < e->files.n; i++) {
		const struct d2d_hook *file = e->files.hook[i];
		struct json_object *settings;
		struct refusal refusal = { e, file->file };

		if (file->state != D2D_HOOK_RUNS || strcmp(file->name, name) != 0)
			continue;
		settings = strcmp(name, D2DENGINE_PROFILE) == 0 ? d2dengine_profile(e, file) : read_settings(e, file->path, file->file);
		if (settings)
			d2d_daemon_json_check(settings, in_swarm(e), print_refused, &refusal);
		return settings;
	}
	return NULL;
}

/* ---- the proxy ---- */

/* Whether a value has only characters of URLs and lists of hosts. A shell reads it, so there is no quote among them. */
static bool is_plain(const char *value)
{
	while (isalnum(*value) || (*value && strchr(":/?#[]@!$&()*+,;=._~%-", *value)))
		value++;
	return !*value;
}

/* Returns the value of an option, which the caller frees, or NULL. */
static char *proxy_option(struct d2dengine *e, const char *name)
{
	char *value = d2d_option_at(e->root, name);

	if (value && value[0] && is_plain(value))
		return value;
	if (value && value[0]) {
		bb_error_msg("d2d.%s='%s' is ignored: it has characters that don't belong in a URL", name, printable_string(value));
		e->code = EXIT_FAILURE;
	}
	free(value);
	return NULL;
}

/* Returns the proxy of d2d.proxy= as settings of dockerd, or NULL. Login shells get it, too. */
static struct json_object *proxy_settings(struct d2dengine *e)
{
	char *url = proxy_option(e, "proxy"), *without = proxy_option(e, "noproxy"), *text, *path;
	struct json_object *settings = NULL, *proxies;
	const char *hosts = without ? : NOPROXY;

	if (url) {
		settings = json_object_new_object();
		proxies = json_object_new_object();
		json_object_object_add(settings, "proxies", proxies);
		json_object_object_add(proxies, "http-proxy", json_object_new_string(url));
		json_object_object_add(proxies, "https-proxy", json_object_new_string(url));
		json_object_object_add(proxies, "no-proxy", json_object_new_string(hosts));
		text = xasprintf("export http_proxy='%s' https_proxy='%s' no_proxy='%s'\n"
			"export HTTP_PROXY='%s' HTTPS_PROXY='%s' NO_PROXY='%s'\n", url, url, hosts, url, url, hosts);
		path = d2dengine_write(e, bb_basename(D2DENGINE_PROXY), text, strlen(text), 0644);
		free(path);
		free(text);
	}
	free(without);
	free(url);
	return settings;
}

/* ---- all together ---- */

/* Returns whether dockerd accepts the settings in FILE. Its message goes to standard error if it doesn't; else it would only say
 * that they are right, in the place of the last line of the hook's output, which the report shows. */
static bool is_accepted(const struct d2dengine *e, const char *file)
{
	char *argv[] = { xasprintf("%s"DOCKERD, e->root), (char *)"--validate", (char *)"--config-file", (char *)file, NULL };
	char *path = xasprintf("%s.check", file), *message;
	int saved = dup(STDERR_FILENO), log = xopen3(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	bool ok;

	fflush_all();
	xmove_fd(xopen(bb_dev_null, O_RDONLY), STDIN_FILENO);
	xmove_fd(log, STDERR_FILENO);
	ok = spawn_and_wait(argv) == 0;
	xmove_fd(saved, STDERR_FILENO);
	message = ok ? NULL : xmalloc_open_read_close(path, NULL);
	if (message)
		full_write(STDERR_FILENO, message, strlen(message));
	free(message);
	unlink(path);
	free(path);
	free(argv[0]);
	return ok;
}

/* The settings that are merged with the image's own, in this order. */
enum { PROFILE, VOLUME, PROXY, SOURCES };

/* Merges the image's settings with those of each source that is in WHICH (1 << VOLUME), and mounts the result. Returns
 * whether dockerd accepts it. */
static bool use(struct d2dengine *e, struct json_object *const *source, unsigned which)
{
	char *path = xasprintf("%s"D2DENGINE_DAEMON_JSON, e->root), *file = NULL;
	struct json_object *settings = read_settings(e, path, path);
	bool ok = false;
	unsigned i;

	if (settings) {
		const char *text;

		for (i = 0; i < SOURCES; i++)
			if (which & (1 << i))
				d2d_daemon_json_merge(settings, source[i]);
		text = json_object_to_json_string_ext(settings, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE);
		file = d2dengine_write(e, bb_basename(D2DENGINE_DAEMON_JSON), text, strlen(text), 0644);
	}
	if (file) {
		ok = is_accepted(e, file);
		if (ok)
			d2dengine_mount(e, file, D2DENGINE_DAEMON_JSON);
		else
			unlink(file);
	}
	json_object_put(settings);
	free(file);
	free(path);
	return ok;
}

/* Leaves out settings, until dockerd accepts those that are left. A mistake in daemon.json or in the profile doesn't concern
 * the other one, nor the proxy. */
static void use_what_is_accepted(struct d2dengine *e, struct json_object *const *source, unsigned all)
{
	static const struct { unsigned without; const char *used; } attempts[] = {
		{ 0, NULL },
		{ 1 << PROFILE, ", with daemon.json" },
		{ 1 << VOLUME, ", with the profile" },
		{ 1 << PROFILE | 1 << VOLUME, "" },
	};
	unsigned i, left, tried = 0;

	for (i = 0; i < ARRAY_SIZE(attempts); i++) {
		left = all & ~attempts[i].without;
		if ((i && left == tried) || (!left && i))
			continue;
		if (use(e, source, left))
			break;
		tried = left;
		e->code = EXIT_FAILURE;
	}
	if (!i)
		return;
	left = i < ARRAY_SIZE(attempts) ? left : 0;
	bb_error_msg("dockerd doesn't accept these settings (see above): the image's own are used%s%s",
		left & ~(1U << PROXY) ? attempts[i].used : "", left & (1 << PROXY) ? ", with the proxy" : "");
}

unsigned d2dengine_daemon(struct d2dengine *e)
{
	struct json_object *source[SOURCES] = { settings_of(e, D2DENGINE_PROFILE), settings_of(e, "daemon.json"), proxy_settings(e) };
	unsigned i, n = 0, all = 0;

	for (i = 0; i < SOURCES; i++) {
		if (!source[i])
			continue;
		n++;
		if (json_object_object_length(source[i]))
			all |= 1 << i;
	}
	if (all)
		use_what_is_accepted(e, source, all);
	for (i = 0; i < SOURCES; i++)
		json_object_put(source[i]);
	return n;
}
