/*
 * Finds the images in an archive, with their configurations, layers and names. Archives of 'docker save' list them in
 * manifest.json (v1.2: HEX.json and HEX/layer.tar; since Docker 25: blobs/sha256/HEX), OCI layouts in index.json
 * (d2d_image_oci.c), and .d2i files in d2i.json (d2d_image_squash.c).
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DIMPORT) += d2d_image.o

#include <json-c/json.h>
#include "d2d_image.h"

void d2d_images_free(struct d2d_images *images)
{
	unsigned i, k;

	for (i = 0; i < images->n; i++) {
		struct d2d_image *image = &images->image[i];

		for (k = 0; k < image->n_tags; k++)
			free(image->tags[k]);
		free(image->tags);
		free(image->layers);
	}
	free(images->image);
	while (images->n_notes)
		free(images->notes[--images->n_notes]);
	free(images->notes);
	memset(images, 0, sizeof(*images));
}

/* ---- manifest.json ---- */

static int take_entry(struct d2d_archive *a, struct json_object *entry, struct d2d_images *images, char **why)
{
	static const char named_by[] ALIGN1 = "manifest.json";
	struct json_object *layers, *tags;
	struct d2d_image *image;
	size_t i, n, n_tags;
	const char *name;
	int r;

	if (!json_object_is_type(entry, json_type_object) || !json_object_object_get_ex(entry, "Config", NULL)
	 || !json_object_object_get_ex(entry, "Layers", &layers)
	 || (layers && !json_object_is_type(layers, json_type_array))
	) {
		return d2d_refuse(why, "manifest.json has an entry without Config or Layers");
	}
	n = d2d_json_array(entry, "Layers", &layers);
	n_tags = d2d_json_array(entry, "RepoTags", &tags);
	for (i = 0; i < n + n_tags; i++)
		if (!(i < n ? d2d_json_text_at(layers, i) : d2d_json_text_at(tags, i - n)))
			break;
	name = d2d_json_text(entry, "Config");
	if (i < n + n_tags || !name)
		return d2d_refuse(why, "manifest.json has a name that is not a string");

	image = d2d_image_add(images, why);
	if (!image)
		return -EBADMSG;
	r = d2d_image_configure(a, image, name, named_by, why);
	if (r == 0 && n != image->n_layers)
		r = d2d_refuse(why, "manifest.json names %u layers, '%s' %u", (unsigned)n, name, image->n_layers);
	for (i = 0; r == 0 && i < n; i++)
		r = d2d_image_set_layer(a, image, i, d2d_json_text_at(layers, i), named_by, why);
	for (i = 0; r == 0 && i < n_tags; i++)
		r = d2d_image_add_tag(image, d2d_json_text_at(tags, i), why);
	return r;
}

static int take_manifest(struct d2d_archive *a, struct d2d_images *images, char **why)
{
	struct json_object *manifest = d2d_image_json(a, "manifest.json", "the archive", why);
	size_t i;
	int r = 0;

	if (!manifest)
		return -EBADMSG;
	if (!d2d_json_length(manifest))
		r = d2d_refuse(why, "manifest.json names no image");
	for (i = 0; r == 0 && i < d2d_json_length(manifest); i++)
		r = take_entry(a, json_object_array_get_idx(manifest, i), images, why);
	json_object_put(manifest);
	return r;
}

int d2d_images_of(struct d2d_archive *a, const char *file, struct d2d_images *images, char **why)
{
	bool cut;
	off_t size;
	int r;

	*why = NULL;
	memset(images, 0, sizeof(*images));
	if (d2d_archive_find(a, "d2i.json")) {
		images->squash = true;
		r = d2d_image_squash(a, images, why);
	/* Prefer manifest.json to index.json: it holds the names under which the images were saved. */
	} else if (d2d_archive_find(a, "manifest.json"))
		r = take_manifest(a, images, why);
	else if (d2d_archive_find(a, "index.json")) {
		images->oci = true;
		r = d2d_image_index(a, file, images, why);
	} else
		r = d2d_refuse(why, "not an image file: neither manifest.json nor index.json in it");
	size = d2d_archive_size(a, &cut);
	if (r < 0) {
		d2d_images_free(images);
		if (cut) {
			free(*why);
			*why = NULL;
			d2d_refuse(why, "truncated at byte %llu", (unsigned long long)size);
		}
	}
	return r;
}

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
