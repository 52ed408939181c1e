/*
 * libd2d, lvm: LVM2 without its tools: reads the metadata on LVM's disks (physical volumes) and maps the linear volumes in it.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2D_LVM_H
#define D2D_LVM_H 1

#include "d2d_volume.h"

enum { D2D_LVM_ID = 32, D2D_LVM_AREAS = 2 };

/* ---- d2d_lvm_label.c: the label of one disk ---- */

struct d2d_lvm_label {
	char id[D2D_LVM_ID + 1];	/* of the disk */
	uint64_t data, data_end;	/* bytes between which data may be */
	char *text[D2D_LVM_AREAS];	/* copies of the group's metadata, with a '\0' after len bytes; or NULL */
	size_t len[D2D_LVM_AREAS];
};

/* Reads the label and the metadata of a disk or an image of SIZE bytes. Returns NULL, or a static text that says why the disk
 * can't be used. The caller clears *LABEL in either case. */
const char *d2d_lvm_label_read(int fd, uint64_t size, struct d2d_lvm_label *label);
void d2d_lvm_label_clear(struct d2d_lvm_label *label);

/* ---- d2d_lvm_group.c: pure functions on memory ---- */

struct d2d_lvm_disk {
	char *key;			/* its name in the metadata: "pv0" */
	char id[D2D_LVM_ID + 1];
	uint64_t start, extents;	/* start of its data in sectors; number of extents */
	const struct d2d_volume *volume;	/* NULL: the disk is missing */
};

/* A contiguous piece of a volume, in extents. */
struct d2d_lvm_piece {
	uint64_t start, count, at;	/* start in the volume, length, start on the disk */
	unsigned disk;			/* index into the group's disks */
};

struct d2d_lvm_volume {
	char *plain, *name;		/* "LV", and the name of its mapping, "VG-LV" */
	char id[D2D_LVM_ID + 1];
	char *why;			/* why it can't be mapped, printable; NULL if it can */
	smallint hidden;		/* a part of another volume */
	smallint read_only;
	smallint active;		/* is mapped */
	struct d2d_lvm_piece *piece;
	unsigned n_pieces;
};

struct d2d_lvm_group {
	char *name;
	char id[D2D_LVM_ID + 1];
	uint64_t seqno, extent;		/* version of the metadata; sectors of an extent */
	char *text;			/* the metadata */
	char *why;			/* why none of its volumes can be mapped, or NULL */
	smallint read_only;
	struct d2d_lvm_disk *disk;
	struct d2d_lvm_volume *volume;
	unsigned n_disks, n_volumes;
};

/* Parses the metadata of a group with libdevmapper. Returns NULL if it is invalid, and sets *WHY to a static text. */
struct d2d_lvm_group *d2d_lvm_group_read(const char *text, size_t len, const char **why);
void d2d_lvm_group_free(struct d2d_lvm_group *group);

/* Returns the size of a volume in sectors. */
uint64_t d2d_lvm_size(const struct d2d_lvm_group *group, const struct d2d_lvm_volume *lv);

/* ---- d2d_lvm.c: the groups of this machine ---- */

struct d2d_lvm {
	struct d2d_lvm_group **group;
	unsigned n;
};

/* Finds the groups to which the disks in a list of volumes belong, and sets why of each disk to a text that names its group.
 * *LVM refers to the list, which must not be changed or freed before d2d_lvm_free(). */
void d2d_lvm_find(struct d2d_lvm *lvm, struct d2d_volume *list, int n);
void d2d_lvm_free(struct d2d_lvm *lvm);

/* Whether d2d.lvm=no is set. */
bool d2d_lvm_is_off(void);

/* Appends the volumes that are not mapped to a list of N volumes, with the reason in why. OFF: the user has turned LVM off.
 * Returns the new length. */
int d2d_lvm_add_rows(const struct d2d_lvm *lvm, struct d2d_volume **list, int n, bool off);

/* Returns the parameters of one linear target in the device mapper's table, "DEVICE SECTOR", with device numbers or, for
 * messages, with names. The caller frees them. */
char *d2d_lvm_target(const struct d2d_lvm_group *group, const struct d2d_lvm_piece *piece, bool names);

/* ---- d2d_lvm_map.c: mapping volumes with the device mapper ---- */

/* Maps a volume whose why is NULL. Returns 1, or 0 if it was mapped already. After an error its why is set. */
int d2d_lvm_map(const struct d2d_lvm_group *group, struct d2d_lvm_volume *lv);

/* Removes all LVM mappings that are not in use. With GONE, removes only those whose disks are gone: payloads on them are unmounted,
 * and the kernel removes a mapping that is still in use after its last user has closed it. */
void d2d_lvm_unmap(bool gone);

#endif
