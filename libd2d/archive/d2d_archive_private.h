/*
 * The inside of an archive, for d2d_archive.c, d2d_archive_member.c and d2d_archive_whole.c.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2D_ARCHIVE_PRIVATE_H
#define D2D_ARCHIVE_PRIVATE_H 1

#include "d2d_archive.h"

enum {
	ARCHIVE_TEXT_MAX = 4 * 1024 * 1024,	/* bytes of a configuration or manifest */
	ARCHIVE_KEPT_MAX = 32 * 1024 * 1024,	/* bytes of all these texts and of all names */
	ARCHIVE_MEMBERS_MAX = 100000,
};

struct d2d_archive {
	int fd;
	bool is_dir;
	bool whole;		/* the file is itself a layer, whose digest includes the bytes after the end mark */
	const struct d2d_origin *origin;	/* or NULL */
	bool packed;		/* compressed as a whole or from an origin: can only be read from its start */
	off_t size;		/* bytes of the file */
	off_t limit;		/* largest uncompressed size, 0 for any */
	off_t unpacked;		/* uncompressed size */
	bool cut;		/* the end mark is missing */
	const struct d2d_progress *progress;
	const struct d2d_early_reader *early;	/* or NULL */
	struct d2d_member *members;
	unsigned n;
	size_t kept;		/* bytes of texts and names in memory */
	struct d2d_stream *in;	/* of a compressed file, positioned behind the last member that was read */
};

/* Opens the file from its start, decompressed if necessary. *r is negative if that fails. */
struct d2d_stream *d2d_archive_start(struct d2d_archive *a, int *r);

/* Ends the first pass over the file, whose result was R after ENTRIES entries. Returns the final result and sets *why to the
 * reason of an error. */
int d2d_archive_end(struct d2d_archive *a, const struct d2d_tar *t, unsigned entries, int r, char **why);

#endif
