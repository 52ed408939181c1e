/*
 * Images: from archives to Docker's store.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2D_IMPORT_H
#define D2D_IMPORT_H 1

#include "d2d_format.h"

/* ---- d2d_layer.c, d2d_layer_file.c ---- */

struct d2d_layer_result {
	char digest[D2D_DIGEST + 1];	/* of the archive, to its last byte */
	off_t size;			/* as Docker counts it */
	bool ended;			/* by its end mark, after something */
};

/* Unpacks a layer's archive into an empty folder as overlay2 has it, its tar-split to a descriptor. *why, to be freed,
 * says what is wrong with it. */
int d2d_layer_unpack(struct d2d_stream *in, int diff, int split, struct d2d_layer_result *result, char **why);

/* ---- d2d_archive.c, d2d_archive_member.c ---- */

struct d2d_archive;

struct d2d_member {
	char *name, *link;
	char type;		/* as in d2d_tar_entry */
	off_t at, size;		/* in the archive, when it is unpacked; members of a folder are numbered */
	char *text;		/* of small JSON files, or NULL */
	char packing;		/* of an archive's regular files: as by d2d_packing() */
};

/* Reads what lies in an image file, or opens a folder. The descriptor stays the caller's. LIMIT: the most that it may
 * unpack to, 0 for any. -EBADMSG: *why, to be freed, says what is wrong. */
int d2d_archive_open(struct d2d_archive **a, int fd, off_t limit, const struct d2d_progress *progress, char **why);
void d2d_archive_close(struct d2d_archive *a);

/* The same for a file that may be packed as a whole: as it is unpacked, all members but small JSON files are offered to
 * the taker, which reads as much of one as it likes and closes nothing; it returns what it has made of a layer, its own,
 * or NULL. A size of -1: all that there is, and not packed once more. AHEAD: it is unpacked in a process of its own. */
struct d2d_taker {
	const struct d2d_layer_result *(*take)(void *arg, const struct d2d_member *m, struct d2d_stream *in);
	void *arg;
	bool ahead;
};
int d2d_archive_open_taking(struct d2d_archive **a, int fd, off_t limit, const struct d2d_progress *progress,
		const struct d2d_taker *taker, char **why);

/* A file that is one layer by itself: member "rootfs.tar", of which DIGEST becomes that of what it unpacks to. */
int d2d_archive_open_whole(struct d2d_archive **a, int fd, off_t limit, const struct d2d_progress *progress,
		const struct d2d_taker *taker, char *digest, char **why);

/* Puts a text in it as a member, as if it had been there; it is the archive's then. Of others pointers are no longer good. */
void d2d_archive_add_text(struct d2d_archive *a, const char *name, char *text);

/* Where a member lies as it is: the descriptor of a file, to be closed, and the offset in it. -EPROTONOSUPPORT: the archive
 * is packed. */
int d2d_archive_where(struct d2d_archive *a, const struct d2d_member *m, off_t *at);

/* Its length when it is unpacked, up to the end mark; whether there was none. */
off_t d2d_archive_size(const struct d2d_archive *a, bool *cut);

/* A regular file, by its name or by that of a link to it; NULL when there is none. It is the archive's. */
struct d2d_member *d2d_archive_find(struct d2d_archive *a, const char *name);

/* The text of a small JSON file, or NULL; the archive's. */
const char *d2d_archive_text(struct d2d_archive *a, struct d2d_member *m);

bool d2d_archive_is_packed(const struct d2d_archive *a);

/* Who is told from now on how far a member's content has been read, and who was before. A packed archive goes on telling
 * how far the file has. */
const struct d2d_progress *d2d_archive_tell(struct d2d_archive *a, const struct d2d_progress *progress);

/* A member's content, to be closed before the next is taken. In a packed archive members in the order of their places
 * cost one pass, any other more. */
int d2d_archive_take(struct d2d_archive *a, const struct d2d_member *m, struct d2d_stream **in);

/* ---- d2d_reference.c ---- */

/* NAME:TAG as Docker shows it (docker.io/library/hello is hello:latest), NULL when it isn't a name. The caller frees
 * it. */
char *d2d_reference(const char *text);

/* ---- d2d_image.c, d2d_image_oci.c, d2d_image_squash.c ---- */

struct d2d_image {
	char id[D2D_DIGEST + 1];
	struct d2d_member *config;	/* its text is there */
	char **tags;			/* as by d2d_reference() */
	unsigned n_tags;
	struct d2d_image_layer {
		char diff[D2D_DIGEST + 1], chain[D2D_DIGEST + 1];
		struct d2d_member *member;	/* maybe packed; of a .d2i a squashfs */
		struct d2d_member *split;	/* of a .d2i: its tar-split, and its size as Docker counts it; else NULL */
		off_t size;
	} *layers;
	unsigned n_layers;
};

struct d2d_images {
	struct d2d_image *image;
	unsigned n;
	bool oci, rootfs, squash;	/* Docker itself doesn't load the archive; squash: it is a .d2i */
};

/* The images of an archive: at least one, or -EBADMSG and *why, to be freed. FILE lends its name to an image that has
 * only a tag. */
int d2d_images_of(struct d2d_archive *a, const char *file, struct d2d_images *images, char **why);
void d2d_images_free(struct d2d_images *images);

/* ---- d2d_save.c: images of any kind as a 'docker save' archive ---- */

/* Whether the engine can't be given the archive as it is. */
bool d2d_save_needed(struct d2d_archive *a, const struct d2d_images *images);

/* The images as an archive that Docker loads, its length in *size. Layers whose digest turns out to be wrong end it with
 * -EBADMSG before it is whole. *why, to be freed, says so, or what is wrong at once; it must live as long as the stream. */
int d2d_save_open(struct d2d_archive *a, const struct d2d_images *images, struct d2d_stream **out, off_t *size, char **why);

/* ---- d2d_squash_mount.c: layers of a .d2i, as squashfs where they lie ---- */

/* The root folder of a layer, of a file system that is mounted nowhere and gone when this descriptor is closed. Both:
 * *why, to be freed, says what is wrong, unless it said something before. */
int d2d_squash_files(struct d2d_archive *a, const struct d2d_image_layer *layer, char **why);

/* Mounts it where the store's link leads to; no error when it is there. */
int d2d_squash_mount(struct d2d_archive *a, const struct d2d_image_layer *layer, char **why);
void d2d_squash_unmount(const char *chain);

/* That place; the caller frees it. d2d_squash_make_place(): an empty folder there, unless something is. */
char *d2d_squash_place(const char *chain);
int d2d_squash_make_place(const char *chain);

/* Whether it is mounted there, and its file not on a medium that was pulled out. */
bool d2d_squash_is_mounted(const char *chain);

/* ---- d2d_squash_stream.c ---- */

/* The archive that a layer of a .d2i was made from, put together again; *why must live as long as the stream. */
int d2d_squash_take(struct d2d_archive *a, const struct d2d_image_layer *layer, struct d2d_stream **in, char **why);

/* ---- d2d_rootfs.c, d2d_rootfs_config.c: root file systems, as 'docker import' takes them ---- */

/* Of NAME.rootfs.tar, .tar.gz, .tar.xz or .tar.zst the length of NAME.rootfs; 0 for another. */
size_t d2d_rootfs_stem(const char *file);

/* How the image at PATH is to be run: JSON like the "config" of an image, from NAME.rootfs.json or NAME.rootfs.conf beside
 * it, or a default. Both *config and *why are to be freed. */
int d2d_rootfs_config(const char *path, char **config, char **why);

/* The same from the text of either file. */
int d2d_rootfs_config_parse(const char *text, size_t len, bool is_json, char **config, char **why);

/* Opens it like an archive, with the one image in it: NAME:latest, made at the time of the file. */
int d2d_rootfs_open(struct d2d_archive **a, int fd, const char *file, const char *config, off_t limit,
		const struct d2d_progress *progress, const struct d2d_taker *taker, struct d2d_images *images, char **why);

/* ---- d2d_pool.c ---- */

struct d2d_work {
	/* Does one of N pieces; *why, to be freed, may say what went wrong. PROGRESS: who is to be told. */
	int (*run)(void *arg, unsigned i, const struct d2d_progress *progress, char **why);
	void *arg;
	unsigned n;
	off_t size;				/* of all pieces, for */
	const struct d2d_progress *progress;	/* or NULL */
};

/* Does all, so many side by side, each in a process of its own (of one job: in this). After the first that fails those
 * that still run are killed, and its error is returned, *why is what it said, or NULL. -EOWNERDEAD: it was killed. */
int d2d_pool(const struct d2d_work *w, unsigned jobs, char **why);

/* Those that this process may use. */
unsigned d2d_cpus(void);

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
void d2d_store_mounts(struct d2d_store *s, bool mount);
bool d2d_store_does_mount(const struct d2d_store *s);

/* How many processes may work for it side by side, from now on unless JOBS is 0; when nothing was said as many as there are
 * CPUs, at most 8. */
unsigned d2d_store_jobs(struct d2d_store *s, unsigned jobs);

/* To be given to the opening of the archive that is imported next: what may be a layer in it is unpacked then. The
 * store's; what was taken before and not imported is removed. */
const struct d2d_taker *d2d_store_taker(struct d2d_store *s);

/* The size of its file system, 0 when it has none. */
off_t d2d_store_limit(const struct d2d_store *s);

/* Before an import into a store that other processes may import into, with the same lock: waits until nobody else is at work
 * on one of these images or layers, and keeps others from it. What was there before may be too much now. */
int d2d_store_claim(const struct d2d_store *s, const struct d2d_images *images);
void d2d_store_unclaim(const struct d2d_store *s);

/* From now on a file is imported beside others: of two that have the same name for their images, the one with the higher rank
 * (> 0) keeps it, whichever is done first. */
void d2d_store_beside(struct d2d_store *s, unsigned rank);

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

/* Images in the form of d2d_store_imports(). */
struct json_object *d2d_images_json(const struct d2d_images *images);

/* ---- d2d_squash.c, d2d_squash_*.c: images as squashfs, to be mounted in place ---- */

struct d2d_squash;

/* Begins a .d2i file, or a folder with the same in it. Nothing is to be seen of it before d2d_squash_end() but a folder
 * beside it, d2d_squash_folder(), which d2d_squash_close() removes. *why, to be freed, says what is wrong. */
int d2d_squash_open(struct d2d_squash **q, const char *out, bool is_dir, char **why);
const char *d2d_squash_folder(const struct d2d_squash *q);

/* Adds the images of an archive. After an error the whole is of no more use. */
int d2d_squash_add(struct d2d_squash *q, struct d2d_archive *a, const struct d2d_images *images, char **why);

/* Puts it where it shall be, whole, in the place of what was there. */
int d2d_squash_end(struct d2d_squash *q, char **why);
void d2d_squash_close(struct d2d_squash *q);

/* ---- d2d_import_note.c ---- */

/* Notes in /run/d2d/imports.json and the report of the boot what became of a file: HOW is "written", "mounted", "copied",
 * "there" (already) or "engine"; the images as by d2d_images_json(), or NULL; WHY it failed, or NULL. 0 or a negative
 * errno; where no debian2docker runs there is nobody to be told (-ENOENT). */
int d2d_import_note(const char *file, const char *how, struct json_object *images, unsigned ms, const char *why);

/* All notes below ROOT ("" for /), [{"file","images":["NAME:TAG",...],"how","ms","bytes","why"}]; json_object_put() it.
 * d2d_import_text() is one of their texts, or NULL. */
struct json_object *d2d_imports_read(const char *root);
const char *d2d_import_text(struct json_object *note, const char *key);

/* Which files could not be imported, {"FILE":"REASON"}; json_object_put() it. */
struct json_object *d2d_failed_read(void);

/* To be held while the notes or the report are written: a descriptor to be closed, or a negative errno. */
int d2d_imports_lock(const char *root);

#endif
