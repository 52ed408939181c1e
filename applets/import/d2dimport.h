/*
 * Declarations shared by the parts of d2dimport, which imports image files into Docker's store or through the engine, and writes
 * .d2i files.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2DIMPORT_H
#define D2DIMPORT_H 1

#include "d2d_store.h"
#include "d2d_d2i.h"
#include "d2d_fetch.h"

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
	OPTBIT_S = 10,		/* after -j */
	OPT_S = IF_FEATURE_D2DIMPORT_SQUASH( (1 << OPTBIT_S)) + 0,
	D2DIMPORT_NO_STORE = 2,		/* exit status */

	D2DIMPORT_SHOW_MS = 100,	/* interval at which a terminal shows progress */
};

struct d2dimport {
	/* Where images go; with none of the three, files are only read. */
	struct d2d_store *store;
	bool api;			/* through the engine */
	struct d2d_squash *squash;
	off_t limit;			/* largest uncompressed size of a file for the engine in bytes, 0 for any */

	/* The current file. */
	char *path;			/* absolute path, printable */
	char *why;			/* reason of a failure, or NULL */
	const char *how;		/* how it was imported, as in d2d_import_note(), or NULL */
	struct json_object *images;	/* its images, or NULL if unknown */
	unsigned long long start;	/* d2d_now() */
	char *config;			/* configuration of a root file system, or NULL */
	struct d2d_remote *remote;	/* the file is on a server, or NULL */
	char key[D2D_DIGEST + 1];	/* key in the store's record of files, or empty */
	struct d2dimport_count *count;	/* progress, which another process shows; or NULL */
	bool beside;			/* other files are imported at the same time */
	bool again;			/* the disk was too small for all of them at once: import it again, alone */
};

/* The progress of a file, in shared memory. */
struct d2dimport_count {
	off_t done, size;		/* bytes */
};

struct d2dimport_progress {
	struct d2d_progress progress;
	const char *file, *at_end;		/* at_end: text that is shown when all is read, or NULL */
	struct d2dimport_count *count;		/* or NULL */
	int tty;
	unsigned long long start, last;		/* ms */
	unsigned tenth;				/* tenths of the size that were last printed */
};

/* ---- import/progress.c ---- */

/* Begin and end showing the progress of a file. If COUNT isn't NULL, the progress is only counted there and not shown. */
void d2dimport_progress_begin(struct d2dimport_progress *p, const char *file, off_t size, const char *at_end,
		struct d2dimport_count *count);
void d2dimport_progress_end(struct d2dimport_progress *p);

/* Shows the progress that another process has counted; on a terminal each file has a line, and FIRST says that this is the top
 * one. Returns the number of lines that were printed on the terminal. d2dimport_progress_clear() removes so many lines; it must
 * be called before anything else is printed. */
unsigned d2dimport_progress_show(struct d2dimport_progress *p, bool first);
void d2dimport_progress_clear(unsigned lines);

/* ---- import/say.c ---- */

/* Prints a line for each name of the images, or for the ID of an image without a name. WHAT is printed before the name, or after it
 * if WHAT begins with a blank. */
void d2dimport_print(const char *file, struct json_object *images, const char *what);

/* Prints why a file failed and keeps the reason in d->why. Returns the exit status. */
int d2dimport_fail(struct d2dimport *d, const char *file, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Keeps how the file's images were imported, for d2d_import_note(). */
void d2dimport_set_how(struct d2dimport *d, const char *how, struct json_object *images);

/* ---- import/file.c ---- */

/* Imports an image file or an image directory. FLAGS are passed to open(). Returns an exit status. */
int d2dimport_file(struct d2dimport *d, const char *path, int flags);

/* Reports that the process that imported a file was killed by a signal. */
void d2dimport_fail_killed(struct d2dimport *d, const char *path, int sig);

/* ---- import/remote.c: files NAME.url, which stand for an image file on a server ---- */

/* Returns NAME without .url, which the caller frees, or NULL if it has another suffix. */
char *d2dimport_remote_stem(const char *name);

/* Opens such a file: sets d->remote, *ORIGIN and the NAME by which messages call it. Returns 0 or a negative errno. d2dimport_remote_end()
 * frees what d->remote holds. */
int d2dimport_remote_begin(struct d2dimport *d, struct d2d_remote *remote, struct d2d_origin *origin, const char *path, char **name);
void d2dimport_remote_end(struct d2dimport *d);

/* Returns why the download has failed, or NULL. */
const char *d2dimport_remote_why(const struct d2dimport *d);

/* Whether the download has failed in a way that another attempt may not. */
bool d2dimport_remote_again(const struct d2dimport *d);

/* ---- import/way.c ---- */

/* Opens the store in DIR, and sets whether layers are mounted or copied, as options and d2d.images= say. */
int d2dimport_open_store(struct d2dimport *d, const char *dir, char **why);

/* Decides where images go: to the store in DIR or, if DIR is NULL, to the engine, or to Docker's default store if no engine runs.
 * Exits if there is neither. */
void d2dimport_choose_way(struct d2dimport *d, const char *dir);

/* ---- import/api.c: through the engine ---- */

/* Returns the size in bytes of the file system with the engine's data, 0 if that is not a directory of this system. */
off_t d2dimport_engine_limit(void);

/* Sends the images of an archive, converted if the engine can't load it as it is; and sends a file unchanged. Return an exit
 * status. */
int d2dimport_send(struct d2dimport *d, const char *file, int fd, off_t size, struct d2d_archive *a,
		const struct d2d_images *images);
int d2dimport_load(struct d2dimport *d, const char *file, int fd, off_t size);

/* ---- import/files.c ---- */

/* Imports all files, and the files in directories that are not images themselves. Returns an exit status. */
int d2dimport_files(struct d2dimport *d, char **argv);

/* ---- import/relink.c ---- */

/* Whether a path ends in .d2i, or is a directory with the files of a .d2i. */
bool d2dimport_is_squash(const char *path);

/* Restores the mounted layers of the store in DIR from .d2i files. Returns an exit status. */
int d2dimport_relink(struct d2dimport *d, const char *dir, char **argv);

/* ---- import/store.c ---- */

/* Returns whether the store's record says that this file was imported and its images are still there; then prints that. Doesn't
 * open the archive. */
bool d2dimport_known(struct d2dimport *d, const char *file, int fd);

/* Imports the images of an archive into the store. Returns an exit status. */
int d2dimport_write(struct d2dimport *d, const char *file, struct d2d_archive *a, const struct d2d_images *images,
		struct d2dimport_progress *p);

/* ---- import/squash.c ---- */

/* Begins the .d2i file or directory OUT, or exits. Forks and returns in the child process; the parent process waits for it and
 * removes temporary files. */
void d2dimport_squash_begin(struct d2dimport *d, const char *out);

/* Adds the images of an archive. Returns an exit status. */
int d2dimport_squash(struct d2dimport *d, const char *file, struct d2d_archive *a, const struct d2d_images *images);

/* Completes OUT if R, the exit status of all files, is EXIT_SUCCESS. Returns the exit status. */
int d2dimport_squash_end(struct d2dimport *d, const char *out, int r);

#endif
