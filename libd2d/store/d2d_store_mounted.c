/*
 * Notes which layers of the store lie on a medium: d2d/mounted/CHAIN names the file that holds the layer and the images
 * that came from there. A note is written before its layer is placed and removed after the layer, so there is no
 * symbolic link to a medium without a note.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DIMPORT) += d2d_store_mounted.o

#include <json-c/json.h>
#include "d2d_store_private.h"

enum { NOTE_MAX = 4 * 1024 * 1024 };

/* Returns the note of a layer, or a new one if there is none or it is invalid. */
static struct json_object *read_note(const struct d2d_store *s, const char *chain)
{
	char *text = d2d_store_read(s, NOTE_MAX, STORE_MOUNTED"/%s", chain);
	struct json_object *note = text ? json_tokener_parse(text) : NULL;

	free(text);
	if (json_object_is_type(note, json_type_object))
		return note;
	json_object_put(note);
	return json_object_new_object();
}

static int note_layer(const struct d2d_store *s, const char *chain, const char *id, const char *file)
{
	struct json_object *note = read_note(s, chain), *ids;
	char *path = xasprintf(STORE_MOUNTED"/%s", chain);
	size_t i, n = d2d_json_array(note, "images", &ids);
	int r;

	if (!json_object_object_get_ex(note, "images", &ids) || !json_object_is_type(ids, json_type_array)) {
		ids = json_object_new_array();
		json_object_object_add(note, "images", ids);
	}
	for (i = 0; i < n; i++)
		if (strcmp(d2d_json_text_at(ids, i) ?: "", id) == 0)
			break;
	if (i == n)
		json_object_array_add(ids, json_object_new_string(id));
	json_object_object_add(note, "file", json_object_new_string(file));
	r = d2d_store_put_json(s, path, note);
	free(path);
	json_object_put(note);
	return r;
}

int d2d_store_note_mounted(const struct d2d_store *s, const struct d2d_archive *a, const struct d2d_images *images)
{
	char fd[D2D_FD_PATH], *file;
	unsigned i, k;
	int r = d2d_store_mkdir(s, STORE_MOUNTED, 0700);

	d2d_fd_path(fd, d2d_archive_fd(a));
	file = xmalloc_readlink(fd);
	for (i = 0; i < images->n; i++)
		for (k = 0; r == 0 && k < images->image[i].n_layers; k++) {
			const char *chain = images->image[i].layers[k].chain;

			/* a layer that is already in the store came from elsewhere and stays as it is */
			if (!d2d_store_has_layer(s, chain) || d2d_store_is_link(s, chain))
				r = note_layer(s, chain, images->image[i].id, file ? file : "?");
		}
	free(file);
	return r;
}

struct json_object *d2d_store_mounted(const char *dir)
{
	struct d2d_store s = { .path = (char *)dir, .lock = -1 };
	struct json_object *notes = NULL;
	char *path = xasprintf("%s/"STORE_MOUNTED, dir), **chains;
	int i, n = d2d_dir_list(path, INT_MAX - 1, &chains);

	free(path);
	if (n < 0)
		return NULL;
	s.fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (i = 0; i < n; i++)
		if (s.fd >= 0 && d2d_is_digest(chains[i])) {
			struct json_object *note = read_note(&s, chains[i]);

			json_object_object_add(note, "link", json_object_new_boolean(d2d_store_is_link(&s, chains[i])));
			notes = notes ? notes : json_object_new_object();
			json_object_object_add(notes, chains[i], note);
		}
	if (s.fd >= 0)
		close(s.fd);
	d2d_dir_list_free(chains, n);
	return notes;
}
