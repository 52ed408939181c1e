/*
 * Says what is wrong with a squashfs: the kernel reports each fault as 'Invalid argument'.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_squashfs.o

#include "d2d_archive.h"

enum { MAJOR = 4 };

/* The superblock (Documentation/filesystems/squashfs.rst), up to the fields that are used here. */
struct super {
	char magic[4];
	char other[16];
	uint16_t compression, block_log, flags, ids, major, minor;
	uint64_t root, used;
} PACKED;

static char *read_super(int fd, off_t at, struct super *super)
{
	ssize_t len = pread(fd, super, sizeof(*super), at);

	if (len < 0)
		return xasprintf("can't read it: %s", strerror(errno));
	if (len != sizeof(*super) || memcmp(super->magic, "hsqs", 4) != 0 || super->major != htole16(MAJOR))
		return xstrdup("not a squashfs file system");
	return NULL;
}

char *d2d_squashfs_check(int fd, off_t at, uint64_t size)
{
	struct super super;
	char *why = read_super(fd, at, &super);

	if (!why && le64toh(super.used) > size)
		why = xasprintf("truncated: %llu of %llu bytes", (unsigned long long)size, (unsigned long long)le64toh(super.used));
	return why;
}

char *d2d_squashfs_error(int fd, off_t at, int err)
{
	static const char compressions[] ALIGN1 = "gzip\0lzma\0lzo\0xz\0lz4\0zstd\0";
	const char *name = "";
	struct super super;
	char *why;

	if (err == -ENODEV)
		return xstrdup("this kernel doesn't support squashfs");
	if (err != -EINVAL)
		return xstrdup(strerror(-err));
	why = read_super(fd, at, &super);
	if (why)
		return why;
	if (super.compression)
		name = nth_string(compressions, MIN(le16toh(super.compression), 7) - 1);
	return xasprintf("it is damaged, or this kernel doesn't support its compression (%s)", name[0] ? name : "unknown");
}
