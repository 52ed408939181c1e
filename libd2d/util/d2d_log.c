/*
 * Writes logs of limited size, because /run is in memory.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_log.o

#include "d2d_util.h"

/* Rotates a log: renames it to PATH.1 and creates a new file. If that fails, the open file is truncated and used further.
 * Returns the descriptor to write to. */
static int rotate(int log, const char *path)
{
	char *old = xasprintf("%s.1", path);
	int fd = -1;

	if (rename(path, old) == 0)
		fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0644);
	free(old);
	if (fd < 0) {
		ftruncate(log, 0);
		return log;
	}
	close(log);
	return fd;
}

void d2d_log_copy(int in, int log, const char *path, off_t max)
{
	off_t size = lseek(log, 0, SEEK_END);
	char buf[4096];
	ssize_t len;

	while ((len = safe_read(in, buf, sizeof(buf))) > 0) {
		if (size + len > max) {
			log = rotate(log, path);
			size = 0;
		}
		/* Ignore errors: a full disk must not block or end the process that writes to the log. */
		len = full_write(log, buf, len);
		size += MAX(len, 0);
	}
	close(log);
}
