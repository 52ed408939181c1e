/*
 * Finds the images in an archive, with their configurations, layers and names. Archives of 'docker save' list them in
 * manifest.json (v1.2: HEX.json and HEX/layer.tar; since Docker 25: blobs/sha256/HEX), OCI layouts in index.json
 * (d2d_image_oci.c), and .d2i files in d2i.json (d2d_image_squash.c).
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DIMPORT) += d2d_image.o

#include <json-c/json.h>
#include "d2d_import.h"
#include "d2d_image.h"

enum {
	LAYERS_MAX = 125,	/* Docker's */
	IMAGES_MAX = 1000,
};

int d2d_image_refuse(char **why, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (!*why)
		*why = d2d_vformat(format, args);
	va_end(args);
	return -EBADMSG;
}

const char *d2d_json_text(struct json_object *o, const char *key)
{
	struct json_object *text;

	if (!json_object_object_get_ex(o, key, &text) || !json_object_is_type(text, json_type_string))
		return NULL;
	return json_object_get_string(text);
}

size_t d2d_json_array(struct json_object *o, const char *key, struct json_object **array)
{
	if (!json_object_object_get_ex(o, key, array) || !json_object_is_type(*array, json_type_array))
		return 0;
	return json_object_array_length(*array);
}

struct json_object *d2d_image_json(struct d2d_archive *a, const char *name, const char *by, char **why)
{
	struct d2d_member *m = d2d_archive_find(a, name);
	const char *text = m ? d2d_archive_text(a, m) : NULL;
	struct json_object *parsed;

	if (!m) {
		d2d_image_refuse(why, "%s names '%s', which isn't there", by, name);
		return NULL;
	}
	parsed = text && strlen(text) == (size_t)m->size ? json_tokener_parse(text) : NULL;
	if (!parsed)
		d2d_image_refuse(why, "'%s' isn't JSON, or is too large", name);
	return parsed;
}

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
	memset(images, 0, sizeof(*images));
}

struct d2d_image *d2d_image_add(struct d2d_images *images, char **why)
{
	struct d2d_image *image;

	if (images->n >= IMAGES_MAX) {
		d2d_image_refuse(why, "more than %u images", IMAGES_MAX);
		return NULL;
	}
	images->image = xrealloc_vector(images->image, 3, images->n);
	image = &images->image[images->n++];
	memset(image, 0, sizeof(*image));
	return image;
}

int d2d_image_add_tag(struct d2d_image *image, const char *name, char **why)
{
	char *tag = d2d_reference(name), *shown;
	unsigned i;

	if (!tag) {
		shown = d2d_printable(name, strlen(name));
		d2d_image_refuse(why, "'%s' is no name that Docker takes", shown);
		free(shown);
		return -EBADMSG;
	}
	for (i = 0; i < image->n_tags; i++)
		if (strcmp(image->tags[i], tag) == 0)
			break;
	if (i < image->n_tags) {
		free(tag);
		return 0;
	}
	image->tags = xrealloc_vector(image->tags, 2, image->n_tags);
	image->tags[image->n_tags++] = tag;
	return 0;
}

/* ---- the configuration ---- */

int d2d_image_list_layers(struct d2d_image *image, struct json_object *config, const char *name, char **why)
{
	struct json_object *rootfs, *ids, *history;
	char both[2 * (sizeof("sha256:") + D2D_DIGEST)];
	size_t i, n, made = 0;
	const char *hex;

	if (!json_object_object_get_ex(config, "rootfs", &rootfs))
		return d2d_image_refuse(why, "'%s' is no image's configuration", name);
	n = d2d_json_array(rootfs, "diff_ids", &ids);
	if (n > LAYERS_MAX)
		return d2d_image_refuse(why, "'%s': %u layers, Docker takes %u", name, (unsigned)n, LAYERS_MAX);
	image->layers = xzalloc((n + 1) * sizeof(*image->layers));
	for (i = 0; i < n; i++) {
		struct d2d_image_layer *layer = &image->layers[i];

		hex = d2d_digest_hex(json_object_get_string(json_object_array_get_idx(ids, i)));
		if (!hex)
			return d2d_image_refuse(why, "'%s' has a layer without a SHA-256 digest", name);
		strcpy(layer->diff, hex);
		strcpy(layer->chain, hex);
		if (i) {
			sprintf(both, "sha256:%s sha256:%s", layer[-1].chain, hex);
			d2d_digest(layer->chain, both, strlen(both));
		}
	}
	image->n_layers = n;

	/* Docker refuses these when it loads them */
	for (i = d2d_json_array(config, "history", &history); i-- > 0; )
		if (!json_object_get_boolean(json_object_object_get(json_object_array_get_idx(history, i), "empty_layer")))
			made++;
	if (made > n)
		return d2d_image_refuse(why, "'%s' has a longer history than layers", name);
	return 0;
}

int d2d_image_configure(struct d2d_archive *a, struct d2d_image *image, const char *name, const char *by, char **why)
{
	const char *base = bb_basename(name), *os;
	struct json_object *config;
	size_t hex = strspn(base, "0123456789abcdef");
	int r;

	config = d2d_image_json(a, name, by, why);
	if (!config)
		return -EBADMSG;
	image->config = d2d_archive_find(a, name);
	d2d_digest(image->id, image->config->text, image->config->size);
	os = d2d_json_text(config, "os");
	/* most who write archives name the configuration after its digest */
	if (hex == D2D_DIGEST && (!base[hex] || strcmp(base + hex, ".json") == 0) && strncmp(base, image->id, hex) != 0)
		r = d2d_image_refuse(why, "damaged: '%s' doesn't have the digest that its name says", name);
	else if (os && *os && strcmp(os, "linux") != 0)
		r = d2d_image_refuse(why, "an image for %s, not for linux", os);
	else
		r = d2d_image_list_layers(image, config, name, why);
	json_object_put(config);
	return r;
}

int d2d_image_set_layer(struct d2d_archive *a, struct d2d_image *image, unsigned i, const char *name, const char *by,
		char **why)
{
	image->layers[i].member = d2d_archive_find(a, name);
	if (!image->layers[i].member)
		return d2d_image_refuse(why, "%s names '%s', which isn't there", by, name);
	return 0;
}

/* ---- manifest.json ---- */

static int take_entry(struct d2d_archive *a, struct json_object *entry, struct d2d_images *images, char **why)
{
	static const char by[] ALIGN1 = "manifest.json";
	struct json_object *layers, *tags;
	struct d2d_image *image;
	size_t i, n, n_tags;
	const char *name;
	int r;

	if (!json_object_is_type(entry, json_type_object) || !json_object_object_get_ex(entry, "Config", NULL)
	 || !json_object_object_get_ex(entry, "Layers", &layers)
	 || (layers && !json_object_is_type(layers, json_type_array))
	) {
		return d2d_image_refuse(why, "manifest.json has an entry without Config or Layers");
	}
	n = d2d_json_array(entry, "Layers", &layers);
	n_tags = d2d_json_array(entry, "RepoTags", &tags);
	for (i = 0; i < n + n_tags; i++)
		if (!json_object_is_type(i < n ? json_object_array_get_idx(layers, i) : json_object_array_get_idx(tags, i - n),
				json_type_string))
			break;
	name = d2d_json_text(entry, "Config");
	if (i < n + n_tags || !name)
		return d2d_image_refuse(why, "manifest.json has a name that is not a string");

	image = d2d_image_add(images, why);
	if (!image)
		return -EBADMSG;
	r = d2d_image_configure(a, image, name, by, why);
	if (r == 0 && n != image->n_layers)
		r = d2d_image_refuse(why, "manifest.json names %u layers, '%s' %u", (unsigned)n, name, image->n_layers);
	for (i = 0; r == 0 && i < n; i++)
		r = d2d_image_set_layer(a, image, i, json_object_get_string(json_object_array_get_idx(layers, i)), by, why);
	for (i = 0; r == 0 && i < n_tags; i++)
		r = d2d_image_add_tag(image, json_object_get_string(json_object_array_get_idx(tags, i)), why);
	return r;
}

static int take_manifest(struct d2d_archive *a, struct d2d_images *images, char **why)
{
	struct json_object *manifest = d2d_image_json(a, "manifest.json", "the archive", why);
	size_t i;
	int r = 0;

	if (!manifest)
		return -EBADMSG;
	if (!json_object_is_type(manifest, json_type_array) || json_object_array_length(manifest) == 0)
		r = d2d_image_refuse(why, "manifest.json names no image");
	for (i = 0; r == 0 && i < json_object_array_length(manifest); i++)
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
		r = d2d_image_refuse(why, "not an image file: neither manifest.json nor index.json in it");
	size = d2d_archive_size(a, &cut);
	if (r < 0) {
		d2d_images_free(images);
		if (cut) {
			free(*why);
			*why = NULL;
			d2d_image_refuse(why, "truncated at byte %llu", (unsigned long long)size);
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
