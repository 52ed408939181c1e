/*
 * d2d: the free space of a file system.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D) += d2dfront_space.o

#include "d2dfront.h"
#include <sys/statvfs.h>

char *d2dfront_left_on(const char *dir, bool whole)
{
	struct statvfs vfs;
	char *total, *text;

	if (statvfs(dir, &vfs) != 0)
		return xstrdup("?");
	total = xstrdup(make_human_readable_str((uint64_t)vfs.f_blocks * vfs.f_frsize, 1, 0));
	text = xasprintf(whole ? "%s free of %s" : "%s", make_human_readable_str((uint64_t)vfs.f_bavail * vfs.f_frsize, 1, 0), total);
	free(total);
	return text;
}

bool d2dfront_is_nearly_full(const char *dir)
{
	struct statvfs vfs;

	return statvfs(dir, &vfs) == 0
		&& ((vfs.f_blocks && vfs.f_bavail < vfs.f_blocks / 20) || (vfs.f_files && vfs.f_favail < vfs.f_files / 20));
}

bool d2dfront_is_full(const char *dir)
{
	struct statvfs vfs;

	return statvfs(dir, &vfs) == 0 && vfs.f_blocks && (uint64_t)vfs.f_bavail * vfs.f_frsize < 64 * 1024;
}
