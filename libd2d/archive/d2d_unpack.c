/*
 * Streams that decompress the stream below them. gzip (ISA-L) and zstd (libzstd) are decompressed in this process. For xz and
 * bzip2, busybox's own decompressors save two libraries; they work on file descriptors, so they run in a child process.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DIMPORT) += d2d_unpack.o

#include <igzip_lib.h>
#include <zstd.h>
#include "d2d_archive.h"
#include "bb_archive.h"

enum {
	CHUNK = 64 * 1024,
	PIPE_BYTES = 1024 * 1024,
	ZSTD_WINDOW_LOG = 27,	/* 128 MiB: the window of 'zstd --long', which zstd's own decompressors accept by default */
};

/* ---- gzip ---- */

struct gzip {
	struct d2d_stream s;
	struct inflate_state z;
	bool between;		/* after the end of a gzip member */
	uint8_t in[CHUNK];
};

static int gzip_refill(struct gzip *g)
{
	ssize_t n = d2d_stream_read(g->s.below, g->in, sizeof(g->in));

	if (n > 0) {
		g->z.next_in = g->in;
		g->z.avail_in = n;
	}
	return n;
}

/* Another gzip member may follow, or nothing but zeros. Returns 1 at the beginning of a member, 0 at the end of the
 * stream, or a negative errno. */
static int gzip_next_member(struct gzip *g)
{
	int r;

	for (;;) {
		if (!g->z.avail_in) {
			r = gzip_refill(g);
			if (r <= 0)
				return r;
		}
		if (*g->z.next_in)
			break;
		g->z.next_in++;
		g->z.avail_in--;
	}
	g->between = false;
	isal_inflate_reset(&g->z);
	return 1;
}

static ssize_t gzip_read(struct d2d_stream *s, void *buf, size_t len)
{
	struct gzip *g = (struct gzip *)s;
	int r;

	len = MIN(len, INT_MAX);
	g->z.next_out = buf;
	g->z.avail_out = len;
	while (g->z.avail_out == len) {
		if (g->between) {
			r = gzip_next_member(g);
			if (r <= 0)
				return r;
		}
		/* without more input, there can still be output of what was read */
		r = isal_inflate(&g->z);
		if (r < 0)
			return -EBADMSG;
		if (g->z.block_state == ISAL_BLOCK_FINISH) {
			g->between = true;
		} else if (g->z.avail_out == len) {
			r = gzip_refill(g);
			if (r <= 0)
				return r ? r : -EBADMSG;
		}
	}
	return len - g->z.avail_out;
}

static struct d2d_stream *gzip_begin(struct d2d_stream *below)
{
	struct gzip *g = (struct gzip *)d2d_stream_new(sizeof(*g), below);

	g->s.read = gzip_read;
	isal_inflate_init(&g->z);
	g->z.crc_flag = ISAL_GZIP;
	return &g->s;
}

/* ---- zstd ---- */

struct zstd {
	struct d2d_stream s;
	ZSTD_DStream *z;
	ZSTD_inBuffer in;
	bool inside;		/* within a zstd frame */
	bool full;		/* the last call filled its output buffer, so more output may come without new input */
	char buf[CHUNK];
};

static ssize_t zstd_read(struct d2d_stream *s, void *buf, size_t len)
{
	struct zstd *d = (struct zstd *)s;
	ZSTD_outBuffer out = { .dst = buf, .size = len };
	size_t left;
	ssize_t n;

	while (out.pos == 0) {
		if (d->in.pos == d->in.size && !d->full) {
			n = d2d_stream_read(s->below, d->buf, sizeof(d->buf));
			if (n <= 0)
				return n == 0 && d->inside ? -EBADMSG : n;
			d->in.size = n;
			d->in.pos = 0;
		}
		left = ZSTD_decompressStream(d->z, &out, &d->in);
		if (ZSTD_isError(left))
			return -EBADMSG;
		d->inside = left != 0;
		d->full = d->inside && out.pos == out.size;
	}
	return out.pos;
}

static void zstd_end(struct d2d_stream *s)
{
	ZSTD_freeDStream(((struct zstd *)s)->z);
}

static struct d2d_stream *zstd_begin(struct d2d_stream *below)
{
	struct zstd *d = (struct zstd *)d2d_stream_new(sizeof(*d), below);

	d->s.read = zstd_read;
	d->s.end = zstd_end;
	d->z = ZSTD_createDStream();
	if (!d->z)
		bb_die_memory_exhausted();
	ZSTD_DCtx_setParameter(d->z, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG);
	d->in.src = d->buf;
	return &d->s;
}

/* ---- decompression in child processes ---- */

struct child {
	struct d2d_stream s;
	int fd;
	pid_t feeder, unpacker;	/* the feeder writes the stream below to a pipe */
	size_t n_buf, buf_at;
	char buf[CHUNK];
};

static void feed(struct d2d_stream *below, int fd) NORETURN;
static void feed(struct d2d_stream *below, int fd)
{
	char *buf = xmalloc(CHUNK);
	ssize_t n;

	/* What the decompressor leaves is read, too: the digest of a file from a server is known at its end only. */
	while ((n = d2d_stream_read(below, buf, CHUNK)) > 0)
		if (fd >= 0 && full_write(fd, buf, n) != n)
			fd = -1;
	_exit(-n);
}

/* Returns 0, the child's exit status as a negative errno, or -EOWNERDEAD if a signal has killed it. */
static int child_wait(pid_t *pid)
{
	int status = -1;

	if (*pid <= 0)
		return 0;
	safe_waitpid(*pid, &status, 0);
	*pid = 0;
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -EOWNERDEAD;
}

static ssize_t child_refill(struct child *c)
{
	ssize_t n = safe_read(c->fd, c->buf, sizeof(c->buf));

	if (n < 0)
		return -errno;
	if (n == 0)
		n = child_wait(&c->unpacker) ? -EBADMSG : child_wait(&c->feeder);
	c->n_buf = MAX(n, 0);
	c->buf_at = 0;
	return n;
}

static ssize_t child_read(struct d2d_stream *s, void *buf, size_t len)
{
	struct child *c = (struct child *)s;
	ssize_t n;

	if (c->buf_at == c->n_buf) {
		n = child_refill(c);
		if (n <= 0)
			return n;
	}
	len = MIN(len, c->n_buf - c->buf_at);
	memcpy(buf, c->buf + c->buf_at, len);
	c->buf_at += len;
	return len;
}

static void child_end(struct d2d_stream *s)
{
	struct child *c = (struct child *)s;

	close(c->fd);
	if (c->feeder > 0)
		kill(c->feeder, SIGKILL);
	child_wait(&c->unpacker);
	child_wait(&c->feeder);
}

typedef IF_DESKTOP(long long) int FAST_FUNC unpacker_t(transformer_state_t *xstate);

/* Starts a decompressor that reads c->fd, the pipe from the feeder; c->fd becomes the pipe from the decompressor. Its error
 * messages are discarded, because the parent reports errors in its own words. Returns the process ID. */
static pid_t start_unpacker(struct child *c, unpacker_t *unpack)
{
	transformer_state_t xstate;
	struct fd_pair out;
	pid_t pid;

	xpiped_pair(out);
	pid = fork();
	if (pid == 0) {
		xmove_fd(xopen(bb_dev_null, O_WRONLY), STDERR_FILENO);
		signal(SIGPIPE, SIG_DFL);
		close(out.rd);
		init_transformer_state(&xstate);
		xstate.src_fd = c->fd;
		xstate.dst_fd = out.wr;
		xstate.signature_skipped = 0;
		_exit(unpack(&xstate) < 0);
	}
	close(out.wr);
	close(c->fd);
	c->fd = out.rd;
	return pid;
}

/* Replaces *s by a stream on top of it: one child process reads *s, another decompresses the data with UNPACK. Returns 0, or
 * -EAGAIN if a process could not be started. */
static int child_begin(struct d2d_stream **s, unpacker_t *unpack)
{
	struct child *c = (struct child *)d2d_stream_new(sizeof(*c), *s);
	struct fd_pair in;

	*s = &c->s;
	c->s.read = child_read;
	c->s.end = child_end;
	xpiped_pair(in);
	fcntl(in.wr, F_SETPIPE_SZ, PIPE_BYTES);
	fflush_all();
	c->feeder = fork();
	if (c->feeder == 0) {
		signal(SIGPIPE, SIG_IGN);
		close(in.rd);
		feed(c->s.below, in.wr);
	}
	close(in.wr);
	c->fd = in.rd;
	c->unpacker = start_unpacker(c, unpack);
	close_on_exec_on(c->fd);
	return c->feeder < 0 || c->unpacker < 0 ? -EAGAIN : 0;
}

/* ---- read-ahead in a child process ---- */

struct ahead {
	struct d2d_stream s;
	struct d2d_ring *ring;
	char *buf;		/* a buffer of the ring, or NULL */
	ssize_t n_buf, buf_at;
};

static void ahead_child(struct d2d_stream *below, struct d2d_ring *ring) NORETURN;
static void ahead_child(struct d2d_stream *below, struct d2d_ring *ring)
{
	ssize_t n = 1;
	void *buf;

	while (n > 0 && (buf = d2d_ring_room(ring)) != NULL) {
		n = d2d_stream_read(below, buf, D2D_RING_BUFFER);
		d2d_ring_put(ring, n);
	}
	_exit(EXIT_SUCCESS);
}

static ssize_t ahead_read(struct d2d_stream *s, void *buf, size_t len)
{
	struct ahead *a = (struct ahead *)s;
	void *next;

	if (!a->buf) {
		a->n_buf = d2d_ring_get(a->ring, &next);
		a->buf_at = 0;
		if (a->n_buf <= 0)
			return a->n_buf;
		a->buf = next;
	}
	len = MIN((ssize_t)len, a->n_buf - a->buf_at);
	memcpy(buf, a->buf + a->buf_at, len);
	a->buf_at += len;
	if (a->buf_at == a->n_buf) {
		d2d_ring_done(a->ring);
		a->buf = NULL;
	}
	return len;
}

static void ahead_end(struct d2d_stream *s)
{
	d2d_ring_close(((struct ahead *)s)->ring);
}

int d2d_stream_read_ahead(struct d2d_stream **s)
{
	struct ahead *a;

	/* an xz or bzip2 stream already runs in a child process */
	if ((*s)->end == child_end)
		return 0;
	a = (struct ahead *)d2d_stream_new(sizeof(*a), *s);
	*s = &a->s;
	a->s.read = ahead_read;
	a->s.end = ahead_end;
	if (d2d_ring_fork(&a->ring, true) == 0)
		ahead_child(a->s.below, a->ring);
	return a->ring ? 0 : -EAGAIN;
}

/* The feeder is a forked copy of this process: whatever it reads from a stream isn't consumed in this process. This does no
 * harm if the stream reads a file directly; any other stream is refused with -EPROTONOSUPPORT. */
static int child_unpack(struct d2d_stream **s, unpacker_t *unpack)
{
	return (*s)->below ? -EPROTONOSUPPORT : child_begin(s, unpack) ?: 1;
}

int d2d_compression_of(const void *head, size_t len)
{
	static const uint8_t gzip[2] = { 0x1f, 0x8b }, zstd[4] = { 0x28, 0xb5, 0x2f, 0xfd };
	static const uint8_t xz[6] = { 0xfd, '7', 'z', 'X', 'Z', 0 };

	if (len >= 2 && memcmp(head, gzip, 2) == 0)
		return D2D_GZIP;
	if (len >= 4 && memcmp(head, zstd, 4) == 0)
		return D2D_ZSTD;
	if (len >= D2D_MAGIC && memcmp(head, xz, sizeof(xz)) == 0)
		return D2D_XZ;
	if (len >= 4 && memcmp(head, "BZh", 3) == 0 && isdigit(((const char *)head)[3]))
		return D2D_BZIP2;
	return D2D_PLAIN;
}

int d2d_is_zstd(int fd)
{
	char head[D2D_MAGIC];

	return pread(fd, head, sizeof(head), 0) == sizeof(head) && d2d_compression_of(head, sizeof(head)) == D2D_ZSTD;
}

int d2d_stream_unpack(struct d2d_stream **s)
{
	const void *head;
	ssize_t n = d2d_stream_peek(*s, &head, D2D_MAGIC);

	if (n < 0)
		return n;
	switch (d2d_compression_of(head, n)) {
	case D2D_GZIP:
		*s = gzip_begin(*s);
		return 1;
	case D2D_ZSTD:
		*s = zstd_begin(*s);
		return 1;
	case D2D_XZ:
		return child_unpack(s, unpack_xz_stream);
	case D2D_BZIP2:
		return child_unpack(s, unpack_bz2_stream);
	default:
		return 0;
	}
}
