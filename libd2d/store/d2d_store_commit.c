/*
 * Makes an import, which is staged completely in a directory of its own, a part of Docker's store.
 *
 * The directory is a write-ahead log. It holds "images" (the list of the images and their layers), "config.ID" for each
 * image, LAYER/layer and LAYER/db for each new layer (its directories below overlay2/ and layerdb/), LAYER/l (its
 * symbolic link), and "names" (the new repositories.json). Its name ends in .part while it is being written, and in
 * .ready when all of it is on the disk. From then on only renaming is left to do, which also works on a full disk.
 *
 * Each step can be repeated, so after a crash the next import continues. After an error everything is undone as long as
 * Docker can't have seen a part of the import; once Docker may have, the next import continues it instead. dockerd may
 * run between the steps: it ignores a layer until its directory in layerdb exists, and an image until its configuration
 * exists. All files that Docker needs for them are on the disk before that.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DIMPORT) += d2d_store_commit.o

#include <json-c/json.h>
#include "d2d_store_private.h"

enum { LIST_MAX = 64 * 1024 * 1024 };

struct commit {
	const struct d2d_store *s;
	const char *name;		/* of the import's directory below STORE_TMP */
	struct json_object *images;
	bool given;			/* Docker may have seen a part of the import */
};

struct layer {
	const char *chain, *parent;	/* parent: NULL for the lowest layer */
	char id[D2D_DIGEST + 1], link[D2D_LINK + 1];
};

/* Calls STEP for each layer of all images, parents first, until one returns other than 0. Returns the last result. */
static int each_layer(struct commit *c, int (*step)(struct commit *c, struct layer *layer))
{
	struct json_object *layers;
	struct layer layer;
	size_t i, k, n;
	int r = 0;

	for (i = 0; i < d2d_json_length(c->images); i++) {
		n = d2d_json_array(json_object_array_get_idx(c->images, i), "layers", &layers);
		layer.chain = NULL;
		for (k = 0; r == 0 && k < n; k++) {
			layer.parent = layer.chain;
			layer.chain = d2d_json_text(json_object_array_get_idx(layers, k), "chain");
			if (!d2d_is_digest(layer.chain))
				return -EUCLEAN;
			d2d_store_own_cache_id(layer.chain, layer.id);
			d2d_store_link_id(layer.id, layer.link);
			r = step(c, &layer);
		}
	}
	return r;
}

/* ---- steps ---- */

static int remove_link(struct commit *c, const struct layer *layer)
{
	char *path = xasprintf(STORE_LAYERS"/l/%s", layer->link);
	int r = unlinkat(c->s->fd, path, 0) < 0 && errno != ENOENT ? -errno : 0;

	free(path);
	return r;
}

/* Removes what Docker or an earlier import left unfinished under the directory name of this layer. To remove a layer,
 * Docker first renames its directory in layerdb to CHAIN-NUMBER-removing. If it is interrupted, it continues at its
 * next start by the cache-id, and would remove the new layer, which has the same cache-id. */
static int remove_remains(struct commit *c, const struct layer *layer)
{
	char **names, *path, *id;
	int i, n, r = 0;
	bool same;

	path = xasprintf("%s/"STORE_LAYERDB, c->s->path);
	n = d2d_dir_list(path, INT_MAX - 1, &names);
	free(path);
	for (i = 0; r == 0 && i < n; i++) {
		if (strncmp(names[i], layer->chain, D2D_DIGEST) != 0)
			continue;
		id = d2d_store_read(c->s, D2D_DIGEST + 1, STORE_LAYERDB"/%s/cache-id", names[i]);
		same = id && strncmp(id, layer->id, D2D_DIGEST) == 0;
		free(id);
		if (names[i][D2D_DIGEST] && !same)
			continue;
		path = xasprintf(STORE_LAYERDB"/%s", names[i]);
		r = d2d_store_remove(c->s, path);
		free(path);
	}
	if (n >= 0)
		d2d_dir_list_free(names, n);
	path = xasprintf(STORE_LAYERS"/%s", layer->id);
	if (r == 0)
		r = d2d_store_remove(c->s, path);
	free(path);
	return r;
}

/* Moves the symbolic link of a layer into place; d2d_store_prepare() has made it. */
static int place_link(struct commit *c, const struct layer *layer)
{
	char *from = xasprintf(STORE_TMP"/%s/%s/l", c->name, layer->chain), *to = xasprintf(STORE_LAYERS"/l/%s", layer->link);
	int r = d2d_store_rename(c->s, from, to);

	if (r == -ENOENT)
		r = d2d_store_exists(c->s, "%s", to) ? 0 : -EUCLEAN;
	free(from);
	free(to);
	return r;
}

static int place_files(struct commit *c, struct layer *layer)
{
	char *from, *to;
	int r = 0;

	if (d2d_store_has_layer(c->s, layer->chain)) {
		char id[D2D_DIGEST + 1];

		/* Docker has got the layer from elsewhere in the meantime; remove the directory that was placed here. */
		d2d_store_cache_id(c->s, layer->chain, id);
		if (strcmp(id, layer->id) == 0 || !d2d_store_exists(c->s, STORE_LAYERS"/%s", layer->id))
			return 0;
		to = xasprintf(STORE_LAYERS"/%s", layer->id);
		r = d2d_store_remove(c->s, to);
		free(to);
		return r ? r : remove_link(c, layer);
	}
	from = xasprintf(STORE_TMP"/%s/%s/layer", c->name, layer->chain);
	to = xasprintf(STORE_LAYERS"/%s", layer->id);
	if (d2d_store_exists(c->s, "%s", from)) {
		r = remove_remains(c, layer);
		if (r == 0)
			r = d2d_store_rename(c->s, from, to);
	} else if (!d2d_store_exists(c->s, "%s", to)) {
		r = -EUCLEAN;
	}
	free(from);
	from = xasprintf(STORE_TMP"/%s", c->name);
	if (r == 0 && layer->parent)
		r = d2d_store_set_parent(c->s, from, to, layer->parent);
	free(from);
	free(to);
	return r ? r : place_link(c, layer);
}

static int place_metadata(struct commit *c, struct layer *layer)
{
	char *from, *to;
	int r;

	if (d2d_store_has_layer(c->s, layer->chain))
		return 0;
	from = xasprintf(STORE_TMP"/%s/%s/db", c->name, layer->chain);
	to = xasprintf(STORE_LAYERDB"/%s", layer->chain);
	if (d2d_store_exists(c->s, "%s", from))
		r = d2d_store_rename(c->s, from, to);
	else
		/* The layer was placed before an interruption, and the medium that holds it has been removed since
		 * then. */
		r = d2d_store_exists(c->s, "%s", to) && d2d_store_is_link(c->s, layer->chain) ? 0 : -EUCLEAN;
	free(from);
	free(to);
	return r;
}

static int place_configs(struct commit *c)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < d2d_json_length(c->images); i++) {
		const char *id = d2d_json_text(json_object_array_get_idx(c->images, i), "id");
		char *from, *to;

		if (!d2d_is_digest(id))
			return -EUCLEAN;
		from = xasprintf(STORE_TMP"/%s/config.%s", c->name, id);
		to = xasprintf(STORE_CONFIGS"/%s", id);
		if (d2d_store_exists(c->s, "%s", from))
			r = d2d_store_rename(c->s, from, to);
		else if (!d2d_store_exists(c->s, "%s", to))
			r = -EUCLEAN;
		free(from);
		free(to);
	}
	return r;
}

/* ---- all of it ---- */

/* Removes a layer that Docker has not seen yet, because Docker must not see a part of an import that failed. */
static int undo_layer(struct commit *c, struct layer *layer)
{
	char *path;

	if (d2d_store_has_layer(c->s, layer->chain) || !d2d_store_exists(c->s, STORE_TMP"/%s/%s", c->name, layer->chain))
		return 0;
	path = xasprintf(STORE_LAYERS"/%s", layer->id);
	d2d_store_remove(c->s, path);
	free(path);
	remove_link(c, layer);
	return 0;
}

/* Returns -EEXIST if Docker can see this layer already, else 0. */
static int is_visible(struct commit *c, struct layer *layer)
{
	return d2d_store_exists(c->s, STORE_TMP"/%s/%s", c->name, layer->chain)
		&& !d2d_store_exists(c->s, STORE_TMP"/%s/%s/db", c->name, layer->chain) ? -EEXIST : 0;
}

static int name_images(struct commit *c)
{
	char *path = xasprintf(STORE_TMP"/%s/names", c->name);
	int r = d2d_store_write_names(c->s, c->images, path);

	/* The file was prepared before; unless Docker has changed its names since then, it is only renamed. */
	if (r > 0) {
		r = d2d_store_sync(c->s);
		if (r == 0)
			r = d2d_store_rename(c->s, path, STORE_NAMES);
	}
	free(path);
	return r;
}

static int carry_forward(struct commit *c)
{
	char *path = xasprintf(STORE_TMP"/%s/room", c->name);
	int r = d2d_store_remove(c->s, path);

	free(path);
	if (r == 0)
		r = each_layer(c, place_files);
	if (r == 0)
		r = d2d_store_sync(c->s);
	if (r < 0)
		return r;
	c->given = true;
	r = each_layer(c, place_metadata);
	if (r == 0)
		r = d2d_store_sync(c->s);
	if (r == 0)
		r = place_configs(c);
	if (r == 0)
		r = d2d_store_sync(c->s);
	if (r == 0)
		r = name_images(c);
	if (r == 0)
		r = d2d_store_sync(c->s);
	return r;
}

int d2d_store_commit(const struct d2d_store *s, const char *name)
{
	struct commit c = { .s = s, .name = name };
	char *text = d2d_store_read(s, LIST_MAX, STORE_TMP"/%s/images", name), *path;
	int r = -EUCLEAN;

	c.images = text ? json_tokener_parse(text) : NULL;
	free(text);
	if (json_object_is_type(c.images, json_type_array)) {
		c.given = each_layer(&c, is_visible) == -EEXIST;
		r = carry_forward(&c);
		if (r == -EUCLEAN || (r < 0 && !c.given))
			each_layer(&c, undo_layer);
	}
	json_object_put(c.images);
	/* Other errors, such as no space or no memory, may be gone at the next import, so keep the directory for it. */
	if (r == 0 || r == -EUCLEAN || !c.given) {
		path = xasprintf(STORE_TMP"/%s", name);
		d2d_store_remove(s, path);
		free(path);
	}
	return r;
}

bool d2d_store_has(const struct d2d_store *s, struct json_object *image)
{
	struct json_object *layers;
	const char *chain, *id = d2d_json_text(image, "id");
	size_t i, n = d2d_json_array(image, "layers", &layers);

	if (!d2d_is_digest(id) || !d2d_store_exists(s, STORE_CONFIGS"/%s", id))
		return false;
	for (i = 0; i < n; i++) {
		chain = d2d_json_text(json_object_array_get_idx(layers, i), "chain");
		if (!d2d_is_digest(chain) || !d2d_store_has_layer(s, chain))
			return false;
	}
	return true;
}
