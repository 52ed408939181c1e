/*
 * d2dautostart: the images of the engine, and what their labels, or their sidecars, say about being started.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DAUTOSTART) += d2dautostart_images.o

#include <json-c/json.h>
#include "d2dautostart.h"
#include "d2d_alias.h"
#include "d2d_image.h"

/* Returns the labels that count for an image. */
static struct json_object *labels_of(struct json_object *labels, const char *image, const struct d2d_sidecar *sidecars, int n)
{
	const struct d2d_sidecar *sidecar = d2d_alias_has_request(labels) ? NULL : d2d_sidecar_for(sidecars, n, image);

	return sidecar ? sidecar->labels : labels;
}

static void add(struct d2dautostart_image *to, const char *image, struct json_object *labels)
{
	const char *words = NULL, *display = NULL;

	if (json_object_is_type(labels, json_type_object)) {
		words = d2d_json_text(labels, D2DAUTOSTART_LABEL);
		display = d2d_json_text(labels, D2D_LABEL"display");
	}
	to->image = xstrdup(image);
	to->words = words ? xstrdup(words) : NULL;
	to->display = display != NULL;
}

/* Reads the sidecars. Where images need leave, only those of the store count. */
static int read_sidecars(const char *root, struct d2d_sidecar **list)
{
	llist_t *bad = NULL;
	char *trusted = d2d_trusted_images(root);
	bool own = strcmp(trusted, "any") != 0;
	int n = d2d_sidecars_read(root, list, &bad), kept = n;

	/* They are sorted: those of the store come first. */
	while (own && kept > 0 && !d2d_sidecar_is_of_store(root, &(*list)[kept - 1]))
		kept--;
	llist_free(bad, free);
	free(trusted);
	return kept;
}

int d2dautostart_images(const char *root, struct d2dautostart_image **list, char **why)
{
	struct json_object *images, *tags;
	struct d2d_sidecar *sidecars;
	int n = 0, count;
	size_t i, k;

	*list = NULL;
	if (d2d_engine_ask("GET /images/json", NULL, &images, why) != 200)
		return -EIO;
	count = read_sidecars(root, &sidecars);
	for (i = 0; i < d2d_json_length(images); i++) {
		struct json_object *at = json_object_array_get_idx(images, i);
		size_t n_tags = d2d_json_array(at, "RepoTags", &tags);

		for (k = 0; k < n_tags; k++) {
			const char *image = d2d_json_text_at(tags, k);

			if (!image || !d2d_is_image(image))
				continue;
			*list = xrealloc_vector(*list, 4, n);
			add(&(*list)[n++], image, labels_of(json_object_object_get(at, "Labels"), image, sidecars, count));
		}
	}
	d2d_sidecars_free(sidecars, count);
	json_object_put(images);
	return n;
}

void d2dautostart_images_free(struct d2dautostart_image *list, int n)
{
	while (n > 0) {
		free(list[--n].image);
		free(list[n].words);
	}
	free(list);
}
