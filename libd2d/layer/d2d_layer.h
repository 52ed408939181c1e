/*
 * libd2d, layer: one layer's archive as the files that Docker's overlay2 has of it, and its tar-split.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2D_LAYER_H
#define D2D_LAYER_H 1

#include "d2d_archive.h"

/* ---- d2d_layer.c, d2d_layer_file.c ---- */

/* Unpacks a layer's archive into an empty folder as overlay2 has it, its tar-split to a descriptor. *why, to be freed,
 * says what is wrong with it. */
int d2d_layer_unpack(struct d2d_stream *in, int diff, int split, struct d2d_layer_result *result, char **why);

/* ---- the inside of a layer's reading, for other ways to keep its files ---- */

struct d2d_layer {
	/* Takes an entry, whose name is clean and new, and its content; and what is to be done after the last. */
	int (*on_entry)(struct d2d_layer *l, const struct d2d_tar_entry *e, const char *name);
	int (*on_end)(struct d2d_layer *l);

	int diff;		/* the layer's diff folder; of a squashfs that where it will lie */
	struct d2d_tar tar;
	struct d2d_tarsplit *split;
	off_t size;
	off_t room;		/* bytes that may still be written */
	char *why;
	char *buf;

	char *dir;		/* the folder of the last entry, open as dir_fd */
	int dir_fd;

	struct d2d_layer_dir {
		char *name;
		struct timespec times[2];
	} *dirs;		/* their times come last: what is put into them changes them */
	unsigned n_dirs;
	size_t names;		/* bytes in dirs */

	uint64_t *seen;		/* hashes of all names, open addressing */
	size_t n_seen, seen_room;
};

/* Reads a layer's archive, handing its entries to on_entry() and its tar-split to a descriptor. */
int d2d_layer_read(struct d2d_layer *l, struct d2d_stream *in, int split, struct d2d_layer_result *result);

/* The next bytes of the entry's content, into buf: how many, up to LEN and D2D_LAYER_CHUNK. */
ssize_t d2d_layer_content(struct d2d_layer *l, const struct d2d_tar_entry *e, off_t len);

/* -ENOSPC when the file is larger than what is free. */
int d2d_layer_room(struct d2d_layer *l, const struct d2d_tar_entry *e);

/* What a whiteout's name hides, NULL when that can't be. */
const char *d2d_layer_whiteout_target(struct d2d_layer *l, const struct d2d_tar_entry *e, const char *base);

/* Makes the entry, whose name is clean and whose parent is open; its content is taken from the archive. */
int d2d_layer_make(struct d2d_layer *l, const struct d2d_tar_entry *e, const char *base);

/* Opens the folder part of a clean name, made on the way when MAKE says so; the descriptor stays the layer's.
 * *base is the rest. */
int d2d_layer_enter(struct d2d_layer *l, const char *name, bool make, const char **base);

/* Docker's way with times before 1970, but for symbolic links. */
void d2d_layer_after_1970(struct timespec times[2]);

/* Sets the reason and returns the errno. */
int d2d_layer_fail(struct d2d_layer *l, int err, const char *format, ...) __attribute__((format(printf, 3, 4)));

enum { D2D_LAYER_CHUNK = 64 * 1024 };

#endif
