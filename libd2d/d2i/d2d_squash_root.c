/*
 * Sets the time of a squashfs's root directory to 1970: when mksquashfs 4.5 reads a tar archive, it uses the current time,
 * regardless of its options.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_FEATURE_D2DIMPORT_SQUASH) += d2d_squash_root.o

#include "d2d_squash.h"

enum {
	MAGIC = 0x73717368,
	BLOCK = 8192,			/* bytes of metadata in a block, after a header of 16 bits */
	NOT_PACKED = 0x8000,		/* flag in this header: the block is not compressed */
	MTIME = 8,			/* offset in an inode */
	DIR_INODE = 1, LONG_DIR_INODE = 8,
};

struct super {
	uint32_t magic, inodes, mkfs_time, block_size, fragments;
	uint16_t compression, block_log, flags, no_ids, major, minor;
	uint64_t root, used, id_table, xattr_table, inode_table;
};

/* Returns the file offset of a byte of metadata: OFFSET is counted from the block at AT, without the headers of blocks. */
static off_t metadata_offset(off_t at, unsigned offset)
{
	return at + sizeof(uint16_t) + offset + (offset >= BLOCK ? sizeof(uint16_t) : 0);
}

int d2d_squash_root_time(int fd)
{
	struct super s;
	unsigned offset, i;
	uint8_t head[2], type[2];
	off_t at;

	if (pread(fd, &s, sizeof(s), 0) != sizeof(s) || SWAP_LE32(s.magic) != MAGIC)
		return -EUCLEAN;
	at = SWAP_LE64(s.inode_table) + (SWAP_LE64(s.root) >> 16);
	offset = SWAP_LE64(s.root) & 0xffff;
	if (offset >= BLOCK || pread(fd, head, 2, at) != 2 || !((head[0] | head[1] << 8) & NOT_PACKED))
		return -EUCLEAN;
	for (i = 0; i < 2; i++)
		if (pread(fd, &type[i], 1, metadata_offset(at, offset + i)) != 1)
			return -EUCLEAN;
	if ((type[0] != DIR_INODE && type[0] != LONG_DIR_INODE) || type[1])
		return -EUCLEAN;
	for (i = MTIME; i < MTIME + sizeof(uint32_t); i++)
		if (pwrite(fd, "", 1, metadata_offset(at, offset + i)) != 1)
			return -errno;
	return 0;
}
