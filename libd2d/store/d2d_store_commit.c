/*
 * Makes an import, which lies whole in a folder of its own, a part of Docker's store.
 *
 * That folder is a log written ahead: it holds "images" (what is to be), "config.ID" and LAYER/{layer,db,l}, the folders
 * of each new layer under overlay2/ and layerdb/ and its link, and "names", the new repositories.json. Its name ends in
 * .part while it is written, in .ready when all of it is on the disk. What is left to be done is renaming, which a full
 * disk doesn't keep from it. Each step can be done again, so a machine that dies on the way goes on at the next import;
 * after an error all is taken back as long as Docker can't have seen any of it, else the next import goes on, too.
 * Between the steps dockerd may run: a layer is nothing to it before its folder in layerdb is there, an image before its
 * configuration is; what they need is on the disk before each.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DIMPORT) += d2d_store_commit.o

#include <json-c/json.h>
#include "d2d_store_private.h"

enum { LIST_MAX = 64 * 1024 * 1024 };

struct commit {
	const struct d2d_store *s;
	const char *name;		/* of the folder */
	struct json_object *images;
	bool given;			/* Docker may have seen a part of it */
};

struct layer {
	const char *chain, *parent;	/* NULL for the base */
	char id[D2D_DIGEST + 1], link[D2D_LINK + 1];
};

/* Calls STEP for each layer of all images, parents first. */
static int each_layer(struct commit *c, int (*step)(struct commit *c, struct layer *layer))
{
	struct json_object *layers;
	struct layer layer;
	size_t i, k, n;
	int r = 0;

	for (i = 0; i < json_object_array_length(c->images); i++) {
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

/* What Docker or we began and never finished under this layer's folder name. When Docker removes a layer, it renames
 * its folder in layerdb to CHAIN-NUMBER-removing first, and clears up at its next start, by the same cache-id: the
 * new layer would go with the old one. */
static int remove_remains(struct commit *c, const struct layer *layer)
{
	char **names, *path, *id;
	int i, n, r = 0;
	bool same;

	path = xasprintf("%s/"STORE_LAYERDB, c->s->path);
	n = d2d_folder(path, INT_MAX - 1, &names);
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
		d2d_folder_free(names, n);
	path = xasprintf(STORE_LAYERS"/%s", layer->id);
	if (r == 0)
		r = d2d_store_remove(c->s, path);
	free(path);
	return r;
}

/* It was made beforehand. */
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

		/* Docker got it from elsewhere meanwhile; what we have placed is too much */
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
		r = d2d_store_child(c->s, from, to, layer->parent);
	free(from);
	free(to);
	return r ? r : place_link(c, layer);
}

static int place_data(struct commit *c, struct layer *layer)
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
		/* it is placed, and the medium on which it lies was taken away before the rest was */
		r = d2d_store_exists(c->s, "%s", to) && d2d_store_is_link(c->s, layer->chain) ? 0 : -EUCLEAN;
	free(from);
	free(to);
	return r;
}

static int place_configs(struct commit *c)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < json_object_array_length(c->images); i++) {
		const char *id = d2d_json_text(json_object_array_get_idx(c->images, i), "id");
		char *from = xasprintf(STORE_TMP"/%s/config.%s", c->name, id), *to = xasprintf(STORE_CONFIGS"/%s", id);

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

/* What Docker hasn't seen; it must not see the rest. */
static int take_back(struct commit *c, struct layer *layer)
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

/* -EEXIST: this layer has been given to Docker. */
static int is_given(struct commit *c, struct layer *layer)
{
	return d2d_store_exists(c->s, STORE_TMP"/%s/%s", c->name, layer->chain)
		&& !d2d_store_exists(c->s, STORE_TMP"/%s/%s/db", c->name, layer->chain) ? -EEXIST : 0;
}

static int name_images(struct commit *c)
{
	char *path = xasprintf(STORE_TMP"/%s/names", c->name);
	int r = d2d_store_write_names(c->s, c->images, path);

	/* unless Docker has run meanwhile it is there, and only put in its place */
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
	r = each_layer(c, place_data);
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
		c.given = each_layer(&c, is_given) == -EEXIST;
		r = carry_forward(&c);
		if (r == -EUCLEAN || (r < 0 && !c.given))
			each_layer(&c, take_back);
	}
	json_object_put(c.images);
	/* an error that may be over at the next import: no space, no memory */
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
