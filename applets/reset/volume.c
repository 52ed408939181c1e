/*
 * d2dreset: the volume that is made anew.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DRESET) += d2dreset_volume.o
#include <glob.h>
#include "d2dreset.h"

enum { HEAD = 4096 };

/* What a power cut leaves of one that was being made anew: nothing is where any system would begin. */
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

/* What is on the device that we hold, whatever has its name. */
static int probe(int fd, struct d2d_volume *v)
{
	char path[D2D_FD_PATH];

	d2d_fd_path(path, fd);
	return d2d_volume_probe(path, v);
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
		bb_error_msg_and_die("'%s' has partitions: name the one that is to be made anew", dev);
	err = probe(r->fd, &r->on_it);
	if (err < 0)
		bb_error_msg_and_die("can't read '%s': %s", dev, strerror(-err));
	if (is_prefixed_with(dev, "/dev/mapper/") || is_prefixed_with(dev, "/dev/dm-")
	 || (!d2d_volume_is_ext(&r->on_it) && !d2dreset_is_luks(r) && (r->on_it.fstype[0] || !is_wiped(r->fd))))
		bb_error_msg_and_die("'%s' is no store (ext4"IF_FEATURE_D2DINSTALL_LUKS(", LUKS")") that can be made anew", dev);
}

void d2dreset_check(const struct reset_volume *r)
{
	const struct d2d_volume *was = &r->on_it;
	struct d2d_volume v = { 0 };
	struct stat st, held;

	if (stat(r->dev, &st) != 0 || fstat(r->fd, &held) != 0 || !S_ISBLK(st.st_mode) || st.st_rdev != held.st_rdev
	 || has_partitions(&held) || probe(r->fd, &v) < 0 || v.size != was->size
	 || strcmp(v.fstype, was->fstype) != 0 || strcmp(v.uuid, was->uuid) != 0 || strcmp(v.label, was->label) != 0)
		bb_error_msg_and_die("'%s' isn't what it was before the question: nothing has changed", r->dev);
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

/* mke2fs writes over an old store in any order, and what a power cut leaves then may look whole: first of all nothing is to
 * be there. mke2fs writes the new superblock last. */
static void wipe_head(const char *dev)
{
	char head[HEAD] = "";
	int fd = xopen(dev, O_WRONLY | O_CLOEXEC);

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
		bb_error_msg_and_die("no store was made on '%s'", dev);
	sync();
}
