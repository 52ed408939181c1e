/*
 * Opens a file that is itself one layer (the tar archive of a root file system) like an archive with this layer as a member.
 *
 * The place of a layer in the store depends on its digest, so the first pass reads the whole file, also if it isn't
 * compressed. An early reader can unpack the layer during this pass; then there is no second pass.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DIMPORT) += d2d_archive_whole.o

#include "d2d_archive_private.h"

static int by_name(const void *a, const void *b)
{
	const struct d2d_member *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static struct d2d_member *add(struct d2d_archive *a, const char *name, off_t size)
{
	struct d2d_member *m;

	a->members = xrealloc_vector(a->members, 1, a->n);
	m = &a->members[a->n++];
	memset(m, 0, sizeof(*m));
	m->name = xstrdup(name);
	m->type = '0';
	m->size = size;
	return m;
}

void d2d_archive_add_text(struct d2d_archive *a, const char *name, char *text)
{
	add(a, name, strlen(text))->text = text;
	qsort(a->members, a->n, sizeof(*a->members), by_name);
}

/* Offers the whole layer to the early reader. Returns 1 and sets DIGEST to the layer's digest if the early reader has
 * unpacked the layer without error up to an end mark, else 0. */
static int offer_to_early_reader(struct d2d_archive *a, char *digest)
{
	const struct d2d_member m = { .name = (char *)"rootfs.tar", .type = '0', .size = -1 };
	const struct d2d_layer_result *result = NULL;
	struct d2d_stream *in;
	int r;

	if (!a->early)
		return 0;
	in = d2d_archive_start(a, &r);
	if (r >= 0)
		result = a->early->read(a->early->arg, &m, in);
	r = result && result->ended;
	if (r) {
		strcpy(digest, result->digest);
		a->unpacked = d2d_stream_position(in);
	}
	d2d_stream_close(in);
	return r;
}

/* Reads the whole file to compute the DIGEST of the uncompressed layer, and to check that the file is a complete archive. */
static int read_all(struct d2d_archive *a, char *digest, char **why)
{
	struct d2d_tar_entry e = { .name = NULL };
	struct d2d_tar t = { .raw = NULL };
	struct d2d_stream *in;
	unsigned n = 0;
	int r;

	in = d2d_archive_start(a, &r);
	t.in = d2d_stream_hash(in, false);
	while (r >= 0 && (r = d2d_tar_next(&t, &e)) > 0)
		n++;
	r = d2d_archive_end(a, &t, n, r, why);
	/* No image configuration says which digest this layer must have, so only the end mark shows that it is complete. */
	if (r == 0 && a->cut) {
		*why = xasprintf("truncated at byte %llu", (unsigned long long)a->unpacked);
		r = -EBADMSG;
	}
	d2d_stream_digest(t.in, digest);
	d2d_tar_entry_clear(&e);
	d2d_stream_close(t.in);
	d2d_stream_close(in);
	return r;
}

int d2d_archive_open_whole(struct d2d_archive **archive, int fd, const struct d2d_origin *origin, off_t limit,
		const struct d2d_progress *progress, const struct d2d_early_reader *early, char *digest, char **why)
{
	struct d2d_archive *a;
	struct stat st;
	int r;

	*why = NULL;
	*archive = NULL;
	if (fstat(fd, &st) < 0)
		return -errno;
	a = xzalloc(sizeof(*a));
	a->fd = fd;
	a->whole = true;
	a->origin = origin;
	a->size = origin ? origin->size : st.st_size;
	a->limit = limit;
	a->progress = progress;
	a->early = early;
	r = offer_to_early_reader(a, digest) ? 0 : read_all(a, digest, why);
	if (r < 0) {
		d2d_archive_close(a);
		return r;
	}
	add(a, "rootfs.tar", a->unpacked);
	*archive = a;
	return 0;
}
