/*
 * Scripts in the folders d2d/bin of volumes, which are offered as commands: found, trusted and overridden like hooks.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_bin.o

#include "d2d_hook.h"

enum { START = 4096 };

void d2d_bin_scan(struct d2d_hooks *list, const char *dir, const char *source, unsigned rank)
{
	char **names;
	int i, n = d2d_folder(dir, D2D_HOOKS_MAX, &names);

	for (i = 0; i < n; i++) {
		char *path = concat_path_file(dir, names[i]);
		const char *why = NULL;
		struct d2d_hook *hook;
		struct stat st;

		/* other systems leave "._NAME" and the like on sticks */
		if (names[i][0] == '.' || index_in_strings("manifest\0manifest.minisig\0", names[i]) >= 0) {
			free(path);
			continue;
		}
		if (lstat(path, &st) < 0)
			why = strerror(errno);
		else if (!d2d_bin_name_ok(names[i]))
			why = "its name is not of A-Za-z0-9._-, or too long";
		else if (!S_ISREG(st.st_mode))
			why = d2d_hook_kind(st.st_mode);
		else if (st.st_size && !(st.st_mode & 0111))
			why = "not executable";
		hook = d2d_hooks_found(list, D2D_BIN, names[i], path, why);
		hook->source = source;
		hook->rank = rank;
		if (!why && !st.st_size)
			hook->state = D2D_HOOK_MASKS;
		free(path);
	}
	if (n < 0 && n != -ENOENT && n != -ENOTDIR) {
		struct d2d_hook *hook = d2d_hooks_found(list, D2D_BIN, "", dir, n == -E2BIG ? "more than 1000 entries" : strerror(-n));

		hook->source = source;
		hook->rank = rank;
	}
	d2d_folder_free(names, n);
}

/* Why it can't be executed, or NULL. */
static char *not_a_program(const struct d2d_hook *hook)
{
	char buf[START], *why = NULL;
	ssize_t len = open_read_close(hook->path, buf, sizeof(buf));

	if (len < 0)
		return xasprintf("can't read it: %s", strerror(errno));
	d2d_hook_program(buf, len, "", &why);
	return why;
}

/* Of those with one name the first that isn't refused wins. */
static void decide(struct d2d_hooks *list)
{
	const struct d2d_hook *winner = NULL;
	unsigned i;

	for (i = 0; i < list->n; i++) {
		struct d2d_hook *hook = list->hook[i];
		bool over = winner && strcmp(winner->name, hook->name) == 0;
		char *why = hook->state == D2D_HOOK_RUNS && !over ? not_a_program(hook) : NULL;

		if (why) {
			free(hook->why);
			hook->why = why;
			hook->state = D2D_HOOK_REFUSED;
		}
		if (hook->state == D2D_HOOK_REFUSED)
			continue;
		if (!over) {
			winner = hook;
			continue;
		}
		hook->why = xasprintf("by %s", winner->source);
		hook->state = winner->state == D2D_HOOK_MASKS ? D2D_HOOK_MASKED : D2D_HOOK_OVERRIDDEN;
	}
}

void d2d_bin_find(struct d2d_hooks *list, const char *root, struct d2d_trust *trust)
{
	d2d_hooks_scan_all(list, root, trust);
	d2d_hooks_sort(list);
	d2d_trust_stage(trust, list, D2D_BIN, true);
	decide(list);
}
