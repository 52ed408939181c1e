/*
 * Creates the files of a layer with all attributes from the archive. These must be set in this order: owner, xattrs
 * (changing the owner drops capabilities), mode (changing the owner drops setuid, too), times.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DIMPORT) += d2d_layer_file.o

#include <sys/xattr.h>
#include "d2d_layer.h"

ssize_t d2d_layer_content(struct d2d_layer *l, const struct d2d_tar_entry *e, off_t len)
{
	ssize_t n = d2d_tar_read(&l->tar, l->buf, MIN(len, D2D_LAYER_CHUNK));

	if (n <= 0)
		return n < 0 ? n : -ENODATA;
	if (e->sparse)
		d2d_tarsplit_raw(l->split, l->buf, n);
	else
		d2d_tarsplit_content(l->split, l->buf, n);
	return n;
}

/* Writes the next LEN bytes of the content to position AT of the file. */
static int write_piece(struct d2d_layer *l, const struct d2d_tar_entry *e, int fd, off_t at, off_t len)
{
	ssize_t n, put;
	char *p;

	for (; len > 0; len -= n) {
		n = d2d_layer_content(l, e, len);
		if (n < 0)
			return n;
		for (p = l->buf; p < l->buf + n; p += put, at += put) {
			put = pwrite(fd, p, l->buf + n - p, at);
			if (put < 0)
				return -errno;
		}
	}
	return 0;
}

static int write_content(struct d2d_layer *l, const struct d2d_tar_entry *e, int fd)
{
	unsigned i;
	int r = 0;

	if (!e->sparse)
		return write_piece(l, e, fd, 0, e->size);
	if (ftruncate(fd, e->size) < 0)
		return -errno;
	for (i = 0; r == 0 && i < e->n_map; i++)
		r = write_piece(l, e, fd, e->map[i].from, e->map[i].len);
	return r;
}

/* As in Docker, attributes that may not be set here are left out (EPERM: in a container). */
static int set_xattrs(struct d2d_layer *l, const struct d2d_tar_entry *e, int dir, const char *base)
{
	char folder[D2D_FD_PATH], *path;
	unsigned i;
	int r = 0;

	if (!e->n_xattrs)
		return 0;
	d2d_fd_path(folder, dir);
	path = xasprintf("%s/%s", folder, base);
	for (i = 0; r == 0 && i < e->n_xattrs; i++)
		if (lsetxattr(path, e->xattrs[i].name, e->xattrs[i].value, e->xattrs[i].len, 0) < 0 && errno != EPERM)
			r = d2d_layer_fail(l, -errno, "'%s': can't set '%s': %s", e->name, e->xattrs[i].name, strerror(errno));
	free(path);
	return r;
}

void d2d_layer_after_1970(struct timespec times[2])
{
	unsigned i;

	for (i = 0; i < 2; i++)
		if (times[i].tv_sec < 0)
			times[i].tv_sec = times[i].tv_nsec = 0;
}

/* As in Docker, the access time is never earlier than the modification time. */
static void times_of(const struct d2d_tar_entry *e, struct timespec times[2])
{
	times[0] = e->atime;
	times[1] = e->mtime;
	if (times[0].tv_sec < times[1].tv_sec
	 || (times[0].tv_sec == times[1].tv_sec && times[0].tv_nsec < times[1].tv_nsec)
	) {
		times[0] = times[1];
	}
	if (e->type != '2')
		d2d_layer_after_1970(times);
}

static int set_all(struct d2d_layer *l, const struct d2d_tar_entry *e, int dir, const char *base, bool is_link)
{
	struct timespec times[2];
	int r;

	if (fchownat(dir, base, e->uid, e->gid, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	r = set_xattrs(l, e, dir, base);
	if (r < 0)
		return r;
	if (!is_link && fchmodat(dir, base, e->mode, 0) < 0)
		return -errno;
	if (e->type == '1' && is_link)
		return 0;
	times_of(e, times);
	return utimensat(dir, base, times, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
}

static int make_regular(struct d2d_layer *l, const struct d2d_tar_entry *e, int dir, const char *base)
{
	struct timespec times[2];
	int fd = openat(dir, base, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	int r = 0;

	if (fd < 0)
		return -errno;
	l->size += e->size;
	r = write_content(l, e, fd);
	if (r == 0 && fchown(fd, e->uid, e->gid) < 0)
		r = -errno;
	if (r == 0)
		r = set_xattrs(l, e, dir, base);
	times_of(e, times);
	if (r == 0 && (fchmod(fd, e->mode) < 0 || futimens(fd, times) < 0))
		r = -errno;
	if (close(fd) < 0 && r == 0)
		r = -errno;
	return r;
}

char *d2d_layer_hardlink_target(struct d2d_layer *l, const struct d2d_tar_entry *e)
{
	char *name = d2d_clean_name(e->link), *real = NULL;
	bool leaves;

	if (name)
		real = d2d_layer_resolve(l, name, &leaves);
	else
		d2d_layer_fail(l, -EBADMSG, "'%s' is a hard link to '%s', which is outside of the layer", e->name, e->link);
	free(name);
	return real;
}

/* Creates a hard link. Its target must be a file of the layer itself. */
static int make_hardlink(struct d2d_layer *l, const struct d2d_tar_entry *e, const char *name)
{
	char *target = d2d_layer_hardlink_target(l, e);
	const char *target_base, *base;
	struct stat st;
	int from, to, r;

	if (!target)
		return -EBADMSG;
	from = d2d_layer_enter(l, target, false, &target_base);
	if (from >= 0 && from != l->diff)
		from = dup(from);
	to = from < 0 ? from : d2d_layer_enter(l, name, true, &base);
	r = to;
	if (to >= 0)
		r = linkat(from, target_base, to, base, 0) < 0 ? -errno : 0;
	if (r == -ENOENT)
		d2d_layer_fail(l, r, "'%s' is a hard link to '%s', which isn't in the layer", e->name, e->link);
	if (r == 0)
		r = fstatat(to, base, &st, AT_SYMLINK_NOFOLLOW) < 0 ? -errno
			: set_all(l, e, to, base, S_ISLNK(st.st_mode));
	if (from >= 0 && from != l->diff)
		close(from);
	free(target);
	return r;
}

static int make_dir(int dir, const char *base)
{
	struct stat st;

	if (mkdirat(dir, base, 0700) == 0)
		return 0;
	if (errno == EEXIST && fstatat(dir, base, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode))
		return 0;
	return -errno;
}

static int make_node(const struct d2d_tar_entry *e, int dir, const char *base)
{
	mode_t type = e->type == '3' ? S_IFCHR : e->type == '4' ? S_IFBLK : S_IFIFO;

	return mknodat(dir, base, type | e->mode, type == S_IFIFO ? 0 : e->dev) < 0 ? -errno : 0;
}

static int make(struct d2d_layer *l, const struct d2d_tar_entry *e, const char *name)
{
	const char *base;
	int dir = d2d_layer_enter(l, name, true, &base), r;

	if (dir < 0)
		return dir;
	switch (e->type) {
	case '0': case '7': case 'S':
		return make_regular(l, e, dir, base);
	case '1':
		return make_hardlink(l, e, name);
	case '2':
		r = symlinkat(e->link, dir, base) < 0 ? -errno : 0;
		if (r == 0)
			l->size += strlen(e->link);
		break;
	case '3': case '4': case '6':
		r = make_node(e, dir, base);
		break;
	case '5':
		r = make_dir(dir, base);
		break;
	default:
		return d2d_layer_fail(l, -EBADMSG, "'%s' is of an unknown type (%u)", e->name, (unsigned char)e->type);
	}
	return r < 0 ? r : set_all(l, e, dir, base, e->type == '2');
}

/* Removes what an earlier entry has made under this name, as Docker does: a whiteout, or a file that had another name in the
 * archive. Directories stay. */
static int remove_earlier(struct d2d_layer *l, const struct d2d_tar_entry *e, int dir, const char *base)
{
	struct stat st;

	if (fstatat(dir, base, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	if (S_ISDIR(st.st_mode))
		return d2d_layer_fail(l, -EBADMSG, "'%s' is both a directory and something else", e->name);
	if (unlinkat(dir, base, 0) < 0)
		return -errno;
	if (st.st_nlink == 1 && (S_ISREG(st.st_mode) || S_ISLNK(st.st_mode)))
		l->size -= st.st_size;
	return 0;
}

int d2d_layer_make(struct d2d_layer *l, const struct d2d_tar_entry *e, const char *name)
{
	const char *base;
	int r = make(l, e, name), dir;

	if (r != -EEXIST)
		return r;
	dir = d2d_layer_enter(l, name, true, &base);
	r = dir < 0 ? dir : remove_earlier(l, e, dir, base);
	/* it may have been a link that led to the open directory */
	d2d_layer_leave(l);
	return r < 0 ? r : make(l, e, name);
}
