/*
 * Disks that are going to be written to: opening them, their name and size, and their partitions.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DINSTALL) += d2d_disk.o

#include <sys/mman.h>
#include <sys/sysmacros.h>
#include <linux/blkpg.h>
#include <linux/fs.h>
#include "d2d_volume.h"

enum { PROBED = 0x20000 };	/* bytes; more than d2d_volume_probe() reads from the beginning of a volume */

static char *sysfs_dir(const char *name)
{
	return xasprintf("/sys/class/block/%s", name);
}

static bool is_partition(const char *name)
{
	char *path = xasprintf("/sys/class/block/%s/partition", name);
	bool is = access(path, F_OK) == 0;

	free(path);
	return is;
}

/* Returns false for partitions and for device mapper, RAID and loop devices: the name that a partition of such a device
 * would have may belong to another device ("/dev/mapper/data2"). The device is looked up by its number, because a
 * device node can have any name. */
static bool is_whole_disk(dev_t dev)
{
	static const char others[] ALIGN1 = "partition\0""dm\0""md\0""loop\0";
	const char *p;
	bool is = true;

	for (p = others; *p; p += strlen(p) + 1) {
		char *path = xasprintf("/sys/dev/block/%u:%u/%s", major(dev), minor(dev), p);

		if (access(path, F_OK) == 0)
			is = false;
		free(path);
	}
	return is;
}

static int read_device_properties(struct d2d_disk *disk)
{
	char *dir = sysfs_dir(disk->name);
	int read_only = 0, sector = 0;

	disk->model = d2d_sysfs_read(dir, "device/model");
	free(dir);
	if (disk->model)
		trim(disk->model);
	if (ioctl(disk->fd, BLKGETSIZE64, &disk->size) != 0 || ioctl(disk->fd, BLKSSZGET, &sector) != 0
	 || ioctl(disk->fd, BLKROGET, &read_only) != 0)
		return -errno;
	disk->sector = sector;
	if (read_only)
		disk->read_only = 1;
	return 0;
}

int d2d_disk_open(const char *path, struct d2d_disk *disk)
{
	struct stat st;
	int r = 0;

	memset(disk, 0, sizeof(*disk));
	disk->fd = -1;
	/* Check the type before open(), which would block on a FIFO. */
	if (stat(path, &st) != 0)
		return -errno;
	disk->dev = xmalloc_realpath(path);
	if (!disk->dev)
		return -errno;
	disk->name = xstrdup(bb_basename(disk->dev));
	disk->is_file = S_ISREG(st.st_mode);
	if (!disk->is_file && (!S_ISBLK(st.st_mode) || !is_whole_disk(st.st_rdev)))
		return -ENOTBLK;

	disk->fd = open(disk->dev, O_RDWR | O_CLOEXEC);
	if (disk->fd < 0) {
		disk->read_only = 1;
		disk->fd = open(disk->dev, O_RDONLY | O_CLOEXEC);
	}
	if (disk->fd < 0)
		return -errno;
	disk->size = st.st_size;
	disk->sector = D2D_SECTOR;
	if (!disk->is_file)
		r = read_device_properties(disk);
	return r;
}

void d2d_disk_close(struct d2d_disk *disk)
{
	if (disk->fd >= 0)
		close(disk->fd);
	free(disk->dev);
	free(disk->name);
	free(disk->model);
	memset(disk, 0, sizeof(*disk));
	disk->fd = -1;
}

char *d2d_disk_of(const char *dev)
{
	char *dir, *real, *disk;

	if (!is_partition(bb_basename(dev)))
		return xstrdup(dev);
	dir = sysfs_dir(bb_basename(dev));
	real = xmalloc_realpath(dir);
	free(dir);
	if (!real)
		return xstrdup(dev);
	dirname(real);
	disk = xasprintf("/dev/%s", bb_basename(real));
	free(real);
	return disk;
}

bool d2d_disk_has(const struct d2d_disk *disk, const struct d2d_volume *v)
{
	char *whole;
	bool has;

	/* Names with a slash, such as "cciss/c0d0" ("cciss!c0d0" in sysfs), are not handled: such controllers are
	 * obsolete. */
	whole = d2d_disk_of(v->dev);
	has = strcmp(whole, disk->dev) == 0;
	free(whole);
	return has;
}

char *d2d_disk_partition(const struct d2d_disk *disk, unsigned n)
{
	const char *last = disk->dev + strlen(disk->dev) - 1;

	return xasprintf("%s%s%u", disk->dev, isdigit(*last) ? "p" : "", n);
}

static int blkpg(const struct d2d_disk *disk, int op, unsigned n, uint64_t start, uint64_t size)
{
	struct blkpg_partition part = { .pno = n, .start = start, .length = size };
	struct blkpg_ioctl_arg arg = { .op = op, .datalen = sizeof(part), .data = &part };

	if (disk->is_file)
		return 0;
	return ioctl(disk->fd, BLKPG, &arg) == 0 ? 0 : -errno;
}

int d2d_disk_partition_add(const struct d2d_disk *disk, unsigned n, uint64_t start, uint64_t size)
{
	return blkpg(disk, BLKPG_ADD_PARTITION, n, start, size);
}

int d2d_disk_partition_drop(const struct d2d_disk *disk, unsigned n)
{
	return blkpg(disk, BLKPG_DEL_PARTITION, n, 0, 0);
}

int d2d_disk_probe(const struct d2d_disk *disk, uint64_t offset, struct d2d_volume *v)
{
	char path[D2D_FD_PATH];
	char *head = xzalloc(PROBED);
	int r = 0, fd = memfd_create("head", MFD_CLOEXEC);

	if (fd < 0 || pread(disk->fd, head, PROBED, offset) < 0 || full_write(fd, head, PROBED) != PROBED)
		r = -errno;
	free(head);
	d2d_fd_path(path, fd);
	if (r == 0)
		r = d2d_volume_probe(path, v);
	if (fd >= 0)
		close(fd);
	return r;
}

int d2d_disk_write(const struct d2d_disk *disk, uint64_t offset, const void *bytes, size_t len)
{
	char *again = xmalloc(len);
	int r = 0;

	if (pwrite(disk->fd, bytes, len, offset) != (ssize_t)len || fsync(disk->fd) != 0)
		r = errno ? -errno : -EIO;
	/* Drop the written pages from the page cache, so that the data is read back from the disk itself. */
	posix_fadvise(disk->fd, offset, len, POSIX_FADV_DONTNEED);
	if (r == 0 && pread(disk->fd, again, len, offset) != (ssize_t)len)
		r = -EIO;
	if (r == 0 && memcmp(bytes, again, len) != 0)
		r = -EIO;
	free(again);
	return r;
}

int d2d_disk_settle(const char *dir)
{
	int r, fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	sync();
	r = fsync(fd) == 0 ? 0 : -errno;
	close(fd);
	return r;
}
