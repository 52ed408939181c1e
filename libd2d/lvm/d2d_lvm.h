/*
 * libd2d, lvm: LVM2 without its tools: what its disks say of themselves, and the linear volumes that can be made of them.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2D_LVM_H
#define D2D_LVM_H 1

#include "d2d_volume.h"

enum { D2D_LVM_ID = 32, D2D_LVM_AREAS = 2 };

/* ---- d2d_lvm_label.c ---- */

/* What one disk says: its own id, where its data may lie (bytes), and the metadata of its group, mostly once. */
struct d2d_lvm_label {
	char id[D2D_LVM_ID + 1];
	uint64_t data, data_end;
	char *text[D2D_LVM_AREAS];	/* ends in '\0' behind len; NULL: none */
	size_t len[D2D_LVM_AREAS];
};

/* Reads it from a disk or an image of SIZE bytes. NULL, or why it can't be used. To be cleared in either case. */
const char *d2d_lvm_label_read(int fd, uint64_t size, struct d2d_lvm_label *label);
void d2d_lvm_label_clear(struct d2d_lvm_label *label);

/* ---- d2d_lvm_group.c: pure functions on memory ---- */

struct d2d_lvm_disk {
	char *key;			/* how the metadata calls it: "pv0" */
	char id[D2D_LVM_ID + 1];
	uint64_t start, extents;	/* start in sectors */
	const struct d2d_volume *volume;	/* NULL: not there */
};

/* A stretch of a volume, in extents. */
struct d2d_lvm_piece {
	uint64_t start, count, at;
	unsigned disk;
};

struct d2d_lvm_volume {
	char *plain, *name;		/* "LV", and "VG-LV" as LVM calls the mapping */
	char id[D2D_LVM_ID + 1];
	char *why;			/* why it isn't mapped here; NULL: it can be. Printable */
	smallint hidden;		/* part of another volume */
	smallint read_only;
	smallint active;		/* the kernel has it */
	struct d2d_lvm_piece *piece;
	unsigned n_pieces;
};

struct d2d_lvm_group {
	char *name;
	char id[D2D_LVM_ID + 1];
	uint64_t seqno, extent;		/* extent in sectors */
	char *text;			/* what all this was taken from */
	char *why;			/* why nothing of it is mapped here */
	smallint read_only;
	struct d2d_lvm_disk *disk;
	struct d2d_lvm_volume *volume;
	unsigned n_disks, n_volumes;
};

/* Parses the metadata of a group, with libdevmapper. NULL and *WHY when it makes no sense. */
struct d2d_lvm_group *d2d_lvm_group_read(const char *text, size_t len, const char **why);
void d2d_lvm_group_free(struct d2d_lvm_group *group);

/* Sectors of a volume. */
uint64_t d2d_lvm_size(const struct d2d_lvm_group *group, const struct d2d_lvm_volume *lv);

/* ---- d2d_lvm.c ---- */

struct d2d_lvm {
	struct d2d_lvm_group **group;
	unsigned n;
};

/* The groups that the volumes of a list are disks of, each with its disks found, or why it can't be used; the disks'
 * why says to what they belong. The strings of the list are used as long as this is. */
void d2d_lvm_find(struct d2d_lvm *lvm, struct d2d_volume *list, int n);
void d2d_lvm_free(struct d2d_lvm *lvm);

/* Adds to a list the volumes that aren't active, with their why. OFF: the user wants none. Returns the new length. */
int d2d_lvm_add_rows(const struct d2d_lvm *lvm, struct d2d_volume **list, int n, bool off);

/* The text of one target of the kernel's table, "DEVICE SECTOR", with device numbers or, for people, names. */
char *d2d_lvm_target(const struct d2d_lvm_group *group, const struct d2d_lvm_piece *piece, bool names);

/* ---- d2d_lvm_map.c ---- */

/* Maps a volume that has no why: 1 when it did, 0 when the kernel had it already. */
int d2d_lvm_map(const struct d2d_lvm_group *group, struct d2d_lvm_volume *lv);

/* Takes the mappings of LVM back that nobody uses, or only those whose disks are gone: these then, once nobody does. */
void d2d_lvm_unmap(bool gone);

#endif
