/*
 * d2dimport into Docker's store, while no engine runs.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DIMPORT) += d2dimport_store.o

#include <json-c/json.h>
#include "d2dimport.h"

/* What makes an image of a root file system besides its content is part of it. */
static int key_of(const struct d2dimport *d, const char *file, int fd, char *key)
{
	const char *base = bb_basename(file);
	int r = d2d_store_key(fd, key);
	char *text;

	if (r < 0 || !d->config)
		return r;
	text = xasprintf("%s %.*s %s", key, (int)d2d_rootfs_stem(base), base, d->config);
	d2d_digest(key, text, strlen(text));
	free(text);
	return 0;
}

bool d2dimport_known(struct d2dimport *d, const char *file, int fd)
{
	char key[D2D_DIGEST + 1];
	struct json_object *images;

	if ((option_mask32 & OPT_f) || key_of(d, file, fd, key) < 0)
		return false;
	images = d2d_store_known(d->store, key);
	if (!images)
		return false;
	d2dimport_print(file, images, " is already here");
	json_object_put(images);
	return true;
}

int d2dimport_write(struct d2dimport *d, const char *file, int fd, struct d2d_archive *a, const struct d2d_images *images,
		struct d2dimport_progress *p)
{
	char key[D2D_DIGEST + 1], *why;
	struct json_object *list = d2d_images_json(images);
	bool there = d2d_store_has_images(d->store, list, true);
	int r = there ? 0 : d2d_store_import(d->store, a, images, &why);

	d2dimport_progress_end(p);
	if (r < 0) {
		d2dimport_fail(d, file, "%s", printable_string(why));
		free(why);
		json_object_put(list);
		return EXIT_FAILURE;
	}
	d2dimport_print(file, list, there ? " is already here" : "loaded ");
	json_object_put(list);
	/* without it the file is read again next time: no reason to fail */
	if (key_of(d, file, fd, key) == 0)
		d2d_store_remember(d->store, key, d->path, images);
	return EXIT_SUCCESS;
}
