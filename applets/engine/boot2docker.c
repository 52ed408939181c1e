/*
 * d2dengine: boot2docker's settings: its file `profile`, which docker-machine writes, and certificates of authorities. They are
 * trusted like the settings of the volume that they are on, the store; without a store, they are files that root has made in
 * memory.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DENGINE) += d2dengine_boot2docker.o

#include <json-c/json.h>
#include "d2dengine.h"
#include "d2d_engine.h"

#define CERTS "certs"	/* authorities that boot2docker added to those of all programs */

enum { MESSAGES = 20 };

/* Appends the file D2D_BOOT2DOCKER/FILE to the settings as NAME, unless there is none. */
static void add(struct d2dengine *e, struct d2d_trust *trust, const char *file, const char *name)
{
	char *path = xasprintf("%s"D2D_BOOT2DOCKER"/%s", e->root, file), *real = xmalloc_realpath(path);
	char *store = xasprintf("%s"D2D_STORE"/", e->root);
	bool kept = real && is_prefixed_with(real, store);
	const char *why = NULL, *required;
	struct d2d_hook *hook;
	struct stat st;

	if (lstat(path, &st) == 0) {
		if (!S_ISREG(st.st_mode))
			why = d2d_hook_kind(st.st_mode);
		hook = d2d_hooks_found(&e->files, d2d_kind_dir(D2D_KIND_SETTINGS), name, path, why);
		hook->source = kept ? "store" : "builtin";
		hook->trust = xstrdup(!kept ? "image" : trust->store ? "store" : "unsigned");
		required = kept && !trust->store && !why ? d2d_trust_required_of(trust, hook->stage, hook->source) : NULL;
		if (required) {
			hook->state = D2D_HOOK_REFUSED;
			hook->why = xasprintf("it can't be signed, and %s", required);
		}
	}
	free(store);
	free(real);
	free(path);
}

/* Whether boot2docker took it for a certificate. */
static bool is_certificate(const char *name)
{
	const char *suffix = strrchr(name, '.');

	return name[0] != '.' && suffix && index_in_strings(".pem\0.crt\0", suffix) >= 0;
}

void d2dengine_find_boot2docker(struct d2dengine *e, struct d2d_trust *trust)
{
	char *dir = xasprintf("%s"D2D_BOOT2DOCKER"/"CERTS, e->root), **names;
	struct stat st;
	int i, n;

	if (trust->mode < D2D_TRUST_BUILTIN) {
		add(e, trust, D2DENGINE_PROFILE, D2DENGINE_PROFILE);
		/* A symbolic link could lead to another volume. */
		n = lstat(dir, &st) == 0 && S_ISDIR(st.st_mode) ? d2d_dir_list(dir, D2D_HOOKS_MAX, &names) : 0;
		for (i = 0; i < n; i++) {
			char *file = xasprintf(CERTS"/%s", names[i]), *name = xasprintf("ca/%s", names[i]);

			if (is_certificate(names[i]))
				add(e, trust, file, name);
			free(name);
			free(file);
		}
		if (n > 0)
			d2d_dir_list_free(names, n);
	}
	free(dir);
}

struct messages {
	const char *file;
	unsigned n;
};

/* No error: the profile of a boot2docker disk may have anything in it, and would let a hook fail at each boot. */
static void print_ignored(void *arg, unsigned line, const char *what, const char *why)
{
	struct messages *m = arg;

	if (m->n++ < MESSAGES)
		bb_error_msg("%s: line %u: '%s' is ignored: %s", m->file, line, what, why);
}

static void write_environment(struct d2dengine *e, const llist_t *env)
{
	char *text = xstrdup(""), *longer, *path;

	for (; env; env = env->link) {
		longer = xasprintf("%s%s\n", text, env->data);
		free(text);
		text = longer;
	}
	/* The address of a proxy may have a password in it. */
	path = text[0] ? d2dengine_write(e, bb_basename(D2DENGINE_ENVIRONMENT), text, strlen(text), 0600) : NULL;
	free(path);
	free(text);
}

struct json_object *d2dengine_profile(struct d2dengine *e, const struct d2d_hook *file)
{
	struct messages m = { file->file, 0 };
	struct json_object *settings = NULL;
	struct d2d_profile p;
	size_t len;
	char *text;
	int r = d2d_file_read(file->path, D2D_PROFILE_MAX, &text, &len);

	if (r < 0) {
		bb_error_msg("'%s' %s", file->file, d2d_file_error(r));
		e->code = EXIT_FAILURE;
		return NULL;
	}
	r = d2d_profile_parse(text, len, &p, print_ignored, &m);
	if (r < 0) {
		bb_error_msg("'%s' is not a text file: nothing of it is used", file->file);
		e->code = EXIT_FAILURE;
	} else {
		if (m.n > MESSAGES)
			bb_error_msg("%s: %u more lines or options are ignored", file->file, m.n - MESSAGES);
		write_environment(e, p.env);
		settings = json_object_get(p.settings);
	}
	d2d_profile_free(&p);
	free(text);
	return settings;
}
