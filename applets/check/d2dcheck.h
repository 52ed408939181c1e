/*
 * Declarations shared by the parts of d2dcheck, which lists and verifies the content of an ISO.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2DCHECK_H
#define D2DCHECK_H 1

#include "d2d_iso.h"

enum {
	OPT_k = 1 << 0,
	OPT_q = 1 << 1,
};

struct d2dcheck {
	struct d2d_iso iso;
	unsigned opt;		/* OPT_ */
	llist_t *keys;		/* texts of public keys: those of -k and of the ISO */
	char *mode;		/* trust mode of the ISO, or NULL if it doesn't say so */
	char *strict;		/* the mode that d2d.hooks= in its menu sets, or NULL */
	char *root;		/* a directory with what the boot would see of the ISO, as ROOT/run/d2d/medium */
	bool bad;		/* something is wrong */
};

/* ---- check/say.c ---- */

/* Reports that something is wrong. */
void d2dcheck_wrong(struct d2dcheck *c, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Prints a line of the list. */
void d2dcheck_row(const char *title, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ---- check/tree.c ---- */

/* Makes c->root, for the functions that decide about hooks. It has no images, and no layers unless these are signed. */
void d2dcheck_tree(struct d2dcheck *c);
void d2dcheck_tree_remove(struct d2dcheck *c);

/* ---- check/boot.c ---- */

/* Prints what the ISO is, and checks how it boots. */
void d2dcheck_boot(struct d2dcheck *c);

/* Prints the settings of its menu, its d2d/config and its keys, and sets c->keys, c->mode and c->strict. */
void d2dcheck_settings(struct d2dcheck *c);

/* ---- check/images.c ---- */

/* Prints the images on the ISO. */
void d2dcheck_images(struct d2dcheck *c);

/* ---- check/hooks.c ---- */

/* Prints which hooks, commands, plugins, layers and settings of the ISO would be used at boot, and why others wouldn't. */
void d2dcheck_hooks(struct d2dcheck *c);

/* ---- check/sums.c ---- */

/* Verifies the checksums and, if there is one, their signature. */
void d2dcheck_sums(struct d2dcheck *c);

#endif
