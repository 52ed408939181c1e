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

int d2d_open_beneath(int dir, const char *name, int flags)
{
	struct open_how how = {
		.flags = flags | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV,
	};
	int fd;

	do
		fd = syscall(SYS_openat2, dir, name, &how, sizeof(how));
	while (fd < 0 && (errno == EINTR || errno == EAGAIN));
	return fd < 0 ? -errno : fd;
}

char *d2d_clean_name(const char *name)
{
	char *clean = xmalloc(strlen(name) + 2), *to = clean;
	size_t len;

	if (*name == '/')
		goto refused;
	for (; *name; name += len) {
		len = strchrnul(name, '/') - name;
		if (len == 2 && memcmp(name, "..", 2) == 0)
			goto refused;
		if (len && !(len == 1 && *name == '.')) {
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
 refused:
	free(clean);
	return NULL;
}
