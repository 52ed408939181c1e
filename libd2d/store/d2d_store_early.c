/*
 * Unpacks layers while a compressed archive is read for the first time. At that point it is unknown which of its members
 * are layers, and of which image, so every member that may be a layer is unpacked into a directory of its own. When the
 * import begins, the layers that it asks for by position and digest are taken from there; the other directories are
 * removed, or the next import removes them if this one is killed. A member that can't be unpacked, for whatever reason,
 * is left to the second pass, which reports the error.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DIMPORT) += d2d_store_early.o

#include <sys/statvfs.h>
#include "d2d_store_private.h"

enum {
	EARLY_MAX = 1000,
	LAYER_LEAST = 16,	/* bytes, compressed */
};

struct d2d_store_early_layer {
	off_t at;
	struct d2d_layer_result result;
};

int d2d_store_make_layer(const struct d2d_store *s, const char *dir)
{
	static const struct {
		const char *name;
		mode_t mode;
	} dirs[] = { { "", 0700 }, { "/layer", 0710 }, { "/layer/diff", 0755 }, { "/db", 0700 } };
	unsigned i;
	int r = 0;

	for (i = 0; r == 0 && i < ARRAY_SIZE(dirs); i++) {
		char *path = xasprintf("%s%s", dir, dirs[i].name);

		r = d2d_store_mkdir(s, path, dirs[i].mode);
		free(path);
	}
	return r;
}

static int open_in(const struct d2d_store *s, const char *dir, const char *name, int flags)
{
	char *path = xasprintf("%s/%s", dir, name);
	int fd = openat(s->fd, path, flags | O_NOFOLLOW | O_CLOEXEC, 0644);

	free(path);
	return fd < 0 ? -errno : fd;
}

int d2d_store_unpack(const struct d2d_store *s, const char *dir, struct d2d_stream *in, bool beside,
		struct d2d_layer_result *result, char **why)
{
	int diff = -1, split = -1, r;

	*why = NULL;
	r = d2d_store_make_layer(s, dir);
	if (r == 0)
		r = diff = open_in(s, dir, "layer/diff", O_RDONLY | O_DIRECTORY);
	if (r >= 0)
		r = split = open_in(s, dir, "db/tar-split.json.gz", O_WRONLY | O_CREAT | O_EXCL);
	if (r >= 0) {
		d2d_stream_limit(in, d2d_store_limit(s));
		r = d2d_layer_unpack(in, beside, diff, split, result, why);
	}
	if (diff >= 0)
		close(diff);
	if (split >= 0 && close(split) < 0 && r >= 0)
		r = -errno;
	return r < 0 ? r : 0;
}

/* ---- on the first pass ---- */

/* Returns the directory of the layer with this number or, if I is negative, the one that holds them all. Each process
 * has its own. The caller frees the path. */
static char *early_path(int i)
{
	char *all = xasprintf(STORE_TMP"/taken.%u.part", (unsigned)getpid()), *one = i < 0 ? all : xasprintf("%s/%d", all, i);

	if (one != all)
		free(all);
	return one;
}

/* Returns the diffIDs of all layers in the store, separated by spaces. The caller frees the text. */
static char *all_diffs(const struct d2d_store *s)
{
	char **names, *path = xasprintf("%s/"STORE_LAYERDB, s->path), *all, *to;
	int i, n = d2d_dir_list(path, INT_MAX - 1, &names);

	free(path);
	all = to = xzalloc(MAX(n, 0) * (D2D_DIGEST + 1) + 1);
	for (i = 0; i < n; i++) {
		char *diff = d2d_store_has_layer(s, names[i])
			? d2d_store_read(s, sizeof("sha256:") + D2D_DIGEST, STORE_LAYERDB"/%s/diff", names[i]) : NULL;

		if (diff)
			chomp(diff);
		to += sprintf(to, "%s ", d2d_digest_hex(diff) ?: "");
		free(diff);
	}
	if (n >= 0)
		d2d_dir_list_free(names, n);
	return all;
}

/* Returns whether the store has this layer. Docker 25 and newer name layers by the digest of their content, which is
 * not compressed, so this digest is the diffID. */
static bool is_there(struct d2d_store *s, const struct d2d_member *m)
{
	const char *hex = is_prefixed_with(m->name, "blobs/sha256/");

	if (!d2d_is_digest(hex))
		return false;
	if (!s->diffs)
		s->diffs = all_diffs(s);
	return strstr(s->diffs, hex) != NULL;
}

static bool has_room(const struct d2d_store *s, off_t size)
{
	struct statvfs fs;

	return fstatvfs(s->fd, &fs) == 0 && size / 4 <= (off_t)fs.f_bavail * (off_t)fs.f_frsize;
}

static const struct d2d_layer_result *read_early(void *arg, const struct d2d_member *m, struct d2d_stream *from)
{
	struct d2d_store *s = arg;
	bool whole = m->size < 0;
	struct d2d_stream *in = from;
	struct d2d_store_early_layer *layer;
	char *dir, *why = NULL;
	int r = 0;

	if (s->full || (!whole && m->size < LAYER_LEAST) || s->n_early >= EARLY_MAX || is_there(s, m) || !has_room(s, m->size)
	) {
		return NULL;
	}
	dir = early_path(-1);
	r = d2d_store_mkdir(s, dir, 0700);
	free(dir);
	if (r < 0)
		return NULL;
	s->early_layer = xrealloc_vector(s->early_layer, 4, s->n_early);
	layer = &s->early_layer[s->n_early];
	layer->at = m->at;
	dir = early_path(s->n_early);
	if (!whole) {
		in = d2d_stream_part(from, m->size);
		r = d2d_stream_unpack(&in);
	}
	if (r >= 0)
		r = d2d_store_unpack(s, dir, in, s->early.ahead, &layer->result, &why);
	if (!whole)
		d2d_stream_close(in);
	if (r == 0)
		s->n_early++;
	else
		d2d_store_remove(s, dir);
	/* that one member is not a layer says nothing about the next one; stop after any other error */
	if (r < 0 && r != -EBADMSG && r != -ENODATA)
		s->full = true;
	free(why);
	free(dir);
	return r == 0 ? &layer->result : NULL;
}

const struct d2d_early_reader *d2d_store_early_reader(struct d2d_store *s)
{
	d2d_store_early_drop(s);
	s->early.read = read_early;
	s->early.arg = s;
	s->early.ahead = s->jobs > 1;
	return &s->early;
}

int d2d_store_early_use(struct d2d_store *s, const struct d2d_image_layer *layer, const char *dir, off_t *size)
{
	unsigned i;
	char *path;
	int r;

	for (i = 0; i < s->n_early; i++)
		if (s->early_layer[i].at == layer->member->at && strcmp(s->early_layer[i].result.digest, layer->diff) == 0)
			break;
	if (i == s->n_early)
		return 0;
	path = early_path(i);
	r = d2d_store_rename(s, path, dir);
	free(path);
	s->early_layer[i].at = -1;
	*size = s->early_layer[i].result.size;
	return r < 0 ? r : 1;
}

void d2d_store_early_drop(struct d2d_store *s)
{
	char *dir = early_path(-1);

	d2d_store_remove(s, dir);
	free(dir);
	free(s->early_layer);
	free(s->diffs);
	s->early_layer = NULL;
	s->diffs = NULL;
	s->n_early = 0;
	s->full = false;
}
