/*
 * libd2d, store: Docker's store on disk (its data-root, overlay2), read and written without a dockerd.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2D_STORE_H
#define D2D_STORE_H 1

#include "d2d_image.h"
#include "d2d_layer.h"

struct json_object;

/* ---- d2d_store.c, d2d_store_*.c: Docker's store on disk, without a dockerd ---- */

struct d2d_store;
struct json_object;

/* Opens a data-root, made ready where it is empty; waits while another import is at it. -ENOTSUP, -EBUSY: it isn't one
 * that we may write to, now or ever. *why, to be freed, says so for every error. */
int d2d_store_open(struct d2d_store **s, const char *dir, char **why);
void d2d_store_close(struct d2d_store *s);

/* What imports that were killed have left is carried forward, or removed: as d2d_store_open() does. Nobody may be at it. */
int d2d_store_recover(const struct d2d_store *s);

/* Whether layers of a .d2i are mounted where they lie, or copied. Unless somebody said so, they are copied on a disk only. */
void d2d_store_set_mount(struct d2d_store *s, bool mount);
bool d2d_store_does_mount(const struct d2d_store *s);

/* How many processes may work for it side by side, from now on unless JOBS is 0; when nothing was said as many as there are
 * CPUs, at most 8. */
unsigned d2d_store_jobs(struct d2d_store *s, unsigned jobs);

/* To be given to the opening of the archive that is imported next: what may be a layer in it is unpacked then. The
 * store's; what was taken before and not imported is removed. */
const struct d2d_early_reader *d2d_store_early_reader(struct d2d_store *s);

/* The size of its file system, 0 when it has none. */
off_t d2d_store_limit(const struct d2d_store *s);

/* Before an import into a store that other processes may import into, with the same lock: waits until nobody else is at work
 * on one of these images or layers, and keeps others from it. What was there before may be too much now. */
int d2d_store_claim(const struct d2d_store *s, const struct d2d_images *images);
void d2d_store_unclaim(const struct d2d_store *s);

/* From now on a file is imported beside others: of two that have the same name for their images, the one with the higher rank
 * (> 0) keeps it, whichever is done first. */
void d2d_store_set_rank(struct d2d_store *s, unsigned rank);

/* Whether the store has all images of a list as by d2d_images_json() and these names, which are theirs. */
bool d2d_store_is_there(const struct d2d_store *s, struct json_object *list);

/* Takes images of an archive into the store, all or none; what is there already stays. */
int d2d_store_import(struct d2d_store *s, struct d2d_archive *a, const struct d2d_images *images, char **why);

/* What a file is known by in the store: 64 hexadecimal digits from its length and content. */
int d2d_store_key(int fd, char *key);

/* The images of a file that was imported, [{"id","tags":[...],...}], if all of them and their names are still there;
 * else NULL. json_object_put() it. */
struct json_object *d2d_store_known(const struct d2d_store *s, const char *key);
int d2d_store_remember(const struct d2d_store *s, const char *key, const char *file, const struct d2d_images *images);

/* The images that are in the store at DIR by an import: [{"id","tags","file","bytes","when","how"}], to be freed also
 * after an error; without file where it isn't known. how: written, copied (of a .d2i), mounted, or gone: its medium isn't
 * there. A dockerd may run on it. */
int d2d_store_imports(const char *dir, struct json_object **imports);

/* The images that have names in the store at DIR, as the engine lists them: [{"Id","RepoTags","Labels"}], to be freed also
 * after an error. */
int d2d_store_images(const char *dir, struct json_object **images);

/* Of each layer that lies on a medium what is noted, {"CHAIN":{"file","images":["ID",...],"link"}}; link: it is one.
 * NULL: there is none. Needs no open store. json_object_put() it. */
struct json_object *d2d_store_mounted(const char *dir);

/* What is to be done about those whose medium isn't there: images that came from it are taken out, unless a container or
 * another image needs their layers. A line of text for each is added to an array. */
int d2d_store_drop_lost(struct d2d_store *s, struct json_object *mounted, struct json_object *lines);

#endif
