/*
 * Streams whose SHA-256 digest is computed while they are read. A digest can't be computed in parallel, and unpacking a layer takes
 * about as long, so a child process does it beside this one, if the stream is long enough to be worth a process.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DIMPORT) += d2d_stream_hash.o

#include "d2d_archive.h"

enum { BESIDE_MIN = 4 * 1024 * 1024 };	/* bytes that are read before the child process is started */

struct hash {
	struct d2d_stream s;
	sha256_ctx_t ctx;
	bool beside;			/* a child process may be started */
	struct d2d_ring *ring;		/* to the child process, or NULL */
	char *room;			/* buffer of the ring that is being filled, or NULL */
	size_t filled;			/* bytes */
};

/* The child process continues the digest, and leaves it in the last buffer. */
static void hash_child(struct hash *h) NORETURN;
static void hash_child(struct hash *h)
{
	void *buf;
	ssize_t n;

	while ((n = d2d_ring_get(h->ring, &buf)) > 0) {
		sha256_hash(&h->ctx, buf, n);
		d2d_ring_done(h->ring);
	}
	if (n == 0) {
		sha256_end(&h->ctx, buf);
		d2d_ring_done(h->ring);
	}
	_exit(n ? EXIT_FAILURE : EXIT_SUCCESS);
}

static int pass_on(struct hash *h, const char *buf, size_t len)
{
	size_t n;

	for (; len; len -= n, buf += n) {
		if (!h->room) {
			h->room = d2d_ring_room(h->ring);
			if (!h->room)
				return -EOWNERDEAD;
			h->filled = 0;
		}
		n = MIN(len, D2D_RING_BUFFER - h->filled);
		memcpy(h->room + h->filled, buf, n);
		h->filled += n;
		if (h->filled == D2D_RING_BUFFER) {
			d2d_ring_put(h->ring, h->filled);
			h->room = NULL;
		}
	}
	return 0;
}

static ssize_t hash_read(struct d2d_stream *s, void *buf, size_t len)
{
	struct hash *h = (struct hash *)s;
	ssize_t n = d2d_stream_read(s->below, buf, len);
	int r = 0;

	if (n <= 0)
		return n;
	if (h->beside && s->at > BESIDE_MIN) {
		/* without a child process, this one goes on by itself */
		h->beside = false;
		if (d2d_ring_fork(&h->ring, false) == 0)
			hash_child(h);
	}
	if (h->ring)
		r = pass_on(h, buf, n);
	else
		sha256_hash(&h->ctx, buf, n);
	return r ? r : n;
}

static void hash_end(struct d2d_stream *s)
{
	d2d_ring_close(((struct hash *)s)->ring);
}

int d2d_stream_digest(struct d2d_stream *s, char *hex)
{
	struct hash *h = (struct hash *)s;
	uint8_t own[SHA256_DIGEST_SIZE], *digest = own;

	if (h->ring) {
		if (h->room)
			d2d_ring_put(h->ring, h->filled);
		h->room = NULL;
		digest = NULL;
		if (d2d_ring_room(h->ring)) {
			d2d_ring_put(h->ring, 0);
			digest = d2d_ring_drain(h->ring);
		}
	} else {
		sha256_end(&h->ctx, own);
	}
	if (!digest)
		return -EOWNERDEAD;
	d2d_hex(hex, digest, sizeof(own));
	return 0;
}

struct d2d_stream *d2d_stream_hash(struct d2d_stream *of, bool beside)
{
	struct hash *h = (struct hash *)d2d_stream_new(sizeof(*h), of);

	h->s.read = hash_read;
	h->s.end = hash_end;
	h->s.borrows = true;
	h->beside = beside;
	sha256_begin(&h->ctx);
	return &h->s;
}
