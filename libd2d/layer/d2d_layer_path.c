/*
 * Opens the directories of a layer below its root directory, and never follows a symbolic link of the layer, which could lead out
 * of it.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DIMPORT) += d2d_layer_path.o

#include "d2d_layer.h"

int d2d_layer_fail(struct d2d_layer *l, int err, const char *format, ...)
{
	va_list args;

	if (!l->why) {
		va_start(args, format);
		l->why = d2d_vformat(format, args);
		va_end(args);
	}
	return err;
}

/* Creates the parent directories of an entry that no entry has created yet; they belong to root and have mode 0755. */
static int make_dirs(struct d2d_layer *l, const char *dir)
{
	char *path = xstrdup(dir), *slash = path;
	int fd, r;

	do {
		slash = strchr(slash + 1, '/');
		if (slash)
			*slash = '\0';
		/* The previous iteration has checked all but the last component of the path. */
		fd = mkdirat(l->diff, path, 0755) < 0 && errno != EEXIST ? -errno
			: d2d_open_beneath(l->diff, path, O_PATH | O_DIRECTORY);
		r = fd < 0 ? fd : 0;
		if (fd >= 0)
			close(fd);
		if (slash)
			*slash = '/';
	} while (r == 0 && slash);
	free(path);
	return r;
}

int d2d_layer_enter(struct d2d_layer *l, const char *name, bool make, const char **base)
{
	const char *slash = strrchr(name, '/');
	size_t len = slash ? slash - name : 0;
	int fd;

	*base = slash ? slash + 1 : name;
	if (!slash)
		return l->diff;
	if (l->dir && strncmp(l->dir, name, len) == 0 && !l->dir[len])
		return l->dir_fd;

	if (l->dir) {
		close(l->dir_fd);
		free(l->dir);
	}
	l->dir = xstrndup(name, len);
	fd = d2d_open_beneath(l->diff, l->dir, O_RDONLY | O_DIRECTORY);
	if (fd == -ENOENT && make) {
		fd = make_dirs(l, l->dir);
		if (fd == 0)
			fd = d2d_open_beneath(l->diff, l->dir, O_RDONLY | O_DIRECTORY);
	}
	l->dir_fd = fd;
	if (fd < 0) {
		free(l->dir);
		l->dir = NULL;
	}
	if (fd == -ELOOP)
		return d2d_layer_fail(l, -EBADMSG, "'%s' leads through a symbolic link", name);
	if (fd == -ENOTDIR)
		return d2d_layer_fail(l, -EBADMSG, "'%s' leads through something that is not a directory", name);
	return fd;
}
