/*
 * boot2docker's file `profile`, a shell script that it ran as root at each boot, and that docker-machine writes. Here it is only
 * read: lines NAME=VALUE and export NAME=VALUE whose values are words or quoted texts. What is anything else is reported and
 * left out.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_profile.o

#include <json-c/json.h>
#include "d2d_engine.h"

enum {
	ENV_MAX = 64,		/* variables */
	SHOWN = 60,		/* bytes of a line that are shown */
	OPTION_MAX = 64,	/* bytes of an option's name */
};

/* The variables that count. Of several lines for one of them the last one counts. */
static const char names[] ALIGN1 = "EXTRA_ARGS\0DOCKER_HOST\0DOCKER_STORAGE\0DOCKER_TLS\0CACERT\0SERVERCERT\0SERVERKEY\0";
enum { EXTRA_ARGS, DOCKER_HOST, DOCKER_STORAGE, DOCKER_TLS, CACERT, SERVERCERT, SERVERKEY, VARIABLES };

struct profile {
	struct { char *text; unsigned line; } value[VARIABLES];
	struct d2d_profile *to;
	void (*ignored)(void *arg, unsigned line, const char *what, const char *why);
	void *arg;
};

static void ignore(const struct profile *s, unsigned line, const char *what, const char *why)
{
	char *shown = d2d_printable(what, MIN(strlen(what), SHOWN));

	s->ignored(s->arg, line, shown, why);
	free(shown);
}

/* Variables that make dockerd, or the programs that it runs as root (iptables, git), load or run a file, or that belong to this
 * system. */
static bool is_reserved(const char *name)
{
	static const char prefixes[] ALIGN1 = "LD_\0D2D_\0GLIBC_\0MALLOC_\0XTABLES_\0GIT_\0SSH_\0";
	static const char names_reserved[] ALIGN1 =
		"PATH\0IFS\0ENV\0BASH_ENV\0NOTIFY_SOCKET\0GCONV_PATH\0GETCONF_DIR\0LOCPATH\0NLSPATH\0RES_OPTIONS\0HOSTALIASES\0HOME\0TMPDIR\0";
	const char *p;

	for (p = prefixes; *p; p += strlen(p) + 1)
		if (is_prefixed_with(name, p))
			return true;
	return index_in_strings(names_reserved, name) >= 0;
}

/* Adds NAME=VALUE to the environment of dockerd, in place of an earlier one of this name. */
static const char *set_env(struct d2d_profile *profile, const char *name, const char *value)
{
	size_t len = strlen(name);
	llist_t **l;
	unsigned n = 0;

	if (is_reserved(name))
		return "this variable can't be set here";
	for (l = &profile->env; *l; l = &(*l)->link, n++) {
		if (strncmp((*l)->data, name, len) == 0 && (*l)->data[len] == '=') {
			free(llist_pop(l));
			break;
		}
	}
	if (n == ENV_MAX)
		return "more than 64 variables";
	llist_add_to_end(&profile->env, xasprintf("%s=%s", name, value));
	return NULL;
}

static void print_ignored(void *arg, unsigned line, const char *what, const char *why)
{
	const struct profile *s = arg;

	s->ignored(s->arg, line, what, why);
}

static const char *assign(void *arg, unsigned line, const char *name, const char *value, bool exported)
{
	struct profile *s = arg;
	int i = index_in_strings(names, name);

	/* docker-machine writes one option a line. */
	if (i != EXTRA_ARGS && strpbrk(value, "\t\n\v\f\r"))
		return "its value has control characters";
	if (i < 0)
		return exported ? set_env(s->to, name, value) : "this variable has no meaning here";
	free(s->value[i].text);
	s->value[i].text = xstrdup(value);
	s->value[i].line = line;
	return NULL;
}

/* ---- values ---- */

/* Judges where dockerd is to listen. Returns NULL, or why it isn't done. */
static const char *listen_at(struct d2d_profile *profile, const char *host)
{
	const char *port;

	if (index_in_strings("unix://\0unix:///var/run/docker.sock\0unix:///run/docker.sock\0""fd://\0", host) >= 0)
		return NULL;
	if (is_prefixed_with(host, "unix:"))
		return "Docker's socket is always /var/run/docker.sock";
	port = strrchr(host, ':');
	if (!is_prefixed_with(host, "tcp://") || !port || strcmp(port, ":2376") != 0)
		return "Docker is only reached on port 2376, with TLS; no other port is opened";
	profile->port = true;
	return NULL;
}

static const char *use_option(struct d2d_profile *profile, const char *name, const char *value, const char *next, bool *took_next)
{
	*took_next = false;
	if (strcmp(name, "host") == 0) {
		*took_next = !value && next;
		value = value ? : next;
		return value ? listen_at(profile, value) : "its value is missing";
	}
	if (is_prefixed_with(name, "tls")) {
		*took_next = !value && next && next[0] != '-';
		return "the port has TLS in any case; CACERT, SERVERCERT and SERVERKEY name the certificates";
	}
	return d2d_dockerd_option(profile->settings, name, value, next, took_next);
}

/* Splits a value at white space, as a shell does with an unquoted variable. Returns the number of words; WORDS and LINES
 * have room for each second byte of the text, which is changed. */
static unsigned split(char *text, unsigned line, char **words, unsigned *lines)
{
	unsigned n = 0;

	while (*text) {
		if (isspace(*text)) {
			line += *text == '\n';
			*text++ = '\0';
			continue;
		}
		words[n] = text;
		lines[n++] = line;
		while (*text && !isspace(*text))
			text++;
	}
	return n;
}

/* Takes the options of EXTRA_ARGS or DOCKER_HOST. */
static void use_options(const struct profile *s, unsigned variable)
{
	char *text = s->value[variable].text, name[OPTION_MAX], **words;
	const char *value, *why, *next;
	unsigned *lines, i, n;
	bool took_next;

	if (!text)
		return;
	words = xmalloc((strlen(text) / 2 + 1) * sizeof(*words));
	lines = xmalloc((strlen(text) / 2 + 1) * sizeof(*lines));
	n = split(text, s->value[variable].line, words, lines);
	for (i = 0; i < n; i++) {
		next = i + 1 < n ? words[i + 1] : NULL;
		took_next = false;
		if (variable == DOCKER_HOST && words[i][0] != '-')
			why = listen_at(s->to, words[i]);
		else if (!d2d_dockerd_option_name(words[i], name, sizeof(name), &value))
			why = "it isn't an option of dockerd";
		else
			why = use_option(s->to, name, value, next, &took_next);
		if (why) {
			char *what = xasprintf("%s%s%s", words[i], took_next ? " " : "", took_next ? next : "");

			ignore(s, lines[i], what, why);
			free(what);
		}
		i += took_next;
	}
	free(lines);
	free(words);
}

static void use_word(const struct profile *s, unsigned variable, const char *accepted, const char *why)
{
	const char *text = s->value[variable].text;

	if (text && text[0] && index_in_strings(accepted, text) < 0)
		ignore(s, s->value[variable].line, text, why);
}

/* Takes the path of a certificate or a key. Root reads it, so it has to be one of boot2docker's files. */
static char *use_path(const struct profile *s, unsigned variable)
{
	const char *text = s->value[variable].text;
	const char *name = text ? is_prefixed_with(text, D2D_BOOT2DOCKER"/") : NULL;
	char *clean = name ? d2d_clean_name(name) : NULL, *path = NULL;

	if (clean && strcmp(clean, name) == 0 && strcmp(clean, ".") != 0)
		path = xstrdup(text);
	else if (text && text[0])
		ignore(s, s->value[variable].line, text, "it isn't a file below "D2D_BOOT2DOCKER);
	free(clean);
	return path;
}

int d2d_profile_parse(const char *text, size_t len, struct d2d_profile *profile,
		void (*ignored)(void *arg, unsigned line, const char *what, const char *why), void *arg)
{
	struct profile s = { .to = profile, .ignored = ignored, .arg = arg };
	const struct d2d_assignments to = { assign, print_ignored, &s };
	unsigned i;
	int err;

	memset(profile, 0, sizeof(*profile));
	profile->settings = json_object_new_object();
	err = len > D2D_PROFILE_MAX ? -EFBIG : d2d_assignments_read(text, len, &to);
	if (err < 0)
		return err;
	use_options(&s, EXTRA_ARGS);
	use_options(&s, DOCKER_HOST);
	use_word(&s, DOCKER_STORAGE, "overlay2\0auto\0", "images are in a store of overlay2");
	use_word(&s, DOCKER_TLS, "auto\0yes\0verify\0true\0""1\0", "no port is opened without TLS: d2d.tls=no opens none at all");
	profile->ca = use_path(&s, CACERT);
	profile->cert = use_path(&s, SERVERCERT);
	profile->key = use_path(&s, SERVERKEY);
	for (i = 0; i < VARIABLES; i++)
		free(s.value[i].text);
	return 0;
}

void d2d_profile_free(struct d2d_profile *profile)
{
	json_object_put(profile->settings);
	llist_free(profile->env, free);
	free(profile->ca);
	free(profile->cert);
	free(profile->key);
}
