/*
 * Unpacks a layer of an image into the form that Docker's overlay2 driver uses, and writes its tar-split.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DIMPORT) += d2d_layer.o

#include <sys/statvfs.h>
#include <sys/xattr.h>
#include "d2d_layer.h"

enum {
	NAMES_MAX = 32 * 1024 * 1024,	/* bytes of the names of all directories */
	ENTRIES_MAX = 4 * 1024 * 1024,
};

/* ---- names ---- */

/* Returns whether a name came before, and remembers it. tar-split, and therefore Docker, can't handle an archive that
 * names a file twice; "/f" and "f" are different names there. Only the hashes are compared, because a collision would merely get
 * a harmless archive refused. */
static bool seen_before(struct d2d_layer *l, const char *name, bool absolute)
{
	uint64_t hash = absolute ? 0xaf63bd4c8601b7df : 0xcbf29ce484222325, *old = l->seen;
	size_t i, k, room = l->seen_room;

	for (; *name; name++)
		hash = (hash ^ (unsigned char)*name) * 0x100000001b3;
	hash |= !hash;
	if (l->n_seen * 2 >= l->seen_room) {
		l->seen_room = room ? room * 2 : 4096;
		l->seen = xzalloc(l->seen_room * sizeof(*l->seen));
		for (i = 0; i < room; i++) {
			if (!old[i])
				continue;
			for (k = old[i]; l->seen[k & (l->seen_room - 1)]; k++)
				continue;
			l->seen[k & (l->seen_room - 1)] = old[i];
		}
		free(old);
	}
	for (k = hash; l->seen[k & (l->seen_room - 1)]; k++)
		if (l->seen[k & (l->seen_room - 1)] == hash)
			return true;
	l->seen[k & (l->seen_room - 1)] = hash;
	l->n_seen++;
	return false;
}

/* ---- entries ---- */

/* Checks for free space before a file is written, because its size is known from its header. A hole takes no space, but
 * counts, because Docker fills it when it copies the file. */
int d2d_layer_room(struct d2d_layer *l, const struct d2d_tar_entry *e)
{
	struct statvfs fs;

	if (e->size <= l->room) {
		l->room -= e->size;
		return 0;
	}
	if (fstatvfs(l->diff, &fs) < 0)
		return -errno;
	l->room = (off_t)fs.f_bavail * fs.f_frsize;
	if (e->size > l->room)
		return d2d_layer_fail(l, -ENOSPC, "'%s' of %llu bytes doesn't fit: %llu are free", e->name,
				(unsigned long long)e->size, (unsigned long long)l->room);
	l->room -= e->size;
	return 0;
}

static int remember_dir(struct d2d_layer *l, const struct d2d_tar_entry *e, const char *name)
{
	struct d2d_layer_dir *dir;

	l->names += strlen(name) + sizeof(*dir);
	if (l->names > NAMES_MAX)
		return d2d_layer_fail(l, -EFBIG, "too many directories");
	l->dirs = xrealloc_vector(l->dirs, 8, l->n_dirs);
	dir = &l->dirs[l->n_dirs++];
	dir->name = xstrdup(name);
	/* as in Docker, the access time of a directory is that of the archive, or 1970 */
	dir->times[0] = e->atime;
	dir->times[1] = e->mtime;
	d2d_layer_after_1970(dir->times);
	return 0;
}

const char *d2d_layer_whiteout_target(struct d2d_layer *l, const struct d2d_tar_entry *e, const char *base)
{
	base += sizeof(".wh.") - 1;
	if (*base && !DOT_OR_DOTDOT(base))
		return base;
	d2d_layer_fail(l, -EBADMSG, "'%s' is a whiteout without a valid name", e->name);
	return NULL;
}

/* Makes an overlayfs whiteout: ".wh..wh..opq" hides everything that lower layers have in this directory, ".wh.NAME"
 * hides NAME. */
static int make_whiteout(struct d2d_layer *l, const struct d2d_tar_entry *e, int dir, const char *base)
{
	char path[D2D_FD_PATH];

	if (strcmp(base, ".wh..wh..opq") == 0) {
		d2d_fd_path(path, dir);
		return setxattr(path, "trusted.overlay.opaque", "y", 1, 0) < 0 ? -errno : 0;
	}
	base = d2d_layer_whiteout_target(l, e, base);
	if (!base)
		return -EBADMSG;
	if (mknodat(dir, base, S_IFCHR, 0) < 0 || fchownat(dir, base, e->uid, e->gid, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	return 0;
}

static int unpack_entry(struct d2d_layer *l, const struct d2d_tar_entry *e, const char *name)
{
	const char *base;
	int dir = d2d_layer_enter(l, name, true, &base), r;

	if (dir < 0)
		return dir;
	if (l->whiteout)
		return make_whiteout(l, e, dir, base);
	r = d2d_layer_room(l, e);
	if (r == 0)
		r = d2d_layer_make(l, e, name);
	if (r == 0 && e->type == '5')
		r = remember_dir(l, e, name);
	return r;
}

static int find_link(struct d2d_layer *l, const char *path, char **target)
{
	char text[PATH_MAX];
	ssize_t n;
	int fd = d2d_open_beneath(l->diff, path, O_PATH | O_NOFOLLOW);

	if (fd < 0)
		return fd == -ELOOP ? fd : 0;
	n = readlinkat(fd, "", text, sizeof(text) - 1);
	close(fd);
	if (n < 0)
		return 0;
	*target = xstrndup(text, n);
	return 1;
}

/* Takes an entry whose clean name is NAME. */
static int take_clean(struct d2d_layer *l, const struct d2d_tar_entry *e, const char *name)
{
	bool absolute = e->name[0] == '/', leaves;
	char *real;
	int r;

	if (seen_before(l, name, absolute))
		return d2d_layer_fail(l, -EBADMSG, "'%s' occurs twice", name);
	if (strcmp(name, ".") == 0) {
		/* as in Docker, the root directory has the metadata of the lower layer unless it is called "/" */
		l->no_file = true;
		if (!absolute)
			return 0;
		if (e->type != '5')
			return d2d_layer_fail(l, -EBADMSG, "'%s' is not a directory", e->name);
	}
	real = d2d_layer_resolve(l, name, &leaves);
	if (!real)
		return -EBADMSG;
	l->whiteout = is_prefixed_with(bb_basename(real), ".wh.") != NULL;
	l->no_file |= l->whiteout;
	r = l->on_entry(l, e, real);
	l->has_links |= e->type == '2';
	/* When Docker saves the layer, it opens files by the names in the tar-split and lets the kernel follow links. An absolute
	 * link would lead to a file of the machine, and one to "missing/.." nowhere. */
	if (leaves && e->size)
		l->split_name = real;
	else
		free(real);
	return r;
}

static int take_entry(struct d2d_layer *l, const struct d2d_tar_entry *e)
{
	char *name;
	int r;

	free(l->split_name);
	l->split_name = NULL;
	l->whiteout = l->no_file = false;
	if (e->type == 'g')
		return 0;
	name = d2d_clean_name(e->name);
	if (name && strlen(name) <= D2D_LAYER_NAME_MAX)
		r = take_clean(l, e, name);
	else
		r = d2d_layer_fail(l, -EBADMSG, "a file whose name leads out of the layer, or is too long: '%s'", e->name);
	free(name);
	return r;
}

/* Skips content that was not read, of a whiteout or of an entry that is not a regular file, and adds it to the
 * tar-split. */
static int drain(struct d2d_layer *l, bool raw)
{
	ssize_t n;

	while ((n = d2d_tar_read(&l->tar, l->buf, D2D_LAYER_CHUNK)) > 0) {
		if (raw)
			d2d_tarsplit_raw(l->split, l->buf, n);
		else
			d2d_tarsplit_content(l->split, l->buf, n);
	}
	return n;
}

static int set_times(struct d2d_layer *l)
{
	unsigned i;
	int fd;

	for (i = 0; i < l->n_dirs; i++) {
		fd = d2d_open_beneath(l->diff, l->dirs[i].name, O_RDONLY | O_DIRECTORY);
		if (fd < 0)
			return fd;
		futimens(fd, l->dirs[i].times);
		close(fd);
	}
	return 0;
}

static int read_entries(struct d2d_layer *l)
{
	struct d2d_tar_entry e = { .name = NULL };
	ssize_t n;
	off_t size;
	int r;

	while ((r = d2d_tar_next(&l->tar, &e)) > 0) {
		if (l->n_seen >= ENTRIES_MAX)
			r = d2d_layer_fail(l, -EFBIG, "more than %u files", ENTRIES_MAX);
		else
			r = take_entry(l, &e);
		/* 'docker save' could not reproduce the archive's bytes of a sparse file, or of a whiteout with
		 * content. They are kept in the tar-split, and the file itself counts as empty there. */
		if (r >= 0)
			r = drain(l, e.sparse || e.type == 'g' || l->no_file);
		if (r < 0) {
			if (!l->why)
				d2d_layer_fail(l, r, "can't unpack '%s': %s", e.name,
					r == -EOWNERDEAD ? "a process that worked on it has died" : r == -ENODATA ? "it ends unexpectedly" : strerror(-r));
			break;
		}
		size = e.sparse || l->no_file ? 0 : e.size;
		d2d_tarsplit_file(l->split, size && l->split_name ? l->split_name : e.name, size);
	}
	d2d_tar_entry_clear(&e);
	if (r == 0)
		d2d_tarsplit_end_raw(l->split);
	/* data after the end of the archive belongs to the digest, too */
	while (r == 0 && (n = d2d_stream_read(l->tar.in, l->buf, D2D_LAYER_CHUNK)) != 0) {
		if (n < 0)
			r = n;
		else
			d2d_tarsplit_raw(l->split, l->buf, n);
	}
	if (r == 0)
		r = l->on_end(l);
	return r;
}

int d2d_layer_read(struct d2d_layer *l, struct d2d_stream *in, int split, struct d2d_layer_result *result)
{
	struct d2d_stream *hashed = d2d_stream_hash(in, l->beside);
	int r, closed;

	l->buf = xmalloc(D2D_LAYER_CHUNK);
	l->split = d2d_tarsplit_open(split);
	l->tar.in = hashed;
	l->tar.raw = d2d_tarsplit_raw;
	l->tar.arg = l->split;

	r = read_entries(l);
	closed = d2d_tarsplit_close(l->split);
	if (r == 0 && closed < 0)
		r = d2d_layer_fail(l, closed, "can't write: %s", strerror(-closed));
	if (r == 0)
		r = d2d_stream_digest(hashed, result->digest);
	if (r < 0 && !l->why)
		d2d_layer_fail(l, r, "%s", r == -EOWNERDEAD ? "a process that worked on it has died" : r == -ENODATA ? "it ends unexpectedly"
			: r == -EFBIG ? "it unpacks to more than the store can hold"
				: r == -EBADMSG ? "it isn't a tar archive, or damaged" : strerror(-r));
	result->size = l->size;
	result->ended = l->tar.ended && l->n_seen;

	d2d_stream_close(hashed);
	free(l->seen);
	free(l->split_name);
	free(l->buf);
	return r;
}

int d2d_layer_unpack(struct d2d_stream *in, bool beside, int diff, int split, struct d2d_layer_result *result, char **why)
{
	struct d2d_layer l = {
		.on_entry = unpack_entry, .on_link = find_link, .on_end = set_times, .diff = diff, .beside = beside,
	};
	mode_t mask = umask(0);
	int r = d2d_layer_read(&l, in, split, result);

	umask(mask);
	*why = l.why;
	d2d_layer_leave(&l);
	while (l.n_dirs)
		free(l.dirs[--l.n_dirs].name);
	free(l.dirs);
	return r;
}
