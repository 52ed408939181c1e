/*
 * What the parts of the .d2i writer share.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2D_SQUASH_H
#define D2D_SQUASH_H 1

#include "d2d_d2i.h"

/* ---- d2d_squash_tar.c: writes a tar archive ---- */

struct d2d_tar_out {
	FILE *to;
	off_t at;
	off_t left;		/* of the entry's content */
	char *pax;		/* records for the next entry */
	size_t pax_len;
};

/* An extended header's record for the entry to come. */
void d2d_tar_out_record(struct d2d_tar_out *o, const char *key, const void *value, size_t len);

/* An entry: type, name, link, size, mode, owner, seconds of the time and device are used. Its content is to follow. */
int d2d_tar_out_entry(struct d2d_tar_out *o, const struct d2d_tar_entry *e);

/* Lets the content of the entry to come, whose name is a short one, begin at a multiple of UNIT. */
void d2d_tar_out_align(struct d2d_tar_out *o, unsigned unit);

/* Content, its padding by itself; BUF may be NULL for zeros. And the end of it all. */
int d2d_tar_out_write(struct d2d_tar_out *o, const void *buf, off_t len);
int d2d_tar_out_end(struct d2d_tar_out *o);

/* ---- d2d_squash_run.c: mksquashfs ---- */

struct d2d_mksquashfs {
	FILE *to;		/* it reads a tar archive from there */
	pid_t pid;
	int err;		/* its error messages, in memory */
};

/* Begins a squashfs NAME in a folder. */
int d2d_mksquashfs_begin(struct d2d_mksquashfs *m, int dir, const char *name);

/* Ends it; by force when R, what feeding it came to, is an error. Returns that or what it came to itself, with *why, to be
 * freed, when it has something to say. */
int d2d_mksquashfs_end(struct d2d_mksquashfs *m, int r, char **why);

/* ---- d2d_squash_root.c ---- */

/* Sets the time of the root folder to 1970. -EUCLEAN: not a squashfs with its inodes as such. */
int d2d_squash_root_time(int fd);

/* ---- d2d_squash_tree.c: the names of a layer's files ---- */

#define D2D_SQUASH_WHITEOUT 'w'

struct d2d_squash_node {
	const char *name;
	char type;			/* as in d2d_tar_entry, or D2D_SQUASH_WHITEOUT */
	bool opaque;
	mode_t mode;
	uid_t uid;
	gid_t gid;
	time_t mtime;
	struct d2d_xattr *xattrs;
	unsigned n_xattrs;
	struct d2d_squash_node *target;		/* the file that this hard link refers to, or NULL */
};

struct d2d_squash_tree {
	void *root;			/* for tsearch(3) and twalk(3) */
	size_t bytes;
	struct d2d_squash_node *parent;	/* the directory of the last entry, or NULL */
};

/* Returns the node with this name, or NULL. */
struct d2d_squash_node *d2d_squash_tree_find(struct d2d_squash_tree *t, const char *name);

/* Adds a directory with mode 0755 and this name, which the caller turns into what it is. Returns 0, or a negative errno after the
 * reason was set in L: -ENAMETOOLONG, -EFBIG. */
int d2d_squash_tree_add(struct d2d_squash_tree *t, struct d2d_layer *l, const char *name, struct d2d_squash_node **n);

/* Finds the directory that contains NAME; *PARENT is NULL for the root directory. Missing directories are added if MAKE is set;
 * otherwise the result is -ENOENT. -EBADMSG: the path leads through a file or a symbolic link. */
int d2d_squash_tree_enter(struct d2d_squash_tree *t, struct d2d_layer *l, const char *name, bool make, struct d2d_squash_node **parent);

void d2d_squash_free_xattrs(struct d2d_squash_node *n);
void d2d_squash_tree_free(struct d2d_squash_tree *t);

/* ---- d2d_squash_layer.c ---- */

/* Turns a layer's archive into one of the files that overlay2 would have of it, its tar-split to a descriptor. DIR is
 * where it will lie at last. */
int d2d_layer_squash(struct d2d_stream *in, FILE *to, int dir, int split, struct d2d_layer_result *result, char **why);

/* ---- d2d_squash_pack.c ---- */

/* Joins the files of a folder to an archive, in this order, removing each. */
int d2d_squash_pack(int dir, char **names, unsigned n, int to);

#endif
