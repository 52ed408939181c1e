/*
 * Declarations shared by the parts of d2dmount, which finds volumes and mounts them according to their roles.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2DMOUNT_H
#define D2DMOUNT_H 1

#include "d2d_fetch.h"
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

	OPT_LOOK = OPT_l | OPT_n | OPT_j,	/* options with which nothing is mounted */
};

struct d2dmount {
	unsigned opt;
	const char *medium;	/* UUID of the medium, NULL if unknown */
	const char *spec;	/* value of d2d.store=, NULL: find the store by its label */
	struct d2d_place iso;	/* value of d2d.iso=, or the file that Ventoy has started; path: NULL if neither is given */
	char *why;		/* why such a file isn't the medium, or NULL */
	char *searched;		/* the volumes that were last searched for the medium, or NULL */
	const char *root;
	char **files;		/* devices or images that the user named, NULL-terminated */
	struct d2d_volume *list;
	struct d2d_volume *store;	/* the volume of the list that is used as the store, or NULL */
	int n;			/* volumes in the list */
	struct d2d_lvm *lvm;	/* between d2dmount_lvm_begin() and d2dmount_lvm_end(), else NULL */
};

/* ---- mount/gather.c ---- */

/* Scans and decides roles with the file descriptor LOCK locked, and waits for uevents from FD until a volume of each of the ROLES
 * (bit mask of 1 << D2D_ROLE_) is there. Returns with the lock held. Exits after SECONDS; 0: doesn't wait. */
void d2dmount_gather(struct d2dmount *st, int lock, int fd, unsigned roles, unsigned seconds);

/* ---- mount/scan.c, mount/list.c ---- */

/* Lists the volumes, without roles. */
void d2dmount_scan(struct d2dmount *st);

/* Prints the list as a table, or with -j as JSON. */
void d2dmount_list(const struct d2dmount *st);

/* Whether there is a volume of this role, usable or not. A volume that d2d.store= names counts as the store even if it is locked or
 * can't be a store, because waiting would not change that. */
bool d2dmount_is_there(const struct d2dmount *st, int role);

/* Returns how a message names the medium: its UUID, else the path of its file. */
const char *d2dmount_medium_name(const struct d2dmount *st);

/* Reports why nothing was mounted for a role. */
void d2dmount_report_missing(const struct d2dmount *st, int role);

/* Whether it is an error if nothing was mounted for a role: a medium or store that was named, and a store that exists and can't
 * be used for another reason than that it is locked. */
bool d2dmount_is_required(const struct d2dmount *st, int role);

/* ---- mount/iso.c ---- */

/* Parses d2d.iso=[LABEL-OR-UUID:]PATH. The volume is NULL if any volume will do; the path has no slash at its beginning. Returns
 * NULL, or a static text about the error. The caller frees the strings. */
const char *d2dmount_iso_parse(const char *text, struct d2d_place *iso);

/* Returns the path of the ISO that Ventoy has started, or NULL; the caller frees it. ROOT/sys is read. */
char *d2dmount_iso_of_ventoy(const char *root);

/* Opens the file PATH below a directory if it is an ISO with this UUID (NULL: any), and probes it into *V. Returns the descriptor,
 * -ENOENT or -ENOTDIR if there is no such file, or another error with a reason in *WHY, which the caller frees. */
int d2dmount_iso_open(const char *dir, const char *path, const char *uuid, struct d2d_volume *v, char **why);

/* Whether the directory has the files of the ISO with this UUID: one of them, .disk/UUID.uuid, names it (iso/image). */
bool d2dmount_is_copy(const char *dir, const char *uuid);

/* ---- mount/medium.c ---- */

/* Reads d2d.iso= and what Ventoy has left into st->iso. */
void d2dmount_iso_option(struct d2dmount *st);

/* Appends the mounted ISO to the list if it is a file on a volume. */
void d2dmount_iso_row(struct d2dmount *st);

/* If no volume is the medium, looks for it on all volumes: as an ISO in a file, which is mounted at once, and as a copy of the
 * ISO's files. With an option that forbids mounts, looks only into volumes that are mounted. */
void d2dmount_find_medium(struct d2dmount *st);

/* ---- mount/lvm.c ---- */

/* d2dmount_lvm_begin() lists the volumes and activates those of LVM, unless an option says that nothing is changed. To be called
 * before roles are decided. Afterwards d2dmount_lvm_end() appends LVM's volumes that are not active to the list. */
void d2dmount_lvm_begin(struct d2dmount *st);
void d2dmount_lvm_end(struct d2dmount *st);

/* Does the work of d2dmount -L and -U. Returns the exit status. */
int d2dmount_lvm(struct d2dmount *st);

/* ---- mount/roles.c ---- */

/* Mounts the volumes of ROLES (bit mask of 1 << D2D_ROLE_), or with -n prints the commands. d2dmount_all() also unmounts payloads
 * whose volume is gone, and writes D2D_VOLUMES. Both return the exit status. */
int d2dmount_roles(struct d2dmount *st, unsigned roles);
int d2dmount_all(struct d2dmount *st, unsigned roles);

/* ---- mount/nfs.c ---- */

/* Mounts the NFS export URL as a payload; repeats failed attempts for SECONDS. Returns the exit status, or exits with a message. */
int d2dmount_nfs(const char *url, unsigned seconds);

#endif
