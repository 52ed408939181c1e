/*
 * The inside of a stream: for d2d_stream.c and the unpackers of d2d_unpack.c.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2D_STREAM_H
#define D2D_STREAM_H 1

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

#endif
