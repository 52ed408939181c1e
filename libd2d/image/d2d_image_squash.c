/*
 * Finds the images in a .d2i file. d2i.json names the configuration of each image and, for each layer, a squashfs with its
 * files and the tar-split of its archive. Values that can be computed from the configuration are checked, not trusted.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DIMPORT) += d2d_image_squash.o

#include <json-c/json.h>
#include "d2d_image.h"

enum { VERSION = 1 };

static const char named_by[] ALIGN1 = "d2i.json";

static int64_t number(struct json_object *o, const char *key)
{
	struct json_object *n;

	return json_object_object_get_ex(o, key, &n) && json_object_is_type(n, json_type_int) ? json_object_get_int64(n) : -1;
}

static bool is_same(struct json_object *o, const char *key, const char *hex)
{
	const char *text = d2d_json_text(o, key);

	return text && strcmp(text, hex) == 0;
}

static int take_layer(struct d2d_archive *a, struct d2d_image *image, unsigned i, struct json_object *o, char **why)
{
	struct d2d_image_layer *layer = &image->layers[i];
	const char *squashfs = d2d_json_text(o, "squashfs"), *split = d2d_json_text(o, "split");
	int r;

	layer->size = number(o, "size");
	if (!squashfs || !split || layer->size < 0)
		return d2d_refuse(why, "d2i.json has a layer without squashfs, split or size");
	if (!is_same(o, "diff", layer->diff) || !is_same(o, "chain", layer->chain))
		return d2d_refuse(why, "damaged: d2i.json has other layers than '%s'", image->config->name);
	r = d2d_image_set_layer(a, image, i, split, named_by, why);
	layer->split = layer->member;
	if (r == 0)
		r = d2d_image_set_layer(a, image, i, squashfs, named_by, why);
	if (r == 0 && layer->member->size != number(o, "squashfs-size"))
		r = d2d_refuse(why, "damaged: '%s' doesn't have the size that d2i.json says", squashfs);
	return r;
}

static int take_image(struct d2d_archive *a, struct json_object *o, struct d2d_images *images, char **why)
{
	struct json_object *layers, *tags;
	size_t i, n = d2d_json_array(o, "layers", &layers), n_tags = d2d_json_array(o, "tags", &tags);
	const char *name = d2d_json_text(o, "config");
	struct d2d_image *image;
	int r;

	if (!name)
		return d2d_refuse(why, "d2i.json has an image without config");
	image = d2d_image_add(images, why);
	if (!image)
		return -EBADMSG;
	r = d2d_image_configure(a, image, name, named_by, why);
	if (r == 0 && !is_same(o, "id", image->id))
		r = d2d_refuse(why, "damaged: '%s' doesn't have the digest that d2i.json says", name);
	if (r == 0 && n != image->n_layers)
		r = d2d_refuse(why, "d2i.json names %u layers, '%s' %u", (unsigned)n, name, image->n_layers);
	for (i = 0; r == 0 && i < n; i++)
		r = take_layer(a, image, i, json_object_array_get_idx(layers, i), why);
	for (i = 0; r == 0 && i < n_tags; i++) {
		const char *tag = d2d_json_text_at(tags, i);

		r = tag ? d2d_image_add_tag(image, tag, why)
			: d2d_refuse(why, "d2i.json has a name that is not a string");
	}
	return r;
}

int d2d_image_squash(struct d2d_archive *a, struct d2d_images *images, char **why)
{
	struct json_object *all = d2d_image_json(a, named_by, "the archive", why), *list;
	size_t i, n = d2d_json_array(all, "images", &list);
	int r = 0;

	if (!all)
		return -EBADMSG;
	if (number(all, "version") != VERSION)
		r = d2d_refuse(why, "the version of d2i.json is not %u", VERSION);
	else if (n == 0)
		r = d2d_refuse(why, "d2i.json names no image");
	for (i = 0; r == 0 && i < n; i++)
		r = take_image(a, json_object_array_get_idx(list, i), images, why);
	json_object_put(all);
	return r;
}
