/*
 * Declarations shared by the parts of the store writer. Paths are relative to the store (Docker's data-root), whose descriptor is
 * fd. A layer is identified by its chain ID without "sha256:", 64 hexadecimal digits.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2D_STORE_PRIVATE_H
#define D2D_STORE_PRIVATE_H 1

#include "d2d_store.h"

#define STORE_OWN "d2d"			/* our directory in the store, which Docker ignores */
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

enum { STORE_LOWER_MAX = 128 * (2 + D2D_LINK + 1) };	/* bytes of a layer's file "lower" */

struct d2d_store {
	char *path;
	int fd, lock;
	bool in_memory;		/* on tmpfs or ramfs, which needs no sync */
	bool mount;		/* mount layers of a .d2i in place */
	unsigned jobs;		/* processes that may work in parallel */
	unsigned rank;		/* of the file that is imported in parallel with others; 0: no others */

	/* for d2d_store_early.c */
	struct d2d_early_reader early;
	struct d2d_store_early_layer *early_layer;
	unsigned n_early;
	char *diffs;		/* diffIDs of the layers in the store */
	bool full;		/* no space, or another error after which no more layers are unpacked early */
};

/* ---- d2d_store_file.c: files and directories of the store ---- */

/* Reads a small file and appends a '\0'; the caller frees the text. Returns NULL and sets errno if the file can't be read or has
 * more than MAX bytes. */
char *d2d_store_read(const struct d2d_store *s, size_t max, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Writes a file, not atomically; after an error the file is removed. d2d_store_put() leaves a file with this content unchanged. */
int d2d_store_write(const struct d2d_store *s, const char *path, const void *buf, size_t len, mode_t mode);
int d2d_store_put(const struct d2d_store *s, const char *path, const void *buf, size_t len, mode_t mode);

/* Writes JSON to a file atomically, but without a sync. */
int d2d_store_put_json(const struct d2d_store *s, const char *path, struct json_object *o);

/* d2d_store_mkdir() returns 0 also if the directory exists. */
bool d2d_store_exists(const struct d2d_store *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
int d2d_store_mkdir(const struct d2d_store *s, const char *path, mode_t mode);
int d2d_store_rename(const struct d2d_store *s, const char *from, const char *to);

/* Removes a file or a directory with its content. Returns 0 also if it doesn't exist. */
int d2d_store_remove(const struct d2d_store *s, const char *path);

/* Waits until all that was written is on the disk. Does nothing if the store is in memory. */
int d2d_store_sync(const struct d2d_store *s);

/* ---- d2d_store.c ---- */

/* Returns the images in the record of an imported file, an array that the caller frees, or NULL. Sets *FILE to the file's name if
 * that is known; the caller frees it. */
struct json_object *d2d_store_record(const struct d2d_store *s, const char *key, char **file);

/* Whether the store has all images of a list, which is in the form of d2d_images_json(), and their names exist; with EXACT, whether
 * the names belong to these images. */
bool d2d_store_has_images(const struct d2d_store *s, struct json_object *images, bool exact);

/* ---- d2d_store_claim.c ---- */

/* Lock the store against the commits of other processes, and unlock it. The lock covers the reading of all that the commit depends
 * on. */
int d2d_store_begin_commit(const struct d2d_store *s);
void d2d_store_end_commit(const struct d2d_store *s);

/* To be called during a commit: the first removes the names from a list of images that a file with a higher rank has already
 * given to its images; the second records the names that this file gives. */
void d2d_store_remove_later_names(const struct d2d_store *s, struct json_object *list);
void d2d_store_record_given_names(const struct d2d_store *s, struct json_object *list);

/* ---- d2d_store_early.c ---- */

/* Unpacks a layer's archive into the new directory DIR: layer/diff and db/tar-split.json.gz. *why is set to the reason if the
 * archive is invalid; the caller frees it. The stream stays the caller's. */
int d2d_store_unpack(const struct d2d_store *s, const char *dir, struct d2d_stream *in, bool beside,
		struct d2d_layer_result *result, char **why);

/* Creates the empty directories of a layer in the new directory DIR. */
int d2d_store_make_layer(const struct d2d_store *s, const char *dir);

/* If the layer was unpacked during the first pass, moves it to DIR, sets *SIZE to its size as Docker counts it, and returns 1. Else
 * returns 0. */
int d2d_store_early_use(struct d2d_store *s, const struct d2d_image_layer *layer, const char *dir, off_t *size);

/* Removes all other layers that were unpacked during the first pass. */
void d2d_store_early_drop(struct d2d_store *s);

/* ---- d2d_store_layer.c: layers in the store ---- */

/* Whether the store has the complete layer. */
bool d2d_store_has_layer(const struct d2d_store *s, const char *chain);

/* Whether the layer's files are on a medium: its directory diff is a link to d2d_squash_mountpoint(), whether or not that is
 * mounted. */
bool d2d_store_is_link(const struct d2d_store *s, const char *chain);

/* Copies the chain ID of the layer's parent to PARENT (D2D_DIGEST + 1 bytes). Returns false if it has no parent. */
bool d2d_store_parent(const struct d2d_store *s, const char *chain, char *parent);

/* Sets ID (D2D_DIGEST + 1 bytes) to the name of the layer's directory in overlay2/: the one that it has or, if the store lacks the
 * layer, the one that an import gives it, which d2d_store_own_cache_id() computes. */
void d2d_store_cache_id(const struct d2d_store *s, const char *chain, char *id);
void d2d_store_own_cache_id(const char *chain, char *id);

/* Sets LINK (D2D_LINK + 1 bytes) to the layer's short name in overlay2/l. */
void d2d_store_link_id(const char *cache_id, char *link);

/* ---- d2d_store_ready.c: preparing a commit ---- */

struct d2d_images;

/* Writes what the commit of the import in the directory DIR will need, and reserves space, so that a full disk is noticed before
 * the commit begins. LIST has the images and their names, in the form of d2d_images_json(). */
int d2d_store_prepare(const struct d2d_store *s, const char *dir, const struct d2d_images *images, struct json_object *list);

/* Writes the files by which a layer, whose directory is LAYER, refers to its parent, which is in DIR or in the store. Returns
 * -EUCLEAN if the parent is in neither. Files with the right content are not written again. */
int d2d_store_set_parent(const struct d2d_store *s, const char *dir, const char *layer, const char *parent);

/* ---- d2d_store_commit.c ---- */

/* Whether the store has the configuration and all layers of an image ({"id","tags","layers":[{"chain","diff"}]}). */
bool d2d_store_has(const struct d2d_store *s, struct json_object *image);

/* Makes the complete import in the directory STORE_TMP/NAME a part of the store, or continues an interrupted commit, and removes
 * the directory. After an error the placed files and the directory are removed as well, unless Docker may have seen a part of the
 * import: then the directory stays, so that the next import continues the commit. Returns -EUCLEAN if the import can't be
 * completed any more; then it is always removed. */
int d2d_store_commit(const struct d2d_store *s, const char *name);

/* ---- d2d_store_names.c: repositories.json ---- */

/* Returns the names in the store, {"name":{"name:tag":"sha256:ID"}}; the caller frees them. Returns NULL and sets errno if the file
 * can't be read or is invalid. */
struct json_object *d2d_store_names(const struct d2d_store *s);

/* Writes a repositories.json to PATH in which the names of all images of an array are added. Returns 1, or 0 if the store's own
 * file has these names already and nothing was written. */
int d2d_store_write_names(const struct d2d_store *s, struct json_object *images, const char *path);

/* Removes all names of the images whose IDs are keys of an object. */
int d2d_store_remove_names(const struct d2d_store *s, struct json_object *ids);

/* ---- d2d_store_mounted.c ---- */

/* Records which layers of these images are on a medium. To be called before the layers are placed. */
int d2d_store_note_mounted(const struct d2d_store *s, const struct d2d_archive *a, const struct d2d_images *images);

/* ---- d2d_store_guard.c ---- */

/* Returns 0 if Docker would use this store with overlay2 and no dockerd uses it now; else -ENOTSUP or -EBUSY, and sets *why, which
 * the caller frees. */
int d2d_store_guard(const struct d2d_store *s, char **why);

#endif
