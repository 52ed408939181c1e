/*
 * LUKS devices as the kernel and their first bytes show them; libcryptsetup isn't needed for that.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_luks.o

#include <glob.h>
#include "libd2d.h"

int d2d_is_luks(const char *path)
{
	static const char magic[6] ALIGN1 = { 'L', 'U', 'K', 'S', '\xba', '\xbe' };
	char buf[sizeof(magic)];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len;

	if (fd < 0)
		return -errno;
	len = full_read(fd, buf, sizeof(buf));
	close(fd);
	return len == sizeof(buf) && memcmp(buf, magic, sizeof(buf)) == 0;
}

char *d2d_luks_open_as(const char *dev)
{
	char *pattern, *name = NULL;
	struct stat st;
	glob_t g;

	if (stat(dev, &st) != 0 || !S_ISBLK(st.st_mode))
		return NULL;
	pattern = xasprintf("/sys/dev/block/%u:%u/holders/*/dm/name", major(st.st_rdev), minor(st.st_rdev));
	if (glob(pattern, 0, NULL, &g) == 0)
		name = xmalloc_open_read_close(g.gl_pathv[0], NULL);
	globfree(&g);
	free(pattern);
	if (name)
		chomp(name);
	return name;
}

bool d2d_is_crypt(const char *dev)
{
	struct stat st;
	char *path, *uuid;
	bool crypt;

	if (stat(dev, &st) != 0 || !S_ISBLK(st.st_mode))
		return false;
	path = xasprintf("/sys/dev/block/%u:%u", major(st.st_rdev), minor(st.st_rdev));
	uuid = d2d_sysfs_read(path, "dm/uuid");
	crypt = uuid && is_prefixed_with(uuid, "CRYPT-");
	free(uuid);
	free(path);
	return crypt;
}
