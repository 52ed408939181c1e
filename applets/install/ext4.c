/*
 * d2dinstall: creates the file system of a store with mke2fs.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DINSTALL) += d2dinstall_ext4.o

#include "d2dinstall.h"

#define MKE2FS "/usr/sbin/mke2fs"

int d2dinstall_make_ext4(const char *dev, uint64_t offset, uint64_t size)
{
	char *at = xasprintf("offset=%llu", (unsigned long long)offset),
		*kib = size ? xasprintf("%lluk", (unsigned long long)(size / 1024)) : NULL;
	/* -F: overwrite an existing file system without a question. */
	char *argv[] = { (char *)MKE2FS, (char *)"-qF", (char *)"-t", (char *)"ext4", (char *)"-L", (char *)D2D_STORE_LABEL,
		(char *)"-m", (char *)"1", (char *)"-E", at, (char *)dev, kib, NULL };
	int r = spawn_and_wait(argv);

	free(kib);
	free(at);
	return r == 0 ? 0 : -EIO;
}
