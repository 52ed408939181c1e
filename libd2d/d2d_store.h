/*
 * What the parts of the store writer share. Paths are below the store (Docker's data-root), whose descriptor is fd.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2D_STORE_H
#define D2D_STORE_H 1

#define STORE_OWN "d2d"			/* our folder in the store; Docker doesn't look at it */
#define STORE_TMP STORE_OWN"/tmp"
#define STORE_KNOWN STORE_OWN"/known"
#define STORE_LAYERS "overlay2"
#define STORE_IMAGE "image/overlay2"
#define STORE_LAYERDB STORE_IMAGE"/layerdb/sha256"
#define STORE_CONFIGS STORE_IMAGE"/imagedb/content/sha256"
#define STORE_NAMES STORE_IMAGE"/repositories.json"

struct d2d_store {
	char *path;
	int fd, lock;
	bool in_memory;		/* nothing in it outlives the machine's power: no sync */
	unsigned jobs;		/* processes that may work for it side by side */

	/* for d2d_store_take.c */
	struct d2d_taker taker;
	struct d2d_store_taken *taken;
	unsigned n_taken;
	char *diffs;
	bool full;		/* or something else keeps it from taking more */
};

/* ---- d2d_store_file.c ---- */

/* The whole of a small file, malloc'ed and terminated; NULL, with errno, when it can't be read or is over MAX. */
char *d2d_store_read(const struct d2d_store *s, size_t max, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Writes a file, not atomically. */
int d2d_store_write(const struct d2d_store *s, const char *path, const void *buf, size_t len, mode_t mode);

bool d2d_store_exists(const struct d2d_store *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
int d2d_store_mkdir(const struct d2d_store *s, const char *path, mode_t mode);
int d2d_store_rename(const struct d2d_store *s, const char *from, const char *to);

/* Removes a file or folder with all in it; no error when there is none. */
int d2d_store_remove(const struct d2d_store *s, const char *path);

/* All that was written is on the disk. */
int d2d_store_sync(const struct d2d_store *s);

/* ---- d2d_store.c ---- */

struct json_object;

/* What is noted of a file that was imported: an array of its images, or NULL, and its name if that is known. */
struct json_object *d2d_store_record(const struct d2d_store *s, const char *key, char **file);

/* ---- d2d_store_take.c ---- */

/* Unpacks a layer's archive into a new folder: layer/diff and db/tar-split.json.gz. *why, to be freed, may say what is
 * wrong with it. The stream stays the caller's. */
int d2d_store_unpack(const struct d2d_store *s, const char *dir, struct d2d_stream *in, struct d2d_layer_result *result,
		char **why);

/* When the layer has been unpacked on the first pass: 1, it is moved to DIR, and its size as Docker counts it. Else 0. */
int d2d_store_take_over(struct d2d_store *s, const struct d2d_image_layer *layer, const char *dir, off_t *size);

/* Removes all else that was taken. */
void d2d_store_drop(struct d2d_store *s);

/* ---- d2d_store_layer.c ---- */

/* Whether the store has a layer whole. CHAIN is 64 hexadecimal digits. */
bool d2d_store_has_layer(const struct d2d_store *s, const char *chain);

/* The folder below overlay2/ that a layer has, or that it will have. */
void d2d_store_cache_id(const struct d2d_store *s, const char *chain, char *id);
void d2d_store_own_cache_id(const char *chain, char *id);

/* Its short name in overlay2/l, of 26 letters. */
void d2d_store_link_id(const char *cache_id, char *link);

/* ---- d2d_store_commit.c ---- */

/* Whether all layers of an image ({"id","tags","layers":[{"chain","diff"}]}) and its configuration are there. */
bool d2d_store_has(const struct d2d_store *s, struct json_object *image);

/* Makes what lies whole in a folder of STORE_TMP a part of the store, or goes on where it was interrupted; the folder
 * is gone then. -EUCLEAN: it can't be any more; it is gone, too. */
int d2d_store_commit(const struct d2d_store *s, const char *name);

/* ---- d2d_store_names.c ---- */

/* The names in the store: an object of objects, {"name":{"name:tag":"sha256:ID"}}. NULL, with errno, when they can't be
 * read or are none. */
struct json_object *d2d_store_names(const struct d2d_store *s);

/* Gives all images of an array their names. */
int d2d_store_name(const struct d2d_store *s, struct json_object *images);

/* ---- d2d_store_guard.c ---- */

/* 0 when Docker would use this store with overlay2, and no dockerd does so now; else -ENOTSUP or -EBUSY and why. */
int d2d_store_guard(const struct d2d_store *s, char **why);

#endif
