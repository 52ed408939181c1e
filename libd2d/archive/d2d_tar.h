/*
 * Declarations shared by the parts of the tar reader.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2D_TAR_H
#define D2D_TAR_H 1

#include "d2d_archive.h"

/* The content of extended headers, which applies to the entry that follows. */
struct d2d_tar_special {
	char *name, *link;		/* GNU's long names */
	char *pax;			/* records of a pax header */
	size_t pax_len;

	/* sparse files in pax headers */
	char *sparse_name;
	off_t sparse_size;
	char major, minor;		/* version of GNU's sparse format: a digit, '?', or 0 for none */
	bool has_size;			/* sparse_size is valid */
	off_t blocks;			/* number of pieces in the map, as the header says */
	off_t from;			/* offset of a piece whose length follows */
	bool has_from;
};

/* ---- d2d_tar.c ---- */

/* Parses a numeric field: octal, or GNU's base-256 encoding. Returns 0 or -EBADMSG. */
int d2d_tar_number(const char *field, size_t len, off_t *value);

/* ---- d2d_tar_pax.c ---- */

/* Apply the extended headers to an entry: first all but those of sparse files, then those, which may read the map from the
 * beginning of the content, where T must be. */
int d2d_tar_pax(struct d2d_tar_entry *e, struct d2d_tar_special *x);
int d2d_tar_pax_sparse(struct d2d_tar *t, struct d2d_tar_entry *e, struct d2d_tar_special *x);

/* ---- d2d_tar_map.c ---- */

/* Adds a piece to the map of a sparse file. Returns -EFBIG if there are too many. */
int d2d_tar_map_add(struct d2d_tar_entry *e, off_t from, off_t len);

/* Checks that the pieces are in order, don't overlap and fit into the file, and that STORED bytes fill them exactly. Returns 0,
 * also for a file that isn't sparse, or -EBADMSG. */
int d2d_tar_map_check(const struct d2d_tar_entry *e, off_t stored);

#endif
