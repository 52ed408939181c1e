/*
 * Which files are image archives, by their names.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_archive_name.o

#include "d2d_archive.h"

bool d2d_archive_name_ok(const char *name)
{
	static const char suffixes[] ALIGN1 =
		".tar\0" ".tar.gz\0" ".tgz\0" ".tar.xz\0" ".txz\0" ".tar.zst\0" ".tzst\0";
	size_t len = strlen(name);
	const char *s;

	for (s = suffixes; *s; s += strlen(s) + 1)
		if (len > strlen(s) && strcasecmp(name + len - strlen(s), s) == 0)
			return true;
	return false;
}
