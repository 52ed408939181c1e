/*
 * d2droot: compares what a layer needs of the base system with what this one is made of (docs/layers.md). Libraries of another suite
 * would take the programs of the layer down, or worse, those of the system.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DROOT) += d2droot_packages.o

#include "d2droot.h"

enum { LISTS_MAX = 100 };	/* lists of one layer */

void d2droot_read_packages(struct d2droot *r)
{
	char *path = xasprintf("%s"D2D_PACKAGES, r->root), *text = NULL, *why = NULL;
	size_t len;
	int err = d2d_file_read(path, D2D_PACKAGES_MAX, &text, &len);

	if (err == 0)
		err = d2d_packages_parse(text, len, &r->packages, &why);
	if (err < 0 && err != -ENOENT)
		bb_error_msg("can't read '%s', so no layer is compared with it: %s", path, why ? why : strerror(-err));
	free(why);
	free(text);
	free(path);
}

static char *compare(const struct d2droot *r, const struct d2d_hook *layer, const char *list)
{
	struct d2d_packages needs;
	llist_t *others = NULL, *l;
	char *text = NULL, *why = NULL;
	size_t len;
	int err = d2d_file_read(list, D2D_PACKAGES_MAX, &text, &len);

	if (err < 0)
		return xasprintf("its list of packages %s", d2d_file_error(err));
	if (d2d_packages_parse(text, len, &needs, &why) == 0) {
		why = d2d_packages_missing(&r->packages, &needs, &others);
		d2d_packages_free(&needs);
	}
	for (l = others; l && !why; l = l->link)
		bb_error_msg("warning: the layer '%s': %s", printable_string(layer->name), l->data);
	llist_free(others, free);
	free(text);
	return why;
}

char *d2droot_unfit(const struct d2droot *r, const struct d2d_hook *layer, const char *place)
{
	char *dir = xasprintf("%s/"D2D_PACKAGES_LAYERS, place), *why = NULL, **names;
	int i, n;

	if (!r->packages.suite) {
		free(dir);
		return NULL;
	}
	n = d2d_dir_list(dir, LISTS_MAX, &names);
	for (i = 0; i < n && !why; i++) {
		char *list = concat_path_file(dir, names[i]);

		if (is_suffixed_with(names[i], ".list"))
			why = compare(r, layer, list);
		free(list);
	}
	/* Most layers that people make by hand have no list. */
	if (n < 0 && n != -ENOENT && n != -ENOTDIR)
		why = xasprintf("can't read its lists of packages: %s", n == -E2BIG ? "there are too many" : strerror(-n));
	d2d_dir_list_free(names, n);
	free(dir);
	return why;
}
