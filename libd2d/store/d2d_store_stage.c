/*
 * Imports the images of an archive into Docker's store: the layers that the store lacks are unpacked into a directory
 * of the import's own, checked against their digests, and then made a part of the store in one step
 * (d2d_store_commit.c).
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DIMPORT) += d2d_store_stage.o

#include <json-c/json.h>
#include <sys/statvfs.h>
#include "d2d_store_private.h"

enum { COPY_CHUNK = 64 * 1024 };

struct todo {
	const struct d2d_image_layer *layer;
	const char *parent;
};

struct stage {
	struct d2d_store *s;
	struct d2d_archive *a;
	char *dir;			/* the import's directory, ends in .part */
	struct todo *todo;
	unsigned n_todo;
	off_t beside_min;		/* bytes of a layer from which on several processes work on it; -1: no layer */
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

static int put_data(struct stage *st, const struct todo *todo, off_t size)
{
	const struct d2d_image_layer *layer = todo->layer;
	char id[D2D_DIGEST + 1], link[D2D_LINK + 1];
	int r;

	d2d_store_own_cache_id(layer->chain, id);
	d2d_store_link_id(id, link);
	r = put(st, layer->chain, "layer/link", "%s", link);
	if (r == 0)
		r = put(st, layer->chain, "db/cache-id", "%s", id);
	if (r == 0)
		r = put(st, layer->chain, "db/diff", "sha256:%s", layer->diff);
	if (r == 0 && todo->parent)
		r = put(st, layer->chain, "db/parent", "sha256:%s", todo->parent);
	if (r == 0)
		r = put(st, layer->chain, "db/size", "%llu", (unsigned long long)size);
	return r;
}

static bool is_mounted(const struct stage *st, const struct d2d_image_layer *layer)
{
	return layer->split && st->s->mount;
}

/* Copies a member of the archive unchanged. */
static int put_member(struct stage *st, const char *chain, const char *name, const struct d2d_member *member)
{
	char *path = path_in(st, "%s/%s", chain, name), *buf = xmalloc(COPY_CHUNK);
	int fd = openat(st->s->fd, path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	struct d2d_stream *in = NULL;
	ssize_t n = 0;
	int r = fd < 0 ? -errno : d2d_archive_open_member(st->a, member, &in);

	while (r == 0 && (n = d2d_stream_read(in, buf, COPY_CHUNK)) > 0)
		if (full_write(fd, buf, n) != n)
			r = -errno;
	if (fd >= 0 && close(fd) < 0 && r == 0)
		r = -errno;
	d2d_stream_close(in);
	free(buf);
	free(path);
	return n < 0 ? n : r;
}

/* Stages a layer whose files stay on the medium: a symbolic link in place of its files, and its tar-split. */
static int link_layer(struct stage *st, const struct d2d_image_layer *layer, const char *dir, char **why)
{
	char *diff = path_in(st, "%s/layer/diff", layer->chain), *place = d2d_squash_mountpoint(layer->chain);
	int r = d2d_store_make_layer(st->s, dir);

	if (r == 0)
		r = d2d_squash_mount(st->a, layer, why);
	if (r == 0 && (unlinkat(st->s->fd, diff, AT_REMOVEDIR) < 0 || symlinkat(place, st->s->fd, diff) < 0))
		r = -errno;
	if (r == 0)
		r = put_member(st, layer->chain, "db/tar-split.json.gz", layer->split);
	free(place);
	free(diff);
	return r;
}

static int unpack_layer(struct stage *st, const struct d2d_image_layer *layer, const char *dir,
		struct d2d_layer_result *result, char **why)
{
	struct d2d_stream *in = NULL;
	char *reason = NULL;
	bool beside = st->beside_min >= 0 && layer->member->size >= st->beside_min;
	int r = layer->split ? d2d_squash_open_layer(st->a, layer, &in, why) : d2d_archive_open_member(st->a, layer->member, &in);

	if (r >= 0 && !layer->split)
		r = d2d_stream_unpack(&in);
	if (r > 0 && beside)
		r = d2d_stream_read_ahead(&in);
	if (r >= 0)
		r = d2d_store_unpack(st->s, dir, in, beside, result, &reason);
	if (r >= 0 && strcmp(result->digest, layer->diff) != 0)
		r = d2d_refuse(why, "damaged: layer '%s' doesn't have the digest that the image says", layer->member->name);
	if (reason)
		d2d_refuse(why, "layer '%s': %s", layer->member->name, reason);
	free(reason);
	d2d_stream_close(in);
	return r;
}

static int take_layer(void *arg, unsigned i, const struct d2d_progress *progress, char **why)
{
	struct stage *st = arg;
	const struct d2d_image_layer *layer = st->todo[i].layer;
	struct d2d_layer_result result = { .size = layer->size };
	char *dir = path_in(st, "%s", layer->chain);
	int r;

	d2d_archive_set_progress(st->a, progress);
	r = is_mounted(st, layer) ? link_layer(st, layer, dir, why) : unpack_layer(st, layer, dir, &result, why);
	if (r >= 0)
		r = put_data(st, &st->todo[i], result.size);
	if (r < 0)
		d2d_refuse(why, "layer '%s': %s", layer->member->name,
			r == -EPROTONOSUPPORT ? "xz and bzip2 inside a compressed archive: not supported" : strerror(-r));
	free(dir);
	return r;
}

/* ---- all layers, in the order in which they lie in the archive ---- */

static int by_offset(const void *a, const void *b)
{
	const struct todo *x = a, *y = b;

	return d2d_compare(x->layer->member->at, y->layer->member->at);
}

/* Lists the layers that the store lacks, each once. Returns how many; the caller frees the list. */
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
		qsort(*todo, n, sizeof(**todo), by_offset);
	return n;
}

/* Refuses an import that can't fit before it begins: data does not become smaller by unpacking, except for padding. */
static int check_room(struct stage *st, off_t need)
{
	struct statvfs fs;
	off_t room;

	if (fstatvfs(st->s->fd, &fs) < 0)
		return -errno;
	room = (off_t)fs.f_bavail * fs.f_frsize;
	/* a file of a few bytes takes 1.5 kB in a tar archive, and no block on some file systems */
	if (need / 4 <= room)
		return 0;
	d2d_refuse(st->why, "it needs %llu MB, the store has %llu MB left", (unsigned long long)(need + 999999) / 1000000,
			(unsigned long long)room / 1000000);
	return -ENOSPC;
}

/* Takes over the layers that were unpacked on the first pass, so that they are not unpacked again. */
static int take_over(struct stage *st)
{
	unsigned i, left = 0;
	int r = 0;

	for (i = 0; r >= 0 && i < st->n_todo; i++) {
		char *dir = path_in(st, "%s", st->todo[i].layer->chain);
		off_t size;

		r = d2d_store_early_use(st->s, st->todo[i].layer, dir, &size);
		if (r > 0)
			r = put_data(st, &st->todo[i], size);
		else
			st->todo[left++] = st->todo[i];
		free(dir);
	}
	st->n_todo = left;
	d2d_store_early_drop(st->s);
	return r;
}

static int take_layers(struct stage *st, const struct d2d_images *images)
{
	struct d2d_work work = { .run = take_layer, .arg = st };
	/* a compressed archive is a single stream, which only one process can read */
	unsigned i, jobs = d2d_archive_is_packed(st->a) ? 1 : st->s->jobs;
	char *why = NULL;
	int r;

	st->n_todo = find_todo(st->s, images, &st->todo);
	r = take_over(st);
	work.n = st->n_todo;
	for (i = 0; i < st->n_todo; i++)
		work.size += (is_mounted(st, st->todo[i].layer) ? st->todo[i].layer->split : st->todo[i].layer->member)->size;
	if (r == 0)
		r = check_room(st, work.size);
	if (r == 0) {
		/* A layer that is more than its share of the work has processes of its own, unless there is a process for each layer
		 * only: when the others are done, it would be the last one. */
		st->beside_min = jobs > st->n_todo ? 0 : jobs > 1 ? work.size / jobs : -1;
		work.progress = d2d_archive_set_progress(st->a, NULL);
		r = d2d_pool(&work, jobs, &why);
		d2d_archive_set_progress(st->a, work.progress);
	}
	if (r == -EOWNERDEAD && !why)
		why = xstrdup("a process that unpacked a layer has died");
	if (why)
		d2d_refuse(st->why, "%s", why);
	free(why);
	free(st->todo);
	return r;
}

/* ---- configurations and the list of images ---- */

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

static int put_list(struct stage *st, struct json_object *list)
{
	const char *text = json_object_to_json_string_ext(list, JSON_C_TO_STRING_PLAIN);
	char *path = path_in(st, "images");
	int r = d2d_store_write(st->s, path, text, strlen(text), 0600);

	free(path);
	return r;
}

/* Unmounts the layers that were mounted for an import that failed. */
static void unmount(struct d2d_store *s, const struct d2d_images *images)
{
	unsigned i, k;

	for (i = 0; images->squash && i < images->n; i++)
		for (k = 0; k < images->image[i].n_layers; k++)
			if (!d2d_store_is_link(s, images->image[i].layers[k].chain))
				d2d_squash_unmount(images->image[i].layers[k].chain);
}

/* Commits an earlier import of the same images that could not be finished when the store was opened. */
static int end_last(const struct d2d_store *s, const char *ready, const char *path)
{
	int r = d2d_store_begin_commit(s);

	if (r == 0 && d2d_store_exists(s, "%s", path))
		r = d2d_store_commit(s, ready);
	d2d_store_end_commit(s);
	return r;
}

/* Commits the import. Only one process does this at a time, because a commit is based on the result of the one before. */
static int finish(struct stage *st, const struct d2d_images *images, const char *ready, const char *path)
{
	const struct d2d_store *s = st->s;
	struct json_object *list = d2d_images_json(images);
	int r = d2d_store_begin_commit(s);

	if (r == 0 && images->squash && s->mount)
		r = d2d_store_note_mounted(s, st->a, images);
	d2d_store_remove_later_names(s, list);
	if (r == 0)
		r = put_list(st, list);
	if (r == 0)
		r = d2d_store_prepare(s, st->dir, images, list);
	if (r == 0)
		r = d2d_store_sync(s);
	if (r == 0)
		r = d2d_store_rename(s, st->dir, path);
	if (r == 0)
		r = d2d_store_sync(s);
	if (r == 0)
		r = d2d_store_commit(s, ready);
	if (r == 0)
		d2d_store_record_given_names(s, list);
	d2d_store_end_commit(s);
	json_object_put(list);
	return r;
}

int d2d_store_import(struct d2d_store *s, struct d2d_archive *a, const struct d2d_images *images, char **why)
{
	struct stage st = { .s = s, .a = a, .why = why };
	char *ready = xasprintf("%s.ready", images->image[0].id), *path = xasprintf(STORE_TMP"/%s", ready);
	int r;

	*why = NULL;
	st.dir = xasprintf(STORE_TMP"/%s.part", images->image[0].id);
	r = end_last(s, ready, path);
	if (r == 0 || r == -EUCLEAN)
		r = d2d_store_remove(s, st.dir);
	if (r == 0)
		r = d2d_store_mkdir(s, st.dir, 0700);
	if (r == 0)
		r = take_layers(&st, images);
	if (r == 0)
		r = put_configs(&st, images);
	/* write to the disk while other processes are still unpacking, so that less is left for the commit */
	if (r == 0)
		r = d2d_store_sync(s);
	if (r == 0)
		r = finish(&st, images, ready, path);
	if (r < 0) {
		d2d_store_remove(s, st.dir);
		unmount(s, images);
	}
	if (r < 0 && !*why)
		*why = xasprintf("can't write to the store: %s%s", strerror(-r),
			d2d_store_exists(s, "%s", path) ? "; the next import continues it" : "");
	free(st.dir);
	free(ready);
	free(path);
	return r;
}
