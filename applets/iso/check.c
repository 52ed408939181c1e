/*
 * d2diso: checks each file by its place below d2d/, as the boot will look at it there, so that a mistake shows here and not on
 * the machine that boots.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DISO) += d2diso_check.o

#include <json-c/json.h>
#include "d2diso.h"
#include "d2d_hook.h"
#include "d2d_image.h"

static void refuse(const struct d2diso_add *add, const char *format, ...) __attribute__((format(printf, 2, 3))) NORETURN;
static void refuse(const struct d2diso_add *add, const char *format, ...)
{
	va_list args;
	char *why;

	va_start(args, format);
	why = d2d_vformat(format, args);
	va_end(args);
	bb_error_msg_and_die("'%s' can't be '%s': %s", printable_string(add->from), add->path, printable_string(why));
}

/* Returns the first bytes of the file; the caller frees them. */
static char *head_of(const struct d2diso_add *add, size_t max, size_t *len)
{
	char *head = xzalloc(max + 1);
	ssize_t n = open_read_close(add->from, head, max);

	if (n < 0)
		bb_perror_msg_and_die("can't read '%s'", printable_string(add->from));
	*len = n;
	return head;
}

/* ---- images ---- */

/* Returns the names of the images, or the IDs of those without a name, separated by blanks. The caller frees it. */
static char *names_of(const struct d2d_images *images)
{
	char *list = xstrdup(""), *longer;
	unsigned i, k;

	for (i = 0; i < images->n; i++) {
		const struct d2d_image *image = &images->image[i];

		for (k = 0; k < MAX(image->n_tags, 1); k++) {
			longer = xasprintf("%s%s%.*s", list, *list ? " " : "", image->n_tags ? 200 : 12,
				image->n_tags ? image->tags[k] : image->id);
			free(list);
			list = longer;
		}
	}
	return list;
}

static void check_rootfs(struct d2diso_add *add, size_t length)
{
	struct d2d_archive *a = NULL;
	char digest[D2D_DIGEST + 1], *config = NULL, *why = NULL;
	char *stem = xstrndup(bb_basename(add->path), length - strlen(".rootfs")), *name = d2d_image_name_of_file(stem);
	int r = d2d_rootfs_config(add->from, &config, &why), fd = xopen(add->from, O_RDONLY | O_CLOEXEC);

	if (r == 0)
		r = d2d_archive_open_whole(&a, fd, NULL, 0, NULL, NULL, digest, &why);
	if (r < 0)
		refuse(add, "%s", why ? why : strerror(-r));
	if (!name[0])
		refuse(add, "no name of an image can be made of this one");
	add->about = xasprintf("%s:latest", name);
	d2d_archive_close(a);
	close(fd);
	free(name);
	free(stem);
	free(config);
}

static void check_image(struct d2diso_add *add)
{
	const char *name = bb_basename(add->path);
	size_t stem = d2d_rootfs_stem(name);
	struct d2d_images images = { .n = 0 };
	struct d2d_archive *a = NULL;
	char *why = NULL;
	int fd, r;

	if (stem) {
		check_rootfs(add, stem);
		return;
	}
	fd = xopen(add->from, O_RDONLY | O_CLOEXEC);
	r = d2d_archive_open(&a, fd, 0, NULL, &why);
	if (r == 0)
		r = d2d_images_of(a, name, &images, &why);
	if (r < 0)
		refuse(add, "%s", why ? why : strerror(-r));
	if (images.squash != !!is_suffixed_with(name, ".d2i"))
		refuse(add, images.squash ? "a .d2i must have that suffix" : "it is an archive of another kind than its suffix says");
	add->about = names_of(&images);
	d2d_images_free(&images);
	d2d_archive_close(a);
	close(fd);
}

/* ---- programs ---- */

static void check_hook(struct d2diso_add *add, const char *path)
{
	char *stage = xstrndup(path, strcspn(path, "/")), *text, *why = NULL;
	const char *name = path + strlen(stage) + 1;
	struct d2d_hook_head head;
	size_t len;

	if (!d2d_hook_name_ok(stage) || !d2d_hook_name_ok(name) || strchr(name, '/'))
		refuse(add, "a hook is a file NN-stage/NN-name of letters, digits and . _ -");
	text = head_of(add, D2D_HOOK_HEAD, &len);
	if (is_suffixed_with(name, ".d2d")) {
		add->about = xstrdup("the head of a program");
	} else if (!len) {
		add->about = xstrdup("masks the hooks of this name");
	} else {
		if (!(add->mode & 0111))
			refuse(add, "it is not executable: chmod 755");
		if (d2d_hook_program(text, len, NULL, &why) < 0 || d2d_hook_head_parse(&head, text, len, &why) < 0)
			refuse(add, "%s", why);
		d2d_hook_head_free(&head);
	}
	free(text);
	free(stage);
}

static void check_program(struct d2diso_add *add, const char *name, bool is_plugin)
{
	char *text, *why = NULL;
	size_t len;

	if (!d2d_bin_name_ok(name) || (is_plugin && !is_prefixed_with(name, "docker-")))
		refuse(add, is_plugin ? "a plugin is called docker-NAME" : "a command has letters, digits and . _ - in its name, 64 at most");
	text = head_of(add, D2D_HOOK_HEAD, &len);
	if (len && !(add->mode & 0111))
		refuse(add, "it is not executable: chmod 755");
	if (len && d2d_hook_program(text, len, NULL, &why) < 0)
		refuse(add, "%s", why);
	free(text);
}

static void check_layer(const struct d2d_iso *iso, struct d2diso_add *add, const char *name)
{
	int fd = xopen(add->from, O_RDONLY | O_CLOEXEC), r = 0;
	char *why = add->size ? d2d_squashfs_check(fd, 0, add->size) : NULL;
	llist_t *others = NULL, *l;

	if (!d2d_bin_name_ok(name) || !is_suffixed_with(name, ".sqfs"))
		refuse(add, "a layer is called NAME.sqfs, of letters, digits and . _ -");
	if (!why && add->size)
		r = d2d_iso_layer_fits(iso, add->from, 0, &others, &why);
	if (r == -ENOENT)
		bb_error_msg("'%s' isn't compared with the ISO: %s", printable_string(add->from), why);
	else if (why)
		refuse(add, "%s", why);
	for (l = others; l; l = l->link)
		bb_error_msg("warning: '%s': %s", printable_string(add->from), l->data);
	llist_free(others, free);
	free(why);
	close(fd);
}

/* ---- settings ---- */

static void check_json(const struct d2diso_add *add)
{
	struct json_object *json = d2d_json_read(add->from, D2D_ISO_TEXT_MAX);

	if (!json_object_is_type(json, json_type_object))
		refuse(add, "it is not a JSON object");
	json_object_put(json);
}

/* Whether PATH is DIR/NAME; then sets *NAME. */
static bool is_in(const char *path, const char *dir, const char **name)
{
	const char *rest = is_prefixed_with(path, dir);

	if (!rest || !rest[0])
		return false;
	*name = rest;
	/* The lists of signed files, and their signatures. */
	return index_in_strings("manifest\0manifest.minisig\0", rest) < 0;
}

void d2diso_check(const struct d2diso *d, struct d2diso_add *add)
{
	const char *path = is_prefixed_with(add->path, "d2d/"), *name;

	if (!path)
		return;
	if (is_in(path, "hooks/", &name)) {
		check_hook(add, name);
	} else if (is_in(path, "bin/", &name)) {
		check_program(add, name, false);
	} else if (is_in(path, "cli-plugins/", &name)) {
		check_program(add, name, true);
	} else if (is_in(path, "layers/", &name)) {
		check_layer(&d->iso, add, name);
	} else if (is_in(path, "images/", &name) && !strchr(name, '/')) {
		if (d2d_archive_name_ok(name) || is_suffixed_with(name, ".d2i"))
			check_image(add);
	} else if (strcmp(path, "daemon.json") == 0) {
		check_json(add);
	} else if (strcmp(add->path, D2DISO_CONFIG) == 0) {
		add->about = xstrdup("settings, below those of the store");
	}
	/* What only root may read in the running system. On a FAT, or by who has the ISO, all of it can be read. */
	if (is_prefixed_with(path, "keys/") || strcmp(add->path, D2DISO_PASSWORD) == 0 || strcmp(path, "swarm.conf") == 0
	 || is_suffixed_with(path, ".key"))
		add->mode = 0400;
}
