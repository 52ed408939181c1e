/*
 * libd2d, fetch: files on other machines: URLs, downloads that are checked while they are read, and the index of a payload on a
 * server (docs/netboot.md).
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2D_FETCH_H
#define D2D_FETCH_H 1

#include "d2d_archive.h"

/* ---- d2d_url.c ---- */

enum { D2D_URL_HTTP, D2D_URL_HTTPS, D2D_URL_TFTP };

struct d2d_url {
	int scheme;			/* D2D_URL_ */
	char *text;			/* without a digest, and without a slash at its end */
	char *host, *port, *path;	/* port: "" for the usual one; path: without a slash at its beginning */
	char sha256[D2D_DIGEST + 1];	/* of "#sha256=" at the end, or "" */
};

/* Parses "SCHEME://HOST[:PORT]/PATH[#sha256=DIGEST]". Returns NULL, or a static text about the error. The caller clears *URL in
 * either case. */
const char *d2d_url_parse(const char *text, struct d2d_url *url);
void d2d_url_clear(struct d2d_url *url);

/* Appends the URLs of a list with commas to *URLS. A comma ends a URL only if another scheme follows it. */
void d2d_url_split(const char *list, llist_t **urls);

/* ---- d2d_nfs.c: NFS exports of other machines, as payloads ---- */

struct d2d_nfs {
	char *host, *path;	/* the path begins with a slash */
	const char *version;	/* NULL: try several */
	unsigned port;		/* 0: the default */
};

bool d2d_nfs_is_url(const char *url);

/* Parses "nfs://HOST[:PORT]/PATH[?vers=VERSION]". Returns NULL, or a static text about the error. The caller clears *NFS in either
 * case. */
const char *d2d_nfs_parse(const char *url, struct d2d_nfs *nfs);
void d2d_nfs_clear(struct d2d_nfs *nfs);

/* Mounts an export read-only. ADDRESS is the host's IP address, which the caller has looked up. Blocks as long as the server
 * does. */
int d2d_nfs_mount(const struct d2d_nfs *nfs, const char *address, const char *target);

/* ---- d2d_fetch.c: downloads ---- */

/* A file on a server. */
struct d2d_remote {
	struct d2d_url url;
	off_t size;			/* bytes; -1: unknown, at most MAX */
	off_t max;
	char sha256[D2D_DIGEST + 1];	/* what the content must have, or "" */
	struct d2d_remote_note {	/* in memory that is shared with child processes */
		char why[256];		/* why the last download failed, printable, or "" */
		bool final;		/* another attempt can't succeed */
	} *note;
};

/* Returns NULL, or a static text about what is wrong with the URL. The caller clears *R in either case. */
const char *d2d_remote_set(struct d2d_remote *r, const char *url, off_t size, const char *sha256);
void d2d_remote_clear(struct d2d_remote *r);

/* Reads and writes a file NAME.url, which stands for the file NAME on a server: "SHA256 SIZE URL". */
#define D2D_REMOTE_SUFFIX ".url"
int d2d_remote_read(struct d2d_remote *r, const char *path);
int d2d_remote_write(const char *path, const char *url, off_t size, const char *sha256);

struct d2d_fetch;

/* Starts a download; *R must exist until it ends. Returns 0 or a negative errno. */
int d2d_fetch_begin(struct d2d_fetch **f, struct d2d_remote *r);

/* Returns the number of bytes, 0 at the end if size and digest are those that R has, or -EIO, and then sets r->note. A server that
 * sends too little for half a minute counts as failed. The process that reads need not be the one that has started the download. */
ssize_t d2d_fetch_read(struct d2d_fetch *f, void *buf, size_t len);
void d2d_fetch_end(struct d2d_fetch *f);

/* ---- d2d_fetch_file.c ---- */

/* Writes all of it to a descriptor, or to *TEXT, which gets *LEN bytes and a '\0' and which the caller frees. Returns 0, -EIO with
 * r->note set, or the error of write(2). */
int d2d_fetch_to(struct d2d_remote *r, int fd);
int d2d_fetch_text(struct d2d_remote *r, char **text, size_t *len);

/* ---- d2d_fetch_stream.c ---- */

/* Makes ORIGIN open R for an archive. */
void d2d_fetch_origin(struct d2d_origin *origin, struct d2d_remote *r);

/* ---- d2d_index.c: the index of a payload on a server ---- */

#define D2D_INDEX_MAX (1024 * 1024)	/* bytes */

struct d2d_index {
	struct d2d_index_entry {
		char *path;		/* relative to d2d/ */
		char sha256[D2D_DIGEST + 1];
		mode_t mode;		/* permission bits */
		off_t size;		/* bytes */
		time_t mtime;
	} *entry;			/* in the order of strcmp() */
	unsigned n;
};

/* Whether a path can be in an index: it leads nowhere else, and is the same in a URL. */
bool d2d_index_path_ok(const char *path);

/* Parses an index; TEXT needs no '\0' at its end. Returns 0, or -EBADMSG; then *i is empty and *why is the reason, which the caller
 * frees. d2d_index_text() is the reverse; the caller frees the text. d2d_index_sort() is to be called before it. */
int d2d_index_parse(const char *text, size_t len, struct d2d_index *i, char **why);
void d2d_index_sort(struct d2d_index *i);
char *d2d_index_text(const struct d2d_index *i);
void d2d_index_free(struct d2d_index *i);

#endif
