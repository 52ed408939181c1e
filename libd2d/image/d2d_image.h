/*
 * libd2d, image: which images an archive contains ('docker save', OCI layout, .d2i, root file system), with their names,
 * configurations and layers; and conversion of images to an archive that Docker can load.
 *
 * In functions with WHY, *why is set to the reason of an error unless it has one already; the caller frees it.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2D_IMAGE_H
#define D2D_IMAGE_H 1

#include "d2d_archive.h"

struct json_object;

/* ---- d2d_reference.c: names of images ---- */

/* Returns a name as Docker shows it, NAME:TAG (docker.io/library/hello becomes hello:latest), or NULL if it is invalid. The
 * caller frees it. */
char *d2d_reference(const char *text);

/* ---- d2d_image.c ---- */

struct d2d_image {
	char id[D2D_DIGEST + 1];
	struct d2d_member *config;	/* its text is in memory */
	char **tags;			/* as from d2d_reference() */
	unsigned n_tags;
	struct d2d_image_layer {
		char diff[D2D_DIGEST + 1], chain[D2D_DIGEST + 1];
		struct d2d_member *member;	/* tar, perhaps compressed; in a .d2i a squashfs */
		struct d2d_member *split;	/* in a .d2i: the tar-split; else NULL */
		off_t size;			/* in a .d2i: bytes, as Docker counts them */
	} *layers;
	unsigned n_layers;
};

struct d2d_images {
	struct d2d_image *image;
	unsigned n;
	bool oci, rootfs, squash;	/* format of an archive that Docker can't load; squash: .d2i */
	char **notes;			/* what a user should know, not printable: things that are not images */
	unsigned n_notes;
};

/* Sets *IMAGES to the images of an archive, at least one. Returns 0 or -EBADMSG. An image that has a tag but no name gets its
 * name from FILE, the file's name. The archive must stay open as long as the images are used. */
int d2d_images_of(struct d2d_archive *a, const char *file, struct d2d_images *images, char **why);
void d2d_images_free(struct d2d_images *images);

/* Returns the images in the form of d2d_store_imports(). The caller frees them with json_object_put(). */
struct json_object *d2d_images_json(const struct d2d_images *images);

/* ---- d2d_image_build.c: for the readers of each format; errors are -EBADMSG or NULL ---- */

/* Parses a JSON member; NAMED_BY is the file that refers to it, for messages. The caller frees the object. */
struct json_object *d2d_image_json(struct d2d_archive *a, const char *name, const char *named_by, char **why);

/* Appends an empty image; and a name to an image. */
struct d2d_image *d2d_image_add(struct d2d_images *images, char **why);
int d2d_image_add_tag(struct d2d_image *image, const char *name, char **why);

/* Adds a note, which is freed with the images. */
void d2d_image_note(struct d2d_images *images, char *note);

/* Sets the image's layers, with their digests, from a configuration; NAME is its file name, for messages. */
int d2d_image_list_layers(struct d2d_image *image, struct json_object *config, const char *name, char **why);

/* Reads the member with the configuration: sets the image's ID, configuration and layers. */
int d2d_image_configure(struct d2d_archive *a, struct d2d_image *image, const char *name, const char *named_by, char **why);

/* Sets the member that contains layer I. */
int d2d_image_set_layer(struct d2d_archive *a, struct d2d_image *image, unsigned i, const char *name, const char *named_by,
		char **why);

/* ---- d2d_image_squash.c: reads the index of a .d2i ---- */
int d2d_image_squash(struct d2d_archive *a, struct d2d_images *images, char **why);

/* ---- d2d_image_oci.c: reads the index of an OCI layout ---- */
int d2d_image_index(struct d2d_archive *a, const char *file, struct d2d_images *images, char **why);

/* Returns a name for an image made from a file's name without its suffixes, in lower case and without characters that such a name
 * can't have; it may be empty. The caller frees it. */
char *d2d_image_name_of_file(const char *file);

/* ---- d2d_image_type.c: what in an OCI layout is not an image ---- */

/* Return the type of what a descriptor refers to, or of what a manifest describes, a part of the object; NULL if that may be an
 * image, or an index of images. */
const char *d2d_image_other_type(struct json_object *descriptor);
const char *d2d_image_other_manifest_type(struct json_object *manifest);

/* ---- d2d_save.c: images of any kind as a 'docker save' archive ---- */

/* Whether the engine can't load the archive as it is. */
bool d2d_save_needed(struct d2d_archive *a, const struct d2d_images *images);

/* Opens a stream with the images as an archive that Docker loads, and sets *SIZE to its length. If a layer turns out to have
 * another digest than its configuration says, reading ends with -EBADMSG before the archive is complete. *why must live as
 * long as the stream. */
int d2d_save_open(struct d2d_archive *a, const struct d2d_images *images, struct d2d_stream **out, off_t *size, char **why);

/* ---- d2d_squash_mount.c: mounting layers of a .d2i in place ---- */

/* Returns a descriptor of a layer's root directory. Its file system is not attached anywhere and is unmounted when the descriptor
 * is closed. */
int d2d_squash_open_root(struct d2d_archive *a, const struct d2d_image_layer *layer, char **why);

/* Mounts a layer on d2d_squash_mountpoint(). Returns 0 also if it is mounted already. */
int d2d_squash_mount(struct d2d_archive *a, const struct d2d_image_layer *layer, char **why);
void d2d_squash_unmount(const char *chain);

/* Returns the mount point of the layer with this chain ID, to which the link in Docker's store points; the caller frees it.
 * d2d_squash_make_mountpoint() creates it as an empty directory, unless something exists there. */
char *d2d_squash_mountpoint(const char *chain);
int d2d_squash_make_mountpoint(const char *chain);

/* Whether a layer is mounted from a file that still exists; false if its medium was removed. */
bool d2d_squash_is_mounted(const char *chain);

/* Returns the path of the file that a layer is mounted from, as the kernel knows it, "" if it is mounted but not from a file, "?" if
 * that can't be found out, or NULL if it isn't mounted. The caller frees it. */
char *d2d_squash_source(const char *chain);

/* ---- d2d_squash_stream.c ---- */

/* Opens a stream with the archive from which a layer of a .d2i was made. *why must live as long as the stream. */
int d2d_squash_open_layer(struct d2d_archive *a, const struct d2d_image_layer *layer, struct d2d_stream **in, char **why);

/* ---- d2d_rootfs.c, d2d_rootfs_config.c: root file systems, as 'docker import' accepts them ---- */

/* Returns the length of NAME.rootfs in NAME.rootfs.tar, .tar.gz, .tar.xz or .tar.zst; 0 for any other file name. */
size_t d2d_rootfs_stem(const char *file);

/* Sets *CONFIG to JSON like the "config" of an image: from NAME.rootfs.json or NAME.rootfs.conf beside the file PATH, else to a
 * default. The caller frees it. d2d_rootfs_config_parse() makes it from the text of either file. */
int d2d_rootfs_config(const char *path, char **config, char **why);
int d2d_rootfs_config_parse(const char *text, size_t len, bool is_json, char **config, char **why);

/* Opens the file, or ORIGIN unless it is NULL, like an archive that contains one image: NAME:latest, created at the time stamp of the
 * file. */
int d2d_rootfs_open(struct d2d_archive **a, int fd, const struct d2d_origin *origin, const char *file, const char *config,
		off_t limit, const struct d2d_progress *progress, const struct d2d_early_reader *early, struct d2d_images *images,
		char **why);

/* ---- d2d_image_trusted.c ---- */

/* Returns the line that boot-scripts/trusted-images prints: "any", or the IDs of images, perhaps none. The caller frees it. */
char *d2d_trusted_images(const char *root);

/* Whether an image, which INSPECTED is the engine's description of, is one of the list TRUSTED of IDs, and its content is what its ID
 * says. Returns NULL if so, else the reason; the caller frees it. */
char *d2d_image_untrusted(struct json_object *inspected, const char *trusted);

#endif
