/*
 * Describes a disk, a partition or an image, and checks whether it is in use, before everything on it is overwritten.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_FEATURE_D2DUNLOCK_MANAGE) += d2d_device.o

#include <glob.h>
#include <sys/mount.h>
#include "d2d_volume.h"

enum { BEGINNING = 1024 * 1024 };

/* Whether the device or one of its partitions is mounted. O_EXCL does not detect mounts through a loop device (d2d_mount(),
 * d2d_mount_for_iso()). */
static bool is_mounted(const char *dev)
{
	char *real = xmalloc_realpath(dev), *pattern;
	const char *name = bb_basename(real ? real : dev);
	struct d2d_volume v = { .dev = (char *)dev };
	bool is;
	size_t i;
	glob_t g;

	d2d_mounts_find(&v, 1);
	pattern = xasprintf("/sys/class/block/%s/%s*/partition", name, name);
	if (glob(pattern, 0, NULL, &g) == 0) {
		for (i = 0; i < g.gl_pathc && !v.mountpoint; i++) {
			*strrchr(g.gl_pathv[i], '/') = '\0';
			v.dev = xasprintf("/dev/%s", bb_basename(g.gl_pathv[i]));
			d2d_mounts_find(&v, 1);
			free(v.dev);
		}
	}
	globfree(&g);
	free(pattern);
	free(real);
	is = v.mountpoint != NULL;
	free(v.mountpoint);
	return is;
}

int d2d_device_idle(const char *dev)
{
	int read_only = 0, err = 0, fd;
	struct stat st;

	if (stat(dev, &st) != 0)
		return -errno;
	if (!S_ISBLK(st.st_mode) && !S_ISREG(st.st_mode))
		return -ENOTBLK;
	/* O_EXCL fails with EBUSY while the device, one of its partitions or a device built on it is in use. */
	fd = open(dev, O_RDWR | O_CLOEXEC | (S_ISBLK(st.st_mode) ? O_EXCL : 0));
	if (fd < 0)
		return -errno;
	if (S_ISBLK(st.st_mode) && ioctl(fd, BLKROGET, &read_only) == 0 && read_only)
		err = -EROFS;
	close(fd);
	if (!err && is_mounted(dev))
		err = -EBUSY;
	return err;
}

static int is_zero(const char *path)
{
	char *buf = xmalloc(BEGINNING);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t i, len = fd < 0 ? -1 : full_read(fd, buf, BEGINNING);

	for (i = 0; i < len && !buf[i]; i++)
		continue;
	if (fd >= 0)
		close(fd);
	free(buf);
	return len >= 0 && i == len;
}

/* Returns a short text about the content of PATH, such as: ext4 "LABEL". The caller frees it. */
static char *content(const char *path)
{
	struct d2d_volume v = { 0 };
	char *text, *label;

	if (d2d_volume_probe(path, &v) != 0) {
		text = xstrdup("can't be read");
	} else if (v.fstype[0]) {
		label = d2d_printable(v.label, strlen(v.label));
		text = xasprintf("%s \"%s\"", v.fstype, label);
		free(label);
	} else {
		text = xstrdup(is_zero(path) ? "empty" : "unknown data");
	}
	d2d_volume_clear(&v);
	return text;
}

/* Returns vendor and model of the disk, "" if sysfs has neither. The caller frees the text. */
static char *model_of(const char *sys)
{
	char *path = xasprintf("%s/partition", sys), *vendor, *model, *both;
	char *dir = xasprintf("%s/%s", sys, access(path, F_OK) == 0 ? "../device" : "device");

	vendor = d2d_sysfs_read(dir, "vendor");
	model = d2d_sysfs_read(dir, "model");
	/* The vendor of a PCI device is only a number, so it is left out. */
	both = xasprintf("%s %s", vendor && !is_prefixed_with(vendor, "0x") ? trim(vendor) : "", model ? trim(model) : "");
	free(path);
	free(dir);
	free(vendor);
	free(model);
	path = d2d_printable(trim(both), strlen(both));
	free(both);
	return path;
}

static uint64_t size_of(const char *dev)
{
	int fd = open(dev, O_RDONLY | O_CLOEXEC);
	off_t size = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);

	if (fd >= 0)
		close(fd);
	return size < 0 ? 0 : size;
}

/* Returns TEXT with a line added for each partition; TEXT, which is malloc'ed, now belongs to the result. */
static char *with_partitions(char *text, const char *name, const char *sys)
{
	char *pattern = xasprintf("%s/%s*/partition", sys, name);
	size_t i;
	glob_t g;

	if (glob(pattern, 0, NULL, &g) == 0) {
		for (i = 0; i < g.gl_pathc; i++) {
			char *part, *path, *what, *more;

			*strrchr(g.gl_pathv[i], '/') = '\0';
			part = strrchr(g.gl_pathv[i], '/') + 1;
			path = xasprintf("/dev/%s", part);
			what = content(path);
			more = xasprintf("%s\n  %s: %s", text, part, what);
			free(text);
			free(what);
			free(path);
			text = more;
		}
	}
	globfree(&g);
	free(pattern);
	return text;
}

char *d2d_device_text(const char *dev)
{
	char *real = xmalloc_realpath(dev);
	const char *name = bb_basename(real ? real : dev);
	char *sys = xasprintf("/sys/class/block/%s", name);
	char *model = model_of(sys), *what = content(dev);
	char *text = xasprintf("%s: %s%s%s: %s", dev, model, model[0] ? ", " : "",
		make_human_readable_str(size_of(dev), 1, 0), what);

	if (real && is_prefixed_with(real, "/dev/"))
		text = with_partitions(text, name, sys);
	free(what);
	free(model);
	free(sys);
	free(real);
	return text;
}
