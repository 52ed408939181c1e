/*
 * d2dimport: imports images by writing to Docker's store while no engine runs.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DIMPORT) += d2dimport_store.o

#include <json-c/json.h>
#include "d2dimport.h"

/* Computes the key under which the store remembers a file. A plain tar archive has no key here (it is set to ""): its headers
 * are read quickly, and is_listed() makes a key from its images. Other files are identified by parts of their content. For a
 * root file system the key also covers its name and configuration, which become part of the image. Returns 0 or a negative
 * errno. */
static int key_of(const struct d2dimport *d, const char *file, int fd, char *key)
{
	const char *base = bb_basename(file);
	char *text, magic[5];
	int r;

	*key = '\0';
	if (d->remote) {
		strcpy(key, d->remote->sha256);
		r = 0;
	} else if (!d->config && pread(fd, magic, sizeof(magic), 257) == sizeof(magic) && memcmp(magic, "ustar", sizeof(magic)) == 0) {
		return 0;
	} else {
		r = d2d_store_key(fd, key);
	}
	if (r < 0 || !d->config)
		return r;
	text = xasprintf("%s %.*s %s", key, (int)d2d_rootfs_stem(base), base, d->config);
	d2d_digest(key, text, strlen(text));
	free(text);
	return 0;
}

static bool is_known(struct d2dimport *d, const char *file)
{
	struct json_object *images = d->key[0] && !(option_mask32 & OPT_f) ? d2d_store_known(d->store, d->key) : NULL;

	if (images) {
		d2dimport_print(file, images, " is already here");
		d2dimport_set_how(d, "there", images);
	}
	json_object_put(images);
	return images != NULL;
}

bool d2dimport_known(struct d2dimport *d, const char *file, int fd)
{
	return key_of(d, file, fd, d->key) == 0 && is_known(d, file);
}

static bool is_listed(struct d2dimport *d, const char *file, struct json_object *list)
{
	const char *text = json_object_to_json_string_ext(list, JSON_C_TO_STRING_PLAIN);

	if (d->key[0])
		return false;
	d2d_digest(d->key, text, strlen(text));
	return is_known(d, file);
}

static int write_images(struct d2dimport *d, const char *file, struct d2d_archive *a, const struct d2d_images *images,
		struct json_object *list, struct d2dimport_progress *p)
{
	bool there;
	char *why = NULL;
	int r;

	/* This may wait for another process, which may then have imported these images. */
	r = d2d_store_claim(d->store, images);
	if (r == 0 && is_listed(d, file, list))
		return EXIT_SUCCESS;
	there = r == 0 && d2d_store_is_there(d->store, list);
	if (r == 0 && !there)
		r = d2d_store_import(d->store, a, images, &why);
	d2dimport_progress_end(p);
	d2dimport_set_how(d, there ? "there" : !images->squash ? "written"
		: d2d_store_does_mount(d->store) ? "mounted" : "copied", list);
	if (r < 0) {
		d->again = d->beside && (r == -ENOSPC || r == -EDQUOT);
		d2dimport_fail(d, file, "%s", why ? printable_string(why) : strerror(-r));
		free(why);
		return EXIT_FAILURE;
	}
	d2dimport_print(file, list, there ? " is already here" : "loaded ");
	/* Errors don't matter here: the file is only read again next time. */
	if (d->key[0])
		d2d_store_remember(d->store, d->key, d->path, images);
	return EXIT_SUCCESS;
}

int d2dimport_write(struct d2dimport *d, const char *file, struct d2d_archive *a, const struct d2d_images *images,
		struct d2dimport_progress *p)
{
	struct json_object *list = d2d_images_json(images);
	int r = write_images(d, file, a, images, list, p);

	d2d_store_unclaim(d->store);
	json_object_put(list);
	return r;
}
