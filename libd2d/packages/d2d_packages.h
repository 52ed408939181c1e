/*
 * libd2d, packages: the lists of Debian packages that a base system is made of and that a layer needs (docs/layers.md). Works on
 * memory only.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2D_PACKAGES_H
#define D2D_PACKAGES_H 1

#include "d2d_util.h"

#define D2D_PACKAGES "/usr/lib/d2d/packages"		/* the list of the running system */
#define D2D_PACKAGES_ISO ".disk/packages"		/* the same on the ISO */
#define D2D_PACKAGES_LAYERS "usr/lib/d2d/layers"	/* in a layer, the directory with its list NAME.list */

enum { D2D_PACKAGES_MAX = 1024 * 1024 };		/* bytes of a list */

struct d2d_packages {
	char *suite;		/* of Debian */
	struct d2d_package {
		char *name, *version;
		bool needed;	/* of the base system; else the system or layer has files of it */
	} *package;		/* in the order of strcmp() of their names */
	unsigned n;
};

/* Parses a list: lines "suite NAME", "package NAME VERSION ...", "needs NAME VERSION", comments, and lines with other words, which are
 * ignored. TEXT needs no '\0' at its end. Returns 0, or -EBADMSG; then *p is empty and *why is the reason, which the caller frees. */
int d2d_packages_parse(const char *text, size_t len, struct d2d_packages *p, char **why);
void d2d_packages_free(struct d2d_packages *p);

/* Returns why a layer can't be used with a base system: it is for another suite, or needs a package that isn't there; or NULL. The
 * caller frees it. Adds a text for each package of which the base system has another version to *OTHERS, malloc'ed. */
char *d2d_packages_missing(const struct d2d_packages *base, const struct d2d_packages *layer, llist_t **others);

#endif
