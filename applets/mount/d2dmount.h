/*
 * What the parts of d2dmount share.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2DMOUNT_H
#define D2DMOUNT_H 1

#include "d2d_volume.h"

enum {
	OPT_l = 1 << 0,
	OPT_n = 1 << 1,
	OPT_j = 1 << 2,
	OPT_r = 1 << 3,
	OPT_w = 1 << 4,
	OPT_s = 1 << 5,
	OPT_u = 1 << 9,
	OPT_L = 1 << (9 + ENABLE_FEATURE_D2DMOUNT_NFS),
	OPT_U = OPT_L << 1,

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
	struct d2d_lvm *lvm;	/* while a list is being made */
};

/* ---- d2dmount_gather.c ---- */

/* Gathers, under the lock, until all that is asked for is there; dies when it isn't after so many seconds. */
void d2dmount_gather(struct d2dmount *st, int lock, int fd, unsigned roles, unsigned seconds);

/* Fills the list with what there is; roles aren't decided yet. */
void d2dmount_scan(struct d2dmount *st);

/* Prints the list as a table, or with -j as JSON. */
void d2dmount_list(const struct d2dmount *st);

/* Is there a volume of this role, be it of use or not? A store that was named also when it is locked or can't be one: waiting
 * makes nothing better. */
bool d2dmount_is_there(const struct d2dmount *st, int role);

/* Says why nothing was mounted for a role. */
void d2dmount_report_missing(const struct d2dmount *st, int role);

/* What was asked for by name has to be there, and a store that is left alone but for its lock has to be looked at. */
bool d2dmount_is_required(const struct d2dmount *st, int role);

/* ---- d2dmount_lvm.c ---- */

/* d2dmount_scan(), with LVM's volumes activated unless nothing is to be changed; then roles may be decided, and after it
 * the list gets those that aren't active. */
void d2dmount_lvm_begin(struct d2dmount *st);
void d2dmount_lvm_end(struct d2dmount *st);

/* d2dmount -L and -U: returns the exit code. */
int d2dmount_lvm(struct d2dmount *st);

/* ---- d2dmount_roles.c ---- */

/* Mounts the volumes of ROLES (1 << D2D_ROLE_, or'ed), or with -n prints how; d2dmount_all() also notes them in D2D_VOLUMES and
 * unmounts sticks that are gone. They return the exit code. */
int d2dmount_roles(struct d2dmount *st, unsigned roles);
int d2dmount_all(struct d2dmount *st, unsigned roles);

/* ---- d2dmount_nfs.c ---- */

/* Mounts the folder that URL names as a payload, trying for so many seconds. Returns the exit code, or dies with the reason. */
int d2dmount_nfs(const char *url, unsigned seconds);

#endif
