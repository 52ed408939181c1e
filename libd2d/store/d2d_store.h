/*
 * libd2d, store: reads and writes Docker's data directory on disk (its data-root, with overlay2) without a dockerd.
 *
 * In functions with WHY, *why is set to the reason of an error; the caller frees it. JSON objects that are returned are freed by
 * the caller with json_object_put().
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2D_STORE_H
#define D2D_STORE_H 1

#include "d2d_image.h"
#include "d2d_layer.h"

struct json_object;

struct d2d_store;

/* ---- d2d_store.c, d2d_store_early.c, d2d_store_file.c: opening, and the record of imported files ---- */

/* Opens a data-root for writing, and creates its directories if it is empty. Waits while another import has it open. Returns
 * -ENOTSUP if it is not a data-root that this code can write to, -EBUSY if a dockerd uses it. */
int d2d_store_open(struct d2d_store **s, const char *dir, char **why);
void d2d_store_close(struct d2d_store *s);

/* Completes or removes what killed imports have left, as d2d_store_open() does. No other import may be running. */
int d2d_store_recover(const struct d2d_store *s);

/* Sets whether layers of a .d2i are mounted in place or copied. By default they are copied if the store is on a disk, and mounted
 * if it is in memory. */
void d2d_store_set_mount(struct d2d_store *s, bool mount);
bool d2d_store_does_mount(const struct d2d_store *s);

/* Returns how many processes may work for the store in parallel, and sets this number unless JOBS is 0. The default is the number
 * of CPUs, at most 8. */
unsigned d2d_store_jobs(struct d2d_store *s, unsigned jobs);

/* Returns the early reader, which the caller passes on when it opens the archive to be imported next: it unpacks
 * layers during the first pass over the archive. The store owns it. Layers that an earlier archive left unused are removed. */
const struct d2d_early_reader *d2d_store_early_reader(struct d2d_store *s);

/* Returns the size of the store's file system in bytes, 0 if it has none. */
off_t d2d_store_limit(const struct d2d_store *s);

/* Sets KEY to 64 hexadecimal digits by which the store remembers a file; computed from its length and samples of its content. */
int d2d_store_key(int fd, char *key);

/* Returns the images of the file with this key, [{"id","tags":[...],...}], if all of them are still in the store and their names
 * exist; else NULL. d2d_store_remember() adds a file to the record. */
struct json_object *d2d_store_known(const struct d2d_store *s, const char *key);
int d2d_store_remember(const struct d2d_store *s, const char *key, const char *file, const struct d2d_images *images);

/* ---- d2d_store_claim.c: several processes that import into one open store ---- */

/* Claims images and layers before their import. Waits until no other process writes any of them, and keeps other processes from
 * writing them before d2d_store_unclaim(). The store may have got some of them meanwhile. */
int d2d_store_claim(const struct d2d_store *s, const struct d2d_images *images);
void d2d_store_unclaim(const struct d2d_store *s);

/* Says that the next file is imported in parallel with others. If two files give the same name to an image, the file with the
 * higher rank (> 0) gets it, in whatever order they end. */
void d2d_store_set_rank(struct d2d_store *s, unsigned rank);

/* Whether the store has all images of a list, which is in the form of d2d_images_json(), and all their names belong to them. */
bool d2d_store_is_there(const struct d2d_store *s, struct json_object *list);

/* ---- d2d_store_stage.c: importing ---- */

/* Imports the images of an archive: all or none. Images and layers that the store has are not written again. */
int d2d_store_import(struct d2d_store *s, struct d2d_archive *a, const struct d2d_images *images, char **why);

/* ---- d2d_store_imports.c, d2d_store_images.c: lists ---- */

/* These functions may be called while a dockerd runs. The caller frees the list after an error, too. */

/* Sets *IMPORTS to the imported images in the store at DIR: [{"id","tags","file","bytes","when","how"}]; "file" is missing if it is
 * unknown. "how" is "written", "copied" (from a .d2i), "mounted", or "gone" if the medium with its layers is missing. */
int d2d_store_imports(const char *dir, struct json_object **imports);

/* Sets *IMAGES to the images with names in the store at DIR, as the engine lists them: [{"Id","RepoTags","Labels"}]. */
int d2d_store_images(const char *dir, struct json_object **images);

/* ---- d2d_store_mounted.c, d2d_store_lost.c: layers that are on a medium ---- */

/* Returns the record of these layers in the store at DIR, {"CHAIN":{"file","images":["ID",...],"link"}}, or NULL if there are none.
 * "link" is true if the layer's directory in the store is a link to its mount point. */
struct json_object *d2d_store_mounted(const char *dir);

/* Removes the images of layers in MOUNTED whose medium is missing, unless a container or another image needs their layers.
 * Appends a line of text for each image to LINES. */
int d2d_store_drop_lost(struct d2d_store *s, struct json_object *mounted, struct json_object *lines);

#endif
