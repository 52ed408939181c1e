/*
 * What the parts of d2dimport share.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2DIMPORT_H
#define D2DIMPORT_H 1

#include "d2d_import.h"

#define D2DIMPORT_STORE "/var/lib/docker"

enum {
	OPT_H = 1 << 0,
	OPT_q = 1 << 1,
	OPT_f = 1 << 2,
	OPT_n = 1 << 3,
	OPT_s = 1 << 4,
	OPT_a = 1 << 5,
};

struct d2dimport {
	struct d2d_store *store;	/* or */
	bool api;			/* or neither: only read */
	char *path;			/* of the file at hand, printable, from the root on */
	char *why;			/* it failed; NULL */
	char *config;			/* of the file at hand, when it is a root file system; or NULL */
	char key[D2D_DIGEST + 1];	/* what it is known by in the store, or empty */
};

struct d2dimport_progress {
	struct d2d_progress progress;
	const char *file, *at_end;		/* said when all is read, or NULL */
	int tty;
	unsigned long long start, last;		/* ms */
	unsigned tenth;				/* of the size, last told */
};

void d2dimport_progress_begin(struct d2dimport_progress *p, const char *file, off_t size, const char *at_end);
void d2dimport_progress_end(struct d2dimport_progress *p);

/* A line for each name of the images (or the ID of one without): WHAT stands before it, or behind if it begins with a
 * blank. */
void d2dimport_print(const char *file, struct json_object *images, const char *what);

/* Says why the file failed, and keeps it; returns the exit code. */
int d2dimport_fail(struct d2dimport *d, const char *file, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* ---- d2dimport_api.c: return an exit code ---- */
int d2dimport_send(struct d2dimport *d, const char *file, int fd, off_t size, struct d2d_archive *a, const struct d2d_images *images);
int d2dimport_load(struct d2dimport *d, const char *file, int fd, off_t size);

/* ---- d2dimport_store.c ---- */

/* Whether it is known without opening it that the store has had this file and still has its images; says so. */
bool d2dimport_known(struct d2dimport *d, const char *file, int fd);
int d2dimport_write(struct d2dimport *d, const char *file, struct d2d_archive *a, const struct d2d_images *images,
		struct d2dimport_progress *p);

#endif
