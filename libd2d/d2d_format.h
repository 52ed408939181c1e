/*
 * What images are made of, as bytes: digests, streams, tar, tar-split.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2D_FORMAT_H
#define D2D_FORMAT_H 1

#include <nettle/sha2.h>
#include "libd2d.h"

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

struct d2d_progress {
	void (*told)(void *arg, off_t done, off_t size);	/* after each piece of the file, or NULL */
	void *arg;
	off_t size;
};

/* So many bytes of a descriptor, which stays the caller's and keeps its position; d2d_stream_own() gives it away. */
struct d2d_stream *d2d_stream_file(int fd, off_t from, off_t size, const struct d2d_progress *progress);
void d2d_stream_own(struct d2d_stream *s);

/* The next bytes of another stream, which stays open; and a stream that is hashed as it is read. */
struct d2d_stream *d2d_stream_part(struct d2d_stream *of, off_t size);
struct d2d_stream *d2d_stream_hash(struct d2d_stream *of, sha256_ctx_t *ctx);

/* How something is packed that begins so, in as many bytes as are there up to D2D_MAGIC. */
enum { D2D_PLAIN, D2D_GZIP, D2D_ZSTD, D2D_XZ, D2D_BZIP2 };
#define D2D_MAGIC 6
int d2d_packing(const void *head, size_t len);

/* Whether a file is zstd. */
int d2d_is_zstd(int fd);

/* Puts an unpacker on top of the stream when its first bytes are those of gzip, zstd, xz or bzip2: 1, else 0.
 * -EPROTONOSUPPORT: xz and bzip2 can only be unpacked out of a file. */
int d2d_stream_unpack(struct d2d_stream **s);

/* From here on a process of its own reads the stream, ahead of this one. -EOWNERDEAD in a reading: it was killed. */
int d2d_stream_ahead(struct d2d_stream **s);

/* As much as LEN, less only at the end. -EBADMSG: damaged, or ends in the midst of what was packed. -ENODATA: it ends
 * before it should. -EFBIG: it goes over its limit. After an error all that follows is the same. */
ssize_t d2d_stream_read(struct d2d_stream *s, void *buf, size_t len);
int d2d_stream_skip(struct d2d_stream *s, off_t n);

/* Looks at the first LEN bytes without taking them; only once for a stream. */
ssize_t d2d_stream_peek(struct d2d_stream *s, const void **buf, size_t len);

off_t d2d_stream_at(const struct d2d_stream *s);
void d2d_stream_limit(struct d2d_stream *s, off_t limit);	/* 0: none */

/* Closes it and what is below it. */
void d2d_stream_close(struct d2d_stream *s);

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

/* ---- d2d_beneath.c ---- */

/* A name without doubled slashes and '.', "." for none; NULL when it is absolute or has a '..'. The caller frees it. */
char *d2d_clean_name(const char *name);

/* Opens what lies below a folder; -ELOOP when a symbolic link is on the way. */
int d2d_open_beneath(int dir, const char *name, int flags);

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
