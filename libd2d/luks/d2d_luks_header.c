/*
 * Headers of LUKS volumes: backs them up to a file, restores them, and destroys their key slots.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_FEATURE_D2DUNLOCK_MANAGE) += d2d_luks_header.o

#include "d2d_luks.h"
#include <libcryptsetup.h>

static int load(const char *dev, struct crypt_device **cd)
{
	int r = d2d_luks_init(dev, cd);

	if (r == 0)
		r = crypt_load(*cd, CRYPT_LUKS, NULL);
	return r;
}

int d2d_luks_flush(const char *path)
{
	int r, fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	r = fsync(fd) == 0 ? 0 : -errno;
	close(fd);
	return r;
}

int d2d_luks_erase(const char *dev)
{
	struct crypt_device *cd = NULL;
	int slot, r = load(dev, &cd);

	for (slot = 0; r == 0 && slot < crypt_keyslot_max(crypt_get_type(cd)); slot++)
		if (crypt_keyslot_status(cd, slot) > CRYPT_SLOT_INACTIVE)
			r = crypt_keyslot_destroy(cd, slot);
	crypt_free(cd);
	return r == 0 ? d2d_luks_flush(dev) : r;
}

int d2d_luks_backup(const char *dev, const char *file)
{
	char *tmp = xasprintf("%s.%u~", file, (unsigned)getpid());
	struct crypt_device *cd = NULL;
	int r = load(dev, &cd);

	if (r == 0 && access(file, F_OK) == 0)
		r = -EEXIST;
	if (r < 0)
		goto out;
	r = crypt_header_backup(cd, CRYPT_LUKS, tmp);
	/* On a file system without Unix modes, such as vfat, chmod() fails with EPERM. */
	if (r == 0 && chmod(tmp, 0600) != 0 && errno != EPERM)
		r = -errno;
	if (r == 0)
		r = d2d_luks_flush(tmp);
	if (r == 0 && renameat2(AT_FDCWD, tmp, AT_FDCWD, file, RENAME_NOREPLACE) != 0)
		r = -errno;
	if (r < 0)
		unlink(tmp);
 out:
	crypt_free(cd);
	free(tmp);
	return r;
}

int d2d_luks_restore(const char *dev, const char *file)
{
	struct crypt_device *cd = NULL;
	int r = d2d_luks_init(dev, &cd);

	if (r == 0)
		r = crypt_header_restore(cd, NULL, file);
	crypt_free(cd);
	return r == 0 ? d2d_luks_flush(dev) : r;
}
