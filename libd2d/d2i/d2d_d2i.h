/*
 * libd2d, d2i: writes images as .d2i files, whose layers are squashfs file systems that can be mounted in place. Used on the
 * machine that makes media.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2D_D2I_H
#define D2D_D2I_H 1

#include "d2d_image.h"
#include "d2d_layer.h"

/* ---- d2d_squash.c ---- */

struct d2d_squash;

/* Begins the .d2i file OUT, or with IS_DIR a directory with the same files. Until d2d_squash_end(), all files are in a temporary
 * directory beside OUT, d2d_squash_workdir(), which d2d_squash_close() removes. In all these functions, *why is set to the
 * reason of an error; the caller frees it. */
int d2d_squash_open(struct d2d_squash **q, const char *out, bool is_dir, char **why);
const char *d2d_squash_workdir(const struct d2d_squash *q);

/* Adds the images of an archive. After an error the file can't be completed. */
int d2d_squash_add(struct d2d_squash *q, struct d2d_archive *a, const struct d2d_images *images, char **why);

/* Writes the file, or renames the directory, and replaces an existing OUT. */
int d2d_squash_end(struct d2d_squash *q, char **why);
void d2d_squash_close(struct d2d_squash *q);

#endif
