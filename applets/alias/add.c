/*
 * d2dalias add: creates the commands for the images of the engine or of a store.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DALIAS) += d2dalias_add.o

#include <json-c/json.h>
#include "d2dalias.h"
#include "d2d_engine.h"
#include "d2d_store.h"

/* Returns the command name from the image's label or else from its sidecar, or NULL if there is none or it is not valid. The
 * caller frees it. */
static char *wanted_name(const char *image, struct json_object *labels, const struct d2d_sidecar *sidecars, int n)
{
	const struct d2d_sidecar *sidecar = d2d_sidecar_for(sidecars, n, image);
	const char *name = d2d_alias_label_command(labels);
	char *shown;

	if (!name && sidecar)
		name = d2d_alias_label_command(sidecar->labels);
	if (!name || d2d_is_command(name))
		return name ? xstrdup(name) : NULL;
	shown = d2d_printable(name, strlen(name));
	bb_error_msg("%s: its label asks for the command name '%s', which is not valid", image, shown);
	free(shown);
	return NULL;
}

static void add_tags(struct d2d_alias **list, int *n, struct json_object *entry, const struct d2d_sidecar *sidecars,
		int count)
{
	struct json_object *tags;
	size_t k, n_tags = d2d_json_array(entry, "RepoTags", &tags);

	for (k = 0; k < n_tags; k++) {
		const char *image = d2d_json_text_at(tags, k);

		if (!image || !d2d_is_image(image))		/* "<none>:<none>" */
			continue;
		*list = xrealloc_vector(*list, 4, *n);
		(*list)[*n].image = xstrdup(image);
		(*list)[(*n)++].wanted = wanted_name(image, json_object_object_get(entry, "Labels"), sidecars, count);
	}
}

static struct json_object *get_list(const struct d2dalias *d)
{
	struct json_object *images;
	int r;

	if (d->store) {
		r = d2d_store_images(d->store, &images);
		if (r < 0)
			bb_error_msg_and_die("can't read the store '%s': %s", printable_string(d->store), strerror(-r));
	} else {
		r = d2d_engine_get("/images/json", &images);
		if (r != 200 || !json_object_is_type(images, json_type_array))
			d2dalias_no_engine(r);
	}
	return images;
}

static int get_images(const struct d2dalias *d, struct d2d_alias **list)
{
	struct json_object *images = get_list(d);
	struct d2d_sidecar *sidecars;
	int n = 0, count;
	size_t i;

	count = d2dalias_sidecars(d, &sidecars);
	*list = NULL;
	for (i = 0; i < d2d_json_length(images); i++)
		add_tags(list, &n, json_object_array_get_idx(images, i), sidecars, count);
	d2d_sidecars_free(sidecars, count);
	json_object_put(images);
	d2d_alias_assign_names(*list, n);
	return n;
}

static int add_alias(const char *dir, const struct d2d_alias *a)
{
	char *path, *old, *other;
	int r = EXIT_FAILURE;

	if (!a->name) {
		bb_error_msg("%s: no command: its name is already taken or is not a valid command name", a->image);
		return r;
	}
	other = d2dalias_shadowed_by(a->name);
	if (other) {
		bb_error_msg("%s: no command: %s already exists", a->image, other);
		free(other);
		return r;
	}
	path = concat_path_file(dir, a->name);
	old = d2d_alias_read(path);
	if (old && !old[0]) {
		bb_error_msg("%s: no command: '%s' exists and isn't an alias", a->image, path);
	} else {
		if (!old || strcmp(old, a->image) != 0) {
			d2dalias_write(path, a->image, !old);
			printf("%s: runs %s\n", a->name, a->image);
		}
		r = EXIT_SUCCESS;
	}
	free(old);
	free(path);
	return r;
}

static int add_named(const char *dir, const struct d2d_alias *list, int n, const char *wanted)
{
	char *image = d2dalias_tagged(wanted);
	int i;

	for (i = 0; i < n && strcmp(list[i].image, image) != 0; i++)
		continue;
	free(image);
	if (i < n)
		return add_alias(dir, &list[i]);
	bb_error_msg("no image '%s'", printable_string(wanted));
	return EXIT_FAILURE;
}

int d2dalias_add(struct d2dalias *d, char **argv)
{
	struct d2d_alias *list;
	int i, r = EXIT_SUCCESS;
	int n = get_images(d, &list);

	if (bb_make_directory(xstrdup(d->dir), 0755, FILEUTILS_RECUR) < 0)
		return EXIT_FAILURE;
	if (*argv) {
		for (; *argv; argv++)
			r |= add_named(d->dir, list, n, *argv);
		return r;
	}
	/* An image that can't have a command is reported, but that is a failure only for images that the user named. */
	for (i = 0; i < n; i++)
		add_alias(d->dir, &list[i]);
	return d2dalias_each(d->dir, 0, list, n);
}
