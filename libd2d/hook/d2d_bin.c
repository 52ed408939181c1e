/*
 * Finds the programs in the directories d2d/bin of volumes, which are offered as commands, the plugins of Docker's command line
 * program in d2d/cli-plugins, and the layers of the root file system in d2d/layers. All are scanned, trusted and overridden like
 * hooks.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_bin.o

#include "d2d_hook.h"

static bool is_layer(const char *name)
{
	size_t len = strlen(name);

	return len > 5 && strcmp(name + len - 5, ".sqfs") == 0;
}

void d2d_bin_scan(struct d2d_hooks *list, unsigned kind, const char *dir, const char *source, unsigned rank)
{
	const char *stage = d2d_kind_dir(kind);
	char **names;
	int i, n = d2d_dir_list(dir, D2D_HOOKS_MAX, &names);

	for (i = 0; i < n; i++) {
		char *path = concat_path_file(dir, names[i]);
		const char *why = NULL;
		struct d2d_hook *hook;
		struct stat st;

		/* other systems leave hidden files like "._NAME" on USB sticks */
		if (names[i][0] == '.' || index_in_strings("manifest\0manifest.minisig\0", names[i]) >= 0) {
			free(path);
			continue;
		}
		if (lstat(path, &st) < 0)
			why = strerror(errno);
		else if (!d2d_bin_name_ok(names[i]))
			why = "its name must be 1 to 64 of A-Za-z0-9._- and not begin with -";
		else if (!S_ISREG(st.st_mode))
			why = d2d_hook_kind(st.st_mode);
		else if (kind == D2D_KIND_LAYERS && !is_layer(names[i]))
			why = "its name doesn't end in .sqfs";
		else if (kind == D2D_KIND_PLUGINS && !is_prefixed_with(names[i], "docker-"))
			why = "its name doesn't begin with docker-";
		else if (kind != D2D_KIND_LAYERS && st.st_size && !(st.st_mode & 0111))
			why = "not executable";
		hook = d2d_hooks_found(list, stage, names[i], path, why);
		hook->source = source;
		hook->rank = rank;
		if (!why && !st.st_size)
			hook->state = D2D_HOOK_MASKS;
		free(path);
	}
	if (n < 0 && n != -ENOENT && n != -ENOTDIR) {
		struct d2d_hook *hook = d2d_hooks_found(list, stage, "", dir,
			n == -E2BIG ? "more than 1000 entries" : strerror(-n));

		hook->source = source;
		hook->rank = rank;
	}
	d2d_dir_list_free(names, n);
}
