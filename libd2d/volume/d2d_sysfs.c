/*
 * Reads the files of sysfs.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_sysfs.o

#include "d2d_volume.h"

char *d2d_sysfs_read(const char *dir, const char *name)
{
	char *path = concat_path_file(dir, name);
	size_t size = 4096;
	char *text = xmalloc_open_read_close(path, &size);

	free(path);
	if (text)
		chomp(text);
	return text;
}
