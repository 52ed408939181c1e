/*
 * libd2d, d2i: images as squashfs files (.d2i), which are mounted in place: their writer, for the machine on which media are made.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2D_D2I_H
#define D2D_D2I_H 1

#include "d2d_image.h"
#include "d2d_layer.h"

/* ---- d2d_squash.c, d2d_squash_*.c: images as squashfs, to be mounted in place ---- */

struct d2d_squash;

/* Begins a .d2i file, or a folder with the same in it. Nothing is to be seen of it before d2d_squash_end() but a folder
 * beside it, d2d_squash_workdir(), which d2d_squash_close() removes. *why, to be freed, says what is wrong. */
int d2d_squash_open(struct d2d_squash **q, const char *out, bool is_dir, char **why);
const char *d2d_squash_workdir(const struct d2d_squash *q);

/* Adds the images of an archive. After an error the whole is of no more use. */
int d2d_squash_add(struct d2d_squash *q, struct d2d_archive *a, const struct d2d_images *images, char **why);

/* Puts it where it shall be, whole, in the place of what was there. */
int d2d_squash_end(struct d2d_squash *q, char **why);
void d2d_squash_close(struct d2d_squash *q);

#endif
