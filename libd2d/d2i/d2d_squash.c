/*
 * Writes images as a .d2i file: for each layer a squashfs, which can be mounted in place, and the layer's tar-split; the
 * configurations of the images; and as the first member d2i.json, which lists all of them. docs/media.md describes the format.
 *
 * All files are made in a temporary directory beside the output file first. The squashfs of a layer can't be written into the
 * output file directly: its length is known only afterwards, and mksquashfs truncates the file that it writes to.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_FEATURE_D2DIMPORT_SQUASH) += d2d_squash.o

#include <json-c/json.h>
#include "d2d_squash.h"

enum { CHUNK = 64 * 1024 };

struct d2d_squash {
	char *out, *workdir;
	int fd;				/* of the directory */
	bool is_dir;
	struct json_object *images;
	struct layer {
		char diff[D2D_DIGEST + 1], chain[D2D_DIGEST + 1];	/* the chain ID that its files are named after */
		char sha256[D2D_DIGEST + 1];
		off_t squashfs_size, size;
	} *layers;
	unsigned n;
	char **names;			/* of all files, in archive order */
	unsigned n_names;
};

const char *d2d_squash_workdir(const struct d2d_squash *q)
{
	return q->workdir;
}

static int fail(char **why, const char *what, int r)
{
	return d2d_fail(r, why, "%s: %s", what, strerror(-r));
}

/* Adds a file to the names; returns the file's path relative to the directory. */
static char *name_of(struct d2d_squash *q, const char *format, const char *digest)
{
	q->names = xrealloc_vector(q->names, 4, q->n_names);
	return q->names[q->n_names++] = xasprintf(format, digest);
}

static int put_text(struct d2d_squash *q, const char *name, const char *text)
{
	char *path = concat_path_file(q->workdir, name);
	int r = d2d_file_write(path, text);

	free(path);
	return r;
}

/* ---- layers ---- */

/* Looks a layer up by its content alone: layers with the same content share their files, even if their chain IDs differ. */
static const struct layer *find(const struct d2d_squash *q, const char *diff)
{
	unsigned i;

	for (i = 0; i < q->n; i++)
		if (strcmp(q->layers[i].diff, diff) == 0)
			return &q->layers[i];
	return NULL;
}

/* Completes a squashfs: sets the time of its root directory (d2d_squash_root.c), and computes its digest and its size. */
static int finish_squashfs(struct d2d_squash *q, const char *name, struct layer *layer, char **why)
{
	sha256_ctx_t ctx;
	uint8_t digest[32];
	int fd = openat(q->fd, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW), r;
	char *buf;
	ssize_t n;

	r = fd < 0 ? -EUCLEAN : d2d_squash_root_time(fd);
	if (r == -EUCLEAN)
		*why = xstrdup("mksquashfs: its output is not a squashfs");
	if (fd < 0)
		return r;
	buf = xmalloc(CHUNK);
	sha256_begin(&ctx);
	while (r == 0 && (n = safe_read(fd, buf, CHUNK)) != 0) {
		if (n < 0)
			r = -errno;
		else
			sha256_hash(&ctx, buf, n);
		layer->squashfs_size += n;
	}
	sha256_end(&ctx, digest);
	d2d_hex(layer->sha256, digest, sizeof(digest));
	close(fd);
	free(buf);
	return r;
}

static int make_squashfs(struct d2d_squash *q, struct d2d_archive *a, const struct d2d_image_layer *layer,
		struct d2d_layer_result *result, char **why)
{
	const char *squashfs = name_of(q, "layer/%s.squashfs", layer->chain);
	const char *split_name = name_of(q, "layer/%s.tar-split.json.gz", layer->chain);
	struct d2d_mksquashfs m;
	struct d2d_stream *in = NULL;
	char *refused = NULL;
	int split = openat(q->fd, split_name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644), r;

	if (split < 0)
		return -errno;
	r = d2d_archive_open_member(a, layer->member, &in);
	if (r >= 0)
		r = d2d_stream_unpack(&in);
	if (r >= 0)
		r = d2d_mksquashfs_begin(&m, q->fd, squashfs);
	if (r >= 0) {
		r = d2d_layer_squash(in, m.to, q->fd, split, result, &refused);
		r = d2d_mksquashfs_end(&m, r, why);
	}
	if (refused)
		d2d_refuse(why, "%s", refused);
	free(refused);
	d2d_stream_close(in);
	if (close(split) < 0 && r == 0)
		r = -errno;
	return r;
}

static int take_layer(struct d2d_squash *q, struct d2d_archive *a, const struct d2d_image_layer *from, char **why)
{
	struct d2d_layer_result result = { .size = 0 };
	struct layer *layer;
	char *reason = NULL;
	int r = make_squashfs(q, a, from, &result, &reason);

	if (r == 0 && strcmp(result.digest, from->diff) != 0)
		r = d2d_refuse(why, "damaged: layer '%s' doesn't have the digest that the image says", from->member->name);
	if (r == 0) {
		q->layers = xrealloc_vector(q->layers, 4, q->n);
		layer = &q->layers[q->n++];
		strcpy(layer->diff, from->diff);
		strcpy(layer->chain, from->chain);
		layer->size = result.size;
		r = finish_squashfs(q, q->names[q->n_names - 2], layer, &reason);
	}
	if (r < 0)
		d2d_refuse(why, "layer '%s': %s", from->member->name, reason ? reason : r == -EPROTONOSUPPORT
			? "xz and bzip2 inside a compressed archive: not supported" : strerror(-r));
	free(reason);
	return r;
}

static int by_offset(const void *a, const void *b)
{
	const struct d2d_image_layer *const *x = a, *const *y = b;

	return d2d_compare((*x)->member->at, (*y)->member->at);
}

/* Takes the layers in archive order, so that a compressed archive is read only once. */
static int take_layers(struct d2d_squash *q, struct d2d_archive *a, const struct d2d_images *images, char **why)
{
	const struct d2d_image_layer **todo = NULL;
	unsigned i, k, n = 0;
	int r = 0;

	for (i = 0; i < images->n; i++) {
		for (k = 0; k < images->image[i].n_layers; k++) {
			todo = xrealloc_vector(todo, 5, n);
			todo[n++] = &images->image[i].layers[k];
		}
	}
	if (n)
		qsort(todo, n, sizeof(*todo), by_offset);
	for (i = 0; r == 0 && i < n; i++)
		if (!find(q, todo[i]->diff))
			r = take_layer(q, a, todo[i], why);
	free(todo);
	return r;
}

/* ---- d2i.json ---- */

static void add_text(struct json_object *o, const char *key, const char *format, const char *value)
{
	char *text = xasprintf(format, value);

	json_object_object_add(o, key, json_object_new_string(text));
	free(text);
}

static struct json_object *layers_json(const struct d2d_squash *q, const struct d2d_image *image)
{
	struct json_object *layers = json_object_new_array(), *o;
	unsigned i;

	for (i = 0; i < image->n_layers; i++) {
		const struct layer *layer = find(q, image->layers[i].diff);

		o = json_object_new_object();
		add_text(o, "diff", "%s", layer->diff);
		add_text(o, "chain", "%s", image->layers[i].chain);
		add_text(o, "squashfs", "layer/%s.squashfs", layer->chain);
		json_object_object_add(o, "squashfs-size", json_object_new_int64(layer->squashfs_size));
		add_text(o, "sha256", "%s", layer->sha256);
		add_text(o, "split", "layer/%s.tar-split.json.gz", layer->chain);
		json_object_object_add(o, "size", json_object_new_int64(layer->size));
		json_object_array_add(layers, o);
	}
	return layers;
}

/* Returns the entry of this image in d2i.json, which an earlier input file may have added. *new: the entry was added now, so
 * the image's configuration must still be written. */
static struct json_object *image_json(struct d2d_squash *q, const struct d2d_image *image, bool *new)
{
	struct json_object *o;
	size_t i;

	for (i = 0; i < d2d_json_length(q->images); i++) {
		o = json_object_array_get_idx(q->images, i);
		if (strcmp(d2d_json_text(o, "id"), image->id) == 0) {
			*new = false;
			return o;
		}
	}
	*new = true;
	o = json_object_new_object();
	add_text(o, "id", "%s", image->id);
	add_text(o, "config", "config/%s.json", image->id);
	json_object_object_add(o, "tags", json_object_new_array());
	json_object_object_add(o, "layers", layers_json(q, image));
	json_object_array_add(q->images, o);
	return o;
}

static void add_tag(struct json_object *o, const char *tag)
{
	struct json_object *tags = json_object_object_get(o, "tags");
	size_t i;

	for (i = 0; i < d2d_json_length(tags); i++)
		if (strcmp(json_object_get_string(json_object_array_get_idx(tags, i)), tag) == 0)
			return;
	json_object_array_add(tags, json_object_new_string(tag));
}

int d2d_squash_add(struct d2d_squash *q, struct d2d_archive *a, const struct d2d_images *images, char **why)
{
	unsigned i, k;
	bool new;
	int r;

	*why = NULL;
	r = take_layers(q, a, images, why);
	for (i = 0; r == 0 && i < images->n; i++) {
		const struct d2d_image *image = &images->image[i];
		struct json_object *o = image_json(q, image, &new);

		for (k = 0; k < image->n_tags; k++)
			add_tag(o, image->tags[k]);
		if (new)
			r = put_text(q, name_of(q, "config/%s.json", image->id), image->config->text);
	}
	return r < 0 ? fail(why, "can't write", r) : 0;
}

/* ---- the output ---- */

static int make_workdir(struct d2d_squash *q)
{
	q->workdir = xasprintf("%s.XXXXXX", q->out);
	if (!mkdtemp(q->workdir)) {
		free(q->workdir);
		q->workdir = NULL;
		return -errno;
	}
	q->fd = open(q->workdir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (q->fd < 0 || mkdirat(q->fd, "layer", 0777) < 0 || mkdirat(q->fd, "config", 0777) < 0)
		return -errno;
	return 0;
}

int d2d_squash_open(struct d2d_squash **squash, const char *out, bool is_dir, char **why)
{
	struct d2d_squash *q = xzalloc(sizeof(*q));
	size_t len = strlen(out);
	int r;

	*why = NULL;
	while (len > 1 && out[len - 1] == '/')
		len--;
	q->out = xstrndup(out, len);
	q->is_dir = is_dir;
	q->fd = -1;
	q->images = json_object_new_array();
	name_of(q, "d2i.json", "");
	r = make_workdir(q);
	if (r < 0) {
		d2d_squash_close(q);
		q = NULL;
	}
	*squash = q;
	return r < 0 ? fail(why, "can't write", r) : 0;
}

/* Packs the files into an archive and renames it to the output's name. The directory is empty then. */
static int make_file(struct d2d_squash *q)
{
	char *path = xasprintf("%s/d2i", q->workdir);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	int r = fd < 0 ? -errno : d2d_squash_pack(q->fd, q->names, q->n_names, fd);

	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	if (fd >= 0 && close(fd) < 0 && r == 0)
		r = -errno;
	if (r == 0 && rename(path, q->out) < 0)
		r = -errno;
	free(path);
	return r;
}

static int make_dir(struct d2d_squash *q)
{
	mode_t mask = umask(0);

	umask(mask);
	if (fchmod(q->fd, 0777 & ~mask) < 0 || syncfs(q->fd) < 0 || rename(q->workdir, q->out) < 0)
		return -errno;
	free(q->workdir);
	q->workdir = NULL;
	return 0;
}

int d2d_squash_end(struct d2d_squash *q, char **why)
{
	struct json_object *all = json_object_new_object();
	int r;

	*why = NULL;
	json_object_object_add(all, "version", json_object_new_int(1));
	json_object_object_add(all, "images", json_object_get(q->images));
	r = put_text(q, "d2i.json", json_object_to_json_string_ext(all, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(all);
	if (r == 0)
		r = q->is_dir ? make_dir(q) : make_file(q);
	return r < 0 ? fail(why, "can't write", r) : 0;
}

void d2d_squash_close(struct d2d_squash *q)
{
	if (!q)
		return;
	if (q->workdir)
		d2d_remove_tree(q->workdir);
	if (q->fd >= 0)
		close(q->fd);
	while (q->n_names)
		free(q->names[--q->n_names]);
	free(q->names);
	free(q->layers);
	json_object_put(q->images);
	free(q->out);
	free(q->workdir);
	free(q);
}
