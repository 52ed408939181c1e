/*
 * Finds the one file of a name among the settings of all volumes, where the files of several volumes can't be used together.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_setting_find.o

#include "d2d_hook.h"

/* Returns the place of a source in the order of precedence. The store belongs to this machine, sticks come and go, and a metadata
 * disk knows more about the machine than the medium, which may serve many. */
static int place_of(const struct d2d_hook *file)
{
	static const char places[] ALIGN1 = "store\0usb\0pinned\0net\0metadata\0medium\0";

	return index_in_strings(places, file->source);
}

const struct d2d_hook *d2d_setting_find(struct d2d_hooks *files, const char *root, const char *name, const char *copies,
	llist_t **refused)
{
	struct d2d_trust trust = { .root = NULL };
	char **env = d2d_hook_env(root, NULL);
	const struct d2d_hook *best = NULL;
	unsigned i;

	d2d_trust_begin(&trust, root, d2d_hook_option(env, "HOOKS"), d2d_hook_option(env, "STORE"));
	trust.kind = D2D_KIND_SETTINGS;
	trust.copies = copies;
	d2d_bin_find(files, root, &trust, true);
	d2d_trust_free(&trust);
	d2d_hook_env_free(env);
	/* The states by which the files of sticks override those of the store don't count here. */
	for (i = 0; i < files->n; i++) {
		const struct d2d_hook *file = files->hook[i];

		if (strcmp(file->name, name) != 0)
			continue;
		if (file->state == D2D_HOOK_REFUSED)
			llist_add_to_end(refused, xasprintf("%s: refused: %s", file->file, file->why));
		else if (!best || place_of(file) < place_of(best))
			best = file;
	}
	return best;
}
