/*
 * libd2d, archive: the files that images come in, as bytes: digests, streams and their unpackers (gzip, zstd, xz, bzip2), tar,
 * the members of an archive, and the tar-split from which Docker makes a layer's archive again.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2D_ARCHIVE_H
#define D2D_ARCHIVE_H 1

#include <nettle/sha2.h>
#include "d2d_util.h"

/* Libbb's names, nettle's code: on a processor without instructions for SHA-256, which is what an import takes most of its
 * time for, it is 1.7 times as fast; and cryptsetup brings it along. */
#undef sha256_hash
#undef sha256_end
#define sha256_ctx_t struct sha256_ctx
#define sha256_begin(ctx) sha256_init(ctx)
#define sha256_hash(ctx, buf, len) sha256_update(ctx, len, (const void *)(buf))
#define sha256_end(ctx, digest) sha256_digest(ctx, SHA256_DIGEST_SIZE, digest)

/* ---- d2d_digest.c ---- */

#define D2D_DIGEST 64		/* hexadecimal digits of SHA-256 */
#define D2D_LINK 26		/* letters of a layer's short name in Docker's store */

/* HEX has room for D2D_DIGEST + 1. */
void d2d_digest(char *hex, const void *bytes, size_t len);

/* Whether it is 64 lower-case hexadecimal digits, and where they are in "sha256:HEX" (NULL: they aren't). */
bool d2d_is_digest(const char *hex);
const char *d2d_digest_hex(const char *digest);

/* ---- d2d_stream.c, d2d_unpack.c: bytes to be read from the start to the end ---- */

struct d2d_stream;

/* So many bytes of a descriptor, which stays the caller's and keeps its position; d2d_stream_close_fd() gives it away. */
struct d2d_stream *d2d_stream_file(int fd, off_t from, off_t size, const struct d2d_progress *progress);
void d2d_stream_close_fd(struct d2d_stream *s);

/* The next bytes of another stream, which stays open; and a stream that is hashed as it is read. */
struct d2d_stream *d2d_stream_part(struct d2d_stream *of, off_t size);
struct d2d_stream *d2d_stream_hash(struct d2d_stream *of, sha256_ctx_t *ctx);

/* How something is packed that begins so, in as many bytes as are there up to D2D_MAGIC. */
enum { D2D_PLAIN, D2D_GZIP, D2D_ZSTD, D2D_XZ, D2D_BZIP2 };
#define D2D_MAGIC 6
int d2d_compression_of(const void *head, size_t len);

/* Whether a file is zstd. */
int d2d_is_zstd(int fd);

/* Puts an unpacker on top of the stream when its first bytes are those of gzip, zstd, xz or bzip2: 1, else 0.
 * -EPROTONOSUPPORT: xz and bzip2 can only be unpacked out of a file. */
int d2d_stream_unpack(struct d2d_stream **s);

/* From here on a process of its own reads the stream, ahead of this one. -EOWNERDEAD in a reading: it was killed. */
int d2d_stream_read_ahead(struct d2d_stream **s);

/* As much as LEN, less only at the end. -EBADMSG: damaged, or ends in the midst of what was packed. -ENODATA: it ends
 * before it should. -EFBIG: it goes over its limit. After an error all that follows is the same. */
ssize_t d2d_stream_read(struct d2d_stream *s, void *buf, size_t len);
int d2d_stream_skip(struct d2d_stream *s, off_t n);

/* Looks at the first LEN bytes without taking them; only once for a stream. */
ssize_t d2d_stream_peek(struct d2d_stream *s, const void **buf, size_t len);

off_t d2d_stream_position(const struct d2d_stream *s);
void d2d_stream_limit(struct d2d_stream *s, off_t limit);	/* 0: none */

/* Closes it and what is below it. */
void d2d_stream_close(struct d2d_stream *s);

/* ---- kinds of streams: what d2d_stream.c, the unpackers and others that make one fill in ---- */

struct d2d_stream {
	/* some bytes, 0 at the end, or a negative errno */
	ssize_t (*read)(struct d2d_stream *s, void *buf, size_t len);
	/* over so many bytes without reading them, or NULL */
	int (*skip)(struct d2d_stream *s, off_t n);
	void (*end)(struct d2d_stream *s);	/* may be NULL */
	struct d2d_stream *below;
	bool borrows;			/* closing this one leaves that below open */
	off_t at, limit;
	int err;			/* of a reading; there is nothing after it */
	char *peeked;
	size_t n_peeked, peek_at;
};

/* A zeroed structure of SIZE bytes that begins with a stream. */
struct d2d_stream *d2d_stream_new(size_t size, struct d2d_stream *below);

/* ---- d2d_tar.c, d2d_tar_pax.c ---- */

struct d2d_tar_entry {
	char type;		/* '0' file, '1' hard link, '2' symbolic link, '3' '4' devices, '5' folder, '6' FIFO, '7' as
				 * '0', 'S' GNU's old sparse file, 'g' global header: no file at all */
	char *name, *link;	/* as they stand there: not to be trusted */
	off_t size;		/* of the file; of a sparse one more than is stored */
	mode_t mode;
	uid_t uid;
	gid_t gid;
	dev_t dev;
	struct timespec mtime, atime;	/* atime is 0 where there is none */
	struct d2d_xattr {
		char *name, *value;
		size_t len;
	} *xattrs;
	unsigned n_xattrs;
	bool sparse;
	struct d2d_piece {
		off_t from, len;
	} *map;			/* of a sparse file: what is stored, in order */
	unsigned n_map;
};

struct d2d_tar {
	struct d2d_stream *in;
	void (*raw)(void *arg, const void *buf, size_t len);	/* gets all that is no file's content, or NULL */
	void *arg;
	off_t left, pad;	/* content and padding of the entry that are still to be read */
	bool ended;		/* by its end mark */
};

/* The next entry: 1, or 0 at the end. It replaces the one in *e, which is zeroed at first. -EBADMSG: no tar, or
 * damaged. */
int d2d_tar_next(struct d2d_tar *t, struct d2d_tar_entry *e);

/* Content as it is stored. */
ssize_t d2d_tar_read(struct d2d_tar *t, void *buf, size_t len);
void d2d_tar_entry_clear(struct d2d_tar_entry *e);

/* ---- d2d_tar_write.c ---- */

/* Fills in a header block of TAR_BLOCK_SIZE bytes from an entry's type, name and link (cut at 100 bytes), size, mode, owner, whole
 * seconds of the time, and device. */
void d2d_tar_header(void *block, const struct d2d_tar_entry *e);

/* ---- d2d_archive.c, d2d_archive_member.c ---- */

struct d2d_archive;

struct d2d_member {
	char *name, *link;
	char type;		/* as in d2d_tar_entry */
	off_t at, size;		/* in the archive, when it is unpacked; members of a folder are numbered */
	char *text;		/* of small JSON files, or NULL */
	char packing;		/* of an archive's regular files: as by d2d_compression_of() */
};

/* Reads what lies in an image file, or opens a folder. The descriptor stays the caller's. LIMIT: the most that it may
 * unpack to, 0 for any. -EBADMSG: *why, to be freed, says what is wrong. */
int d2d_archive_open(struct d2d_archive **a, int fd, off_t limit, const struct d2d_progress *progress, char **why);
void d2d_archive_close(struct d2d_archive *a);

struct d2d_layer_result {
	char digest[D2D_DIGEST + 1];	/* of the archive, to its last byte */
	off_t size;			/* as Docker counts it */
	bool ended;			/* by its end mark, after something */
};

/* The same for a file that may be packed as a whole: as it is unpacked, all members but small JSON files are offered to
 * the early reader, which reads as much of one as it likes and closes nothing; it returns what it has made of a layer, its own,
 * or NULL. A size of -1: all that there is, and not packed once more. AHEAD: it is unpacked in a process of its own. */
struct d2d_early_reader {
	const struct d2d_layer_result *(*read)(void *arg, const struct d2d_member *m, struct d2d_stream *in);
	void *arg;
	bool ahead;
};
int d2d_archive_open_early(struct d2d_archive **a, int fd, off_t limit, const struct d2d_progress *progress,
		const struct d2d_early_reader *early, char **why);

/* A file that is one layer by itself: member "rootfs.tar", of which DIGEST becomes that of what it unpacks to. */
int d2d_archive_open_whole(struct d2d_archive **a, int fd, off_t limit, const struct d2d_progress *progress,
		const struct d2d_early_reader *early, char *digest, char **why);

/* Puts a text in it as a member, as if it had been there; it is the archive's then. Of others pointers are no longer good. */
void d2d_archive_add_text(struct d2d_archive *a, const char *name, char *text);

/* Where a member lies as it is: the descriptor of a file, to be closed, and the offset in it. -EPROTONOSUPPORT: the archive
 * is packed. */
int d2d_archive_locate(struct d2d_archive *a, const struct d2d_member *m, off_t *at);

/* Its length when it is unpacked, up to the end mark; whether there was none. */
off_t d2d_archive_size(const struct d2d_archive *a, bool *cut);

/* A regular file, by its name or by that of a link to it; NULL when there is none. It is the archive's. */
struct d2d_member *d2d_archive_find(struct d2d_archive *a, const char *name);

/* The text of a small JSON file, or NULL; the archive's. */
const char *d2d_archive_text(struct d2d_archive *a, struct d2d_member *m);

bool d2d_archive_is_packed(const struct d2d_archive *a);

/* Who is told from now on how far a member's content has been read, and who was before. A packed archive goes on telling
 * how far the file has. */
const struct d2d_progress *d2d_archive_set_progress(struct d2d_archive *a, const struct d2d_progress *progress);

/* A member's content, to be closed before the next is taken. In a packed archive members in the order of their places
 * cost one pass, any other more. */
int d2d_archive_open_member(struct d2d_archive *a, const struct d2d_member *m, struct d2d_stream **in);

/* What an archive was opened with: its descriptor, the limit of its unpacked size. */
int d2d_archive_fd(const struct d2d_archive *a);
off_t d2d_archive_limit(const struct d2d_archive *a);

/* ---- d2d_tarsplit.c: what Docker keeps of a layer's archive ---- */

struct d2d_tarsplit;

/* Writes to a descriptor, which stays the caller's. d2d_tarsplit_close() tells whether all went well. */
struct d2d_tarsplit *d2d_tarsplit_open(int fd);
int d2d_tarsplit_close(struct d2d_tarsplit *ts);

/* In the archive's order: bytes that are no content (end_raw: those to come are a piece of their own); content, and
 * then the file that it was of. */
void d2d_tarsplit_raw(void *ts, const void *buf, size_t len);
void d2d_tarsplit_end_raw(struct d2d_tarsplit *ts);
void d2d_tarsplit_content(struct d2d_tarsplit *ts, const void *buf, size_t len);
void d2d_tarsplit_file(struct d2d_tarsplit *ts, const char *name, off_t size);

/* ---- d2d_tarsplit_join.c ---- */

/* Puts a layer's archive together again from its tar-split (on descriptor SPLIT, from its start) and the files below
 * folder DIR, and hands it to WRITE in order; a negative errno of that ends it. -EBADMSG: *why, to be freed, says what is
 * wrong with the one, or that a file isn't what it was. */
int d2d_tarsplit_join(int split, int dir, int (*write)(void *arg, const void *buf, size_t len), void *arg, char **why);

/* The archive's length, from the tar-split alone. */
int d2d_tarsplit_length(int split, off_t *length, char **why);

/* Both of a stream that isn't unpacked yet, which is closed; DIR -1 and WRITE NULL: the length alone. */
int d2d_tarsplit_read(struct d2d_stream *split, int dir, int (*write)(void *arg, const void *buf, size_t len), void *arg,
		off_t *length, char **why);

#endif
