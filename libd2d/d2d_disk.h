/*
 * libd2d: disks that are to be written to, as wholes.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2D_DISK_H
#define D2D_DISK_H 1

#include "libd2d.h"

enum { D2D_SECTOR = 512, D2D_MIB = 1024 * 1024 };

/* A disk, or an image of one in a regular file. d2d_disk_close() frees it. */
struct d2d_disk {
	char *dev;		/* as it was called */
	char *name;		/* the kernel's name, or the file's */
	char *model;		/* as it says of itself; NULL when it doesn't. Print it only as printable */
	uint64_t size;		/* in bytes */
	unsigned sector;	/* bytes in one of its own */
	smallint is_file;
	smallint read_only;
	int fd;
};

/* Opens a disk for reading, for writing too unless it can't be. -ENOTBLK for anything but a whole disk or a regular file:
 * a partition, a volume of the device mapper, RAID, a loop device. */
int d2d_disk_open(const char *path, struct d2d_disk *disk);
void d2d_disk_close(struct d2d_disk *disk);

/* The disk on which a volume lies ("/dev/sda" of "/dev/sda3", or of itself); the caller frees it. */
char *d2d_disk_of(const char *dev);

/* Whether a volume is on this disk, or is it. */
bool d2d_disk_has(const struct d2d_disk *disk, const struct d2d_volume *v);

/* The path of its Nth partition, which need not be there; the caller frees it. */
char *d2d_disk_partition(const struct d2d_disk *disk, unsigned n);

/* Tells the kernel of a partition that is in no table yet, or makes it forget one: no other of the disk is touched, so they
 * may be in use. Nothing is written. Does nothing for a file. */
int d2d_disk_partition_add(const struct d2d_disk *disk, unsigned n, uint64_t start, uint64_t size);
int d2d_disk_partition_drop(const struct d2d_disk *disk, unsigned n);

/* What begins at an offset, as d2d_volume_probe() says it. */
int d2d_disk_probe(const struct d2d_disk *disk, uint64_t offset, struct d2d_volume *v);

/* Writes at an offset, waits until it is on the disk and reads it back from there: -EIO when it isn't the same. */
int d2d_disk_write(const struct d2d_disk *disk, uint64_t offset, const void *bytes, size_t len);

/* All that was written goes to its disk, and out of the cache of the one on which a mounted folder lies: sync() alone doesn't
 * ask for that on a FAT. What is done next can't be there before it then. 0, or a negative errno. */
int d2d_disk_settle(const char *dir);

#endif
