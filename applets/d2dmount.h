/*
 * What the parts of d2dmount share.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2DMOUNT_H
#define D2DMOUNT_H 1

#include "libd2d.h"

enum {
	OPT_l = 1 << 0,
	OPT_n = 1 << 1,
	OPT_j = 1 << 2,
	OPT_r = 1 << 3,
	OPT_w = 1 << 4,
	OPT_s = 1 << 5,

	OPT_LOOK = OPT_l | OPT_n | OPT_j,	/* nothing is mounted */
};

struct d2dmount {
	unsigned opt;
	const char *medium;	/* the UUID, NULL when none is known */
	const char *spec;	/* what names the store, NULL for the labels */
	const char *root;
	char **files;
	struct d2d_volume *list;
	struct d2d_volume *store;	/* the one of the list that is to be used */
	int n;
};

/* Prints the list as a table, or with -j as JSON. */
void d2dmount_list(const struct d2dmount *st);

#endif
