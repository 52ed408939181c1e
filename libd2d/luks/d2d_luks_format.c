/*
 * Creates a LUKS2 volume. The header and its key slot are made in memory and written in one step after everything else
 * has succeeded; until then, the old content of the device is untouched.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_FEATURE_D2DUNLOCK_MANAGE) += d2d_luks_format.o

#include <sys/mman.h>
#include <linux/fs.h>
#include "d2d_luks.h"
#include <libcryptsetup.h>

enum {
	HEADER = 16 * 1024 * 1024,	/* libcryptsetup's default size */
	LEAST_DATA = 1024 * 1024,
	KEY_SIZE = 64,			/* bytes; XTS takes two keys of AES-256 */
};

static void discard_log(int level UNUSED_PARAM, const char *msg UNUSED_PARAM, void *arg UNUSED_PARAM)
{
}

int d2d_luks_init(const char *path, struct crypt_device **cd)
{
	int r = crypt_init(cd, path);

	if (r == 0)
		crypt_set_log_callback(*cd, discard_log, NULL);
	return r;
}

/* Returns the size of the encrypted sectors, which should match the physical sectors of the device. */
static int sector_size(int fd, off_t size)
{
	unsigned physical = 0;

	return ioctl(fd, BLKPBSZGET, &physical) == 0 && physical >= 4096 && size % 4096 == 0 ? 4096 : 512;
}

static int make_header(const char *path, const char *label, int sector, const struct crypt_pbkdf_type *kdf,
		const char *key, size_t len)
{
	struct crypt_params_luks2 params = { .label = label, .sector_size = sector, .pbkdf = kdf };
	struct crypt_device *cd;
	int r = d2d_luks_init(path, &cd);

	if (r < 0)
		return r;
	r = crypt_format(cd, CRYPT_LUKS2, "aes", "xts-plain64", NULL, NULL, KEY_SIZE, &params);
	if (r >= 0)
		r = crypt_keyslot_add_by_volume_key(cd, CRYPT_ANY_SLOT, NULL, 0, key, len);
	crypt_free(cd);
	return r < 0 ? r : 0;
}

/* Overwrites old md superblocks at the end of the device. With one of them, the volume would always be taken for half
 * of a RAID mirror. */
static int forget_raid(int fd)
{
	static const char none[D2D_RAID_MAGIC];
	off_t at;

	while ((at = d2d_raid_superblock(fd)) > 0)
		if (pwrite(fd, none, sizeof(none), at) != sizeof(none))
			return errno ? -errno : -EIO;
	return 0;
}

int d2d_luks_format(const char *dev, const char *label, const struct crypt_pbkdf_type *kdf, const char *key, size_t len)
{
	struct crypt_pbkdf_type measured;
	char path[D2D_FD_PATH];
	struct crypt_device *cd = NULL;
	int r, header = -1, fd = open(dev, O_RDWR | O_CLOEXEC);
	off_t size;

	if (fd < 0)
		return -errno;
	size = lseek(fd, 0, SEEK_END);
	r = size < HEADER + LEAST_DATA ? -ENOSPC : 0;
	if (r == 0 && !kdf) {
		r = d2d_luks_measure(NULL, D2D_LUKS_MS, &measured);
		kdf = &measured;
	}
	if (r < 0)
		goto out;

	header = memfd_create("luks", MFD_CLOEXEC);
	if (header < 0 || ftruncate(header, HEADER + LEAST_DATA) != 0) {
		r = -errno;
		goto out;
	}
	d2d_fd_path(path, header);
	r = make_header(path, label, sector_size(fd, size), kdf, key, len);
	/* A header backup consists of the header alone, so remove the data area that crypt_format() needed. */
	if (r == 0 && ftruncate(header, HEADER) != 0)
		r = -errno;
	if (r == 0)
		r = d2d_luks_init(dev, &cd);
	if (r == 0)
		r = crypt_header_restore(cd, CRYPT_LUKS2, path);
	if (r == 0)
		r = forget_raid(fd);
	if (r == 0 && fsync(fd) != 0)
		r = -errno;
 out:
	crypt_free(cd);
	if (header >= 0)
		close(header);
	close(fd);
	return r;
}

int d2d_luks_open(const char *dev, const char *name, const char *key, size_t len)
{
	struct crypt_device *cd;
	int r = d2d_luks_init(dev, &cd);

	if (r < 0)
		return r;
	r = crypt_load(cd, CRYPT_LUKS, NULL);
	if (r == 0)
		r = crypt_activate_by_passphrase(cd, name, CRYPT_ANY_SLOT, key, len, 0);
	crypt_free(cd);
	return r < 0 ? r : 0;
}

int d2d_luks_close(const char *name)
{
	return crypt_deactivate(NULL, name);
}
