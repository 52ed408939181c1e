/*
 * Reads the superblock of ext2, ext3 and ext4, and its first backup copy:
 * linux/Documentation/filesystems/ext4/super.rst.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_ext.o

#include "d2d_volume_private.h"

enum {
	SIZE = 1024,

	BLOCKS = 0x4,
	LOG_BLOCK_SIZE = 0x18,
	MAGIC = 0x38,
	STATE = 0x3a,
	GROUP = 0x5a,
	INCOMPAT = 0x60,
	UUID = 0x68,
	LABEL = 0x78,
	BLOCKS_HIGH = 0x150,

	INCOMPAT_64BIT = 0x80,
	LARGEST_LOG = 6,	/* a block size of 64 KiB */
};

int d2d_ext_read(int fd, off_t at, struct d2d_ext *ext)
{
	uint8_t sb[SIZE];
	ssize_t len = pread(fd, sb, sizeof(sb), at);

	if (len < 0)
		return -errno;
	if (len != sizeof(sb) || d2d_le16(sb + MAGIC) != 0xef53 || d2d_le32(sb + LOG_BLOCK_SIZE) > LARGEST_LOG)
		return -EINVAL;
	ext->block_size = 1024U << d2d_le32(sb + LOG_BLOCK_SIZE);
	ext->blocks = d2d_le32(sb + BLOCKS);
	if (d2d_le32(sb + INCOMPAT) & INCOMPAT_64BIT)
		ext->blocks |= (uint64_t)d2d_le32(sb + BLOCKS_HIGH) << 32;
	ext->state = d2d_le16(sb + STATE);
	ext->group = d2d_le16(sb + GROUP);
	d2d_uuid_text(ext->uuid, sb + UUID);
	safe_strncpy(ext->label, (const char *)sb + LABEL, sizeof(ext->label));
	return 0;
}

/* Every layout has a backup superblock at the start of block group 1. A group has as many blocks as a block has bits;
 * with blocks of 1 KiB, group 0 begins at block 1. */
uint32_t d2d_ext_copy(int fd, struct d2d_ext *ext)
{
	unsigned size;

	for (size = 4096; size >= 1024; size /= 2) {
		uint32_t block = size * 8 + (size == 1024);

		if (d2d_ext_read(fd, (off_t)block * size, ext) == 0 && ext->block_size == size && ext->group == 1)
			return block;
	}
	return 0;
}

char *d2d_ext_repair(const char *dev)
{
	struct d2d_ext ext;
	int fd = open(dev, O_RDONLY | O_CLOEXEC);
	uint32_t block = 0;

	if (fd >= 0) {
		if (d2d_ext_read(fd, D2D_EXT_AT, &ext) != 0)
			block = d2d_ext_copy(fd, &ext);
		close(fd);
	}
	if (block)
		return xasprintf("e2fsck -b %u -B %u %s", block, ext.block_size, dev);
	return xasprintf("e2fsck %s", dev);
}
