/*
 * Coordinates processes that import files in parallel: each process claims the images and layers that it is going to
 * write, and a process that needs one of them waits until it has been written.
 *
 * A claim is a record lock on one byte of the store's lock file, at an offset that is derived from the digest, so the
 * kernel releases it when the process dies. Claims are taken in ascending order of their offsets, and the lock for the
 * commit last of all, so that there is no deadlock.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DIMPORT) += d2d_store_claim.o

#include <json-c/json.h>
#include "d2d_store_private.h"

enum {
	PLACE_DIGITS = 15,		/* hexadecimal digits of the offset; digests that share them only wait for each other */
	GIVEN_MAX = 64 * 1024 * 1024,
};

#define COMMIT_PLACE ((off_t)1 << 62)

/* Takes or releases the lock at an offset; waits if another process holds it. A record lock belongs to one process: its
 * child processes neither hold nor release it. */
static int lock_place(const struct d2d_store *s, off_t place, short type)
{
	struct flock l = { .l_type = type, .l_whence = SEEK_SET, .l_start = place, .l_len = 1 };

	while (fcntl(s->lock, F_SETLKW, &l) < 0)
		if (errno != EINTR)
			return -errno;
	return 0;
}

static off_t place_of(const char *digest)
{
	char digits[PLACE_DIGITS + 1];

	return strtoull(safe_strncpy(digits, digest, sizeof(digits)), NULL, 16);
}

static int by_offset(const void *a, const void *b)
{
	return d2d_compare(*(const off_t *)a, *(const off_t *)b);
}

/* Lists the offsets of the images and of their missing layers in ascending order. Returns how many; the caller frees
 * *PLACES. */
static unsigned list_places(const struct d2d_store *s, const struct d2d_images *images, off_t **places)
{
	unsigned i, k, n = 0;

	*places = NULL;
	for (i = 0; i < images->n; i++) {
		const struct d2d_image *image = &images->image[i];

		*places = xrealloc_vector(*places, 5, n);
		(*places)[n++] = place_of(image->id);
		for (k = 0; k < image->n_layers; k++) {
			if (d2d_store_has_layer(s, image->layers[k].chain))
				continue;
			*places = xrealloc_vector(*places, 5, n);
			(*places)[n++] = place_of(image->layers[k].chain);
		}
	}
	qsort(*places, n, sizeof(**places), by_offset);
	return n;
}

int d2d_store_claim(const struct d2d_store *s, const struct d2d_images *images)
{
	off_t *places;
	unsigned i, k, n = list_places(s, images, &places);
	int r = 0;

	for (i = 0; r == 0 && i < n; i++)
		r = lock_place(s, places[i], F_WRLCK);
	free(places);
	if (r < 0) {
		d2d_store_unclaim(s);
		return r;
	}
	/* Other processes may have written layers while this one waited: release the claims on these. */
	for (i = 0; i < images->n; i++)
		for (k = 0; k < images->image[i].n_layers; k++)
			if (d2d_store_has_layer(s, images->image[i].layers[k].chain))
				lock_place(s, place_of(images->image[i].layers[k].chain), F_UNLCK);
	return 0;
}

void d2d_store_unclaim(const struct d2d_store *s)
{
	struct flock all = { .l_type = F_UNLCK, .l_whence = SEEK_SET };

	fcntl(s->lock, F_SETLK, &all);
}

int d2d_store_begin_commit(const struct d2d_store *s)
{
	return lock_place(s, COMMIT_PLACE, F_WRLCK);
}

void d2d_store_end_commit(const struct d2d_store *s)
{
	lock_place(s, COMMIT_PLACE, F_UNLCK);
}

/* ---- names ---- */

void d2d_store_set_rank(struct d2d_store *s, unsigned rank)
{
	s->rank = rank;
}

/* Returns the rank of the file that last gave each name in this run: {"name:tag":RANK}. */
static struct json_object *read_given(const struct d2d_store *s)
{
	char *text = d2d_store_read(s, GIVEN_MAX, STORE_GIVEN);
	struct json_object *given = text ? json_tokener_parse(text) : NULL;

	free(text);
	if (json_object_is_type(given, json_type_object))
		return given;
	json_object_put(given);
	return json_object_new_object();
}

static bool is_given_later(const struct d2d_store *s, struct json_object *given, const char *tag)
{
	return tag && json_object_get_int64(json_object_object_get(given, tag)) > s->rank;
}

void d2d_store_remove_later_names(const struct d2d_store *s, struct json_object *list)
{
	struct json_object *given = s->rank ? read_given(s) : NULL, *tags;
	size_t i, k;

	for (i = 0; given && i < d2d_json_length(list); i++)
		for (k = d2d_json_array(json_object_array_get_idx(list, i), "tags", &tags); k-- > 0; )
			if (is_given_later(s, given, d2d_json_text_at(tags, k)))
				json_object_array_del_idx(tags, k, 1);
	json_object_put(given);
}

void d2d_store_record_given_names(const struct d2d_store *s, struct json_object *list)
{
	struct json_object *given, *tags;
	size_t i, k;

	if (!s->rank)
		return;
	given = read_given(s);
	for (i = 0; i < d2d_json_length(list); i++)
		for (k = d2d_json_array(json_object_array_get_idx(list, i), "tags", &tags); k-- > 0; ) {
			const char *tag = d2d_json_text_at(tags, k);

			if (tag && !is_given_later(s, given, tag))
				json_object_object_add(given, tag, json_object_new_int64(s->rank));
		}
	/* An error is ignored: on a disk that has just become full, the names go to the imports in the order in which
	 * they end. */
	d2d_store_put_json(s, STORE_GIVEN, given);
	json_object_put(given);
}

bool d2d_store_is_there(const struct d2d_store *s, struct json_object *list)
{
	bool there = d2d_store_begin_commit(s) == 0 && d2d_store_has_images(s, list, true);

	if (there)
		d2d_store_record_given_names(s, list);
	d2d_store_end_commit(s);
	return there;
}
