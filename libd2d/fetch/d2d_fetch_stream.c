/*
 * A download as a stream, from which an archive is read. An archive that has to be read twice is downloaded twice.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_FEATURE_D2DIMPORT_URL) += d2d_fetch_stream.o

#include "d2d_fetch.h"

struct fetched {
	struct d2d_stream s;
	struct d2d_fetch *f;
	off_t at;
	const struct d2d_progress *progress;
};

static ssize_t fetched_read(struct d2d_stream *s, void *buf, size_t len)
{
	struct fetched *d = (struct fetched *)s;
	ssize_t n = d->f ? d2d_fetch_read(d->f, buf, len) : -EAGAIN;

	if (n > 0)
		d->at += n;
	if (n > 0 && d->progress && d->progress->on_progress)
		d->progress->on_progress(d->progress->arg, d->at, d->progress->size);
	return n;
}

static void fetched_end(struct d2d_stream *s)
{
	d2d_fetch_end(((struct fetched *)s)->f);
}

static struct d2d_stream *open_remote(const struct d2d_origin *origin, const struct d2d_progress *progress)
{
	struct fetched *d = (struct fetched *)d2d_stream_new(sizeof(*d), NULL);

	d->s.read = fetched_read;
	d->s.end = fetched_end;
	d->progress = progress;
	d2d_fetch_begin(&d->f, origin->arg);
	return &d->s;
}

void d2d_fetch_origin(struct d2d_origin *origin, struct d2d_remote *r)
{
	origin->open = open_remote;
	origin->arg = r;
	origin->size = r->size;
}
