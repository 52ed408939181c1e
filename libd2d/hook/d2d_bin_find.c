/*
 * Decides which commands, plugins, layers and settings of all sources are used. They are trusted like hooks; in addition, a command
 * must be executable and a layer must be a squashfs file system.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_bin_find.o

#include "d2d_hook.h"
#include "d2d_archive.h"

enum { START = 4096 };

/* Returns why a command can't be executed, or NULL; the caller frees it. */
static char *not_a_program(const struct d2d_hook *hook)
{
	char buf[START], *why = NULL;
	ssize_t len = open_read_close(hook->path, buf, sizeof(buf));

	if (len < 0)
		return xasprintf("can't read it: %s", strerror(errno));
	d2d_hook_program(buf, len, "", &why);
	return why;
}

/* Returns why a layer can't be mounted, or NULL; the caller frees it. */
static char *not_a_squashfs(const struct d2d_hook *hook)
{
	struct stat st;
	int fd = d2d_file_open(hook->path, &st);
	char *why;

	if (fd < 0)
		return xasprintf("can't read it: %s", strerror(-fd));
	why = d2d_squashfs_check(fd, 0, st.st_size);
	close(fd);
	return why;
}

/* Of several files with the same name, the first one that isn't refused wins. */
static void decide(struct d2d_hooks *list, unsigned kind)
{
	const struct d2d_hook *winner = NULL;
	unsigned i;

	for (i = 0; i < list->n; i++) {
		struct d2d_hook *hook = list->hook[i];
		bool over = winner && strcmp(winner->name, hook->name) == 0;
		char *why = NULL;

		if (hook->state == D2D_HOOK_RUNS && !over)
			why = kind == D2D_KIND_SETTINGS ? NULL : kind == D2D_KIND_LAYERS ? not_a_squashfs(hook) : not_a_program(hook);
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

void d2d_bin_find(struct d2d_hooks *list, const char *root, struct d2d_trust *trust, bool copy)
{
	d2d_hooks_scan_all(list, root, trust);
	d2d_hooks_sort(list);
	d2d_trust_stage(trust, list, d2d_kind_dir(trust->kind), copy);
	decide(list, trust->kind);
}
