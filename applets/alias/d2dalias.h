/*
 * Declarations shared by the verbs of d2dalias, which creates commands for images and runs them.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2DALIAS_H
#define D2DALIAS_H 1

#include "d2d_alias.h"

enum { EXIT_CANNOT_RUN = 125 };		/* exit status, the same as that of 'docker run' */

struct d2dalias {
	const char *dir;	/* directory of the commands */
	const char *root;	/* "" for / */
	const char *store;	/* Docker's data-root, to be read instead of asking the engine; or NULL */
};

/* ---- alias/run.c ---- */

/* Returns IMAGE as NAME:TAG, with the tag "latest" if it has none. The caller frees it. */
char *d2dalias_tagged(const char *image);

/* Reports why the engine can't be asked and exits. STATUS is the result of d2d_engine_get(). */
void d2dalias_no_engine(int status) NORETURN;

/* Reads the sidecars and reports invalid ones. Returns the number of sidecars; the caller frees *LIST with d2d_sidecars_free(). */
int d2dalias_sidecars(const struct d2dalias *d, struct d2d_sidecar **list);

/* Returns the engine's description of an image; exits if there is none. The caller frees it with json_object_put(). */
struct json_object *d2dalias_inspect(const char *image);

/* ---- alias/file.c: the files of the commands ---- */

/* Writes the command PATH, which runs IMAGE, or exits. With IS_NEW, fails if the file exists. */
void d2dalias_write(const char *path, const char *image, int is_new);

/* Removes the alias NAME in DIR and prints a line about it. Returns an exit status. */
int d2dalias_unlink(const char *dir, const char *name);

/* With LIST, prints the aliases in DIR; else removes those that are not among the N aliases of KEEP. Returns an exit status. */
int d2dalias_each(const char *dir, int list, const struct d2d_alias *keep, int n);

/* Returns another command with this name, which would hide the alias or be hidden by it, or NULL. The caller frees it. */
char *d2dalias_shadowed_by(const char *name);

/* ---- alias/bin.c: scripts in d2d/bin ---- */

/* Prints a line about each script: whether it is used, and else why not. */
void d2dalias_print_scripts(const struct d2dalias *d);

/* ---- the verbs: ARGV is the arguments after the verb; they return an exit status ---- */

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
