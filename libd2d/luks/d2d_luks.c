/*
 * Recognises open LUKS volumes by sysfs, without libcryptsetup.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_luks.o

#include <glob.h>
#include "d2d_luks.h"

char *d2d_luks_open_as(const char *dev)
{
	char *pattern, *name = NULL;
	struct stat st;
	size_t i;
	glob_t g;

	if (stat(dev, &st) != 0 || !S_ISBLK(st.st_mode))
		return NULL;
	pattern = xasprintf("/sys/dev/block/%u:%u/holders/*/dm/name", major(st.st_rdev), minor(st.st_rdev));
	if (glob(pattern, 0, NULL, &g) != 0)
		g.gl_pathc = 0;
	for (i = 0; i < g.gl_pathc && !name; i++) {
		name = xmalloc_open_read_close(g.gl_pathv[i], NULL);
		if (!name)
			continue;
		chomp(name);
		/* With such a mapping libcryptsetup reads a key slot, in this process or in another one. */
		if (is_prefixed_with(name, "temporary-cryptsetup-")) {
			free(name);
			name = NULL;
		}
	}
	globfree(&g);
	free(pattern);
	return name;
}

/* Returns whether a device is a dm-crypt mapping by its UUID in sysfs, or whether all devices that it is built on are,
 * searching BELOW levels down. */
static bool is_crypt(const char *sysfs, int below)
{
	char *uuid = d2d_sysfs_read(sysfs, "dm/uuid"), *pattern;
	bool crypt = uuid && is_prefixed_with(uuid, "CRYPT-");
	size_t i;
	glob_t g;

	free(uuid);
	if (crypt || !below)
		return crypt;
	pattern = xasprintf("%s/slaves/*", sysfs);
	if (glob(pattern, 0, NULL, &g) == 0)
		for (i = 0, crypt = true; crypt && i < g.gl_pathc; i++)
			crypt = is_crypt(g.gl_pathv[i], below - 1);
	globfree(&g);
	free(pattern);
	return crypt;
}

static bool is_device_crypt(const char *dev, int below)
{
	struct stat st;
	char *path;
	bool crypt;

	if (stat(dev, &st) != 0 || !S_ISBLK(st.st_mode))
		return false;
	path = xasprintf("/sys/dev/block/%u:%u", major(st.st_rdev), minor(st.st_rdev));
	crypt = is_crypt(path, below);
	free(path);
	return crypt;
}

bool d2d_is_crypt(const char *dev)
{
	return is_device_crypt(dev, 0);
}

bool d2d_is_in_crypt(const char *dev)
{
	return is_device_crypt(dev, 4);
}

bool d2d_luks_any_open(const char *root)
{
	char *pattern = xasprintf("%s/sys/class/block/dm-*", root);
	bool any = false;
	size_t i;
	glob_t g;

	if (glob(pattern, 0, NULL, &g) == 0)
		for (i = 0; !any && i < g.gl_pathc; i++)
			any = is_crypt(g.gl_pathv[i], 0);
	globfree(&g);
	free(pattern);
	return any;
}
