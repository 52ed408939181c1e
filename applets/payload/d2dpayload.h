/*
 * Declarations shared by the parts of d2dpayload.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2DPAYLOAD_H
#define D2DPAYLOAD_H 1

#include "d2d_fetch.h"

struct d2dpayload {
	const char *root;	/* "" for / */
	unsigned wait;		/* seconds in which a server that doesn't answer is tried again */
};

/* ---- the verbs; each returns the exit status ---- */

/* payload/fetch.c: gets the payloads with these URLs, or those of d2d.payload= if there is none. */
int d2dpayload_fetch(const struct d2dpayload *d, char **urls);

/* payload/index.c: writes DIR/d2d/index. */
int d2dpayload_index(const char *dir);

/* ---- payload/download.c ---- */

/* Downloads the payload at a URL. Returns the exit status; prints the result or the reason. */
int d2dpayload_download(const struct d2dpayload *d, const char *text);

#endif
