/*
 * Grows a mounted store that is smaller than its partition. The kernel does this while the file system is mounted,
 * protected by the journal.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_grow.o

#include <sys/mount.h>
#include <sys/statvfs.h>
#include "d2d_volume_private.h"

#ifndef EXT4_IOC_RESIZE_FS	/* from fs/ext4/ext4.h of Linux; exported in linux/ext4.h since 5.13 */
# define EXT4_IOC_RESIZE_FS _IOW('f', 16, uint64_t)
#endif

enum { WORTH_IT = 1024 * 1024 };	/* bytes; smaller differences come from the alignment of partitions */

/* Returns the number of blocks that fit on the device, 0 if the file system does not have to grow. */
static uint64_t blocks_wanted(const char *dev)
{
	struct d2d_ext ext;
	uint64_t size, want = 0;
	int fd = open(dev, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return 0;
	if (ioctl(fd, BLKGETSIZE64, &size) == 0 && d2d_ext_read(fd, D2D_EXT_AT, &ext) == 0) {
		want = size / ext.block_size;
		if (want <= ext.blocks || (want - ext.blocks) * ext.block_size < WORTH_IT)
			want = 0;
	}
	close(fd);
	return want;
}

int d2d_store_grow(const struct d2d_volume *v)
{
	/* On a disk with partitions, the space after the file system does not belong to the store. */
	uint64_t want = v->partitioned ? 0 : blocks_wanted(v->dev);
	struct statvfs before, after;
	int fd, r = 0;

	if (!want)
		return 0;
	fd = open(v->mountpoint, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fstatvfs(fd, &before) != 0 || ioctl(fd, EXT4_IOC_RESIZE_FS, &want) != 0 || fstatvfs(fd, &after) != 0)
		r = -errno;
	/* The kernel omits a last block group that would hold only its own metadata, so the size may stay the same. */
	else
		r = after.f_blocks > before.f_blocks;
	close(fd);
	return r;
}
