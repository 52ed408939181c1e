/*
 * Lists the images in Docker's store in the format of the engine's API, while no engine runs.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_store_images.o

#include <json-c/json.h>
#include "d2d_store_private.h"

enum { CONFIG_MAX = 64 * 1024 * 1024 };

/* Returns the labels of an image, NULL if it has none or its configuration can't be read. */
static struct json_object *labels_of(const struct d2d_store *s, const char *id)
{
	char *text = d2d_store_read(s, CONFIG_MAX, STORE_CONFIGS"/%s", id);
	struct json_object *all = text ? json_tokener_parse(text) : NULL, *config, *labels = NULL;

	free(text);
	if (json_object_object_get_ex(all, "config", &config))
		labels = json_object_get(json_object_object_get(config, "Labels"));
	json_object_put(all);
	return labels;
}

static void add_tag(const struct d2d_store *s, struct json_object *images, const char *tag, const char *digest)
{
	const char *id = digest ? d2d_digest_hex(digest) : NULL;
	struct json_object *image, *tags;

	if (!id || !d2d_store_exists(s, STORE_CONFIGS"/%s", id))
		return;
	image = json_object_object_get(images, digest);
	if (!image) {
		image = json_object_new_object();
		json_object_object_add(image, "Id", json_object_new_string(digest));
		json_object_object_add(image, "RepoTags", json_object_new_array());
		json_object_object_add(image, "Labels", labels_of(s, id));
		json_object_object_add(images, digest, image);
	}
	tags = json_object_object_get(image, "RepoTags");
	json_object_array_add(tags, json_object_new_string(tag));
}

/* Returns an array of an object's values, and frees the object. */
static struct json_object *values(struct json_object *object)
{
	struct json_object *list = json_object_new_array();
	struct json_object_iter at;

	json_object_object_foreachC(object, at)
		json_object_array_add(list, json_object_get(at.val));
	json_object_put(object);
	return list;
}

int d2d_store_images(const char *dir, struct json_object **images)
{
	struct d2d_store s = { .path = (char *)dir, .lock = -1 };
	struct json_object *names, *by_id = json_object_new_object();
	struct json_object_iter name, tag;
	int r = 0;

	s.fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	names = s.fd < 0 ? NULL : d2d_store_names(&s);
	if (!names)
		r = -errno;
	else json_object_object_foreachC(names, name) {
		if (!json_object_is_type(name.val, json_type_object))
			continue;
		json_object_object_foreachC(name.val, tag) {
			/* entries of the form NAME@sha256:... are no tags */
			if (!strchr(tag.key, '@'))
				add_tag(&s, by_id, tag.key, json_object_get_string(tag.val));
		}
	}
	json_object_put(names);
	if (s.fd >= 0)
		close(s.fd);
	*images = values(by_id);
	return r;
}
