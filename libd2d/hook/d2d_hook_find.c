/*
 * Scans all sources of hooks, commands, layers and settings, and gives each source the rank by which it overrides others.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_hook_find.o

#include "d2d_hook.h"

/* Scans a directory d2d/ of a volume, or the directory of builtin hooks, and reads its manifest. Frees VOLUME. */
static void scan(struct d2d_hooks *list, char *volume, const char *source, unsigned rank, struct d2d_trust *trust)
{
	char *dir = rank ? d2d_kind_path(trust->kind, volume) : xstrdup(volume);

	if (trust->kind == D2D_KIND_HOOKS)
		d2d_hooks_scan(list, dir, source, rank);
	else if (trust->kind == D2D_KIND_SETTINGS)
		d2d_settings_scan(list, dir, source, rank);
	else
		d2d_bin_scan(list, trust->kind, dir, source, rank);
	d2d_trust_source(trust, list, dir, source, rank);
	free(dir);
	free(volume);
}

/* Of several payloads the first one wins, so their ranks decrease. */
static void scan_payloads(struct d2d_hooks *list, const char *root, unsigned rank, struct d2d_trust *trust)
{
	char *dir = xasprintf("%s"D2D_PAYLOAD, root);
	char **names;
	int i, n = d2d_dir_list(dir, D2D_HOOKS_MAX, &names);

	for (i = 0; i < n; i++) {
		int from = d2d_payload_from(names[i]);

		scan(list, xasprintf("%s/%s/d2d", dir, names[i]), from == D2D_FROM_VOLUME ? "usb" : from == D2D_FROM_PINNED ? "pinned"
			: D2D_SOURCE_NET, rank + n - i, trust);
	}
	d2d_dir_list_free(names, n);
	free(dir);
}

void d2d_hooks_scan_all(struct d2d_hooks *list, const char *root, struct d2d_trust *trust)
{
	static const char *const places[][2] = {
		{ "builtin", NULL }, { "early", D2D_EARLY }, { "medium", D2D_MEDIUM }, { "metadata", D2D_METADATA }, { "store", D2D_STORE }
	};
	enum { MEDIUM = 2 };
	unsigned i, n = trust->mode == D2D_TRUST_BUILTIN ? 1 : ARRAY_SIZE(places);

	/* The image's own layers are on the medium. The others there are refused later. */
	if (n == 1 && trust->kind == D2D_KIND_LAYERS && trust->own.n) {
		scan(list, xasprintf("%s%s/d2d", root, places[MEDIUM][1]), places[MEDIUM][0], MEDIUM, trust);
		return;
	}

	/* Other kinds of files are taken from volumes only, not from the image or from files that the boot loader has loaded. */
	for (i = trust->kind ? 2 : 0; i < n; i++)
		scan(list, i ? xasprintf("%s%s/d2d", root, places[i][1]) : xasprintf("%s"D2D_HOOKS, root), places[i][0], i, trust);
	if (n > 1)
		scan_payloads(list, root, n, trust);
}
