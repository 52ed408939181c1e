/*
 * A store that is smaller than its partition grows into it: the kernel does it, journaled, while it is mounted.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_grow.o

#include <sys/mount.h>
#include <sys/statvfs.h>
#include "d2d_volume.h"

#ifndef EXT4_IOC_RESIZE_FS	/* linux/fs/ext4/ext4.h, in linux/ext4.h since 5.13 */
# define EXT4_IOC_RESIZE_FS _IOW('f', 16, uint64_t)
#endif

enum { WORTH_IT = 1024 * 1024 };	/* less is lost to the alignment of partitions */

/* The number of blocks that it could have, 0 when that is what it has. */
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
	/* What lies behind a file system on a partitioned disk isn't ours. */
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
	/* The kernel leaves out a last group that would hold nothing but its own tables. */
	else
		r = after.f_blocks > before.f_blocks;
	close(fd);
	return r;
}
