/*
 * What the parts of the tar reader share.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2D_TAR_H
#define D2D_TAR_H 1

#include "d2d_archive.h"

/* What extended headers say about the entry that follows. */
struct d2d_tar_special {
	char *name, *link;		/* GNU's long ones */
	char *pax;
	size_t pax_len;

	char *sparse_name;
	off_t sparse_size;
	char major, minor;		/* of GNU's sparse format in pax headers: a digit, '?', or 0 */
	bool has_size;
	off_t blocks;			/* of the map, as said */
	off_t from;			/* an offset whose length is still to come */
	bool has_from;
};

/* Octal or base 256. */
int d2d_tar_number(const char *field, size_t len, off_t *value);

/* Applies extended headers to an entry; after it, with t at the content, those of sparse files. */
int d2d_tar_pax(struct d2d_tar_entry *e, struct d2d_tar_special *x);
int d2d_tar_pax_sparse(struct d2d_tar *t, struct d2d_tar_entry *e, struct d2d_tar_special *x);

int d2d_tar_map_add(struct d2d_tar_entry *e, off_t from, off_t len);

/* Whether a sparse file's map is in order and STORED bytes fill it. */
int d2d_tar_map_check(const struct d2d_tar_entry *e, off_t stored);

#endif
