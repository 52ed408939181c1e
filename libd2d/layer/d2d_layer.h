/*
 * libd2d, layer: unpacks a layer's archive into the files that Docker's overlay2 expects, and writes its tar-split.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2D_LAYER_H
#define D2D_LAYER_H 1

#include "d2d_archive.h"

/* ---- d2d_layer.c ---- */

/* Unpacks a layer's archive into the empty directory DIFF as overlay2 stores it, and writes its tar-split to the descriptor
 * SPLIT. With BESIDE, other processes do a part of the work. *why is set to the reason of an error; the caller frees it. */
int d2d_layer_unpack(struct d2d_stream *in, bool beside, int diff, int split, struct d2d_layer_result *result, char **why);

/* ---- the inside of the reader, for code that stores a layer's files in another way ---- */

enum {
	D2D_LAYER_CHUNK = 64 * 1024,
	D2D_LAYER_NAME_MAX = 4095,	/* bytes */
};

struct d2d_layer {
	/* Takes an entry and reads its content. NAME is clean and leads through no symbolic link of the layer. It is "." only if
	 * the entry describes the root directory. */
	int (*on_entry)(struct d2d_layer *l, const struct d2d_tar_entry *e, const char *name);
	/* Finds a symbolic link of the layer: 1: PATH is a link, and *target is set to a copy of what it contains; 0: there is no
	 * link in PATH; -ELOOP: there may be a link before its last component. */
	int (*on_link)(struct d2d_layer *l, const char *path, char **target);
	/* Called after the last entry. */
	int (*on_end)(struct d2d_layer *l);

	bool beside;		/* a child process computes the digest */
	int diff;		/* the layer's directory diff; for a squashfs the directory in which it is made */
	struct d2d_tar tar;
	struct d2d_tarsplit *split;
	off_t size;		/* as Docker counts it */
	off_t room;		/* free bytes of the file system, as far as they are not used yet */
	char *why;
	char *buf;		/* D2D_LAYER_CHUNK bytes */

	char *dir;		/* the directory of the last entry, open as dir_fd; or NULL */
	int dir_fd;

	bool has_links;		/* the layer has symbolic links */
	bool whiteout;		/* the last entry is a whiteout */
	bool no_file;		/* the last entry is a whiteout or the root directory: no file has its content */
	char *split_name;	/* name of the last entry for the tar-split, or NULL if that of the archive will do */

	struct d2d_layer_dir {
		char *name;
		struct timespec times[2];
	} *dirs;		/* their time stamps are set last, because new entries in a directory change them */
	unsigned n_dirs;
	size_t names;		/* bytes of names in dirs */

	uint64_t *seen;		/* hash table of all names, with open addressing */
	size_t n_seen, seen_room;
};

/* Reads a layer's archive, passes its entries to on_entry() and writes its tar-split to the descriptor SPLIT. */
int d2d_layer_read(struct d2d_layer *l, struct d2d_stream *in, int split, struct d2d_layer_result *result);

/* Reads the next bytes of the entry's content into buf, at most LEN and D2D_LAYER_CHUNK. Returns their number. */
ssize_t d2d_layer_content(struct d2d_layer *l, const struct d2d_tar_entry *e, off_t len);

/* Returns -ENOSPC if the file is larger than the free space. */
int d2d_layer_room(struct d2d_layer *l, const struct d2d_tar_entry *e);

/* Returns the name that the whiteout BASE hides, a part of BASE; NULL if it is invalid. */
const char *d2d_layer_whiteout_target(struct d2d_layer *l, const struct d2d_tar_entry *e, const char *base);

/* ---- d2d_layer_file.c ---- */

/* Creates the file or directory of an entry, whose name is NAME as in on_entry(), and reads its content from the archive. */
int d2d_layer_make(struct d2d_layer *l, const struct d2d_tar_entry *e, const char *name);

/* Returns the name of the file that a hard link's entry refers to, from d2d_layer_resolve(), which the caller frees; NULL after the
 * reason of an error was set. */
char *d2d_layer_hardlink_target(struct d2d_layer *l, const struct d2d_tar_entry *e);

/* Sets times before 1970 to 0, as Docker does except for symbolic links. */
void d2d_layer_after_1970(struct timespec times[2]);

/* ---- d2d_layer_path.c ---- */

/* Opens the parent directory of a name from d2d_layer_resolve(); with MAKE, creates it. Returns a descriptor that the layer owns,
 * or -EBADMSG if the path contains a symbolic link or a file. *base is the last component of the name. */
int d2d_layer_enter(struct d2d_layer *l, const char *name, bool make, const char **base);

/* Follows the symbolic links of the layer in the directories of a clean name, as if the layer's root were that of the process:
 * neither an absolute link nor ".." leads out. The last component is not followed. Returns a clean name without such links, which
 * the caller frees; NULL after the reason of an error was set. *LEAVES is set to true if a process that lets the kernel follow
 * the links, as dockerd does, could get elsewhere or nowhere. */
char *d2d_layer_resolve(struct d2d_layer *l, const char *name, bool *leaves);

/* Forgets the directory of the last entry, because a link to it was replaced. */
void d2d_layer_leave(struct d2d_layer *l);

/* Sets the reason of an error, unless there is one already, and returns ERR. */
int d2d_layer_fail(struct d2d_layer *l, int err, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
