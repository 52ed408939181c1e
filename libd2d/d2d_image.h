/*
 * What the readers of docker-save archives and OCI layouts share.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2D_IMAGE_H
#define D2D_IMAGE_H 1

/* Sets the reason, unless there is one; returns -EBADMSG. */
int d2d_image_refuse(char **why, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The string, or the array and its length, of an object's key; NULL or 0 for anything else. */
const char *d2d_json_text(struct json_object *o, const char *key);
size_t d2d_json_array(struct json_object *o, const char *key, struct json_object **array);

/* A member that is JSON; BY is who named it. */
struct json_object *d2d_image_json(struct d2d_archive *a, const char *name, const char *by, char **why);

struct d2d_image *d2d_image_add(struct d2d_images *images, char **why);
int d2d_image_add_tag(struct d2d_image *image, const char *name, char **why);

/* The layers that a configuration of this name lists. */
int d2d_image_list_layers(struct d2d_image *image, struct json_object *config, const char *name, char **why);

/* Reads the configuration: ID, number and digests of the layers. */
int d2d_image_configure(struct d2d_archive *a, struct d2d_image *image, const char *name, const char *by, char **why);
int d2d_image_set_layer(struct d2d_archive *a, struct d2d_image *image, unsigned i, const char *name, const char *by,
		char **why);

/* ---- d2d_image_squash.c ---- */
int d2d_image_squash(struct d2d_archive *a, struct d2d_images *images, char **why);

/* ---- d2d_image_oci.c ---- */
int d2d_image_index(struct d2d_archive *a, const char *file, struct d2d_images *images, char **why);

/* A file's name without its suffixes, as far as it can be an image's; maybe empty. The caller frees it. */
char *d2d_image_name_of_file(const char *file);

#endif
