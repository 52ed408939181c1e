/*
 * Prepares what d2d_store_commit.c will need, while the import can still be abandoned, so that the commit has only to
 * rename and works on a full disk.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DIMPORT) += d2d_store_ready.o

#include <json-c/json.h>
#include "d2d_store_private.h"

enum {
	ROOM = 64 * 1024,	/* bytes; the few directories that are renamed into may grow by a block each */
	ROOM_LAYER = 512,	/* bytes for the names of one layer in these directories */
};

/* Reads a file of a layer that is being imported, or else of one in the store. The caller frees it. */
static char *read_of(const struct d2d_store *s, const char *dir, const char *chain, const char *name)
{
	char id[D2D_DIGEST + 1];

	if (d2d_store_exists(s, "%s/%s/layer", dir, chain))
		return d2d_store_read(s, STORE_LOWER_MAX, "%s/%s/layer/%s", dir, chain, name);
	d2d_store_cache_id(s, chain, id);
	return d2d_store_read(s, STORE_LOWER_MAX, STORE_LAYERS"/%s/%s", id, name);
}

/* Returns the content of a layer's file "lower", "l/PARENT:l/GRANDPARENT...", NULL if the parent does not exist. */
static char *make_lower(const struct d2d_store *s, const char *dir, const char *parent)
{
	char *link = read_of(s, dir, parent, "link"), *lower = read_of(s, dir, parent, "lower"), *text = NULL;

	if (link) {
		chomp(link);
		text = xasprintf("l/%s%s%s", link, lower ? ":" : "", lower ? lower : "");
	}
	free(link);
	free(lower);
	return text;
}

/* Creates the empty file by which Docker marks a layer that has a child. */
static int mark_committed(const struct d2d_store *s, const char *dir, const char *chain)
{
	char id[D2D_DIGEST + 1], *path;
	int r;

	d2d_store_cache_id(s, chain, id);
	path = d2d_store_exists(s, "%s/%s/layer", dir, chain) ? xasprintf("%s/%s/layer/committed", dir, chain)
		: xasprintf(STORE_LAYERS"/%s/committed", id);
	r = d2d_store_put(s, path, "", 0, 0600);
	free(path);
	return r;
}

int d2d_store_set_parent(const struct d2d_store *s, const char *dir, const char *layer, const char *parent)
{
	char *text = make_lower(s, dir, parent), *path = xasprintf("%s/lower", layer);
	int r = text ? d2d_store_put(s, path, text, strlen(text), 0644) : -EUCLEAN;

	free(path);
	free(text);
	path = xasprintf("%s/work", layer);
	if (r == 0)
		r = d2d_store_mkdir(s, path, 0700);
	free(path);
	return r ? r : mark_committed(s, dir, parent);
}

static int prepare_layer(const struct d2d_store *s, const char *dir, const char *chain, const char *parent)
{
	char id[D2D_DIGEST + 1], *layer = xasprintf("%s/%s/layer", dir, chain), *path = xasprintf("%s/%s/l", dir, chain), *target;
	int r;

	d2d_store_own_cache_id(chain, id);
	target = xasprintf("../%s/diff", id);
	r = symlinkat(target, s->fd, path) < 0 ? -errno : 0;
	if (r == 0 && parent)
		r = d2d_store_set_parent(s, dir, layer, parent);
	free(target);
	free(path);
	free(layer);
	return r;
}

static int reserve(const struct d2d_store *s, const char *dir, unsigned layers)
{
	char *path = xasprintf("%s/room", dir);
	int fd = openat(s->fd, path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	int r = fd < 0 || fallocate(fd, 0, 0, ROOM + layers * ROOM_LAYER) < 0 ? -errno : 0;

	if (fd >= 0)
		close(fd);
	free(path);
	/* ramfs and some other file systems can't reserve space */
	return r == -EOPNOTSUPP ? 0 : r;
}

int d2d_store_prepare(const struct d2d_store *s, const char *dir, const struct d2d_images *images, struct json_object *list)
{
	unsigned i, k, n = 0;
	char *path;
	int r = 0;

	for (i = 0; i < images->n; i++) {
		const struct d2d_image_layer *layers = images->image[i].layers;

		for (k = 0; r == 0 && k < images->image[i].n_layers; k++) {
			/* the store has this layer, or it was prepared for another image of the archive */
			if (!d2d_store_exists(s, "%s/%s", dir, layers[k].chain)
			 || d2d_store_exists(s, "%s/%s/l", dir, layers[k].chain)
			) {
				continue;
			}
			r = prepare_layer(s, dir, layers[k].chain, k ? layers[k - 1].chain : NULL);
			n++;
		}
	}
	path = xasprintf("%s/names", dir);
	if (r == 0)
		r = d2d_store_write_names(s, list, path);
	free(path);
	return r < 0 ? r : reserve(s, dir, n);
}
