/*
 * libd2d, image: which images an archive holds (docker save, OCI layout, .d2i, root file systems), their names,
 * configurations and layers, and images as a docker-save archive.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2D_IMAGE_H
#define D2D_IMAGE_H 1

#include "d2d_archive.h"

struct json_object;

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

/* Images in the form of d2d_store_imports(). */
struct json_object *d2d_images_json(const struct d2d_images *images);

/* ---- d2d_image_build.c: for the readers of each format ---- */

/* A member that is JSON; BY is who named it. */
struct json_object *d2d_image_json(struct d2d_archive *a, const char *name, const char *named_by, char **why);

struct d2d_image *d2d_image_add(struct d2d_images *images, char **why);
int d2d_image_add_tag(struct d2d_image *image, const char *name, char **why);

/* The layers that a configuration of this name lists. */
int d2d_image_list_layers(struct d2d_image *image, struct json_object *config, const char *name, char **why);

/* Reads the configuration: ID, number and digests of the layers. */
int d2d_image_configure(struct d2d_archive *a, struct d2d_image *image, const char *name, const char *named_by, char **why);
int d2d_image_set_layer(struct d2d_archive *a, struct d2d_image *image, unsigned i, const char *name, const char *named_by,
		char **why);

/* ---- d2d_image_squash.c ---- */
int d2d_image_squash(struct d2d_archive *a, struct d2d_images *images, char **why);

/* ---- d2d_image_oci.c ---- */
int d2d_image_index(struct d2d_archive *a, const char *file, struct d2d_images *images, char **why);

/* A file's name without its suffixes, as far as it can be an image's; maybe empty. The caller frees it. */
char *d2d_image_name_of_file(const char *file);

/* ---- d2d_save.c: images of any kind as a 'docker save' archive ---- */

/* Whether the engine can't be given the archive as it is. */
bool d2d_save_needed(struct d2d_archive *a, const struct d2d_images *images);

/* The images as an archive that Docker loads, its length in *size. Layers whose digest turns out to be wrong end it with
 * -EBADMSG before it is whole. *why, to be freed, says so, or what is wrong at once; it must live as long as the stream. */
int d2d_save_open(struct d2d_archive *a, const struct d2d_images *images, struct d2d_stream **out, off_t *size, char **why);

/* ---- d2d_squash_mount.c: layers of a .d2i, as squashfs where they lie ---- */

/* The root folder of a layer, of a file system that is mounted nowhere and gone when this descriptor is closed. Both:
 * *why, to be freed, says what is wrong, unless it said something before. */
int d2d_squash_open_root(struct d2d_archive *a, const struct d2d_image_layer *layer, char **why);

/* Mounts it where the store's link leads to; no error when it is there. */
int d2d_squash_mount(struct d2d_archive *a, const struct d2d_image_layer *layer, char **why);
void d2d_squash_unmount(const char *chain);

/* That place; the caller frees it. d2d_squash_make_mountpoint(): an empty folder there, unless something is. */
char *d2d_squash_mountpoint(const char *chain);
int d2d_squash_make_mountpoint(const char *chain);

/* Whether it is mounted there, and its file not on a medium that was pulled out. */
bool d2d_squash_is_mounted(const char *chain);

/* ---- d2d_squash_stream.c ---- */

/* The archive that a layer of a .d2i was made from, put together again; *why must live as long as the stream. */
int d2d_squash_open_layer(struct d2d_archive *a, const struct d2d_image_layer *layer, struct d2d_stream **in, char **why);

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
		const struct d2d_progress *progress, const struct d2d_early_reader *early, struct d2d_images *images, char **why);

#endif
