/*
 * Presents images of any kind as an archive of 'docker save' (manifest.json, ID.json, DIFF.tar), which is made while it is
 * read: for an engine that can't load the original archive.
 *
 * Layers compressed with gzip, xz or bzip2 are passed on as they are, because Docker decompresses them. Layers compressed with
 * zstd are decompressed here: dockerd 26.1 releases the buffer of a zstd stream while a goroutine still reads from it, and
 * crashes now and then. The tar header needs the decompressed length, so a first pass measures and checks such layers. All
 * other layers are checked while they are sent: Docker loads nothing from an archive that ends early.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DIMPORT) += d2d_save.o

#include <json-c/json.h>
#include "d2d_image.h"
#include "bb_archive.h"

enum { BLOCK = 512, CHUNK = 64 * 1024 };

struct save {
	struct d2d_stream s;
	struct d2d_archive *a;
	char **why;
	char *manifest;
	struct item {
		char *name;
		const char *text;		/* the content, or NULL for a layer */
		const struct d2d_image_layer *layer;
		off_t size;
		bool unpack;
		const char *digest;		/* expected of the layer as it is sent, or NULL */
	} *items;
	unsigned n, i;
	bool inside, ended;
	off_t left;		/* bytes of the current item */
	struct d2d_stream *in, *hashed;
	size_t n_raw, raw_at;
	char raw[2 * BLOCK];	/* a header, padding or the end mark */
};

/* ---- the list of items ---- */

/* Returns how a layer is compressed. In a compressed archive the first pass has found this out, which saves another pass. */
static int packing_of(struct d2d_archive *a, const struct d2d_image_layer *layer)
{
	struct d2d_stream *in;
	const void *head;
	ssize_t n;

	if (layer->split)
		return D2D_PLAIN;
	if (d2d_archive_is_packed(a))
		return layer->member->packing;
	n = d2d_archive_open_member(a, layer->member, &in);
	if (n >= 0)
		n = d2d_stream_peek(in, &head, D2D_MAGIC);
	if (n >= 0)
		n = d2d_compression_of(head, n);
	d2d_stream_close(in);
	return n;
}

bool d2d_save_needed(struct d2d_archive *a, const struct d2d_images *images)
{
	unsigned i, k;
	bool needed = images->oci || images->rootfs || images->squash
		|| (d2d_archive_is_packed(a) && d2d_is_zstd(d2d_archive_fd(a)));

	for (i = 0; i < images->n; i++)
		for (k = 0; !needed && k < images->image[i].n_layers; k++)
			needed = packing_of(a, &images->image[i].layers[k]) == D2D_ZSTD;
	return needed;
}

static int check(struct save *v, const struct item *item)
{
	char hex[D2D_DIGEST + 1];

	d2d_stream_digest(v->hashed, hex);
	if (!item->digest || strcmp(hex, item->digest) == 0)
		return 0;
	return d2d_refuse(v->why, "damaged: layer '%s' doesn't have the digest that the image says", item->layer->member->name);
}

static int fail(const struct item *item, int r, char **why)
{
	return d2d_fail(r, why, "layer '%s': %s", item->layer->member->name, r == -EBADMSG ? "damaged"
			: r == -ENODATA ? "it ends unexpectedly"
			: r == -EFBIG ? "it unpacks to more than the store can hold" : strerror(-r));
}

/* Opens a layer in the form in which it is sent, and starts the computation of its digest. */
static int open_layer(struct save *v, const struct item *item)
{
	const struct d2d_image_layer *layer = item->layer;
	int r = layer->split ? d2d_squash_open_layer(v->a, layer, &v->in, v->why)
		: d2d_archive_open_member(v->a, layer->member, &v->in);

	if (r >= 0 && item->unpack) {
		r = d2d_stream_unpack(&v->in);
		d2d_stream_limit(v->in, d2d_archive_limit(v->a));
	}
	if (r >= 0)
		v->hashed = d2d_stream_hash(v->in, false);
	return r;
}

static void close_layer(struct save *v)
{
	d2d_stream_close(v->hashed);
	d2d_stream_close(v->in);
	v->hashed = v->in = NULL;
}

/* Computes the length of the archive from which a squashfs was made. */
static int measure_split(struct save *v, struct item *item)
{
	struct d2d_stream *in;
	int r = d2d_archive_open_member(v->a, item->layer->split, &in);

	if (r == 0)
		r = d2d_tarsplit_read(in, -1, NULL, NULL, &item->size, v->why);
	return r < 0 ? fail(item, r, v->why) : 0;
}

/* Decompresses a layer to find out its length, which the tar header needs, and to check its digest. */
static int measure(struct save *v, struct item *item)
{
	char *buf = xmalloc(CHUNK);
	ssize_t n = open_layer(v, item);

	while (n >= 0 && (n = d2d_stream_read(v->hashed, buf, CHUNK)) > 0)
		item->size += n;
	n = n < 0 ? fail(item, n, v->why) : check(v, item);
	close_layer(v);
	free(buf);
	return n;
}

static int by_offset(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	return d2d_compare(x->layer ? x->layer->member->at : -1, y->layer ? y->layer->member->at : -1);
}

static struct item *add(struct save *v, const char *format, const char *name)
{
	struct item *item;

	v->items = xrealloc_vector(v->items, 5, v->n);
	item = &v->items[v->n++];
	memset(item, 0, sizeof(*item));
	item->name = xasprintf(format, name);
	return item;
}

static void add_text(struct save *v, const char *format, const char *name, const char *text, off_t size)
{
	struct item *item = add(v, format, name);

	item->text = text;
	item->size = size;
}

static int add_layer(struct save *v, const struct d2d_image_layer *layer)
{
	const struct d2d_member *m = layer->member;
	const char *base = bb_basename(m->name);
	struct item *item;
	unsigned i;
	int packing;

	for (i = 0; i < v->n; i++)
		if (v->items[i].layer && strcmp(v->items[i].layer->diff, layer->diff) == 0)
			return 0;
	item = add(v, "%s.tar", layer->diff);
	item->layer = layer;
	packing = packing_of(v->a, layer);
	if (packing < 0)
		return fail(item, packing, v->why);
	item->unpack = packing == D2D_ZSTD;
	item->size = item->unpack ? 0 : m->size;
	/* a layer that is sent compressed may be named after its digest */
	item->digest = item->unpack || packing == D2D_PLAIN ? layer->diff : d2d_is_digest(base) ? base : NULL;
	return layer->split ? measure_split(v, item) : 0;
}

static struct json_object *entry_of(const struct d2d_image *image)
{
	struct json_object *entry = json_object_new_object(), *tags = json_object_new_array(), *layers = json_object_new_array();
	char *name = xasprintf("%s.json", image->id);
	unsigned i;

	json_object_object_add(entry, "Config", json_object_new_string(name));
	free(name);
	for (i = 0; i < image->n_tags; i++)
		json_object_array_add(tags, json_object_new_string(image->tags[i]));
	for (i = 0; i < image->n_layers; i++) {
		name = xasprintf("%s.tar", image->layers[i].diff);
		json_object_array_add(layers, json_object_new_string(name));
		free(name);
	}
	json_object_object_add(entry, "RepoTags", tags);
	json_object_object_add(entry, "Layers", layers);
	return entry;
}

static int plan(struct save *v, const struct d2d_images *images)
{
	struct json_object *manifest = json_object_new_array();
	unsigned i, k;
	int r = 0;

	for (i = 0; i < images->n; i++) {
		const struct d2d_image *image = &images->image[i];

		json_object_array_add(manifest, entry_of(image));
		add_text(v, "%s.json", image->id, image->config->text, image->config->size);
		for (k = 0; r == 0 && k < image->n_layers; k++)
			r = add_layer(v, &image->layers[k]);
	}
	v->manifest = xstrdup(json_object_to_json_string_ext(manifest, JSON_C_TO_STRING_PLAIN));
	json_object_put(manifest);
	add_text(v, "%s", "manifest.json", v->manifest, strlen(v->manifest));
	/* in archive order, so that a compressed archive is read only once */
	qsort(v->items, v->n, sizeof(*v->items), by_offset);
	for (i = 0; r == 0 && i < v->n; i++)
		if (v->items[i].unpack)
			r = measure(v, &v->items[i]);
	return r;
}

/* ---- the stream ---- */

static size_t padding(off_t size)
{
	return -size & (BLOCK - 1);
}

static void put_header(struct save *v, const struct item *item)
{
	const struct d2d_tar_entry e = { .type = '0', .name = (char *)item->name, .size = item->size, .mode = 0644 };

	d2d_tar_header(v->raw, &e);
	v->n_raw = BLOCK;
}

static void put_zeros(struct save *v, size_t n)
{
	memset(v->raw, 0, n);
	v->n_raw = n;
}

static int begin_item(struct save *v)
{
	const struct item *item = &v->items[v->i];
	int r = item->layer ? open_layer(v, item) : 0;

	if (r < 0)
		return fail(item, r, v->why);
	put_header(v, item);
	v->left = item->size;
	v->inside = true;
	return 0;
}

static int end_item(struct save *v)
{
	const struct item *item = &v->items[v->i++];
	int r = item->layer ? check(v, item) : 0;

	close_layer(v);
	put_zeros(v, padding(item->size));
	v->inside = false;
	return r;
}

static ssize_t read_item(struct save *v, void *buf, size_t len)
{
	const struct item *item = &v->items[v->i];
	ssize_t n = MIN((off_t)len, v->left);

	if (item->text)
		memcpy(buf, item->text + item->size - v->left, n);
	else
		n = d2d_stream_read(v->hashed, buf, n);
	if (n <= 0)
		return fail(item, n < 0 ? n : -ENODATA, v->why);
	v->left -= n;
	return n;
}

static ssize_t save_read(struct d2d_stream *s, void *buf, size_t len)
{
	struct save *v = (struct save *)s;
	int r = 0;

	while (v->raw_at == v->n_raw) {
		v->raw_at = v->n_raw = 0;
		if (v->inside && v->left)
			return read_item(v, buf, len);
		if (v->inside) {
			r = end_item(v);
		} else if (v->i < v->n) {
			r = begin_item(v);
		} else if (!v->ended) {
			v->ended = true;
			put_zeros(v, 2 * BLOCK);
		} else {
			return 0;
		}
		if (r < 0)
			return r;
	}
	len = MIN(len, v->n_raw - v->raw_at);
	memcpy(buf, v->raw + v->raw_at, len);
	v->raw_at += len;
	return len;
}

static void save_end(struct d2d_stream *s)
{
	struct save *v = (struct save *)s;

	close_layer(v);
	while (v->n)
		free(v->items[--v->n].name);
	free(v->items);
	free(v->manifest);
}

int d2d_save_open(struct d2d_archive *a, const struct d2d_images *images, struct d2d_stream **out, off_t *size, char **why)
{
	struct save *v = (struct save *)d2d_stream_new(sizeof(*v), NULL);
	unsigned i;
	int r;

	*why = NULL;
	v->s.read = save_read;
	v->s.end = save_end;
	v->a = a;
	v->why = why;
	r = plan(v, images);
	*size = 2 * BLOCK;
	for (i = 0; i < v->n; i++)
		*size += BLOCK + v->items[i].size + padding(v->items[i].size);
	*out = &v->s;
	if (r < 0) {
		d2d_stream_close(*out);
		*out = NULL;
	}
	return r;
}
