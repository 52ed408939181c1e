/*
 * libd2d, archive: image files as bytes: digests, streams and decompression (gzip, zstd, xz, bzip2), tar, the members of an
 * archive, and the tar-split, from which Docker reproduces a layer's archive.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2D_ARCHIVE_H
#define D2D_ARCHIVE_H 1

#include <nettle/sha2.h>
#include "d2d_util.h"

/* ---- d2d_sha256.c: SHA-256 ---- */

/* The names are libbb's. The code is nettle's, which cryptsetup needs anyway and which is twice as fast as libbb's without instructions
 * for SHA-256, and our own for processors that have AVX2 instead of these. */
#undef sha256_hash
#undef sha256_end
#define sha256_ctx_t struct sha256_ctx
#define sha256_begin(ctx) sha256_init(ctx)
#define sha256_hash(ctx, buf, len) d2d_sha256(ctx, buf, len)
#define sha256_end(ctx, digest) sha256_digest(ctx, SHA256_DIGEST_SIZE, digest)

/* Adds LEN bytes to a digest. */
void d2d_sha256(sha256_ctx_t *ctx, const void *buf, size_t len);

/* Adds BLOCKS blocks of SHA256_BLOCK_SIZE bytes to the state of a digest, on a processor for which d2d_sha256_has_avx2() is true. */
bool d2d_sha256_has_avx2(void);
void d2d_sha256_avx2(uint32_t state[8], const uint8_t *p, size_t blocks);

/* ---- d2d_digest.c: SHA-256 digests ---- */

#define D2D_DIGEST 64		/* hexadecimal digits of a SHA-256 digest */
#define D2D_LINK 26		/* letters of a layer's short name in Docker's store */

/* Computes the SHA-256 digest of LEN bytes. HEX has room for D2D_DIGEST + 1 bytes. */
void d2d_digest(char *hex, const void *bytes, size_t len);

/* Whether HEX consists of 64 lower-case hexadecimal digits. d2d_digest_hex() returns the digits within "sha256:HEX", or NULL if
 * the text has another form. */
bool d2d_is_digest(const char *hex);
const char *d2d_digest_hex(const char *digest);

/* ---- d2d_stream.c, d2d_stream_hash.c, d2d_unpack.c: bytes that are read from start to end ---- */

struct d2d_stream;

/* Returns a stream of SIZE bytes of a file. The descriptor's position doesn't change; the descriptor stays the caller's,
 * unless d2d_stream_close_fd() makes d2d_stream_close() close it. */
struct d2d_stream *d2d_stream_file(int fd, off_t from, off_t size, const struct d2d_progress *progress);
void d2d_stream_close_fd(struct d2d_stream *s);

/* Returns a stream of the next SIZE bytes of another stream; closing it leaves the other one open. */
struct d2d_stream *d2d_stream_part(struct d2d_stream *of, off_t size);

/* Returns a stream that computes the digest of all that is read from another stream; closing it leaves the other one open. With
 * BESIDE, a child process does so if the stream is long; after it was killed, a read returns -EOWNERDEAD. d2d_stream_digest() ends
 * the digest; HEX has room for D2D_DIGEST + 1 bytes. Returns 0 or -EOWNERDEAD. */
struct d2d_stream *d2d_stream_hash(struct d2d_stream *of, bool beside);
int d2d_stream_digest(struct d2d_stream *hashed, char *hex);

/* Returns how data is compressed that begins with HEAD; LEN need not be more than D2D_MAGIC. */
enum { D2D_PLAIN, D2D_GZIP, D2D_ZSTD, D2D_XZ, D2D_BZIP2 };
#define D2D_MAGIC 6
int d2d_compression_of(const void *head, size_t len);

/* Whether a file is compressed with zstd. */
int d2d_is_zstd(int fd);

/* If the stream begins like gzip, zstd, xz or bzip2 data, puts a decompressing stream on top of it and returns 1, else 0.
 * Returns -EPROTONOSUPPORT for xz and bzip2 in a stream that doesn't read a file directly. */
int d2d_stream_unpack(struct d2d_stream **s);

/* Lets a child process read the stream ahead of this process. A later read returns -EOWNERDEAD if the child was killed. */
int d2d_stream_read_ahead(struct d2d_stream **s);

/* Reads LEN bytes, less only at the end of the stream. d2d_stream_skip() reads N bytes and drops them, or seeks. Errors:
 * -EBADMSG if the data is damaged or compressed data is truncated, -ENODATA if the stream ends too early, -EFBIG if it is
 * longer than its limit. After an error all further calls return the same error. */
ssize_t d2d_stream_read(struct d2d_stream *s, void *buf, size_t len);
int d2d_stream_skip(struct d2d_stream *s, off_t n);

/* Sets *BUF to the next LEN bytes without consuming them. Returns their number. Works only once for each stream. */
ssize_t d2d_stream_peek(struct d2d_stream *s, const void **buf, size_t len);

/* Returns the number of bytes that were read. d2d_stream_limit() sets how many may be read; 0 means any number. */
off_t d2d_stream_position(const struct d2d_stream *s);
void d2d_stream_limit(struct d2d_stream *s, off_t limit);

/* Closes a stream and those below it. */
void d2d_stream_close(struct d2d_stream *s);

/* ---- the inside of a stream, for the code that makes one ---- */

struct d2d_stream {
	/* Reads some bytes. Returns their number, 0 at the end, or a negative errno. */
	ssize_t (*read)(struct d2d_stream *s, void *buf, size_t len);
	/* Skips N bytes without reading them; may be NULL. */
	int (*skip)(struct d2d_stream *s, off_t n);
	void (*end)(struct d2d_stream *s);	/* frees what this kind of stream holds; may be NULL */
	struct d2d_stream *below;
	bool borrows;			/* closing this stream leaves the one below open */
	off_t at, limit;
	int err;			/* of an earlier read, which all later reads return */
	char *peeked;
	size_t n_peeked, peek_at;
};

/* Returns a zeroed structure of SIZE bytes that begins with a struct d2d_stream. */
struct d2d_stream *d2d_stream_new(size_t size, struct d2d_stream *below);

/* ---- d2d_tar.c, d2d_tar_pax.c, d2d_tar_map.c: reading tar archives ---- */

struct d2d_tar_entry {
	char type;		/* '0' file, '1' hard link, '2' symbolic link, '3' '4' devices, '5' directory, '6' FIFO, '7' like
				 * '0', 'S' GNU's old sparse file, 'g' global header, which stands for no file */
	char *name, *link;	/* as in the archive: not to be trusted */
	off_t size;		/* bytes of the file; for a sparse file more than the archive stores */
	mode_t mode;
	uid_t uid;
	gid_t gid;
	dev_t dev;
	struct timespec mtime, atime;	/* atime is 0 if the archive has none */
	struct d2d_xattr {
		char *name, *value;
		size_t len;
	} *xattrs;
	unsigned n_xattrs;
	bool sparse;
	struct d2d_piece {
		off_t from, len;
	} *map;			/* the pieces of a sparse file that are stored, in order */
	unsigned n_map;
};

struct d2d_tar {
	struct d2d_stream *in;
	void (*raw)(void *arg, const void *buf, size_t len);	/* gets all bytes that are not content of a file, or NULL */
	void *arg;
	off_t left, pad;	/* bytes of the entry's content and padding that are still to be read */
	bool ended;		/* the end mark was read */
};

/* Reads the next entry. Returns 1, or 0 at the end, or -EBADMSG if this is not a tar archive or is damaged. *e is zeroed before
 * the first call; each call frees the strings of the entry before, d2d_tar_entry_clear() those of the last one. */
int d2d_tar_next(struct d2d_tar *t, struct d2d_tar_entry *e);

/* Reads the entry's content as it is stored, without the holes of a sparse file. Returns the number of bytes, 0 at the end. */
ssize_t d2d_tar_read(struct d2d_tar *t, void *buf, size_t len);
void d2d_tar_entry_clear(struct d2d_tar_entry *e);

/* ---- d2d_tar_write.c: writing headers ---- */

/* Fills in a header block of TAR_BLOCK_SIZE bytes from an entry's type, name and link (truncated to 100 bytes), size, mode, owner,
 * whole seconds of the time, and device. */
void d2d_tar_header(void *block, const struct d2d_tar_entry *e);

/* ---- d2d_archive.c, d2d_archive_member.c: the members of an image file ---- */

struct d2d_archive;

struct d2d_member {
	char *name, *link;
	char type;		/* as in d2d_tar_entry */
	off_t at, size;		/* offset in the uncompressed archive (in a directory: a running number), bytes */
	char *text;		/* content of a small JSON file, or NULL */
	char packing;		/* compression of a regular file in an archive, as d2d_compression_of() returns it */
};

/* Where the bytes of an image file come from if it isn't on this machine. open() returns a stream that begins at the first byte; a
 * file that has to be read twice is opened twice. */
struct d2d_origin {
	struct d2d_stream *(*open)(const struct d2d_origin *origin, const struct d2d_progress *progress);
	void *arg;
	off_t size;		/* bytes */
};

/* Opens an image file and lists its members, or opens an image directory. The descriptor stays the caller's. LIMIT is the
 * largest uncompressed size, 0 for any. Returns -EBADMSG if the file is not usable; *why then is the reason, which the caller
 * frees. */
int d2d_archive_open(struct d2d_archive **a, int fd, off_t limit, const struct d2d_progress *progress, char **why);
void d2d_archive_close(struct d2d_archive *a);

struct d2d_layer_result {
	char digest[D2D_DIGEST + 1];	/* of the layer's archive, to its last byte */
	off_t size;			/* as Docker counts it */
	bool ended;			/* the archive has entries and an end mark */
};

/* Like d2d_archive_open(), but reads ORIGIN unless it is NULL; and if the file is compressed as a whole or comes from ORIGIN, offers each member but small JSON files to the early reader
 * while the file is read for the first time. read() may read as much of the member as it likes and must not close IN. It
 * returns the result if it has unpacked the member as a layer, else NULL; the early reader owns the result. A member size of
 * -1 means that the member is the rest of the stream and is not compressed again. */
struct d2d_early_reader {
	const struct d2d_layer_result *(*read)(void *arg, const struct d2d_member *m, struct d2d_stream *in);
	void *arg;
	bool ahead;		/* decompress in a child process, and compute digests in another one */
};
int d2d_archive_open_early(struct d2d_archive **a, int fd, const struct d2d_origin *origin, off_t limit,
		const struct d2d_progress *progress, const struct d2d_early_reader *early, char **why);

/* Opens a file that is one layer by itself like an archive with the member "rootfs.tar". DIGEST gets the digest of the
 * uncompressed file and has room for D2D_DIGEST + 1 bytes. */
int d2d_archive_open_whole(struct d2d_archive **a, int fd, const struct d2d_origin *origin, off_t limit,
		const struct d2d_progress *progress, const struct d2d_early_reader *early, char *digest, char **why);

/* Adds a member with this text, which the archive then owns. Pointers to other members become invalid. */
void d2d_archive_add_text(struct d2d_archive *a, const char *name, char *text);

/* Returns a descriptor of the file that contains a member, which the caller closes, and sets *AT to the member's offset in it.
 * Returns -EPROTONOSUPPORT if the archive is compressed. */
int d2d_archive_locate(struct d2d_archive *a, const struct d2d_member *m, off_t *at);

/* Returns the length of the uncompressed archive up to its end mark. *CUT is true if the end mark is missing. */
off_t d2d_archive_size(const struct d2d_archive *a, bool *cut);

/* Returns the regular file with this name, or the one to which a link with this name leads; NULL if there is none. The archive
 * owns it. */
struct d2d_member *d2d_archive_find(struct d2d_archive *a, const char *name);

/* Returns the text of a small JSON file, or NULL. The archive owns it. */
const char *d2d_archive_text(struct d2d_archive *a, struct d2d_member *m);

/* Whether the archive is compressed as a whole. */
bool d2d_archive_is_packed(const struct d2d_archive *a);

/* Sets to whom the reading of members is reported from now on, and returns the previous value. Of a compressed archive the
 * progress is always that of the file, and the value doesn't change. */
const struct d2d_progress *d2d_archive_set_progress(struct d2d_archive *a, const struct d2d_progress *progress);

/* Opens the content of a member; the caller closes the stream before it opens another member. In a compressed archive, members
 * that are opened in the order of their offsets cost one pass over the file, any other order costs more passes. */
int d2d_archive_open_member(struct d2d_archive *a, const struct d2d_member *m, struct d2d_stream **in);

/* The descriptor and the limit that the archive was opened with. */
int d2d_archive_fd(const struct d2d_archive *a);
off_t d2d_archive_limit(const struct d2d_archive *a);

/* ---- d2d_archive_name.c ---- */

/* Whether NAME has a suffix of image archives: .tar, .tar.gz, .tgz, .tar.xz, .txz, .tar.zst or .tzst. */
bool d2d_archive_name_ok(const char *name);

/* ---- d2d_squashfs.c: what is wrong with a squashfs ---- */

/* Checks the superblock of a squashfs that begins at the offset AT of a file and has at most SIZE bytes. Returns the reason why it
 * can't be mounted, which the caller frees, or NULL. */
char *d2d_squashfs_check(int fd, off_t at, uint64_t size);

/* Returns the reason why mounting such a squashfs failed with the negative errno ERR. The caller frees it. */
char *d2d_squashfs_error(int fd, off_t at, int err);

/* ---- d2d_tarsplit.c: writing a tar-split, from which Docker reproduces a layer's archive ---- */

struct d2d_tarsplit;

/* Begins a tar-split on a descriptor, which stays the caller's. Write errors are returned by d2d_tarsplit_close() only. */
struct d2d_tarsplit *d2d_tarsplit_open(int fd);
int d2d_tarsplit_close(struct d2d_tarsplit *ts);

/* Add the archive's bytes in order: raw() those that are not content of a file, content() those of a file, after which file()
 * names it. end_raw() ends a piece of raw bytes, so that those that follow become a piece of their own. */
void d2d_tarsplit_raw(void *ts, const void *buf, size_t len);
void d2d_tarsplit_end_raw(struct d2d_tarsplit *ts);
void d2d_tarsplit_content(struct d2d_tarsplit *ts, const void *buf, size_t len);
void d2d_tarsplit_file(struct d2d_tarsplit *ts, const char *name, off_t size);

/* ---- d2d_tarsplit_join.c: reproducing a layer's archive ---- */

/* Reproduces a layer's archive from its tar-split (the file with descriptor SPLIT, read from its start) and the files below the
 * directory DIR, and passes it to write() in order. A negative errno of write() ends the work and is returned. Returns -EBADMSG
 * if the tar-split is damaged or a file has changed; *why then is the reason, which the caller frees. */
int d2d_tarsplit_join(int split, int dir, int (*write)(void *arg, const void *buf, size_t len), void *arg, char **why);

/* Sets *LENGTH to the length of the layer's archive, which the tar-split alone tells. */
int d2d_tarsplit_length(int split, off_t *length, char **why);

/* Does both with a tar-split from a stream that is still compressed, and closes the stream. With DIR -1 and WRITE NULL it only
 * computes the length. */
int d2d_tarsplit_read(struct d2d_stream *split, int dir, int (*write)(void *arg, const void *buf, size_t len), void *arg,
		off_t *length, char **why);

#endif
