/*
 * Declarations shared by the parts of d2droot, which makes a union of the root file system and its layers the new root.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2DROOT_H
#define D2DROOT_H 1

#include "d2d_hook.h"
#include "d2d_packages.h"

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
	unsigned used;		/* layers in the union, without the base system */
	struct d2d_trust trust;
	struct d2d_hooks layers;
	struct d2d_packages packages;	/* what the base system is made of; empty if it doesn't say so */
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

/* Makes the union of / and the layers that are used the new root. Returns 0; a negative errno after a message, or
 * D2DROOT_NO_LAYERS if no layer can be used and a union without layers isn't wanted: then the root is unchanged. */
enum { D2DROOT_NO_LAYERS = 1 };
int d2droot_union(struct d2droot *r);

/* ---- root/packages.c ---- */

/* Reads the list of the base system's packages. */
void d2droot_read_packages(struct d2droot *r);

/* Compares the lists that the layer mounted on the directory PLACE has with the packages of the base system. Returns why it can't be
 * used, or NULL; the caller frees it. Prints a line for each package of which the base system has another version. */
char *d2droot_unfit(const struct d2droot *r, const struct d2d_hook *layer, const char *place);

/* ---- root/layers.c ---- */

#define D2DROOT_LAYERS D2D_ROOT"/layers"

/* Mounts the base system and the layers below D2DROOT_LAYERS. Layers that can't be mounted, or that have something else in the
 * place of one of the N directories PATHS, on which file systems are mounted, are left out, with a message. Returns the names of
 * their mount points, the top layer first, each followed by SUFFIX and ':', which the caller frees; or NULL after a message, if the
 * base system can't be mounted. */
char *d2droot_layers(struct d2droot *r, const char *suffix, char **paths, unsigned n);

/* Leaves a layer out, says why, and sets the exit status. WHY is freed later. */
void d2droot_leave_out(struct d2droot *r, struct d2d_hook *layer, char *why);

#endif
