/*
 * Replaces files atomically, for those that others may read at any time, and reads files of untrusted origin, where a path may
 * be a symbolic link, a FIFO or a device.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_file.o

#include "d2d_util.h"

int d2d_file_save_as(const char *path, const void *data, size_t len, mode_t mode, const struct bb_uidgid_t *owner)
{
	char *tmp = xasprintf("%s.%u~", path, (unsigned)getpid());
	int err = 0, fd;

	/* What an earlier process of this number has left there, or somebody else has put there, is never written to. */
	unlink(tmp);
	fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0) {
		err = -errno;
		goto out;
	}
	errno = EIO;
	/* The mode comes after the owner, whose change clears set-user-ID. fsync() before rename(): after a power cut there is either
	 * the old file or the complete new one. A file system without modes, such as vfat, refuses some of them. */
	if (full_write(fd, data, len) != (ssize_t)len || (owner && fchown(fd, owner->uid, owner->gid) < 0)
			|| (fchmod(fd, mode) < 0 && errno != EPERM) || fsync(fd) < 0)
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

int d2d_file_save(const char *path, const void *data, size_t len)
{
	mode_t mask = umask(0);

	umask(mask);
	return d2d_file_save_as(path, data, len, 0644 & ~mask, NULL);
}

int d2d_file_write(const char *path, const char *text)
{
	return d2d_file_save(path, text, strlen(text));
}

int d2d_file_open(const char *path, struct stat *st)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (fstat(fd, st) < 0 || !S_ISREG(st->st_mode)) {
		close(fd);
		return -EINVAL;
	}
	return fd;
}

int d2d_file_read(const char *path, size_t max, char **text, size_t *len)
{
	struct stat st;
	int err = 0, fd = d2d_file_open(path, &st);
	ssize_t got;

	*text = NULL;
	*len = 0;
	if (fd < 0)
		return fd;
	if (st.st_size > (off_t)max) {
		close(fd);
		return -EFBIG;
	}
	/* Try to read one byte more than MAX, as the file may have grown since fstat(). */
	*text = xmalloc(max + 1);
	got = full_read(fd, *text, max + 1);
	if (got < 0)
		err = -errno;
	else if ((size_t)got > max)
		err = -EFBIG;
	close(fd);
	if (err) {
		free(*text);
		*text = NULL;
		return err;
	}
	*text = xrealloc(*text, got + 1);
	(*text)[got] = '\0';
	*len = got;
	return 0;
}

int d2d_file_same(const char *one, const char *other, size_t max)
{
	char *text, *text2 = NULL;
	size_t len, len2;
	int r = d2d_file_read(one, max, &text, &len);

	if (r == 0)
		r = d2d_file_read(other, max, &text2, &len2);
	if (r == 0)
		r = len == len2 && memcmp(text, text2, len) == 0;
	free(text2);
	free(text);
	return r;
}

const char *d2d_file_error(int err)
{
	switch (err) {
	case -ELOOP: return "is a symbolic link, not a file";
	case -EINVAL: return "is not a file";
	case -EFBIG: return "is too long";
	case -ENOENT: return "is missing";
	default: return strerror(-err);
	}
}
