/*
 * What the parts of d2dimport share.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2DIMPORT_H
#define D2DIMPORT_H 1

#include "d2d_store.h"
#include "d2d_d2i.h"

#define D2DIMPORT_STORE "/var/lib/docker"

enum {
	OPT_H = 1 << 0,
	OPT_q = 1 << 1,
	OPT_f = 1 << 2,
	OPT_n = 1 << 3,
	OPT_s = 1 << 4,
	OPT_a = 1 << 5,
	OPT_c = 1 << 6,
	OPT_m = 1 << 7,
	OPT_r = 1 << 8,
	OPTBIT_S = 10,		/* behind -j */
	OPT_S = IF_FEATURE_D2DIMPORT_SQUASH( (1 << OPTBIT_S)) + 0,
	D2DIMPORT_NO_STORE = 2,		/* exit code */

	D2DIMPORT_SHOW_MS = 100,	/* progress on a terminal */
};

struct d2dimport {
	struct d2d_store *store;	/* or */
	bool api;			/* or */
	struct d2d_squash *squash;	/* or none: only read */
	off_t limit;			/* to which a file may unpack for the engine, 0 for any */
	char *path;			/* of the file at hand, printable, from the root on */
	char *why;			/* it failed; NULL */
	const char *how;		/* it was imported, as d2d_import_note() has it; NULL */
	struct json_object *images;	/* in it, when that is known */
	unsigned long long start;	/* ms */
	char *config;			/* of the file at hand, when it is a root file system; or NULL */
	char key[D2D_DIGEST + 1];	/* what it is known by in the store, or empty */
	struct d2dimport_count *count;	/* another process tells how far it is; or NULL */
	bool beside;			/* others are imported at the same time */
	bool again;			/* it had no room beside them */
};

/* How far a file is, in memory that processes share. */
struct d2dimport_count {
	off_t done, size;
};

struct d2dimport_progress {
	struct d2d_progress progress;
	const char *file, *at_end;		/* said when all is read, or NULL */
	struct d2dimport_count *count;		/* or NULL */
	int tty;
	unsigned long long start, last;		/* ms */
	unsigned tenth;				/* of the size, last told */
};

/* ---- import/progress.c ---- */

/* COUNT: counts there instead of showing it; or NULL. */
void d2dimport_progress_begin(struct d2dimport_progress *p, const char *file, off_t size, const char *at_end,
		struct d2dimport_count *count);
void d2dimport_progress_end(struct d2dimport_progress *p);

/* Of a file that another process counts; on a terminal several stand below each other. Returns the lines that it took there;
 * d2dimport_progress_clear() takes so many away, before anything else is written. */
unsigned d2dimport_progress_show(struct d2dimport_progress *p, bool first);
void d2dimport_progress_clear(unsigned lines);

/* ---- import/say.c ---- */

/* A line for each name of the images (or the ID of one without): WHAT stands before it, or behind if it begins with a
 * blank. */
void d2dimport_print(const char *file, struct json_object *images, const char *what);

/* Says why the file failed, and keeps it; returns the exit code. */
int d2dimport_fail(struct d2dimport *d, const char *file, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Keeps how the file's images were imported, as d2d_import_note() has it. */
void d2dimport_set_how(struct d2dimport *d, const char *how, struct json_object *images);

/* ---- import/file.c ---- */

/* An image file, or a folder that is an image; returns an exit code. FLAGS are open()'s. */
int d2dimport_file(struct d2dimport *d, const char *path, int flags);

/* Says so of a file whose process was. */
void d2dimport_fail_killed(struct d2dimport *d, const char *path, int sig);

/* ---- import/way.c ---- */

/* Opens the store, to mount or to copy as is wanted. */
int d2dimport_open_store(struct d2dimport *d, const char *dir, char **why);

/* Decides whether images go to the store DIR, to the engine, or, when no engine runs and DIR is NULL, to its store. Dies when
 * there is neither. */
void d2dimport_choose_way(struct d2dimport *d, const char *dir);

/* ---- import/api.c: return an exit code ---- */

/* The size of the file system that the engine has its data on, 0 when it isn't one of ours. */
off_t d2dimport_engine_limit(void);
int d2dimport_send(struct d2dimport *d, const char *file, int fd, off_t size, struct d2d_archive *a, const struct d2d_images *images);
int d2dimport_load(struct d2dimport *d, const char *file, int fd, off_t size);

/* ---- import/files.c ---- */

/* All files, and those in folders that are no images themselves; returns an exit code. */
int d2dimport_files(struct d2dimport *d, char **argv);

/* ---- import/relink.c ---- */

/* Whether it is a .d2i by its name, or a folder with the same in it. */
bool d2dimport_is_squash(const char *path);
int d2dimport_relink(struct d2dimport *d, const char *dir, char **argv);

/* ---- import/store.c ---- */

/* Whether it is known without opening it that the store has had this file and still has its images; says so. */
bool d2dimport_known(struct d2dimport *d, const char *file, int fd);
int d2dimport_write(struct d2dimport *d, const char *file, struct d2d_archive *a, const struct d2d_images *images,
		struct d2dimport_progress *p);

/* ---- import/squash.c ---- */

/* Ends with an error when OUT can't be made; else it returns in another process. */
void d2dimport_squash_begin(struct d2dimport *d, const char *out);
int d2dimport_squash(struct d2dimport *d, const char *file, struct d2d_archive *a, const struct d2d_images *images);

/* Puts OUT where it shall be if all files came to the exit code R of success; returns the exit code. */
int d2dimport_squash_end(struct d2dimport *d, const char *out, int r);

#endif
