/*
 * d2dreset: the volume that is made anew.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#include "d2dreset.h"

enum { HEAD = 4096 };

/* What a power cut leaves of one that was being made anew: nothing is where any system would begin. */
static bool is_wiped(const char *dev)
{
	char head[HEAD];

	return open_read_close(dev, head, sizeof(head)) == sizeof(head) && !head[0] && memcmp(head, head + 1, sizeof(head) - 1) == 0;
}

void d2dreset_check(const char *dev, struct d2d_volume *v)
{
	int r = d2d_volume_probe(dev, v);

	if (r < 0)
		bb_error_msg_and_die("can't read '%s': %s", dev, strerror(-r));
	if (is_prefixed_with(dev, "/dev/mapper/") || is_prefixed_with(dev, "/dev/dm-")
	 || (!d2d_volume_is_ext(v) && !(ENABLE_FEATURE_D2DINSTALL_LUKS && strcmp(v->fstype, "crypto_LUKS") == 0)
	  && (v->fstype[0] || !is_wiped(dev))))
		bb_error_msg_and_die("'%s' is no store (ext4"IF_FEATURE_D2DINSTALL_LUKS(", LUKS")") that can be made anew", dev);
}

bool d2dreset_is_luks(const struct d2d_volume *v)
{
	return ENABLE_FEATURE_D2DINSTALL_LUKS && strcmp(v->fstype, "crypto_LUKS") == 0;
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
	int r = d2d_luks_erase(dev);

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
