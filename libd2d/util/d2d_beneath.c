/*
 * Opens files below a directory by untrusted names, which can't leave it by "..", symbolic links, mount points or the magic links
 * of /proc.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_beneath.o

#include <linux/openat2.h>
#include <sys/syscall.h>
#include "d2d_util.h"

static int open_how(int dir, const char *name, int flags, uint64_t resolve)
{
	struct open_how how = {
		.flags = flags | O_CLOEXEC,
		.resolve = resolve | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV,
	};
	int fd;

	do
		fd = syscall(SYS_openat2, dir, name, &how, sizeof(how));
	while (fd < 0 && (errno == EINTR || errno == EAGAIN));
	return fd < 0 ? -errno : fd;
}

int d2d_open_beneath(int dir, const char *name, int flags)
{
	return open_how(dir, name, flags, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
}

int d2d_open_in_root(int dir, const char *name, int flags)
{
	return open_how(dir, name, flags | O_NOFOLLOW, RESOLVE_IN_ROOT);
}

char *d2d_clean_name(const char *name)
{
	char *clean = xmalloc(strlen(name) + 2), *to = clean;
	size_t len;

	for (; *name; name += len) {
		len = strchrnul(name, '/') - name;
		if (len == 2 && memcmp(name, "..", 2) == 0) {
			if (to == clean) {
				free(clean);
				return NULL;
			}
			while (to > clean && *--to != '/')
				continue;
		} else if (len && !(len == 1 && *name == '.')) {
			if (to != clean)
				*to++ = '/';
			to = mempcpy(to, name, len);
		}
		if (name[len])
			len++;
	}
	if (to == clean)
		*to++ = '.';
	*to = '\0';
	return clean;
}
