/*
 * Reads tar archives in the formats V7, ustar, pax, GNU and star, with all four kinds of GNU sparse files.
 *
 * Neither libarchive nor busybox's reader can be used here. To reproduce an archive byte for byte, Docker's tar-split needs
 * every byte that is not file content: headers, extended headers, padding, and the bytes after the end. libarchive exposes
 * none of them, reads ahead of the entry that it has reported, merges several headers into one, and adds 400 kB. Busybox's
 * reader supports neither xattrs nor sparse files nor fractions of a second, and exits at the first error.
 *
 * This reader interprets an archive exactly as Go's archive/tar does, because Docker unpacks layers with that package. A
 * header that archive/tar refuses is refused here, too.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DIMPORT) += d2d_tar.o

#include <sys/sysmacros.h>
#include "d2d_tar.h"

enum {
	BLOCK = 512,
	SPECIAL_MAX = 1024 * 1024,	/* bytes of an extended header; archive/tar has the same limit */
	DAMAGED = -EBADMSG,
};

/* The header of POSIX.1-1988 (ustar). GNU and star define its last bytes differently. */
struct header {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], sum[8], type, link[100];
	char magic[8], uname[32], gname[32], major[8], minor[8];
	union {
		char prefix[155];
		struct {
			char prefix[131], atime[12], ctime[12];
		} star;
		struct {
			char atime[12], ctime[12], offset[12], longnames[4], unused, map[4][24], extended, size[12];
		} gnu;
	} u;
	char rest[12];
};

enum { V7, USTAR, STAR, GNU };

void d2d_tar_entry_clear(struct d2d_tar_entry *e)
{
	unsigned i;

	free(e->name);
	free(e->link);
	for (i = 0; i < e->n_xattrs; i++) {
		free(e->xattrs[i].name);
		free(e->xattrs[i].value);
	}
	free(e->xattrs);
	free(e->map);
	memset(e, 0, sizeof(*e));
}

/* Parses a numeric field: octal digits, surrounded by blanks or null bytes, or GNU's base-256 encoding, which may be
 * negative. Returns 0 or -EBADMSG. */
int d2d_tar_number(const char *field, size_t len, off_t *value)
{
	const unsigned char *p = (const void *)field;
	uint64_t x = 0;
	unsigned char invert = 0;
	size_t i;

	if (p[0] & 0x80) {
		if (p[0] & 0x40)
			invert = 0xff;
		for (i = 0; i < len; i++) {
			if (x >> 56)
				return DAMAGED;
			x = x << 8 | (unsigned char)((p[i] ^ invert) & (i ? 0xff : 0x7f));
		}
		if (x >> 63)
			return DAMAGED;
		*value = invert ? ~(off_t)x : (off_t)x;
		return 0;
	}
	while (len && (*p == ' ' || !*p))
		p++, len--;
	for (; len && *p && *p != ' '; p++, len--) {
		if (*p < '0' || *p > '7' || x >> 60)
			return DAMAGED;
		x = x << 3 | (*p - '0');
	}
	*value = x;
	return 0;
}

/* Returns the value of a field. *r is set to a parse error; if it holds an error already, the field isn't parsed. */
static int number(const char *field, size_t len, int *r)
{
	off_t value = 0;

	if (!*r)
		*r = d2d_tar_number(field, len, &value);
	return value;
}
#define NUMBER(field) number(field, sizeof(field), &r)

/* Reads bytes that are not file content, and passes them to t->raw. */
static int read_raw(struct d2d_tar *t, void *buf, size_t len)
{
	ssize_t n = d2d_stream_read(t->in, buf, len);

	if (n > 0 && t->raw)
		t->raw(t->arg, buf, n);
	return n < 0 ? n : n < (ssize_t)len ? -ENODATA : 0;
}

static bool is_zero(const void *block)
{
	const uint64_t *p = block;
	unsigned i;

	for (i = 0; i < BLOCK / sizeof(*p); i++)
		if (p[i])
			return false;
	return true;
}

/* Also accepts a sum of signed bytes, which some old writers computed. */
static bool checksum_matches(const struct header *h)
{
	const signed char *p = (const void *)h;
	long with_sign = 0, without = 0;
	off_t want;
	unsigned i;

	for (i = 0; i < BLOCK; i++) {
		bool own = i >= offsetof(struct header, sum) && i < offsetof(struct header, type);

		with_sign += own ? ' ' : p[i];
		without += own ? ' ' : (unsigned char)p[i];
	}
	return d2d_tar_number(h->sum, sizeof(h->sum), &want) == 0 && (want == without || want == with_sign);
}

static int format_of(const struct header *h)
{
	if (memcmp(h->magic, "ustar  ", 8) == 0)
		return GNU;
	if (memcmp(h->magic, "ustar\0" "00", 8) != 0)
		return V7;
	return memcmp(h->rest + 8, "tar", 4) == 0 ? STAR : USTAR;
}

static char *prefixed(const char *prefix, size_t max, const char *name)
{
	if (!prefix[0])
		return xstrndup(name, 100);
	return xasprintf("%.*s/%.100s", (int)strnlen(prefix, max), prefix, name);
}

static int parse(struct d2d_tar_entry *e, const struct header *h)
{
	int format = format_of(h), r = 0;
	const char *atime = NULL;
	off_t big;

	e->type = h->type;
	e->mode = NUMBER(h->mode) & 07777;
	e->uid = NUMBER(h->uid);
	e->gid = NUMBER(h->gid);
	e->link = xstrndup(h->link, sizeof(h->link));
	if (r || d2d_tar_number(h->size, sizeof(h->size), &e->size) < 0 || e->size < 0)
		return DAMAGED;
	if (d2d_tar_number(h->mtime, sizeof(h->mtime), &big) < 0)
		return DAMAGED;
	e->mtime.tv_sec = big;

	switch (format) {
	case USTAR:
		e->name = prefixed(h->u.prefix, sizeof(h->u.prefix), h->name);
		break;
	case STAR:
		e->name = prefixed(h->u.star.prefix, sizeof(h->u.star.prefix), h->name);
		atime = h->u.star.atime;
		break;
	case GNU:
		atime = h->u.gnu.atime[0] ? h->u.gnu.atime : NULL;
		/* fall through */
	default:
		e->name = xstrndup(h->name, sizeof(h->name));
	}
	if (format != V7)
		e->dev = makedev(NUMBER(h->major), NUMBER(h->minor));
	if (atime && d2d_tar_number(atime, 12, &big) == 0)
		e->atime.tv_sec = big;
	return r;
}

/* Reads the map of GNU's oldest sparse format: up to four pieces in the header, the others in blocks after it. */
static int read_old_map(struct d2d_tar *t, struct d2d_tar_entry *e, const struct header *h)
{
	char block[BLOCK];
	const char (*map)[24] = h->u.gnu.map;
	unsigned i, n = 4;
	bool more = h->u.gnu.extended;
	off_t from, len;
	int r;

	if (format_of(h) != GNU || d2d_tar_number(h->u.gnu.size, 12, &e->size) < 0)
		return DAMAGED;
	e->sparse = true;
	for (;;) {
		for (i = 0; i < n && map[i][0]; i++) {
			if (d2d_tar_number(map[i], 12, &from) < 0 || d2d_tar_number(map[i] + 12, 12, &len) < 0)
				return DAMAGED;
			r = d2d_tar_map_add(e, from, len);
			if (r < 0)
				return r;
		}
		if (!more)
			return 0;
		r = read_raw(t, block, BLOCK);
		if (r < 0)
			return r;
		map = (void *)block;
		n = 21;
		more = block[504];
	}
}

static bool has_no_content(char type)
{
	return type >= '1' && type <= '6';
}

static off_t padding(off_t size)
{
	return -size & (BLOCK - 1);
}

/* Reads the content of an extended header and the padding after it. The caller frees *text, also after an error. */
static int read_special(struct d2d_tar *t, off_t size, char **text)
{
	char rest[BLOCK];
	int r;

	if (size > SPECIAL_MAX)
		return -EFBIG;
	*text = xzalloc(size + 1);
	r = read_raw(t, *text, size);
	return r < 0 ? r : read_raw(t, rest, padding(size));
}

/* Skips the rest of the previous entry: content that the caller hasn't read, and padding. */
static int finish(struct d2d_tar *t)
{
	char rest[BLOCK];
	ssize_t n;
	int r = t->left ? d2d_stream_skip(t->in, t->left) : 0;

	if (r < 0)
		return r;
	t->left = 0;
	/* like archive/tar, accept that the padding of the last entry is missing */
	n = d2d_stream_read(t->in, rest, t->pad);
	if (n > 0 && t->raw)
		t->raw(t->arg, rest, n);
	t->pad = 0;
	return n < 0 ? n : 0;
}

/* Returns 1, or 0 at the end of the archive: two blocks of zeros, one block of zeros at the end of the file, or just the end
 * of the file. */
static int read_header(struct d2d_tar *t, struct header *h)
{
	const void *p;
	ssize_t n = d2d_stream_read(t->in, h, BLOCK);

	if (n > 0 && t->raw)
		t->raw(t->arg, h, n);
	if (n <= 0)
		return n;
	if (n < BLOCK)
		return -ENODATA;
	if (!is_zero(h))
		return checksum_matches(h) ? 1 : DAMAGED;

	n = d2d_stream_read(t->in, h, BLOCK);
	if (n > 0 && t->raw)
		t->raw(t->arg, h, n);
	p = h;
	t->ended = true;
	if (n <= 0)
		return n;
	return n == BLOCK && is_zero(p) ? 0 : DAMAGED;
}

/* Reads extended headers, up to and including the header of the entry that they describe. A global pax header counts as an
 * entry of its own. Returns 1, 0 at the end of the archive, or a negative errno. */
static int read_headers(struct d2d_tar *t, struct header *h, struct d2d_tar_special *x)
{
	off_t size;
	char **text;
	int r;

	while ((r = read_header(t, h)) > 0) {
		switch (h->type) {
		case 'x': case 'g': text = &x->pax; break;
		case 'L': text = &x->name; break;
		case 'K': text = &x->link; break;
		default: return 1;
		}
		if (d2d_tar_number(h->size, sizeof(h->size), &size) < 0 || size < 0)
			return DAMAGED;
		free(*text);
		*text = NULL;
		r = read_special(t, size, text);
		if (r < 0)
			return r;
		if (text == &x->pax)
			x->pax_len = size;
		if (h->type == 'g')
			return 1;
	}
	return r;
}

static int describe(struct d2d_tar *t, struct d2d_tar_entry *e, const struct header *h, struct d2d_tar_special *x)
{
	int r = parse(e, h);

	if (r < 0)
		return r;
	if (e->type == 'g') {		/* its records are checked, but not applied to anything */
		e->size = 0;
		return d2d_tar_pax(e, x);
	}
	r = d2d_tar_pax(e, x);
	if (r < 0)
		return r;
	if (e->type == 0)
		e->type = last_char_is(e->name, '/') ? '5' : '0';
	t->left = has_no_content(e->type) ? 0 : e->size;
	t->pad = padding(t->left);
	if (has_no_content(e->type))
		e->size = 0;
	if (e->type == 'S')
		return read_old_map(t, e, h);
	return d2d_tar_pax_sparse(t, e, x);
}

int d2d_tar_next(struct d2d_tar *t, struct d2d_tar_entry *e)
{
	struct d2d_tar_special x = { .name = NULL };
	struct header h;
	int r;

	BUILD_BUG_ON(sizeof(struct header) != BLOCK);
	d2d_tar_entry_clear(e);
	r = finish(t);
	if (r == 0)
		r = read_headers(t, &h, &x);
	if (r > 0)
		r = describe(t, e, &h, &x);
	else if (r == 0)
		r = x.pax || x.name || x.link ? -ENODATA : -ENOENT;
	if (r == 0)
		r = d2d_tar_map_check(e, t->left);
	free(x.pax);
	free(x.name);
	free(x.link);
	free(x.sparse_name);
	if (r == -ENOENT)
		return 0;
	return r < 0 ? r : 1;
}
