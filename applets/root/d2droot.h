/*
 * Declarations shared by the parts of d2droot, which makes a union of the root file system and its layers the new root.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2DROOT_H
#define D2DROOT_H 1

#include "d2d_hook.h"

#define D2DROOT_STORE D2D_STORE"/d2d/root"	/* changes that are kept on the store */
#define D2DROOT_STORE_AUFS D2DROOT_STORE"-aufs"	/* the same for aufs, which has other whiteouts */

enum { D2DROOT_AUTO, D2DROOT_RAM, D2DROOT_OVERLAY, D2DROOT_AUFS };

struct d2droot {
	const char *root;	/* "" for / */
	int kind;		/* D2DROOT_ */
	bool keep;		/* keep changes on the store */
	const char *base;	/* path of the base system, a squashfs; NULL if all of the system is in the initramfs */
	bool in_memory;		/* base is a copy in memory */
	int code;		/* exit status if nothing else fails */
	struct d2d_trust trust;
	struct d2d_hooks layers;
};

/* ---- root/changes.c ---- */

/* Keeps changes in memory instead of on the store, and reports why. */
void d2droot_keep_in_memory(struct d2droot *r, const char *why);

/* Checks whether changes may be kept on the store: a file there replaces any program of the root, so the store must be trusted
 * like an unsigned hook. Else calls d2droot_keep_in_memory(). */
void d2droot_check_store(struct d2droot *r);

/* ---- root/base.c ---- */

/* Whether the initramfs contains only a part of the system (variant lean). */
bool d2droot_is_lean(void);

/* Finds the base system on the medium and compares its digest with the one in the image. Copies it into memory if d2d.toram is
 * set or layers need a signature. Returns 0, or a negative errno after a message. */
int d2droot_find_base(struct d2droot *r);

/* ---- root/union.c ---- */

/* Whether the root is an overlay or aufs already. */
bool d2droot_is_union(void);

/* Mounts a tmpfs on the directory D2D_ROOT, and unmounts it with all mounts below it. d2droot_begin() returns 0, or a negative
 * errno after a message. */
int d2droot_begin(void);
void d2droot_end(void);

/* Makes the union of / and the layers that are used the new root. Returns 0, or a negative errno after a message; then the root is
 * unchanged. */
int d2droot_union(struct d2droot *r);

#endif
