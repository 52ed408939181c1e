/*
 * d2dimport --relink: layers that lie on a medium, before Docker starts. What is on a medium that is there is mounted again
 * (or copied now, if that is wanted); what isn't is taken out of the store.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DIMPORT) += d2dimport_relink.o

#include <json-c/json.h>
#include "d2dimport.h"

struct relink {
	struct d2dimport *d;
	struct json_object *mounted;	/* as by d2d_store_mounted() */
	unsigned left;			/* of them are still to be found */
	int code;
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

/* Mounts what is wanted of an archive: how many layers, or -1. Of what is to be copied they are counted alone. */
static int mount_layers(struct relink *l, const char *file, struct d2d_archive *a, const struct d2d_images *images)
{
	bool mount = !l->d->store || d2d_store_does_mount(l->d->store);
	unsigned i, k;
	char *why;
	int n = 0;

	for (i = 0; i < images->n; i++)
		for (k = 0; k < images->image[i].n_layers; k++) {
			const struct d2d_image_layer *layer = &images->image[i].layers[k];

			if (!layer->split || !is_wanted(l, layer->chain))
				continue;
			why = NULL;
			/* it won't be one, or it can't be helped */
			if (!mount)
				json_object_object_add(json_object_object_get(l->mounted, layer->chain), "link", NULL);
			if (mount && d2d_squash_mount(a, layer, &why) < 0) {
				l->code |= d2dimport_fail(l->d, file, "%s", printable_string(why));
				free(why);
				return -1;
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

	/* what is wrong with a file, its import says */
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
	int i, n = d2d_folder(dir, INT_MAX - 1, &names);

	for (i = 0; i < n && l->left; i++) {
		char *path = concat_path_file(dir, names[i]);

		if (names[i][0] != '.' && d2dimport_is_squash(path))
			relink_file(l, path);
		free(path);
	}
	if (n >= 0)
		d2d_folder_free(names, n);
}

/* In the file that it was in is where each is looked for first. */
static void relink_all(struct relink *l, char **argv)
{
	struct json_object_iter at;

	json_object_object_foreachC(l->mounted, at)
		if (is_wanted(l, at.key))
			relink_file(l, json_object_get_string(json_object_object_get(at.val, "file")) ?: "");
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
	/* under a running engine the files may come back, but nothing is taken out */
	if (r < 0 && r != -EBUSY) {
		bb_error_msg("can't write to the store '%s': %s", printable_string(dir), why);
		free(why);
		json_object_put(l.mounted);
		return D2DIMPORT_NO_STORE;
	}
	free(why);
	/* another import was waited for, or one that was killed is over now */
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
		for (i = 0; i < json_object_array_length(lines); i++)
			puts(printable_string(json_object_get_string(json_object_array_get_idx(lines, i))));
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
