/*
 * d2dreset: checks the volume that is to be reset, and makes the new store on it.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DRESET) += d2dreset_volume.o
#include <glob.h>
#include "d2dreset.h"

enum { HEAD = 4096 };

/* Whether the first 4 KiB of the volume are zeros, as a power cut during d2dreset_make() leaves them. Data of other
 * systems has its header there, so nothing of theirs is taken for an unfinished store; d2d_volume_probe() has recognised a LUKS2
 * volume by the second copy of its header. */
static bool is_wiped(int fd)
{
	char head[HEAD];

	return pread(fd, head, sizeof(head), 0) == sizeof(head) && !head[0] && memcmp(head, head + 1, sizeof(head) - 1) == 0;
}

static bool has_partitions(const struct stat *st)
{
	char *pattern = xasprintf("/sys/dev/block/%u:%u/*/partition", major(st->st_rdev), minor(st->st_rdev));
	glob_t g;
	bool has = glob(pattern, 0, NULL, &g) == 0;

	globfree(&g);
	free(pattern);
	return has;
}

/* Probes the device behind the descriptor, even if its name belongs to another device by now. */
static int probe(int fd, struct d2d_volume *v)
{
	char path[D2D_FD_PATH];

	d2d_fd_path(path, fd);
	return d2d_volume_probe(path, v);
}

/* Whether the ISO that was booted from is a file on this device. O_EXCL doesn't tell: a store is mounted for its sake through a
 * loop device. */
static bool holds_iso(const struct stat *st)
{
	char *volume = d2d_iso_volume();
	struct stat its;
	bool holds = volume && stat(volume, &its) == 0 && S_ISBLK(its.st_mode) && its.st_rdev == st->st_rdev;

	free(volume);
	return holds;
}

void d2dreset_hold(struct reset_volume *r, const char *dev)
{
	struct stat st;
	int err;

	memset(r, 0, sizeof(*r));
	r->dev = dev;
	r->fd = open(dev, O_RDONLY | O_CLOEXEC);
	if (r->fd < 0 || fstat(r->fd, &st) != 0)
		bb_perror_msg_and_die("can't open '%s'", dev);
	if (has_partitions(&st))
		bb_error_msg_and_die("'%s' has partitions: name the partition that is to be reset", dev);
	if (holds_iso(&st))
		bb_error_msg_and_die("'%s' holds the ISO that was booted from: it can't be reset", dev);
	err = probe(r->fd, &r->on_it);
	if (err < 0)
		bb_error_msg_and_die("can't read '%s': %s", dev, strerror(-err));
	if (is_prefixed_with(dev, "/dev/mapper/") || is_prefixed_with(dev, "/dev/dm-")
	 || (!d2d_volume_is_ext(&r->on_it) && !d2dreset_is_luks(r) && (r->on_it.fstype[0] || !is_wiped(r->fd))))
		bb_error_msg_and_die("'%s' is not a store (ext4"IF_FEATURE_D2DINSTALL_LUKS(", LUKS")") that can be reset", dev);
}

void d2dreset_check(const struct reset_volume *r)
{
	const struct d2d_volume *was = &r->on_it;
	struct d2d_volume v = { 0 };
	struct stat st, held;

	if (stat(r->dev, &st) != 0 || fstat(r->fd, &held) != 0 || !S_ISBLK(st.st_mode) || st.st_rdev != held.st_rdev
	 || has_partitions(&held) || probe(r->fd, &v) < 0 || v.size != was->size
	 || strcmp(v.fstype, was->fstype) != 0 || strcmp(v.uuid, was->uuid) != 0 || strcmp(v.label, was->label) != 0)
		bb_error_msg_and_die("'%s' has changed since the question: nothing was written", r->dev);
	d2d_volume_clear(&v);
}

void d2dreset_refuse_used(const char *dev)
{
	int fd = open(dev, O_RDWR | O_EXCL | O_CLOEXEC);

	if (fd < 0)
		bb_perror_msg_and_die("'%s' is in use", dev);
	close(fd);
}

void d2dreset_erase_keys(const char *dev)
{
	int r = ENABLE_FEATURE_D2DINSTALL_LUKS ? d2d_luks_erase(dev) : -ENOSYS;

	if (r < 0)
		bb_error_msg_and_die("can't erase the keys of '%s': %s", dev, strerror(-r));
	printf("%s: its keys are erased\n", dev);
}

/* Overwrites the second copy of a LUKS2 header from an earlier use of the device: after a power cut, the device would be taken for
 * this LUKS volume. */
static void wipe_luks(int fd, const char *dev)
{
	char head[HEAD] = "";
	struct d2d_luks2 luks;

	if (d2d_luks2_read(fd, &luks) & D2D_LUKS_SECOND)
		if (pwrite(fd, head, sizeof(head), luks.size) != sizeof(head))
			bb_perror_msg_and_die("can't write '%s'", dev);
	d2d_luks2_free(&luks);
}

/* Zeroes the first 4 KiB. mke2fs overwrites an old store in no particular order, so a power cut could leave a mixture
 * that looks complete. mke2fs writes the new superblock last, so nothing looks like a store until it is one. */
static void wipe_head(const char *dev)
{
	char head[HEAD] = "";
	int fd = xopen(dev, O_RDWR | O_CLOEXEC);

	wipe_luks(fd, dev);
	xwrite(fd, head, sizeof(head));
	if (fsync(fd) != 0)
		bb_perror_msg_and_die("can't write '%s'", dev);
	close(fd);
}

void d2dreset_make(const char *dev, const struct install_key *key)
{
	if (!key)
		wipe_head(dev);
	if ((ENABLE_FEATURE_D2DINSTALL_LUKS && key ? d2dinstall_make_luks(dev, key) : d2dinstall_make_ext4(dev, 0, 0)) < 0)
		bb_error_msg_and_die("can't make a store on '%s'", dev);
	sync();
}
