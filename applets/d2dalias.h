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

/* The verbs; argv is what follows them. They return the exit code. */
int d2dalias_add(struct d2dalias *d, char **argv);
int d2dalias_run(struct d2dalias *d, char **argv);
int d2dalias_watch(struct d2dalias *d, char **argv);
int d2dalias_allow(struct d2dalias *d, char **argv);
int d2dalias_deny(struct d2dalias *d, char **argv);
int d2dalias_allowed(struct d2dalias *d, char **argv);

#endif
