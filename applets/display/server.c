/*
 * d2ddisplay: which image may be the X server, and which may have the sound cards. They get the screen and all keyboards, and the
 * microphone, so the name or a label isn't enough: the content must have come with the medium that the machine was started from, or
 * the administrator has written the ID into the encrypted store.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DDISPLAY) += d2ddisplay_server.o

#include <json-c/json.h>
#include "d2ddisplay.h"
#include "d2d_image.h"

#define IMAGES D2D_MEDIUM"/d2d/images"

/* Checks where the layers of an image are. A layer that was copied or written was compared with its digest. One that is mounted wasn't:
 * it must be mounted from the medium. Returns NULL, or the reason. */
static char *layers_wrong(const struct d2d_image *image)
{
	unsigned i;

	for (i = 0; i < image->n_layers; i++) {
		char *file = d2d_squash_source(image->layers[i].chain), *why = NULL;

		if (file && !is_prefixed_with(file, IMAGES"/"))
			why = xasprintf("a layer of it is mounted from '%s', which isn't on the medium", printable_string(file));
		free(file);
		if (why)
			return why;
	}
	return NULL;
}

/* Looks for the image with this ID in a .d2i of the medium. Returns NULL if it is there and may be used; or the reason. */
static char *look_into(const char *path, const char *id)
{
	struct d2d_images images = { .n = 0 };
	struct d2d_archive *a = NULL;
	char *why = NULL, *wrong = xstrdup("");
	unsigned i;
	int r, fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return wrong;
	r = d2d_archive_open(&a, fd, 0, NULL, &why);
	if (r == 0) {
		r = d2d_images_of(a, bb_basename(path), &images, &why);
		for (i = 0; r == 0 && images.squash && i < images.n; i++)
			if (strcmp(images.image[i].id, id) == 0) {
				free(wrong);
				wrong = layers_wrong(&images.image[i]);
				break;
			}
	}
	free(why);
	d2d_images_free(&images);
	d2d_archive_close(a);
	close(fd);
	return wrong;
}

/* Returns NULL if a .d2i of the medium has this image, else the reason why it may not be used. */
static char *medium_wrong(const char *root, const char *id)
{
	char *dir = xasprintf("%s"IMAGES, root), **names, *wrong = xstrdup("");
	int i, n = d2d_dir_list(dir, INT_MAX - 1, &names);

	for (i = 0; i < n && wrong && !wrong[0]; i++)
		if (is_suffixed_with(names[i], ".d2i")) {
			char *path = concat_path_file(dir, names[i]);

			free(wrong);
			wrong = look_into(path, id);
			free(path);
		}
	if (n >= 0)
		d2d_dir_list_free(names, n);
	free(dir);
	if (!wrong || wrong[0])
		return wrong;
	free(wrong);
	return xasprintf("it isn't the one of a .d2i file in d2d/images of the medium");
}

char *d2ddisplay_untrusted(const char *root, struct json_object *inspected)
{
	const char *hex = d2d_digest_hex(d2d_json_text(inspected, "Id") ?: "");
	char *trusted = d2d_trusted_images(root), *wrong;

	if (!hex)
		wrong = xstrdup("it has no ID");
	else if (strcmp(trusted, "any") == 0)
		wrong = medium_wrong(root, hex);
	else
		wrong = d2d_image_untrusted(inspected, trusted);
	free(trusted);
	return wrong;
}

char *d2ddisplay_trusted_id(const char *root, const char *image, const char *kind, const char *what, char **why)
{
	struct json_object *o = d2d_engine_image(image, why);
	const char *label;
	char *wrong, *result = NULL;

	if (!o)
		return NULL;
	label = d2d_json_text(json_object_object_get(json_object_object_get(o, "Config"), "Labels"), D2DDISPLAY_LABEL);
	if (!label || strcmp(label, kind) != 0)
		wrong = xasprintf("it lacks the label %s=%s", D2DDISPLAY_LABEL, kind);
	else
		wrong = d2ddisplay_untrusted(root, o);
	if (wrong)
		*why = xasprintf("the image '%s' may not %s: %s", image, what, wrong);
	else
		result = xstrdup(d2d_json_text(o, "Id"));
	free(wrong);
	json_object_put(o);
	return result;
}

char *d2ddisplay_server_id(const char *root, char **why)
{
	return d2ddisplay_trusted_id(root, D2DDISPLAY_SERVER, "server", "be the display server", why);
}
