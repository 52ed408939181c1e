/*
 * Deals with layers whose medium is missing, before Docker starts. An image that came from the medium is removed; it
 * comes back with the medium. A layer stays if a container uses it, or an image or a layer that did not come from the
 * medium. It has an empty directory in place of its files then: Docker leaves it alone, and the layer works again when
 * the medium is back.
 *
 * The order is the reverse of that of a commit, and each step is on the disk before the next one begins. The note about
 * a layer is removed last, so that an interrupted removal is found and completed.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DIMPORT) += d2d_store_lost.o

#include <json-c/json.h>
#include "d2d_store_private.h"

enum {
	CONFIG_MAX = 4 * 1024 * 1024,
	DEPTH_MAX = 128,
	SHORT_ID = 12,
};

/* The sets of chain IDs and image IDs are JSON objects with these IDs as keys. */
struct lost {
	struct d2d_store *s;
	struct json_object *chains;	/* lost layers, with their notes */
	struct json_object *used;	/* top layers of the images that containers were made from */
	struct json_object *needed;	/* layers that must stay */
	struct json_object *images;	/* images to be removed */
	struct json_object *names;
	struct json_object *lines;
};

static bool has(struct json_object *set, const char *key)
{
	return json_object_object_get_ex(set, key, NULL);
}

static void add_line(struct lost *l, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void add_line(struct lost *l, const char *format, ...)
{
	va_list args;
	char *line;

	va_start(args, format);
	line = d2d_vformat(format, args);
	va_end(args);
	json_object_array_add(l->lines, json_object_new_string(line));
	free(line);
}

static int each(struct lost *l, const char *dir, void (*with)(struct lost *l, const char *name))
{
	char *path = xasprintf("%s/%s", l->s->path, dir), **names;
	int i, n = d2d_dir_list(path, INT_MAX - 1, &names);

	free(path);
	for (i = 0; i < n; i++)
		with(l, names[i]);
	if (n >= 0)
		d2d_dir_list_free(names, n);
	return n == -ENOENT ? 0 : MIN(n, 0);
}

/* ---- what must stay ---- */

/* Adds a chain and its parents to SET. Returns the file that holds the first lost layer of them, or NULL. */
static const char *add_chain(struct lost *l, struct json_object *set, const char *chain)
{
	char at[D2D_DIGEST + 1];
	struct json_object *note;
	const char *file = NULL;
	int depth = 0;

	strcpy(at, chain);
	do {
		if (!file && json_object_object_get_ex(l->chains, at, &note))
			file = d2d_json_text(note, "file") ?: "?";
		json_object_object_add(set, at, NULL);
	} while (++depth < DEPTH_MAX && d2d_store_parent(l->s, at, at));
	return file;
}

static void add_container(struct lost *l, const char *id)
{
	char *parent = d2d_store_read(l->s, sizeof("sha256:") + D2D_DIGEST, STORE_IMAGE"/layerdb/mounts/%s/parent", id), *text;
	struct json_object *config;
	const char *chain, *file, *name;

	if (parent)
		chomp(parent);
	chain = d2d_digest_hex(parent);
	if (chain) {
		json_object_object_add(l->used, chain, NULL);
		file = add_chain(l, l->needed, chain);
		if (file) {
			text = d2d_store_read(l->s, CONFIG_MAX, "containers/%s/config.v2.json", id);
			config = text ? json_tokener_parse(text) : NULL;
			name = d2d_json_text(config, "Name");
			add_line(l, "container %.*s needs '%s', which is missing", name ? INT_MAX : SHORT_ID,
				name ? name + (*name == '/') : id, file);
			json_object_put(config);
			free(text);
		}
	}
	free(parent);
}

/* Keeps a layer that is not lost, and all its parents, whether it is in use or not. */
static void add_layer(struct lost *l, const char *chain)
{
	if (d2d_is_digest(chain) && !has(l->chains, chain))
		add_chain(l, l->needed, chain);
}

static const char *name_of(struct lost *l, const char *id)
{
	struct json_object_iter name, tag;
	const char *hex;

	json_object_object_foreachC(l->names, name) {
		if (!json_object_is_type(name.val, json_type_object))
			continue;
		json_object_object_foreachC(name.val, tag) {
			hex = d2d_digest_hex(json_object_get_string(tag.val));
			if (hex && strcmp(hex, id) == 0)
				return tag.key;
		}
	}
	return id;
}

/* Returns whether the image came from the file of this note. */
static bool came_with(struct json_object *note, const char *id)
{
	struct json_object *ids;
	size_t i, n = d2d_json_array(note, "images", &ids);

	for (i = 0; i < n; i++)
		if (strcmp(d2d_json_text_at(ids, i) ?: "", id) == 0)
			return true;
	return false;
}

static void classify_image(struct lost *l, const char *id)
{
	struct d2d_images images = { .n = 0 };
	char *text = d2d_store_read(l->s, CONFIG_MAX, STORE_CONFIGS"/%s", id), *why = NULL;
	struct json_object *config = text ? json_tokener_parse(text) : NULL, *note;
	struct d2d_image *image = d2d_image_add(&images, &why);
	const char *file = NULL;
	bool ours = false;
	unsigned i;

	if (d2d_is_digest(id) && d2d_image_list_layers(image, config, id, &why) == 0) {
		for (i = 0; i < image->n_layers; i++)
			if (json_object_object_get_ex(l->chains, image->layers[i].chain, &note)) {
				file = d2d_json_text(note, "file") ?: "?";
				ours |= came_with(note, id);
			}
		if (file && ours && !has(l->used, image->layers[i - 1].chain)) {
			json_object_object_add(l->images, id, NULL);
			add_line(l, "%s is removed: '%s' is missing", name_of(l, id), file);
		} else {
			while (i-- > 0)
				json_object_object_add(l->needed, image->layers[i].chain, NULL);
			if (file)
				add_line(l, "%s needs '%s', which is missing", name_of(l, id), file);
		}
	}
	free(why);
	free(text);
	json_object_put(config);
	d2d_images_free(&images);
}

/* ---- removing ---- */

static int remove_named(struct lost *l, const char *format, const char *name)
{
	char *path = xasprintf(format, name);
	int r = d2d_store_remove(l->s, path);

	free(path);
	return r;
}

static int remove_images(struct lost *l)
{
	struct json_object_iter image;
	int r;

	if (!json_object_object_length(l->images))
		return 0;
	r = d2d_store_remove_names(l->s, l->images);
	if (r == 0)
		r = d2d_store_sync(l->s);
	json_object_object_foreachC(l->images, image) {
		if (r == 0)
			r = remove_named(l, STORE_CONFIGS"/%s", image.key);
		if (r == 0)
			r = remove_named(l, STORE_IMAGE"/imagedb/metadata/sha256/%s", image.key);
	}
	return r ? r : d2d_store_sync(l->s);
}

/* Moves a directory to STORE_TMP, which Docker ignores, before removing it, so that Docker never sees half of it. */
static int remove_folder(struct lost *l, const char *format, const char *name)
{
	char *from = xasprintf(format, name), *to = xasprintf(STORE_TMP"/%s", name);
	int r = d2d_store_remove(l->s, to);

	if (r == 0)
		r = d2d_store_rename(l->s, from, to);
	if (r == 0)
		r = d2d_store_sync(l->s);
	if (r == 0)
		r = d2d_store_remove(l->s, to);
	free(from);
	free(to);
	return r == -ENOENT ? 0 : r;
}

static int remove_layer(struct lost *l, const char *chain)
{
	char id[D2D_DIGEST + 1], link[D2D_LINK + 1];
	int r;

	d2d_store_own_cache_id(chain, id);
	d2d_store_link_id(id, link);
	/* find_lost() recognises an interrupted removal as long as the directory in overlay2/ exists, so its symbolic
	 * link in overlay2/l/ goes first. */
	r = remove_folder(l, STORE_LAYERDB"/%s", chain);
	if (r == 0)
		r = remove_named(l, STORE_LAYERS"/l/%s", link);
	if (r == 0)
		r = remove_folder(l, STORE_LAYERS"/%s", id);
	if (r == 0)
		r = remove_named(l, STORE_MOUNTED"/%s", chain);
	d2d_squash_unmount(chain);
	return r;
}

/* Removes the layers that are not needed, children before parents. */
static int remove_layers(struct lost *l)
{
	struct json_object_iter layer;
	int depth, r = 0;

	for (depth = DEPTH_MAX; depth > 0; depth--)
		json_object_object_foreachC(l->chains, layer)
			if (r == 0 && !has(l->needed, layer.key)
			 && json_object_get_int(json_object_object_get(layer.val, "depth")) == depth
			) {
				r = remove_layer(l, layer.key);
			}
	return r;
}

/* ---- all of it ---- */

/* Fills the set of lost layers from the notes. Removes the note of a layer that is no symbolic link any more. */
static int find_lost(struct lost *l, struct json_object *mounted)
{
	struct json_object_iter layer;
	char at[D2D_DIGEST + 1];
	int depth, r = 0;

	json_object_object_foreachC(mounted, layer) {
		if (!d2d_store_is_link(l->s, layer.key)) {
			d2d_squash_unmount(layer.key);
			r |= remove_named(l, STORE_MOUNTED"/%s", layer.key);
		} else if (!d2d_store_exists(l->s, STORE_LAYERDB"/%s", layer.key)) {
			/* its removal was interrupted */
			r |= remove_layer(l, layer.key);
		} else if (!d2d_squash_is_mounted(layer.key)) {
			depth = 1;
			for (strcpy(at, layer.key); depth < DEPTH_MAX && d2d_store_parent(l->s, at, at); )
				depth++;
			json_object_object_add(layer.val, "depth", json_object_new_int(depth));
			json_object_object_add(l->chains, layer.key, json_object_get(layer.val));
		}
	}
	return r;
}

int d2d_store_drop_lost(struct d2d_store *s, struct json_object *mounted, struct json_object *lines)
{
	struct lost l = { .s = s, .lines = lines };
	struct json_object_iter layer;
	int r;

	l.chains = json_object_new_object();
	l.used = json_object_new_object();
	l.needed = json_object_new_object();
	l.images = json_object_new_object();
	l.names = d2d_store_names(s);
	r = find_lost(&l, mounted);
	if (r == 0 && json_object_object_length(l.chains)) {
		r = each(&l, STORE_IMAGE"/layerdb/mounts", add_container);
		if (r == 0)
			r = each(&l, STORE_LAYERDB, add_layer);
		if (r == 0)
			r = each(&l, STORE_CONFIGS, classify_image);
		if (r == 0)
			r = remove_images(&l);
		if (r == 0)
			r = remove_layers(&l);
		json_object_object_foreachC(l.chains, layer)
			if (r == 0 && has(l.needed, layer.key))
				r = d2d_squash_make_mountpoint(layer.key);
	}
	json_object_put(l.names);
	json_object_put(l.images);
	json_object_put(l.needed);
	json_object_put(l.used);
	json_object_put(l.chains);
	return r;
}
