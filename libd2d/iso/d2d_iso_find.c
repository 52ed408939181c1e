/*
 * Finds files of an ISO by their paths.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D_ISO) += d2d_iso_find.o

#include "d2d_iso.h"

const struct d2d_iso_file *d2d_iso_find(const struct d2d_iso *iso, const char *path)
{
	unsigned low = 0, high = iso->n;

	while (low < high) {
		unsigned middle = (low + high) / 2;
		int order = strcmp(path, iso->file[middle].path);

		if (order == 0)
			return &iso->file[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

const struct d2d_iso_file *d2d_iso_regular(const struct d2d_iso *iso, const char *path)
{
	const struct d2d_iso_file *file = d2d_iso_find(iso, path);

	return file && S_ISREG(file->mode) ? file : NULL;
}
