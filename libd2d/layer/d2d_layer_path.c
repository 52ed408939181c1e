/*
 * Finds and opens the directories of a layer below its root directory. Symbolic links of the layer are followed here, in the names,
 * and never by the kernel, for which they could lead out of the layer.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DIMPORT) += d2d_layer_path.o

#include "d2d_layer.h"

enum {
	LINKS_MAX = 40,		/* followed in one name, as in the kernel */
	PARTS_MAX = 4096,	/* components of one name and its links: each costs a look at the file system */
};

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

/* ---- symbolic links ---- */

struct walk {
	char *done;		/* clean, without links; "" is the root */
	char *rest;		/* components that follow */
	unsigned links, parts;
	bool leaves;
};

/* Puts what a link contains in front of the components that follow, in place of the link's own name. */
static void take_link(struct walk *w, char *target, const char *rest, size_t parent)
{
	char *both = xasprintf("%s/%s", target, rest);

	if (*target == '/')
		w->leaves = true;
	w->done[*target == '/' ? 0 : parent] = '\0';
	free(target);
	free(w->rest);
	w->rest = both;
}

static int walk(struct d2d_layer *l, struct walk *w)
{
	char *part = w->rest, *target, *longer;
	size_t len, parent;

	while (*part) {
		if (++w->parts > PARTS_MAX)
			return -ENAMETOOLONG;
		len = strchrnul(part, '/') - part;
		parent = strrchr(w->done, '/') ? strrchr(w->done, '/') - w->done : 0;
		if (len == 2 && memcmp(part, "..", 2) == 0) {
			/* only links have "..", because the name is clean; if the directory before it is missing, only the kernel minds */
			w->leaves = true;
			w->done[parent] = '\0';
		} else if (len && !(len == 1 && *part == '.')) {
			parent = strlen(w->done);
			longer = xasprintf("%s%s%.*s", w->done, parent ? "/" : "", (int)len, part);
			free(w->done);
			w->done = longer;
			if (strlen(longer) > D2D_LAYER_NAME_MAX)
				return -ENAMETOOLONG;
			if (l->on_link(l, longer, &target) > 0) {
				if (++w->links > LINKS_MAX) {
					free(target);
					return -ELOOP;
				}
				take_link(w, target, part + len, parent);
				part = w->rest;
				continue;
			}
		}
		part += len + (part[len] == '/');
	}
	return 0;
}

char *d2d_layer_resolve(struct d2d_layer *l, const char *name, bool *leaves)
{
	const char *slash = strrchr(name, '/');
	struct walk w = { .links = 0 };
	char *target = NULL, *real;
	int r = 0;

	*leaves = false;
	if (!slash || !l->has_links)
		return xstrdup(name);
	w.done = xstrdup("");
	w.rest = xstrndup(name, slash - name);
	if (l->on_link(l, w.rest, &target) != 0)
		r = walk(l, &w);
	else
		strcpy(w.done = xrealloc(w.done, strlen(w.rest) + 1), w.rest);
	free(target);
	real = xasprintf("%s%s%s", w.done, w.done[0] ? "/" : "", slash + 1);
	*leaves = w.leaves;
	free(w.done);
	free(w.rest);
	if (r == 0 && strlen(real) <= D2D_LAYER_NAME_MAX)
		return real;
	d2d_layer_fail(l, r, r == -ELOOP ? "'%s' leads through a loop of symbolic links"
		: "'%s' is too long when its symbolic links are followed", name);
	free(real);
	return NULL;
}

/* ---- directories ---- */

void d2d_layer_leave(struct d2d_layer *l)
{
	if (l->dir) {
		close(l->dir_fd);
		free(l->dir);
	}
	l->dir = NULL;
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

	d2d_layer_leave(l);
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
