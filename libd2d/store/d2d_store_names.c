/*
 * Reads and writes repositories.json, the file with the names of the images in Docker's store.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_store_names.o

#include <json-c/json.h>
#include "d2d_store_private.h"

enum { NAMES_MAX = 64 * 1024 * 1024 };

struct json_object *d2d_store_names(const struct d2d_store *s)
{
	char *text = d2d_store_read(s, NAMES_MAX, STORE_NAMES);
	struct json_object *all, *names = NULL;

	if (!text)
		return errno == ENOENT ? json_object_new_object() : NULL;
	all = json_tokener_parse(text);
	free(text);
	if (json_object_object_get_ex(all, "Repositories", &names) && json_object_is_type(names, json_type_object))
		json_object_get(names);
	else
		names = NULL;
	json_object_put(all);
	errno = EUCLEAN;
	return names;
}

/* Gives a name to an image. Returns 1 if the name is new or belonged to another image, else 0; also if the record of the image
 * has no valid name or ID here. */
static int add(struct json_object *names, const char *tag, const char *id)
{
	const char *colon = tag ? strrchr(tag, ':') : NULL;
	struct json_object *tags, *old;
	char *name, *digest;
	int changed;

	if (!colon || !d2d_is_digest(id))
		return 0;
	name = xstrndup(tag, colon - tag);
	digest = xasprintf("sha256:%s", id);
	if (!json_object_object_get_ex(names, name, &tags) || !json_object_is_type(tags, json_type_object)) {
		tags = json_object_new_object();
		json_object_object_add(names, name, tags);
	}
	changed = !json_object_object_get_ex(tags, tag, &old) || !json_object_is_type(old, json_type_string)
		|| strcmp(json_object_get_string(old), digest) != 0;
	if (changed)
		json_object_object_add(tags, tag, json_object_new_string(digest));
	free(digest);
	free(name);
	return changed;
}

/* Writes a repositories.json. Takes ownership of NAMES. */
static int write_all(const struct d2d_store *s, struct json_object *names, const char *path)
{
	struct json_object *all = json_object_new_object();
	const char *text;
	int r;

	json_object_object_add(all, "Repositories", names);
	text = json_object_to_json_string_ext(all, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
	r = d2d_store_put(s, path, text, strlen(text), 0600);
	json_object_put(all);
	return r;
}

int d2d_store_write_names(const struct d2d_store *s, struct json_object *images, const char *path)
{
	struct json_object *names = d2d_store_names(s), *tags;
	size_t i, k, n;
	int changed = 0, r = 0;

	if (!names)
		return -errno;
	for (i = 0; i < d2d_json_length(images); i++) {
		struct json_object *image = json_object_array_get_idx(images, i);

		n = d2d_json_array(image, "tags", &tags);
		for (k = 0; k < n; k++)
			changed |= add(names, d2d_json_text_at(tags, k), d2d_json_text(image, "id"));
	}
	if (changed)
		r = write_all(s, names, path);
	else
		json_object_put(names);
	return r ? r : changed;
}

int d2d_store_remove_names(const struct d2d_store *s, struct json_object *ids)
{
	struct json_object *names = d2d_store_names(s), *left = json_object_new_object(), *some;
	struct json_object_iter name, tag;
	const char *id;
	int r = 0;

	if (!names)
		return -errno;
	json_object_object_foreachC(names, name) {
		some = json_object_new_object();
		if (json_object_is_type(name.val, json_type_object)) {
			json_object_object_foreachC(name.val, tag) {
				id = d2d_digest_hex(json_object_get_string(tag.val));
				if (!id || !json_object_object_get_ex(ids, id, NULL))
					json_object_object_add(some, tag.key, json_object_get(tag.val));
			}
		}
		if (json_object_object_length(some))
			json_object_object_add(left, name.key, some);
		else
			json_object_put(some);
	}
	json_object_put(names);
	r = write_all(s, left, STORE_OWN"/repositories.json");
	if (r == 0)
		r = d2d_store_sync(s);
	return r ? r : d2d_store_rename(s, STORE_OWN"/repositories.json", STORE_NAMES);
}
