/*
 * Declarations shared by the parts of the .d2i writer.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2D_SQUASH_H
#define D2D_SQUASH_H 1

#include "d2d_d2i.h"

/* ---- d2d_squash_tar.c: writing a tar archive ---- */

struct d2d_tar_out {
	FILE *to;
	off_t at;		/* bytes written */
	off_t left;		/* bytes of the entry's content that are still to be written */
	char *pax;		/* records of the extended header for the next entry */
	size_t pax_len;
};

/* Adds a record to the extended header of the next entry. */
void d2d_tar_out_record(struct d2d_tar_out *o, const char *key, const void *value, size_t len);

/* Writes an entry with e's type, name, link, size, mode, owner, seconds of the time stamp and device. The caller then writes its
 * content. */
int d2d_tar_out_entry(struct d2d_tar_out *o, const struct d2d_tar_entry *e);

/* Makes the content of the next entry begin at a multiple of UNIT, a power of 2. The name of that entry must fit into its
 * header. */
void d2d_tar_out_align(struct d2d_tar_out *o, unsigned unit);

/* Writes content, zeros if BUF is NULL, and the padding after the last byte. d2d_tar_out_end() writes the end mark. */
int d2d_tar_out_write(struct d2d_tar_out *o, const void *buf, off_t len);
int d2d_tar_out_end(struct d2d_tar_out *o);

/* ---- d2d_squash_run.c: running mksquashfs ---- */

struct d2d_mksquashfs {
	FILE *to;		/* mksquashfs reads a tar archive from here */
	pid_t pid;
	int err;		/* its error messages, a file in memory */
};

/* Starts mksquashfs, which writes the file NAME in a directory. */
int d2d_mksquashfs_begin(struct d2d_mksquashfs *m, int dir, const char *name);

/* Waits until mksquashfs has ended. R is the result of writing the archive; if it is an error, mksquashfs is killed. Returns R
 * or, if R is 0, the result of mksquashfs: -EIO if it failed, with *why, which the caller frees. */
int d2d_mksquashfs_end(struct d2d_mksquashfs *m, int r, char **why);

/* ---- d2d_squash_root.c ---- */

/* Sets the time stamp of a squashfs' root directory to 1970. Returns -EUCLEAN if the file is not a squashfs with uncompressed
 * inodes. */
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
	const char *link;			/* what a symbolic link contains, or NULL; its hard links share it */
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

/* Sets what a symbolic link contains. */
void d2d_squash_tree_set_link(struct d2d_squash_tree *t, struct d2d_squash_node *n, const char *link);

/* Finds the directory that contains NAME; *PARENT is NULL for the root directory. Missing directories are added if MAKE is set;
 * otherwise the result is -ENOENT. -EBADMSG: the path leads through a file or a symbolic link. */
int d2d_squash_tree_enter(struct d2d_squash_tree *t, struct d2d_layer *l, const char *name, bool make,
		struct d2d_squash_node **parent);

void d2d_squash_free_xattrs(struct d2d_squash_node *n);
void d2d_squash_tree_free(struct d2d_squash_tree *t);

/* ---- d2d_squash_layer.c ---- */

/* Converts a layer's archive to an archive of the files that overlay2 would have for it, and writes the layer's tar-split to the
 * descriptor SPLIT. DIR is the directory in which the squashfs is made. *why is the reason of an error; the caller frees it. */
int d2d_layer_squash(struct d2d_stream *in, FILE *to, int dir, int split, struct d2d_layer_result *result, char **why);

/* ---- d2d_squash_pack.c ---- */

/* Writes the files NAMES of a directory to an archive, in this order, and removes each. */
int d2d_squash_pack(int dir, char **names, unsigned n, int to);

#endif
