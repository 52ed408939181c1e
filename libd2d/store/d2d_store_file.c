/*
 * Operations on files and directories of Docker's store.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_store_file.o

#include <json-c/json.h>
#include <sys/statvfs.h>
#include "d2d_store_private.h"

char *d2d_store_read(const struct d2d_store *s, size_t max, const char *format, ...)
{
	va_list args;
	char *path, *text = NULL;
	struct stat st;
	int fd, err;

	va_start(args, format);
	path = d2d_vformat(format, args);
	va_end(args);
	fd = openat(s->fd, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	free(path);
	if (fd < 0)
		return NULL;
	err = fstat(fd, &st) < 0 ? errno : !S_ISREG(st.st_mode) ? EINVAL : st.st_size > (off_t)max ? EFBIG : 0;
	if (!err) {
		text = xzalloc(st.st_size + 1);
		if (full_read(fd, text, st.st_size) != st.st_size) {
			free(text);
			text = NULL;
			err = EIO;
		}
	}
	close(fd);
	errno = err;
	return text;
}

int d2d_store_write(const struct d2d_store *s, const char *path, const void *buf, size_t len, mode_t mode)
{
	int r = 0;
	int fd = openat(s->fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, mode);

	if (fd < 0)
		return -errno;
	errno = EIO;
	if (full_write(fd, buf, len) != (ssize_t)len || fchmod(fd, mode) < 0)
		r = -errno;
	if (close(fd) < 0 && r == 0)
		r = -errno;
	if (r < 0)
		unlinkat(s->fd, path, 0);
	return r;
}

int d2d_store_put(const struct d2d_store *s, const char *path, const void *buf, size_t len, mode_t mode)
{
	char *old = d2d_store_read(s, len, "%s", path);
	bool same = old && strlen(old) == len && memcmp(old, buf, len) == 0;

	free(old);
	return same ? 0 : d2d_store_write(s, path, buf, len, mode);
}

int d2d_store_put_json(const struct d2d_store *s, const char *path, struct json_object *o)
{
	const char *text = json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
	char *new = xasprintf(STORE_TMP"/%u.new", (unsigned)getpid());
	int r = d2d_store_write(s, new, text, strlen(text), 0600);

	if (r == 0)
		r = d2d_store_rename(s, new, path);
	free(new);
	return r;
}

bool d2d_store_exists(const struct d2d_store *s, const char *format, ...)
{
	va_list args;
	char *path;
	struct stat st;
	bool there;

	va_start(args, format);
	path = d2d_vformat(format, args);
	va_end(args);
	there = fstatat(s->fd, path, &st, AT_SYMLINK_NOFOLLOW) == 0;
	free(path);
	return there;
}

int d2d_store_mkdir(const struct d2d_store *s, const char *path, mode_t mode)
{
	if (mkdirat(s->fd, path, mode) < 0)
		return errno == EEXIST ? 0 : -errno;
	return fchmodat(s->fd, path, mode, 0) < 0 ? -errno : 0;
}

int d2d_store_rename(const struct d2d_store *s, const char *from, const char *to)
{
	return renameat(s->fd, from, s->fd, to) < 0 ? -errno : 0;
}

int d2d_store_remove(const struct d2d_store *s, const char *path)
{
	char *full = xasprintf("%s/%s", s->path, path);
	int r = d2d_remove_tree(full);

	free(full);
	return r;
}

int d2d_store_sync(const struct d2d_store *s)
{
	return !s->in_memory && syncfs(s->fd) < 0 ? -errno : 0;
}

off_t d2d_store_limit(const struct d2d_store *s)
{
	struct statvfs fs;

	/* ramfs has no size, so there is no limit. */
	if (fstatvfs(s->fd, &fs) < 0 || !fs.f_blocks)
		return 0;
	return (off_t)fs.f_blocks * fs.f_frsize;
}
