/*
 * What the parts of d2droot share.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2DROOT_H
#define D2DROOT_H 1

#include "d2d_hook.h"

#define D2DROOT_STORE D2D_STORE"/d2d/root"	/* changes that stay */
#define D2DROOT_STORE_AUFS D2DROOT_STORE"-aufs"	/* of that kind: what is deleted is noted in another way */

enum { D2DROOT_AUTO, D2DROOT_RAM, D2DROOT_OVERLAY, D2DROOT_AUFS };

struct d2droot {
	const char *root;	/* "" for / */
	int kind;		/* D2DROOT_ */
	bool keep;		/* changes go to the store */
	const char *base;	/* a squashfs with the rest of the system, NULL: all of it was unpacked */
	bool in_memory;		/* it is a copy */
	int code;		/* to exit with when all else went well */
	struct d2d_trust trust;
	struct d2d_hooks layers;
};

/* ---- d2droot_changes.c ---- */

/* Changes are kept in memory after all; says so and why. */
void d2droot_keep_in_memory(struct d2droot *r, const char *why);

/* Forgets the store, as above, unless changes can be kept there and it is trusted. */
void d2droot_check_store(struct d2droot *r);

/* ---- d2droot_base.c ---- */

/* Is only a part of the system in the initramfs? */
bool d2droot_is_lean(void);

/* Finds the rest and compares it with what the image says; copies it into memory with d2d.toram, and where layers need a
 * signature. A negative errno after it has said why. */
int d2droot_find_base(struct d2droot *r);

/* ---- d2droot_union.c ---- */

/* Is the root an overlay or aufs already? */
bool d2droot_is_union(void);

/* Makes the folder D2D_ROOT, a file system in memory of its own, and takes it away with all that is mounted there. A
 * negative errno, after it has said why, when it can't be made. */
int d2droot_begin(void);
void d2droot_end(void);

/* Puts the union of / and the layers that run in the place of /. 0, or a negative errno after it has said why; the root is the
 * old one then. */
int d2droot_union(struct d2droot *r);

#endif
