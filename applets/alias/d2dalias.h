/*
 * What the verbs of d2dalias share.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2DALIAS_H
#define D2DALIAS_H 1

#include "d2d_alias.h"

enum { EXIT_CANNOT_RUN = 125 };		/* docker's own */

struct d2dalias {
	const char *dir;	/* of the commands */
	const char *root;	/* "" for / */
	const char *store;	/* Docker's data-root, to be looked into instead of asking the engine; or NULL */
};

/* NAME:TAG; "latest" when there is none. The caller frees it. */
char *d2dalias_tagged(const char *image);

/* Says why there is no engine to ask, from what d2d_engine_get() returned, and dies. */
void d2dalias_no_engine(int status) NORETURN;

/* Reads the sidecars and tells which ones are bad. */
int d2dalias_sidecars(const struct d2dalias *d, struct d2d_sidecar **list);

/* The image as the engine describes it; dies when there is none. */
struct json_object *d2dalias_inspect(const char *image);

/* The image of the alias at a path, "" for a file that is none of ours, NULL for no file; to be freed. */
char *d2dalias_read(const char *path);

/* Writes the command PATH that runs IMAGE; IS_NEW: no file is replaced. Dies when it can't. */
void d2dalias_write(const char *path, const char *image, int is_new);

/* Removes the alias NAME in DIR; an exit code, after a line. */
int d2dalias_unlink(const char *dir, const char *name);

/* Lists the aliases in DIR, or removes those that aren't among the N to keep. An exit code. */
int d2dalias_each(const char *dir, int list, const struct d2d_alias *keep, int n);

/* A command that one of this name would hide, or that would hide it, or NULL; to be freed. */
char *d2dalias_shadowed_by(const char *name);

/* ---- d2dalias_bin.c: what became of scripts, a line each ---- */
void d2dalias_print_scripts(const struct d2dalias *d);

/* The verbs; argv is what follows them. They return the exit code. */
int d2dalias_add(struct d2dalias *d, char **argv);
int d2dalias_list(struct d2dalias *d, char **argv);
int d2dalias_remove(struct d2dalias *d, char **argv);
int d2dalias_bin(struct d2dalias *d, char **argv);
int d2dalias_run(struct d2dalias *d, char **argv);
int d2dalias_watch(struct d2dalias *d, char **argv);
int d2dalias_allow(struct d2dalias *d, char **argv);
int d2dalias_deny(struct d2dalias *d, char **argv);
int d2dalias_allowed(struct d2dalias *d, char **argv);

#endif
