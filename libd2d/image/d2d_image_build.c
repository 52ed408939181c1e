/*
 * Builds the description of an image from its configuration, for the readers of each format.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DIMPORT) += d2d_image_build.o

#include <json-c/json.h>
#include "d2d_image.h"

enum {
	LAYERS_MAX = 125,	/* Docker's limit */
	IMAGES_MAX = 1000,
};

struct json_object *d2d_image_json(struct d2d_archive *a, const char *name, const char *named_by, char **why)
{
	struct d2d_member *m = d2d_archive_find(a, name);
	const char *text = m ? d2d_archive_text(a, m) : NULL;
	struct json_object *parsed;

	if (!m) {
		d2d_refuse(why, "%s names '%s', which isn't there", named_by, name);
		return NULL;
	}
	parsed = text && strlen(text) == (size_t)m->size ? json_tokener_parse(text) : NULL;
	if (!parsed)
		d2d_refuse(why, "'%s' isn't JSON, or is too large", name);
	return parsed;
}

struct d2d_image *d2d_image_add(struct d2d_images *images, char **why)
{
	struct d2d_image *image;

	if (images->n >= IMAGES_MAX) {
		d2d_refuse(why, "more than %u images", IMAGES_MAX);
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
		d2d_refuse(why, "'%s' is not a name that Docker accepts", shown);
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

void d2d_image_note(struct d2d_images *images, char *note)
{
	images->notes = xrealloc_vector(images->notes, 2, images->n_notes);
	images->notes[images->n_notes++] = note;
}

int d2d_image_list_layers(struct d2d_image *image, struct json_object *config, const char *name, char **why)
{
	struct json_object *rootfs, *ids, *history;
	char both[2 * (sizeof("sha256:") + D2D_DIGEST)];
	size_t i, n, made = 0;
	const char *hex;

	if (!json_object_object_get_ex(config, "rootfs", &rootfs))
		return d2d_refuse(why, "'%s' is not the configuration of an image", name);
	n = d2d_json_array(rootfs, "diff_ids", &ids);
	if (n > LAYERS_MAX)
		return d2d_refuse(why, "'%s': %u layers, Docker allows %u", name, (unsigned)n, LAYERS_MAX);
	image->layers = xzalloc((n + 1) * sizeof(*image->layers));
	for (i = 0; i < n; i++) {
		struct d2d_image_layer *layer = &image->layers[i];

		hex = d2d_digest_hex(d2d_json_text_at(ids, i));
		if (!hex)
			return d2d_refuse(why, "'%s' has a layer without a SHA-256 digest", name);
		strcpy(layer->diff, hex);
		strcpy(layer->chain, hex);
		if (i) {
			sprintf(both, "sha256:%s sha256:%s", layer[-1].chain, hex);
			d2d_digest(layer->chain, both, strlen(both));
		}
	}
	image->n_layers = n;

	/* like 'docker load', refuse a history with more layers than there are */
	for (i = d2d_json_array(config, "history", &history); i-- > 0; )
		if (!json_object_get_boolean(json_object_object_get(json_object_array_get_idx(history, i), "empty_layer")))
			made++;
	if (made > n)
		return d2d_refuse(why, "'%s' has more entries in its history than layers", name);
	return 0;
}

int d2d_image_configure(struct d2d_archive *a, struct d2d_image *image, const char *name, const char *named_by, char **why)
{
	const char *base = bb_basename(name), *os;
	struct json_object *config;
	size_t hex = strspn(base, "0123456789abcdef");
	int r;

	config = d2d_image_json(a, name, named_by, why);
	if (!config)
		return -EBADMSG;
	image->config = d2d_archive_find(a, name);
	d2d_digest(image->id, image->config->text, image->config->size);
	os = d2d_json_text(config, "os");
	/* most programs that write archives name the configuration after its digest */
	if (hex == D2D_DIGEST && (!base[hex] || strcmp(base + hex, ".json") == 0) && strncmp(base, image->id, hex) != 0)
		r = d2d_refuse(why, "damaged: '%s' doesn't have the digest that its name says", name);
	else if (os && *os && strcmp(os, "linux") != 0)
		r = d2d_refuse(why, "an image for %s, not for linux", os);
	else
		r = d2d_image_list_layers(image, config, name, why);
	json_object_put(config);
	return r;
}

int d2d_image_set_layer(struct d2d_archive *a, struct d2d_image *image, unsigned i, const char *name, const char *named_by,
		char **why)
{
	image->layers[i].member = d2d_archive_find(a, name);
	if (!image->layers[i].member)
		return d2d_refuse(why, "%s names '%s', which isn't there", named_by, name);
	return 0;
}
