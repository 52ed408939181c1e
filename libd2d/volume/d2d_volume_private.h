/*
 * Declarations shared by the parts that identify, check and repair file systems on volumes.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2D_VOLUME_PRIVATE_H
#define D2D_VOLUME_PRIVATE_H 1

#include "d2d_volume.h"

/* ---- d2d_ext.c: superblocks of ext2, ext3 and ext4 ---- */

enum { D2D_EXT_AT = 1024, D2D_EXT_CLEAN = 1 };

struct d2d_ext {
	uint64_t blocks;
	unsigned block_size;	/* bytes */
	unsigned state;		/* D2D_EXT_CLEAN: unmounted properly and without errors */
	unsigned group;		/* block group of a copy, 0 for the superblock itself */
	char uuid[37];
	char label[17];
};

/* Reads the superblock at the offset AT. Returns -EINVAL if there is none. */
int d2d_ext_read(int fd, off_t at, struct d2d_ext *ext);

/* Reads the first copy of the superblock, for any block size. Returns its block number, or 0 if there is none. */
uint32_t d2d_ext_copy(int fd, struct d2d_ext *ext);

/* Returns the command that repairs the file system on DEV and asks before it changes anything. The caller frees it. */
char *d2d_ext_repair(const char *dev);

/* ---- d2d_recall.c: what earlier scans have read ---- */

struct d2d_recall;

/* Reads what is known below ROOT. d2d_recall_end() writes it again, with what was added, and frees it. */
struct d2d_recall *d2d_recall_begin(const char *root);
void d2d_recall_end(struct d2d_recall *r);

/* Like d2d_volume_probe(), but takes what is known of the device, whose directory in sysfs is DIR, or else adds it. */
int d2d_recall_probe(struct d2d_recall *r, const char *dir, struct d2d_volume *v);

/* ---- d2d_exfat.c ---- */

/* Sets uuid and label of an exFAT volume, whose first 512 bytes are HEAD. */
void d2d_exfat_read(struct d2d_volume *v, int fd, const uint8_t *head);

#endif
