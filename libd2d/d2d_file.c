/*
 * Files that are read by others while we write them.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_file.o

#include "libd2d.h"

int d2d_file_write(const char *path, const char *text)
{
	char *tmp = xasprintf("%s.%u~", path, (unsigned)getpid());
	ssize_t len = strlen(text);
	int err = 0;
	int fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);

	if (fd < 0) {
		err = -errno;
		goto out;
	}
	errno = EIO;
	if (full_write(fd, text, len) != len)
		err = -errno;
	if (close(fd) < 0 && !err)
		err = -errno;
	if (!err && rename(tmp, path) < 0)
		err = -errno;
	if (err)
		unlink(tmp);
 out:
	free(tmp);
	return err;
}
