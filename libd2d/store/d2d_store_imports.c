/*
 * Lists what was imported into the store, and from which files. The store is only read, because a dockerd may be using
 * it.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DIMPORT) += d2d_store_imports.o

#include <json-c/json.h>
#include "d2d_store_private.h"

enum { SIZE_MAX_TEXT = 32 };

/* Returns how the files of an image are stored ("written", "copied", "mounted" or "gone"), NULL if the image is not in
 * the store any more. *BYTES is its size as Docker counts it, but only the size of the tar-split for a layer on a
 * medium. A layer that images share counts for each of them. */
static const char *how_of(const struct d2d_store *s, struct json_object *image, uint64_t *bytes)
{
	const char *id = d2d_json_text(image, "id"), *how = "written", *chain;
	bool gone = false, mounted = false;
	struct json_object *layers;
	size_t i, n = d2d_json_array(image, "layers", &layers);

	*bytes = 0;
	if (!d2d_is_digest(id) || !d2d_store_exists(s, STORE_CONFIGS"/%s", id))
		return NULL;
	if (json_object_get_boolean(json_object_object_get(image, "squash")))
		how = "copied";
	for (i = 0; i < n; i++) {
		chain = d2d_json_text(json_object_array_get_idx(layers, i), "chain");
		if (!d2d_is_digest(chain))
			return NULL;
		if (d2d_store_is_link(s, chain)) {
			char *path = xasprintf(STORE_LAYERDB"/%s/tar-split.json.gz", chain);
			struct stat st = { 0 };

			mounted = true;
			gone |= !d2d_squash_is_mounted(chain);
			fstatat(s->fd, path, &st, AT_SYMLINK_NOFOLLOW);
			*bytes += st.st_size;
			free(path);
		} else if (d2d_store_has_layer(s, chain)) {
			char *text = d2d_store_read(s, SIZE_MAX_TEXT, STORE_LAYERDB"/%s/size", chain);

			*bytes += text ? strtoull(text, NULL, 10) : 0;
			free(text);
		} else {
			return NULL;
		}
	}
	return gone ? "gone" : mounted ? "mounted" : how;
}

/* Returns the names of an imported image that still belong to it. */
static struct json_object *tags_of(struct json_object *names, struct json_object *image)
{
	struct json_object *left = json_object_new_array(), *tags, *of_name;
	size_t i, n = d2d_json_array(image, "tags", &tags);

	for (i = 0; i < n; i++) {
		const char *tag = d2d_json_text_at(tags, i), *hex;
		const char *colon = tag ? strrchr(tag, ':') : NULL;
		char *name = colon ? xstrndup(tag, colon - tag) : NULL;

		if (name && json_object_object_get_ex(names, name, &of_name)) {
			hex = d2d_digest_hex(d2d_json_text(of_name, tag));
			if (hex && strcmp(hex, d2d_json_text(image, "id")) == 0)
				json_object_array_add(left, json_object_new_string(tag));
		}
		free(name);
	}
	return left;
}

static void add_record(const struct d2d_store *s, struct json_object *names, const char *key, struct json_object *imports)
{
	char *file = NULL, *path = xasprintf(STORE_KNOWN"/%s", key);
	struct json_object *images = d2d_store_record(s, key, &file);
	struct stat st = { 0 };
	size_t i, n = d2d_json_length(images);

	fstatat(s->fd, path, &st, AT_SYMLINK_NOFOLLOW);
	for (i = 0; i < n; i++) {
		struct json_object *image = json_object_array_get_idx(images, i), *o;
		uint64_t bytes;
		const char *how = how_of(s, image, &bytes);

		if (!how)
			continue;
		o = json_object_new_object();
		json_object_object_add(o, "id", json_object_new_string(d2d_json_text(image, "id")));
		json_object_object_add(o, "tags", tags_of(names, image));
		if (file)
			json_object_object_add(o, "file", json_object_new_string(file));
		json_object_object_add(o, "bytes", json_object_new_int64(bytes));
		json_object_object_add(o, "how", json_object_new_string(how));
		json_object_object_add(o, "when", json_object_new_int64(st.st_mtime));
		json_object_array_add(imports, o);
	}
	json_object_put(images);
	free(file);
	free(path);
}

int d2d_store_imports(const char *dir, struct json_object **imports)
{
	struct d2d_store s = { .path = (char *)dir, .lock = -1 };
	struct json_object *names;
	char **keys, *path;
	int i, n;

	*imports = json_object_new_array();
	s.fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s.fd < 0)
		return -errno;
	path = xasprintf("%s/"STORE_KNOWN, dir);
	n = d2d_dir_list(path, INT_MAX - 1, &keys);
	free(path);
	if (n >= 0) {
		names = d2d_store_names(&s);
		for (i = 0; i < n; i++)
			if (d2d_is_digest(keys[i]))
				add_record(&s, names, keys[i], *imports);
		json_object_put(names);
		d2d_dir_list_free(keys, n);
	}
	close(s.fd);
	/* -ENOENT: nothing was ever imported */
	return n == -ENOENT || n >= 0 ? 0 : n;
}
