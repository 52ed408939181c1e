/*
 * Opens an image file and lists its members. The file is a tar archive ('docker save' or OCI layout), plain or compressed
 * as a whole, or a directory with an OCI layout.
 *
 * The file is read at most twice. The first pass collects the tar headers and the small JSON files, because the files that
 * name all others (manifest.json, index.json) come last. The second pass reads the layers in archive order. In a plain tar
 * archive, the first pass skips file contents by seeking, so it reads next to nothing. A compressed file must be
 * decompressed from its start in each pass, and a file on a server must be downloaded again; therefore the first pass offers its members to an early reader (d2d_store_early.c),
 * which may unpack them at once. If the early reader has unpacked all layers that are needed, there is no second pass.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DIMPORT) += d2d_archive.o

#include "d2d_archive_private.h"

enum {
	DRAIN = 1024 * 1024,		/* bytes skipped at once */
	TAR_MIN = 512,		/* bytes; anything shorter has no tar header */
	AHEAD_MIN = 4 * 1024 * 1024,	/* bytes; for smaller files a process of its own costs more time than it saves */
};

/* Keeps the text of a small JSON file. Any other content is offered to the early reader if the file is compressed; in a plain tar
 * archive the caller skips it. Returns 0 or a negative errno, -EFBIG if all texts together are too large. */
static int keep_content(struct d2d_archive *a, struct d2d_tar *t, struct d2d_member *m)
{
	struct d2d_stream *in;
	const char *head;
	const void *peeked;
	ssize_t n;

	if (!m->size)
		return 0;
	in = d2d_stream_part(t->in, m->size);
	n = d2d_stream_peek(in, &peeked, MIN(m->size, D2D_MAGIC));
	head = peeked;
	if (n > 0)
		m->packing = d2d_compression_of(head, n);
	if (n > 0 && m->size <= ARCHIVE_TEXT_MAX && (head[0] == '{' || head[0] == '[')) {
		m->text = xzalloc(m->size + 1);
		n = d2d_stream_read(in, m->text, m->size);
		a->kept += m->size;
	} else if (n > 0 && a->packed && a->early) {
		a->early->read(a->early->arg, m, in);
	}
	d2d_stream_close(in);
	t->left = m->size - (d2d_stream_position(t->in) - m->at);
	return n < 0 ? n : a->kept > ARCHIVE_KEPT_MAX ? -EFBIG : 0;
}

static int add_member(struct d2d_archive *a, struct d2d_tar *t, const struct d2d_tar_entry *e)
{
	struct d2d_member *m;
	char *name = d2d_clean_name(e->name);

	/* no manifest can refer to a name that leads out of the archive */
	if (!name || !strchr("01257", e->type) || e->sparse) {
		free(name);
		return 0;
	}
	a->kept += strlen(name) + strlen(e->link);
	if (a->n >= ARCHIVE_MEMBERS_MAX || a->kept > ARCHIVE_KEPT_MAX) {
		free(name);
		return -EFBIG;
	}
	a->members = xrealloc_vector(a->members, 6, a->n);
	m = &a->members[a->n++];
	memset(m, 0, sizeof(*m));
	m->name = name;
	m->type = e->type == '7' ? '0' : e->type;
	m->link = xstrdup(e->link);
	m->at = d2d_stream_position(t->in);
	m->size = e->size;
	return m->type == '0' ? keep_content(a, t, m) : 0;
}

static int by_name(const void *a, const void *b)
{
	const struct d2d_member *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	return order ? order : x->at < y->at ? -1 : x->at > y->at;
}

struct d2d_stream *d2d_archive_start(struct d2d_archive *a, int *r)
{
	struct d2d_stream *in = a->origin ? a->origin->open(a->origin, a->progress) : d2d_stream_file(a->fd, 0, a->size, a->progress);

	*r = d2d_stream_unpack(&in);
	a->packed = *r > 0 || a->origin;
	if (*r >= 0 && a->packed && a->early && a->early->ahead && a->size >= AHEAD_MIN)
		*r = d2d_stream_read_ahead(&in) ?: 1;
	d2d_stream_limit(in, a->limit);
	return in;
}

static int drain(struct d2d_stream *in)
{
	int r;

	do
		r = d2d_stream_skip(in, DRAIN);
	while (r == 0);
	return r == -ENODATA ? 0 : r;
}

int d2d_archive_end(struct d2d_archive *a, const struct d2d_tar *t, unsigned entries, int r, char **why)
{
	int unpacked = 0;

	a->unpacked = d2d_stream_position(t->in);
	a->cut = !t->ended;
	/* Read to the end: the checksum of compressed data comes last, and a layer's digest includes bytes after the end mark. */
	if ((a->packed || a->whole) && (r == 0 || r == -EBADMSG))
		unpacked = drain(t->in);
	if (a->whole)
		a->unpacked = d2d_stream_position(t->in);
	if (unpacked < 0)
		r = unpacked;
	if (unpacked == -EBADMSG)
		d2d_refuse(why, "damaged or truncated: it can't be unpacked to its end");
	else if ((r == -EBADMSG && entries == 0) || (r == -ENODATA && a->unpacked < TAR_MIN))
		d2d_refuse(why, "not an image file: it isn't a tar archive");
	else if (r == -EBADMSG)
		d2d_refuse(why, "damaged at byte %llu", (unsigned long long)a->unpacked);
	else if (r == -EOWNERDEAD)
		d2d_refuse(why, "the process that unpacks it has died");
	else if (r == -ENODATA)
		d2d_refuse(why, "truncated at byte %llu", (unsigned long long)(a->packed ? a->unpacked : a->size));
	else if (r == -EFBIG)
		d2d_refuse(why, "%s", a->limit && (a->whole || d2d_stream_position(t->in) > a->limit)
			? "it unpacks to more than the store can hold"
			: "not an image file: too many files, or too much JSON");
	else if (r == 0 && entries == 0)
		d2d_refuse(why, "not an image file: empty");
	return *why ? -EBADMSG : r;
}

static int read_headers(struct d2d_archive *a, char **why)
{
	struct d2d_tar_entry e = { .name = NULL };
	struct d2d_tar t = { .raw = NULL };
	off_t at = 0;
	int r;

	t.in = d2d_archive_start(a, &r);
	if (r >= 0) {
		while ((r = d2d_tar_next(&t, &e)) > 0) {
			/* The content is skipped by seeking, so compare its size with the file's to notice that it is truncated. */
			at = d2d_stream_position(t.in);
			if (!a->packed && t.left > a->size - at)
				r = -ENODATA;
			else
				r = add_member(a, &t, &e);
			if (r < 0)
				break;
		}
	}
	r = d2d_archive_end(a, &t, a->n, r, why);
	d2d_tar_entry_clear(&e);
	d2d_stream_close(t.in);
	if (r == 0)
		qsort(a->members, a->n, sizeof(*a->members), by_name);
	return r;
}

int d2d_archive_open(struct d2d_archive **archive, int fd, off_t limit, const struct d2d_progress *progress, char **why)
{
	return d2d_archive_open_early(archive, fd, NULL, limit, progress, NULL, why);
}

int d2d_archive_open_early(struct d2d_archive **archive, int fd, const struct d2d_origin *origin, off_t limit,
		const struct d2d_progress *progress, const struct d2d_early_reader *early, char **why)
{
	struct d2d_archive *a;
	struct stat st;
	int r = 0;

	*why = NULL;
	*archive = NULL;
	if (fstat(fd, &st) < 0)
		return -errno;
	a = xzalloc(sizeof(*a));
	a->fd = fd;
	a->origin = origin;
	a->is_dir = S_ISDIR(st.st_mode);
	a->size = origin ? origin->size : st.st_size;
	a->limit = limit;
	a->progress = progress;
	a->early = early;
	if (!a->is_dir)
		r = read_headers(a, why);
	if (r < 0)
		d2d_archive_close(a);
	else
		*archive = a;
	return r;
}

void d2d_archive_close(struct d2d_archive *a)
{
	unsigned i;

	if (!a)
		return;
	d2d_stream_close(a->in);
	for (i = 0; i < a->n; i++) {
		free(a->members[i].name);
		free(a->members[i].link);
		free(a->members[i].text);
	}
	free(a->members);
	free(a);
}

int d2d_archive_fd(const struct d2d_archive *a)
{
	return a->fd;
}

off_t d2d_archive_limit(const struct d2d_archive *a)
{
	return a->limit;
}
