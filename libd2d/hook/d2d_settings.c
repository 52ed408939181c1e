/*
 * Finds the settings on a volume: those of the engine, which are d2d/daemon.json, certificates in d2d/ca, and certificates and keys
 * for registries in d2d/certs.d, those of the network in d2d/network, the keys that may log in by SSH in d2d/authorized_keys, and
 * the swarm to join in d2d/swarm.conf. They are trusted and overridden like hooks.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_settings.o

#include "d2d_hook.h"

enum { SETTING_MAX = 1024 * 1024 };	/* bytes of a file */

struct scan {
	struct d2d_hooks *list;
	const char *dir, *source;
	unsigned rank;
};

/* Appends the file DIR/NAME. */
static void add(const struct scan *s, const char *name, const struct stat *st)
{
	char *path = concat_path_file(s->dir, name);
	struct d2d_hook *hook;
	const char *why = NULL;

	if (!d2d_setting_name_ok(name))
		why = "not a setting: ca/NAME.crt, or certs.d/REGISTRY/NAME with the suffix .crt, .cert or .key";
	else if (!S_ISREG(st->st_mode))
		why = d2d_hook_kind(st->st_mode);
	else if (st->st_size > SETTING_MAX)
		why = "more than 1 MiB";
	hook = d2d_hooks_found(s->list, d2d_kind_dir(D2D_KIND_SETTINGS), name, path, why);
	hook->source = s->source;
	hook->rank = s->rank;
	if (!why && !st->st_size)
		hook->state = D2D_HOOK_MASKS;
	free(path);
}

/* Appends the files in the directory DIR/SUB, and in its subdirectories if there are DEPTH levels of them. */
static void add_files(const struct scan *s, const char *sub, unsigned depth)
{
	char *dir = concat_path_file(s->dir, sub), **names = NULL;
	int i, n = 0;
	struct stat top;

	/* A symbolic link could lead to another volume. */
	if (lstat(dir, &top) == 0) {
		if (S_ISDIR(top.st_mode))
			n = d2d_dir_list(dir, D2D_HOOKS_MAX, &names);
		else
			add(s, sub, &top);
	}
	for (i = 0; i < n; i++) {
		char *name = concat_path_file(sub, names[i]), *path = concat_path_file(s->dir, name);
		struct stat st;

		/* Other systems leave hidden files like "._NAME" on USB sticks. */
		if (names[i][0] != '.' && lstat(path, &st) == 0) {
			if (depth && S_ISDIR(st.st_mode))
				add_files(s, name, depth - 1);
			else
				add(s, name, &st);
		}
		free(path);
		free(name);
	}
	d2d_dir_list_free(names, n);
	free(dir);
}

void d2d_settings_scan(struct d2d_hooks *list, const char *dir, const char *source, unsigned rank)
{
	struct scan s = { list, dir, source, rank };
	static const char *const single[] = { "daemon.json", D2D_SETTING_NETWORK, D2D_SETTING_KEYS, D2D_SETTING_SWARM };
	unsigned i;

	for (i = 0; i < ARRAY_SIZE(single); i++) {
		char *path = concat_path_file(dir, single[i]);
		struct stat st;

		if (lstat(path, &st) == 0)
			add(&s, single[i], &st);
		free(path);
	}
	add_files(&s, "ca", 0);
	add_files(&s, "certs.d", 1);
}
