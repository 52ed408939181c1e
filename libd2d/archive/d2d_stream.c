/*
 * Byte streams: the content of a file, and a part of another stream. d2d_stream_hash.c adds streams whose digest is computed,
 * d2d_unpack.c those that decompress.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DIMPORT) += d2d_stream.o

#include "d2d_archive.h"

enum { CHUNK = 64 * 1024 };

struct d2d_stream *d2d_stream_new(size_t size, struct d2d_stream *below)
{
	struct d2d_stream *s = xzalloc(size);

	s->below = below;
	return s;
}

void d2d_stream_close(struct d2d_stream *s)
{
	struct d2d_stream *below;

	for (; s; s = below) {
		below = s->borrows ? NULL : s->below;
		if (s->end)
			s->end(s);
		free(s->peeked);
		free(s);
	}
}

off_t d2d_stream_position(const struct d2d_stream *s)
{
	return s->at;
}

void d2d_stream_limit(struct d2d_stream *s, off_t limit)
{
	s->limit = limit;
}

/* Copies bytes that d2d_stream_peek() has read ahead and nobody has consumed yet. Returns their number. */
static size_t take_peeked(struct d2d_stream *s, char *buf, size_t len)
{
	size_t n = MIN(len, s->n_peeked - s->peek_at);

	if (n)
		memcpy(buf, s->peeked + s->peek_at, n);
	s->peek_at += n;
	return n;
}

ssize_t d2d_stream_read(struct d2d_stream *s, void *buf, size_t len)
{
	size_t done = take_peeked(s, buf, len);
	ssize_t n;

	if (s->err)
		return s->err;
	while (done < len) {
		n = s->read(s, (char *)buf + done, len - done);
		if (n < 0)
			return s->err = n;
		if (n == 0)
			break;
		done += n;
	}
	s->at += done;
	if (s->limit && s->at > s->limit)
		return -EFBIG;
	return done;
}

ssize_t d2d_stream_peek(struct d2d_stream *s, const void **buf, size_t len)
{
	ssize_t n;

	if (!s->peeked) {
		s->peeked = xmalloc(len);
		while (s->n_peeked < len) {
			n = s->read(s, s->peeked + s->n_peeked, len - s->n_peeked);
			if (n < 0)
				return s->err = n;
			if (n == 0)
				break;
			s->n_peeked += n;
		}
	}
	*buf = s->peeked + s->peek_at;
	return s->n_peeked - s->peek_at;
}

int d2d_stream_skip(struct d2d_stream *s, off_t n)
{
	char *buf;
	off_t left = n;
	ssize_t got = 0;

	if (s->skip && s->peek_at == s->n_peeked) {
		got = s->skip(s, n);
		if (got < 0)
			return got;
		s->at += n;
		return 0;
	}
	buf = xmalloc(CHUNK);
	while (left > 0 && (got = d2d_stream_read(s, buf, MIN(left, CHUNK))) > 0)
		left -= got;
	free(buf);
	if (got < 0)
		return got;
	return left ? -ENODATA : 0;
}

/* ---- a file ---- */

struct file {
	struct d2d_stream s;
	int fd;
	bool own;
	off_t pos, end;
	size_t n_buf, buf_at;		/* bytes in buf (the last one precedes offset pos), and how many of them are consumed */
	const struct d2d_progress *progress;
	char buf[CHUNK];
};

static ssize_t file_pread(struct file *f, void *buf, size_t len)
{
	ssize_t n;

	if ((off_t)len > f->end - f->pos)
		len = f->end - f->pos;
	if (len == 0)
		return 0;
	do
		n = pread(f->fd, buf, len, f->pos);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	f->pos += n;
	if (f->progress && f->progress->on_progress)
		f->progress->on_progress(f->progress->arg, f->pos, f->progress->size);
	return n;
}

/* Small reads, such as those of tar headers, use the buffer; large reads bypass it. */
static ssize_t file_read(struct d2d_stream *s, void *buf, size_t len)
{
	struct file *f = (struct file *)s;
	ssize_t n;

	if (f->buf_at == f->n_buf) {
		if (len >= sizeof(f->buf))
			return file_pread(f, buf, len);
		n = file_pread(f, f->buf, sizeof(f->buf));
		if (n <= 0)
			return n;
		f->n_buf = n;
		f->buf_at = 0;
	}
	len = MIN(len, f->n_buf - f->buf_at);
	memcpy(buf, f->buf + f->buf_at, len);
	f->buf_at += len;
	return len;
}

static int file_skip(struct d2d_stream *s, off_t n)
{
	struct file *f = (struct file *)s;
	off_t buffered = f->n_buf - f->buf_at;

	if (n <= buffered) {
		f->buf_at += n;
		return 0;
	}
	f->buf_at = f->n_buf;
	n -= buffered;
	if (n > f->end - f->pos)
		return -ENODATA;
	f->pos += n;
	return 0;
}

static void file_end(struct d2d_stream *s)
{
	struct file *f = (struct file *)s;

	if (f->own)
		close(f->fd);
}

void d2d_stream_close_fd(struct d2d_stream *s)
{
	((struct file *)s)->own = true;
}

struct d2d_stream *d2d_stream_file(int fd, off_t from, off_t size, const struct d2d_progress *progress)
{
	struct file *f = (struct file *)d2d_stream_new(sizeof(*f), NULL);

	f->s.read = file_read;
	f->s.skip = file_skip;
	f->s.end = file_end;
	f->fd = fd;
	f->pos = from;
	f->end = from + size;
	f->progress = progress;
	return &f->s;
}

/* ---- a part of another stream ---- */

struct part {
	struct d2d_stream s;
	off_t left;
};

static ssize_t part_read(struct d2d_stream *s, void *buf, size_t len)
{
	struct part *p = (struct part *)s;
	ssize_t n;

	n = d2d_stream_read(s->below, buf, MIN((off_t)len, p->left));
	if (n == 0 && p->left)
		return -ENODATA;
	if (n > 0)
		p->left -= n;
	return n;
}

struct d2d_stream *d2d_stream_part(struct d2d_stream *of, off_t size)
{
	struct part *p = (struct part *)d2d_stream_new(sizeof(*p), of);

	p->s.read = part_read;
	p->s.borrows = true;
	p->left = size;
	return &p->s;
}
