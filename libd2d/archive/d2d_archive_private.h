/*
 * The inside of an archive: for d2d_archive.c and d2d_archive_whole.c.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2D_ARCHIVE_PRIVATE_H
#define D2D_ARCHIVE_PRIVATE_H 1

#include "d2d_archive.h"

enum {
	ARCHIVE_TEXT_MAX = 4 * 1024 * 1024,	/* a configuration or manifest */
	ARCHIVE_KEPT_MAX = 32 * 1024 * 1024,	/* all of them, and all names */
	ARCHIVE_MEMBERS_MAX = 100000,
};

struct d2d_archive {
	int fd;
	bool is_dir;
	bool whole;		/* it is a layer itself: of interest to its last byte */
	bool packed;
	off_t size;		/* of the file */
	off_t limit;
	off_t unpacked;		/* its length then */
	bool cut;		/* it ended without an end mark */
	const struct d2d_progress *progress;
	const struct d2d_early_reader *early;	/* or NULL */
	struct d2d_member *members;
	unsigned n;
	size_t kept;
	struct d2d_stream *in;	/* of a packed file: where the last member was taken from */
};

/* The file from its start, unpacked; *r is negative when it can't be. */
struct d2d_stream *d2d_archive_start(struct d2d_archive *a, int *r);

/* Ends the first pass, which came to R after so many ENTRIES; what went wrong is told in *why. */
int d2d_archive_end(struct d2d_archive *a, const struct d2d_tar *t, unsigned entries, int r, char **why);

#endif
