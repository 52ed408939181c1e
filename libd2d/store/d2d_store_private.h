/*
 * What the parts of the store writer share. Paths are below the store (Docker's data-root), whose descriptor is fd.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2D_STORE_PRIVATE_H
#define D2D_STORE_PRIVATE_H 1

#include "d2d_store.h"

#define STORE_OWN "d2d"			/* our folder in the store; Docker doesn't look at it */
#define STORE_TMP STORE_OWN"/tmp"
#define STORE_GIVEN STORE_TMP"/given"
#define STORE_KNOWN STORE_OWN"/known"
#define STORE_MOUNTED STORE_OWN"/mounted"
#define STORE_LAYERS "overlay2"
#define STORE_IMAGE "image/overlay2"
#define STORE_LAYERDB STORE_IMAGE"/layerdb/sha256"
#define STORE_CONFIGS STORE_IMAGE"/imagedb/content/sha256"
#define STORE_NAMES STORE_IMAGE"/repositories.json"

struct json_object;

enum { STORE_LOWER_MAX = 128 * (2 + D2D_LINK + 1) };

struct d2d_store {
	char *path;
	int fd, lock;
	bool in_memory;		/* nothing in it outlives the machine's power: no sync */
	bool mount;		/* layers of a .d2i */
	unsigned jobs;		/* processes that may work for it side by side */
	unsigned rank;		/* of the file that is imported beside others; 0: it is alone */

	/* for d2d_store_early.c */
	struct d2d_early_reader early;
	struct d2d_store_early_layer *early_layer;
	unsigned n_early;
	char *diffs;
	bool full;		/* or something else keeps it from taking more */
};

/* ---- d2d_store_file.c ---- */

/* The whole of a small file, malloc'ed and terminated; NULL, with errno, when it can't be read or is over MAX. */
char *d2d_store_read(const struct d2d_store *s, size_t max, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Writes a file, not atomically; one that can't be is removed. put: what is there already isn't written again. */
int d2d_store_write(const struct d2d_store *s, const char *path, const void *buf, size_t len, mode_t mode);
int d2d_store_put(const struct d2d_store *s, const char *path, const void *buf, size_t len, mode_t mode);

/* The same, atomically, but without a sync. */
int d2d_store_put_json(const struct d2d_store *s, const char *path, struct json_object *o);

bool d2d_store_exists(const struct d2d_store *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
int d2d_store_mkdir(const struct d2d_store *s, const char *path, mode_t mode);
int d2d_store_rename(const struct d2d_store *s, const char *from, const char *to);

/* Removes a file or folder with all in it; no error when there is none. */
int d2d_store_remove(const struct d2d_store *s, const char *path);

/* All that was written is on the disk. */
int d2d_store_sync(const struct d2d_store *s);

/* ---- d2d_store.c ---- */

/* What is noted of a file that was imported: an array of its images, or NULL, and its name if that is known. */
struct json_object *d2d_store_record(const struct d2d_store *s, const char *key, char **file);

/* Whether it has all images of a list as by d2d_images_json() and their names; EXACT: which are theirs. */
bool d2d_store_has_images(const struct d2d_store *s, struct json_object *images, bool exact);

/* ---- d2d_store_claim.c ---- */

/* To be held while what a commit goes out from is read and written. */
int d2d_store_begin_commit(const struct d2d_store *s);
void d2d_store_end_commit(const struct d2d_store *s);

/* During a commit: takes those names from a list of images that a later file has given to others by now; and notes those that
 * this file has given. */
void d2d_store_remove_later_names(const struct d2d_store *s, struct json_object *list);
void d2d_store_record_given_names(const struct d2d_store *s, struct json_object *list);

/* ---- d2d_store_early.c ---- */

/* Unpacks a layer's archive into a new folder: layer/diff and db/tar-split.json.gz. *why, to be freed, may say what is
 * wrong with it. The stream stays the caller's. */
int d2d_store_unpack(const struct d2d_store *s, const char *dir, struct d2d_stream *in, struct d2d_layer_result *result,
		char **why);

/* The empty folders of a layer. */
int d2d_store_make_layer(const struct d2d_store *s, const char *dir);

/* When the layer has been unpacked on the first pass: 1, it is moved to DIR, and its size as Docker counts it. Else 0. */
int d2d_store_early_use(struct d2d_store *s, const struct d2d_image_layer *layer, const char *dir, off_t *size);

/* Removes all else that was taken. */
void d2d_store_early_drop(struct d2d_store *s);

/* ---- d2d_store_layer.c ---- */

/* Whether the store has a layer whole. CHAIN is 64 hexadecimal digits. */
bool d2d_store_has_layer(const struct d2d_store *s, const char *chain);

/* Whether its files lie on a medium: the diff folder is a link to d2d_squash_mountpoint(), mounted or not. */
bool d2d_store_is_link(const struct d2d_store *s, const char *chain);

/* The chain that it stands on, into PARENT (D2D_DIGEST + 1): false when on none. */
bool d2d_store_parent(const struct d2d_store *s, const char *chain, char *parent);

/* The folder below overlay2/ that a layer has, or that it will have. */
void d2d_store_cache_id(const struct d2d_store *s, const char *chain, char *id);
void d2d_store_own_cache_id(const char *chain, char *id);

/* Its short name in overlay2/l, of 26 letters. */
void d2d_store_link_id(const char *cache_id, char *link);

/* ---- d2d_store_ready.c ---- */

struct d2d_images;

/* Makes ready what the commit of an import needs that lies in folder DIR, so that a full disk is found out now. The names are
 * those of LIST, in the form of d2d_images_json(). */
int d2d_store_prepare(const struct d2d_store *s, const char *dir, const struct d2d_images *images, struct json_object *list);

/* What a layer, whose folder is LAYER, has because of its parent, which lies in DIR or is in the store: -EUCLEAN when it
 * is in neither. What is there already isn't written again. */
int d2d_store_set_parent(const struct d2d_store *s, const char *dir, const char *layer, const char *parent);

/* ---- d2d_store_commit.c ---- */

/* Whether all layers of an image ({"id","tags","layers":[{"chain","diff"}]}) and its configuration are there. */
bool d2d_store_has(const struct d2d_store *s, struct json_object *image);

/* Makes what lies whole in a folder of STORE_TMP a part of the store, or goes on where it was interrupted; the folder
 * is gone then. After an error it is gone, too, with all that was placed; it stays for the next import when Docker may
 * have seen a part of it. -EUCLEAN: it could not be any more. */
int d2d_store_commit(const struct d2d_store *s, const char *name);

/* ---- d2d_store_names.c ---- */

/* The names in the store: an object of objects, {"name":{"name:tag":"sha256:ID"}}. NULL, with errno, when they can't be
 * read or are none. */
struct json_object *d2d_store_names(const struct d2d_store *s);

/* Writes a repositories.json in which all images of an array have their names, too. Returns 1, or 0 when the store's own
 * says that already and nothing was written. */
int d2d_store_write_names(const struct d2d_store *s, struct json_object *images, const char *path);

/* Takes all names from the images whose IDs are keys of an object. */
int d2d_store_remove_names(const struct d2d_store *s, struct json_object *ids);

/* ---- d2d_store_mounted.c ---- */

/* Notes which layers of these images lie on a medium, before they are placed. */
int d2d_store_note_mounted(const struct d2d_store *s, const struct d2d_archive *a, const struct d2d_images *images);

/* ---- d2d_store_guard.c ---- */

/* 0 when Docker would use this store with overlay2, and no dockerd does so now; else -ENOTSUP or -EBUSY and why. */
int d2d_store_guard(const struct d2d_store *s, char **why);

#endif
