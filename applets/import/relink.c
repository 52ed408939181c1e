/*
 * d2dimport --relink: restores the layers that the store doesn't contain itself, because they are mounted from .d2i files,
 * before Docker starts. Layers whose file is present are mounted again (or copied, if the options say so). Images whose file
 * is missing are removed from the store.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DIMPORT) += d2dimport_relink.o

#include <json-c/json.h>
#include "d2dimport.h"

struct relink {
	struct d2dimport *d;
	struct json_object *mounted;	/* mounted layers of the store, as by d2d_store_mounted() */
	unsigned left;			/* number of layers still to be found */
	int code;			/* exit status */
};

bool d2dimport_is_squash(const char *path)
{
	char *mark = concat_path_file(path, "d2i.json");
	struct stat st;
	bool is = lstat(mark, &st) == 0 && S_ISREG(st.st_mode);

	free(mark);
	return is || is_suffixed_with(path, ".d2i");
}

static bool is_wanted(struct relink *l, const char *chain)
{
	struct json_object *note;

	return json_object_object_get_ex(l->mounted, chain, &note)
		&& json_object_get_boolean(json_object_object_get(note, "link")) && !d2d_squash_is_mounted(chain);
}

static void count(struct relink *l)
{
	struct json_object_iter at;

	l->left = 0;
	json_object_object_foreachC(l->mounted, at)
		l->left += is_wanted(l, at.key);
}

/* Mounts the layers in an archive that are still missing. If layers are to be copied, only counts them. Returns their number. A
 * layer that can't be mounted is reported; the images that don't need it get theirs. */
static int mount_layers(struct relink *l, const char *file, struct d2d_archive *a, const struct d2d_images *images)
{
	bool mount = !l->d->store || d2d_store_does_mount(l->d->store);
	unsigned i, k;
	char *why;
	int n = 0;

	for (i = 0; i < images->n; i++)
		for (k = 0; k < images->image[i].n_layers; k++) {
			const struct d2d_image_layer *layer = &images->image[i].layers[k];
			struct json_object *note = json_object_object_get(l->mounted, layer->chain);
			const char *failed;

			if (!layer->split || !is_wanted(l, layer->chain))
				continue;
			/* Several images may need the layer, and the file is opened again for each layer that is missing. */
			failed = d2d_json_text(note, "failed");
			if (failed && strcmp(failed, file) == 0)
				continue;
			why = NULL;
			/* The layer will be copied, so it is no longer a link. If copying fails, mounting it is no alternative. */
			if (!mount)
				json_object_object_add(note, "link", NULL);
			if (mount && d2d_squash_mount(a, layer, &why) < 0) {
				l->code |= d2dimport_fail(l->d, file, "%s", printable_string(why));
				json_object_object_add(note, "failed", json_object_new_string(file));
				free(why);
				continue;
			}
			n++;
		}
	return n;
}

static void relink_file(struct relink *l, const char *path)
{
	char *name = d2d_printable(path, strlen(path)), *why = NULL;
	struct d2d_images images = { .n = 0 };
	struct d2d_archive *a = NULL;
	int n = 0, fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);

	/* Errors are ignored here; the import of the file reports them. */
	if (fd >= 0 && d2d_archive_open(&a, fd, 0, NULL, &why) == 0) {
		free(why);
		if (d2d_images_of(a, path, &images, &why) == 0)
			n = mount_layers(l, name, a, &images);
	}
	free(why);
	d2d_images_free(&images);
	d2d_archive_close(a);
	if (fd >= 0)
		close(fd);
	if (n > 0 && l->d->store && !d2d_store_does_mount(l->d->store))
		l->code |= d2dimport_file(l->d, path, O_NOFOLLOW);
	else if (n > 0)
		printf("%s: %d layers mounted again\n", name, n);
	if (n)
		count(l);
	free(name);
}

static void relink_dir(struct relink *l, const char *dir)
{
	char **names;
	int i, n = d2d_dir_list(dir, INT_MAX - 1, &names);

	for (i = 0; i < n && l->left; i++) {
		char *path = concat_path_file(dir, names[i]);

		if (names[i][0] != '.' && d2dimport_is_squash(path))
			relink_file(l, path);
		free(path);
	}
	if (n >= 0)
		d2d_dir_list_free(names, n);
}

/* Looks for each layer first in the file that it was mounted from, then in the files and directories of ARGV. */
static void relink_all(struct relink *l, char **argv)
{
	struct json_object_iter at;

	json_object_object_foreachC(l->mounted, at)
		if (is_wanted(l, at.key))
			relink_file(l, d2d_json_text(at.val, "file") ?: "");
	for (; *argv && l->left; argv++) {
		if (d2dimport_is_squash(*argv))
			relink_file(l, *argv);
		else
			relink_dir(l, *argv);
	}
}

int d2dimport_relink(struct d2dimport *d, const char *dir, char **argv)
{
	struct relink l = { .d = d, .mounted = d2d_store_mounted(dir) };
	struct json_object *lines;
	char *why = NULL;
	size_t i;
	int r;

	if (!l.mounted)
		return EXIT_SUCCESS;
	r = d2dimport_open_store(d, dir, &why);
	/* While an engine runs (-EBUSY), layers can still be mounted again, but nothing is removed from the store. */
	if (r < 0 && r != -EBUSY) {
		bb_error_msg("can't write to the store '%s': %s", printable_string(dir), why);
		free(why);
		json_object_put(l.mounted);
		return D2DIMPORT_NO_STORE;
	}
	free(why);
	/* Opening the store may have waited for another import, or completed one that was killed, so read the list again. */
	if (d->store) {
		json_object_put(l.mounted);
		l.mounted = d2d_store_mounted(dir) ?: json_object_new_object();
	}
	count(&l);
	if (l.left)
		relink_all(&l, argv);
	if (d->store) {
		lines = json_object_new_array();
		r = d2d_store_drop_lost(d->store, l.mounted, lines);
		for (i = 0; i < d2d_json_length(lines); i++)
			puts(printable_string(d2d_json_text_at(lines, i)));
		json_object_put(lines);
		if (r < 0) {
			bb_error_msg("can't write to the store '%s': %s", printable_string(dir), strerror(-r));
			l.code = EXIT_FAILURE;
		}
		d2d_store_close(d->store);
	}
	json_object_put(l.mounted);
	return l.code;
}
