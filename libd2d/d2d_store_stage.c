/*
 * Takes the images of an archive into Docker's store: what the store lacks is unpacked into a folder of the import's
 * own, checked against its digests, and then made a part of the store at once (d2d_store_commit.c).
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DIMPORT) += d2d_store_stage.o

#include <json-c/json.h>
#include <sys/statvfs.h>
#include "d2d_import.h"
#include "d2d_image.h"
#include "d2d_store.h"

enum { COPY_CHUNK = 64 * 1024 };

struct stage {
	struct d2d_store *s;
	struct d2d_archive *a;
	char *dir;			/* of the import, ends in .part */
	char **why;
};

static char *path_in(const struct stage *st, const char *format, ...) __attribute__((format(printf, 2, 3)));
static char *path_in(const struct stage *st, const char *format, ...)
{
	va_list args;
	char *name, *path;

	va_start(args, format);
	name = d2d_vformat(format, args);
	va_end(args);
	path = xasprintf("%s/%s", st->dir, name);
	free(name);
	return path;
}

/* ---- one layer ---- */

static int make_dirs(struct stage *st, const char *chain)
{
	static const struct {
		const char *name;
		mode_t mode;
	} dirs[] = { { "", 0700 }, { "/layer", 0710 }, { "/layer/diff", 0755 }, { "/db", 0700 } };
	unsigned i;
	int r = 0;

	for (i = 0; r == 0 && i < ARRAY_SIZE(dirs); i++) {
		char *path = path_in(st, "%s%s", chain, dirs[i].name);

		r = d2d_store_mkdir(st->s, path, dirs[i].mode);
		free(path);
	}
	return r;
}

static int put(struct stage *st, const char *chain, const char *name, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
static int put(struct stage *st, const char *chain, const char *name, const char *format, ...)
{
	char *path = path_in(st, "%s/%s", chain, name), *text;
	va_list args;
	int r;

	va_start(args, format);
	text = d2d_vformat(format, args);
	va_end(args);
	r = d2d_store_write(st->s, path, text, strlen(text), 0644);
	free(text);
	free(path);
	return r;
}

static int put_data(struct stage *st, const struct d2d_image_layer *layer, const char *parent, off_t size)
{
	char id[D2D_DIGEST + 1], link[D2D_LINK + 1];
	int r;

	d2d_store_own_cache_id(layer->chain, id);
	d2d_store_link_id(id, link);
	r = put(st, layer->chain, "layer/link", "%s", link);
	if (r == 0)
		r = put(st, layer->chain, "db/cache-id", "%s", id);
	if (r == 0)
		r = put(st, layer->chain, "db/diff", "sha256:%s", layer->diff);
	if (r == 0 && parent)
		r = put(st, layer->chain, "db/parent", "sha256:%s", parent);
	if (r == 0)
		r = put(st, layer->chain, "db/size", "%llu", (unsigned long long)size);
	return r;
}

static int open_in(struct stage *st, const char *chain, const char *name, int flags)
{
	char *path = path_in(st, "%s/%s", chain, name);
	int fd = openat(st->s->fd, path, flags | O_NOFOLLOW | O_CLOEXEC, 0644);

	free(path);
	return fd < 0 ? -errno : fd;
}

static bool is_mounted(const struct stage *st, const struct d2d_image_layer *layer)
{
	return layer->split && st->s->mount;
}

/* Of one that stays where it is: a link in the place of its files, and its tar-split as it is. */
static int link_layer(struct stage *st, const struct d2d_image_layer *layer, int split)
{
	char *diff = path_in(st, "%s/layer/diff", layer->chain), *place = d2d_squash_place(layer->chain);
	char *buf = xmalloc(COPY_CHUNK);
	struct d2d_stream *in = NULL;
	ssize_t n = 0;
	int r = d2d_squash_mount(st->a, layer, st->why);

	if (r == 0 && (unlinkat(st->s->fd, diff, AT_REMOVEDIR) < 0 || symlinkat(place, st->s->fd, diff) < 0))
		r = -errno;
	if (r == 0)
		r = d2d_archive_take(st->a, layer->split, &in);
	while (r == 0 && (n = d2d_stream_read(in, buf, COPY_CHUNK)) > 0)
		if (full_write(split, buf, n) != n)
			r = -errno;
	d2d_stream_close(in);
	free(buf);
	free(place);
	free(diff);
	return n < 0 ? n : r;
}

static int take_layer(struct stage *st, const struct d2d_image_layer *layer, const char *parent)
{
	struct d2d_layer_result result = { .size = 0 };
	struct d2d_stream *in = NULL;
	char *why = NULL;
	int diff = -1, split = -1, r;

	r = make_dirs(st, layer->chain);
	if (r == 0)
		r = diff = open_in(st, layer->chain, "layer/diff", O_RDONLY | O_DIRECTORY);
	if (r >= 0)
		r = split = open_in(st, layer->chain, "db/tar-split.json.gz", O_WRONLY | O_CREAT | O_EXCL);
	if (r >= 0 && is_mounted(st, layer)) {
		r = link_layer(st, layer, split);
		result.size = layer->size;
	} else if (r >= 0) {
		r = layer->split ? d2d_squash_take(st->a, layer, &in, st->why) : d2d_archive_take(st->a, layer->member, &in);
	}
	if (r >= 0 && in && !layer->split)
		r = d2d_stream_unpack(&in);
	if (r >= 0 && in) {
		d2d_stream_limit(in, d2d_store_limit(st->s));
		r = d2d_layer_unpack(in, diff, split, &result, &why);
		if (r < 0)
			d2d_image_refuse(st->why, "layer '%s': %s", layer->member->name, why);
		else if (strcmp(result.digest, layer->diff) != 0)
			r = d2d_image_refuse(st->why, "damaged: layer '%s' doesn't have the digest that the image says",
				layer->member->name);
	}
	if (r >= 0)
		r = put_data(st, layer, parent, result.size);
	if (r < 0)
		d2d_image_refuse(st->why, "layer '%s': %s", layer->member->name,
			r == -EPROTONOSUPPORT ? "xz and bzip2 inside of a packed archive: not supported" : strerror(-r));
	free(why);
	d2d_stream_close(in);
	if (diff >= 0)
		close(diff);
	if (split >= 0)
		close(split);
	return r < 0 ? r : 0;
}

/* ---- all layers, in the order in which they lie in the archive ---- */

struct todo {
	const struct d2d_image_layer *layer;
	const char *parent;
};

static int by_place(const void *a, const void *b)
{
	const struct todo *x = a, *y = b;

	return x->layer->member->at < y->layer->member->at ? -1 : x->layer->member->at > y->layer->member->at;
}

/* Those that the store hasn't, each once. */
static unsigned find_todo(struct d2d_store *s, const struct d2d_images *images, struct todo **todo)
{
	unsigned i, k, j, n = 0;

	*todo = NULL;
	for (i = 0; i < images->n; i++) {
		const struct d2d_image *image = &images->image[i];

		for (k = 0; k < image->n_layers; k++) {
			for (j = 0; j < n && strcmp((*todo)[j].layer->chain, image->layers[k].chain) != 0; j++)
				continue;
			if (j < n || d2d_store_has_layer(s, image->layers[k].chain))
				continue;
			*todo = xrealloc_vector(*todo, 5, n);
			(*todo)[n].layer = &image->layers[k];
			(*todo)[n++].parent = k ? image->layers[k - 1].chain : NULL;
		}
	}
	if (n)
		qsort(*todo, n, sizeof(**todo), by_place);
	return n;
}

/* Refused before it begins: what lies in the archive can't become less when it is unpacked, but for padding. */
static int check_room(struct stage *st, const struct todo *todo, unsigned n)
{
	struct statvfs fs;
	off_t need = 0, room;
	unsigned i;

	if (fstatvfs(st->s->fd, &fs) < 0)
		return -errno;
	for (i = 0; i < n; i++)
		need += (is_mounted(st, todo[i].layer) ? todo[i].layer->split : todo[i].layer->member)->size;
	room = (off_t)fs.f_bavail * fs.f_frsize;
	/* a file of a few bytes takes 1.5 kB in a tar and nothing on some file systems */
	if (need / 4 <= room)
		return 0;
	d2d_image_refuse(st->why, "it needs %llu MB, the store has %llu MB left", (unsigned long long)need / 1000000,
			(unsigned long long)room / 1000000);
	return -ENOSPC;
}

static int take_layers(struct stage *st, const struct d2d_images *images)
{
	struct todo *todo;
	unsigned i, n = find_todo(st->s, images, &todo);
	int r = check_room(st, todo, n);

	for (i = 0; r == 0 && i < n; i++)
		r = take_layer(st, todo[i].layer, todo[i].parent);
	free(todo);
	return r;
}

/* ---- what is to be ---- */

struct json_object *d2d_images_json(const struct d2d_images *images)
{
	struct json_object *list = json_object_new_array();
	unsigned i, k;

	for (i = 0; i < images->n; i++) {
		const struct d2d_image *image = &images->image[i];
		struct json_object *o = json_object_new_object(), *tags = json_object_new_array();
		struct json_object *layers = json_object_new_array();

		for (k = 0; k < image->n_tags; k++)
			json_object_array_add(tags, json_object_new_string(image->tags[k]));
		for (k = 0; k < image->n_layers; k++) {
			struct json_object *layer = json_object_new_object();

			json_object_object_add(layer, "chain", json_object_new_string(image->layers[k].chain));
			json_object_array_add(layers, layer);
		}
		json_object_object_add(o, "id", json_object_new_string(image->id));
		json_object_object_add(o, "tags", tags);
		json_object_object_add(o, "layers", layers);
		if (images->squash)
			json_object_object_add(o, "squash", json_object_new_boolean(1));
		json_object_array_add(list, o);
	}
	return list;
}

static int put_configs(struct stage *st, const struct d2d_images *images)
{
	unsigned i;
	int r = 0;

	for (i = 0; r == 0 && i < images->n; i++) {
		const struct d2d_image *image = &images->image[i];
		char *path;

		if (d2d_store_exists(st->s, STORE_CONFIGS"/%s", image->id))
			continue;
		path = path_in(st, "config.%s", image->id);
		r = d2d_store_write(st->s, path, image->config->text, image->config->size, 0600);
		free(path);
	}
	return r;
}

static int put_list(struct stage *st, const struct d2d_images *images)
{
	struct json_object *list = d2d_images_json(images);
	const char *text = json_object_to_json_string_ext(list, JSON_C_TO_STRING_PLAIN);
	char *path = path_in(st, "images");
	int r = d2d_store_write(st->s, path, text, strlen(text), 0600);

	json_object_put(list);
	free(path);
	return r;
}

/* What was mounted for an import that failed. */
static void unmount(struct d2d_store *s, const struct d2d_images *images)
{
	unsigned i, k;

	for (i = 0; images->squash && i < images->n; i++)
		for (k = 0; k < images->image[i].n_layers; k++)
			if (!d2d_store_is_link(s, images->image[i].layers[k].chain))
				d2d_squash_unmount(images->image[i].layers[k].chain);
}

int d2d_store_import(struct d2d_store *s, struct d2d_archive *a, const struct d2d_images *images, char **why)
{
	struct stage st = { .s = s, .a = a, .why = why };
	char *ready = xasprintf("%s.ready", images->image[0].id), *path = xasprintf(STORE_TMP"/%s", ready);
	int r;

	*why = NULL;
	st.dir = xasprintf(STORE_TMP"/%s.part", images->image[0].id);
	r = d2d_store_remove(s, st.dir);
	if (r == 0)
		r = d2d_store_mkdir(s, st.dir, 0700);
	if (r == 0)
		r = take_layers(&st, images);
	if (r == 0 && images->squash && s->mount)
		r = d2d_store_note_mounted(s, a, images);
	if (r == 0)
		r = put_configs(&st, images);
	if (r == 0)
		r = put_list(&st, images);
	if (r == 0)
		r = d2d_store_sync(s);
	if (r == 0)
		r = d2d_store_rename(s, st.dir, path);
	if (r == 0)
		r = d2d_store_sync(s);
	if (r < 0)
		d2d_store_remove(s, st.dir);
	else
		r = d2d_store_commit(s, ready);
	if (r < 0)
		unmount(s, images);
	if (r < 0 && !*why)
		*why = xasprintf("can't write to the store: %s", strerror(-r));
	free(st.dir);
	free(ready);
	free(path);
	return r;
}
