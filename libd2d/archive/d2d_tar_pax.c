/*
 * Parses the extended headers of tar archives: long names, large numbers, exact times, xattrs, and maps of sparse files.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DIMPORT) += d2d_tar_pax.o

#include "d2d_tar.h"

enum {
	BLOCK = 512,
	MAP_MAX = 1024 * 1024,		/* pieces of a sparse file */
	DAMAGED = -EBADMSG,
};

struct record {
	const char *key, *value;	/* the value may contain null bytes, and is followed by one */
	size_t len;			/* of the value */
};

/* Parses one record, "LENGTH KEY=VALUE\n", in place. Returns its length or -EBADMSG. */
static ssize_t next_record(char *text, size_t left, struct record *record)
{
	char *space = memchr(text, ' ', left), *equals, *end;
	unsigned long len;

	if (!space || !isdigit(text[0]))
		return DAMAGED;
	errno = 0;
	len = strtoul(text, &end, 10);
	if (end != space || errno || len > left || len < 5 || text + len - 1 <= space || text[len - 1] != '\n')
		return DAMAGED;
	equals = memchr(space + 1, '=', text + len - 1 - (space + 1));
	if (!equals || equals == space + 1 || memchr(space + 1, 0, equals - space - 1))
		return DAMAGED;
	*equals = '\0';
	text[len - 1] = '\0';
	record->key = space + 1;
	record->value = equals + 1;
	record->len = text + len - 1 - record->value;
	return len;
}

static int decimal(const char *text, off_t *value)
{
	char *end;

	errno = 0;
	*value = strtoll(text, &end, 10);
	return errno || end == text || *end || isspace(*text) ? DAMAGED : 0;
}

/* Parses seconds with an optional fraction, which are negative before 1970. */
static int parse_time(const char *text, struct timespec *t)
{
	long ns = 0, unit = 100000000;
	char *end;

	errno = 0;
	t->tv_sec = strtoll(text, &end, 10);
	if (errno || end == text || isspace(*text))
		return DAMAGED;
	if (*end == '.')
		for (end++; isdigit(*end); end++, unit /= 10)
			ns += unit * (*end - '0');
	if (*end)
		return DAMAGED;
	if (*text == '-' && ns) {
		t->tv_sec--;
		ns = 1000000000 - ns;
	}
	t->tv_nsec = ns;
	return 0;
}

static void add_xattr(struct d2d_tar_entry *e, const char *name, const struct record *record)
{
	unsigned i;

	for (i = 0; i < e->n_xattrs && strcmp(e->xattrs[i].name, name) != 0; i++)
		continue;
	if (i == e->n_xattrs) {
		e->xattrs = xrealloc_vector(e->xattrs, 2, e->n_xattrs++);
		e->xattrs[i].name = xstrdup(name);
	} else {
		free(e->xattrs[i].value);
	}
	e->xattrs[i].value = xmemdup(record->value, record->len + 1);
	e->xattrs[i].len = record->len;
}

/* Parses the map of GNU's sparse format 0.1: "FROM,LENGTH,FROM,LENGTH..." */
static int parse_map(struct d2d_tar_entry *e, const char *text)
{
	long long from, len;
	int n, r = 0;

	while (r == 0 && *text) {
		if (sscanf(text, "%lld,%lld%n", &from, &len, &n) < 2)
			return DAMAGED;
		text += n;
		if (*text && *text++ != ',')
			return DAMAGED;
		r = d2d_tar_map_add(e, from, len);
	}
	return r;
}

static int apply_sparse(struct d2d_tar_entry *e, struct d2d_tar_special *x, const char *key, const char *value)
{
	if (strcmp(key, "major") == 0)
		x->major = value[0] && !value[1] ? value[0] : '?';
	else if (strcmp(key, "minor") == 0)
		x->minor = value[0] && !value[1] ? value[0] : '?';
	else if (strcmp(key, "name") == 0 && value[0]) {
		free(x->sparse_name);
		x->sparse_name = xstrdup(value);
	} else if (strcmp(key, "size") == 0 || (strcmp(key, "realsize") == 0 && !x->has_size)) {
		x->has_size = true;
		return decimal(value, &x->sparse_size);
	} else if (strcmp(key, "numblocks") == 0)
		return decimal(value, &x->blocks);
	else if (strcmp(key, "map") == 0)
		return parse_map(e, value);
	else if (strcmp(key, "offset") == 0) {
		if (x->has_from)
			return DAMAGED;
		x->has_from = true;
		return decimal(value, &x->from);
	} else if (strcmp(key, "numbytes") == 0) {
		off_t len;

		if (!x->has_from || decimal(value, &len) < 0)
			return DAMAGED;
		x->has_from = false;
		return d2d_tar_map_add(e, x->from, len);
	}
	return 0;
}

static int replace(char **name, const struct record *record)
{
	if (memchr(record->value, 0, record->len))
		return DAMAGED;
	free(*name);
	*name = xstrdup(record->value);
	return 0;
}

static int apply(struct d2d_tar_entry *e, struct d2d_tar_special *x, const struct record *record)
{
	const char *key = record->key, *value = record->value, *rest;
	off_t number;
	int r = 0;

	rest = is_prefixed_with(key, "SCHILY.xattr.");
	if (rest) {
		add_xattr(e, rest, record);
		return 0;
	}
	rest = is_prefixed_with(key, "GNU.sparse.");
	if (rest)
		return apply_sparse(e, x, rest, value);
	if (!record->len)	/* cancels a record of a global header, and those are never applied */
		return 0;
	if (strcmp(key, "path") == 0)
		return replace(&e->name, record);
	if (strcmp(key, "linkpath") == 0)
		return replace(&e->link, record);
	if (strcmp(key, "mtime") == 0)
		return parse_time(value, &e->mtime);
	if (strcmp(key, "atime") == 0)
		return parse_time(value, &e->atime);
	if (strcmp(key, "uid") == 0 || strcmp(key, "gid") == 0) {
		r = decimal(value, &number);
		*(key[0] == 'u' ? &e->uid : &e->gid) = number;
	} else if (strcmp(key, "size") == 0) {
		r = decimal(value, &e->size);
		if (e->size < 0)
			r = DAMAGED;
	}
	return r;
}

int d2d_tar_pax(struct d2d_tar_entry *e, struct d2d_tar_special *x)
{
	bool global = e->type == 'g';
	struct record record;
	size_t at = 0;
	ssize_t n;
	int r;

	while (at < x->pax_len) {
		n = next_record(x->pax + at, x->pax_len - at, &record);
		if (n < 0)
			return n;
		r = global ? 0 : apply(e, x, &record);
		if (r < 0)
			return r;
		at += n;
	}
	if (x->name) {
		free(e->name);
		e->name = xstrdup(x->name);
	}
	if (x->link) {
		free(e->link);
		e->link = xstrdup(x->link);
	}
	return x->has_from ? DAMAGED : 0;
}

/* ---- GNU's sparse format 1.0: the map precedes the content, as decimal numbers, each with a line feed ---- */

struct lines {
	struct d2d_tar *t;
	char block[BLOCK];
	unsigned at;
};

static int next_number(struct lines *l, off_t *value)
{
	unsigned digits = 0;
	ssize_t n;
	char c;

	*value = 0;
	for (;;) {
		if (l->at == BLOCK) {
			n = d2d_tar_read(l->t, l->block, BLOCK);
			if (n < BLOCK)
				return n < 0 ? n : DAMAGED;
			if (l->t->raw)
				l->t->raw(l->t->arg, l->block, BLOCK);
			l->at = 0;
		}
		c = l->block[l->at++];
		if (c == '\n')
			return digits ? 0 : DAMAGED;
		if (!isdigit(c) || ++digits > 18)
			return DAMAGED;
		*value = *value * 10 + (c - '0');
	}
}

static int read_map(struct d2d_tar *t, struct d2d_tar_entry *e)
{
	struct lines l = { .t = t, .at = BLOCK };
	off_t n, from, len;
	int r;

	r = next_number(&l, &n);
	while (r == 0 && n-- > 0) {
		r = next_number(&l, &from);
		if (r == 0)
			r = next_number(&l, &len);
		if (r == 0)
			r = d2d_tar_map_add(e, from, len);
	}
	return r;
}

int d2d_tar_pax_sparse(struct d2d_tar *t, struct d2d_tar_entry *e, struct d2d_tar_special *x)
{
	bool in_content = x->major == '1' && x->minor == '0';
	bool in_header = (x->major == '0' && (x->minor == '0' || x->minor == '1')) || (!x->major && !x->minor && e->n_map);
	int r;

	if (!in_content && !in_header) {
		e->n_map = 0;
		return 0;
	}
	if (e->type != '0')
		return DAMAGED;
	e->sparse = true;
	if (x->sparse_name) {
		free(e->name);
		e->name = xstrdup(x->sparse_name);
	}
	if (x->has_size)
		e->size = x->sparse_size;
	if (in_header)
		return x->blocks == (off_t)e->n_map ? 0 : DAMAGED;
	e->n_map = 0;
	r = read_map(t, e);
	return r;
}
