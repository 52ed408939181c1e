/*
 * d2diso: the list of files that are added to the ISO. No file takes the place of another one unnoticed.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DISO) += d2diso_add.o

#include <search.h>
#include "d2diso.h"

/* A node of the tree d->by_path: d->add moves when it grows. */
struct place {
	const char *path;
	unsigned i;		/* in d->add */
};

static int by_path(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	return strcmp(x->path, y->path);
}

static struct d2diso_add *find(const struct d2diso *d, const char *path)
{
	struct place key = { .path = path }, **found = tfind(&key, &d->by_path, by_path);

	return found ? &d->add[(*found)->i] : NULL;
}

/* xorriso reads paths from lines of text, and SHA256SUMS is one, too. */
static void refuse_name(const char *path, const char *from)
{
	const char *p, *component = path;

	for (p = path; *p; p++) {
		if ((unsigned char)*p < ' ' || *p == 0x7f || *p == '\\')
			bb_error_msg_and_die("'%s' needs another name: this one has a control character or a backslash",
				printable_string(from));
		if (*p == '/')
			component = p + 1;
		if (p - component > 254)
			bb_error_msg_and_die("'%s' needs a shorter name", printable_string(from));
	}
	d2diso_refuse_quoting(path);
	d2diso_refuse_quoting(from);
}

void d2diso_refuse_quoting(const char *path)
{
	if (strchr(path, '\n'))
		bb_error_msg_and_die("'%s' needs another name: this one has a line break", printable_string(path));
	if (strchr(path, '\'') && strchr(path, '"'))
		bb_error_msg_and_die("'%s' needs another name: this one has both kinds of quotation marks", printable_string(path));
}

/* A file of the ISO can't be the directory of another one, nor the reverse. */
static void refuse_clash(const struct d2diso *d, const char *path, const char *from)
{
	const struct d2d_iso_file *file = d2d_iso_find(&d->iso, path);
	const char *slash;

	if (file && !S_ISREG(file->mode))
		bb_error_msg_and_die("'%s' can't become '%s': the ISO has a directory of this name", printable_string(from), path);
	for (slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
		char *parent = xstrndup(path, slash - path);

		file = d2d_iso_find(&d->iso, parent);
		if ((file && !S_ISDIR(file->mode)) || find(d, parent))
			bb_error_msg_and_die("'%s' can't become '%s': '%s' is a file", printable_string(from), path, parent);
		free(parent);
	}
}

static struct d2diso_add *append(struct d2diso *d, const char *path, const char *from, const char *arg)
{
	struct d2diso_add *add;
	struct place *place = xzalloc(sizeof(*place));

	if (d->n >= D2DISO_FILES_MAX)
		bb_error_msg_and_die("more than %u files", (unsigned)D2DISO_FILES_MAX);
	d->add = xrealloc_vector(d->add, 6, d->n);
	add = &d->add[d->n++];
	memset(add, 0, sizeof(*add));
	place->path = add->path = xstrdup(path);
	place->i = d->n - 1;
	tsearch(place, &d->by_path, by_path);
	add->from = xstrdup(from);
	add->arg = arg;
	add->mode = 0444;
	add->is_new = !d2d_iso_find(&d->iso, path);
	return add;
}

struct d2diso_add *d2diso_add(struct d2diso *d, const char *path, const char *from, const char *arg)
{
	struct d2diso_add *other = find(d, path), *add;
	struct stat st;

	if (stat(from, &st) < 0)
		bb_perror_msg_and_die("can't open '%s'", printable_string(from));
	if (!S_ISREG(st.st_mode))
		bb_error_msg_and_die("'%s' is neither a file nor a directory", printable_string(from));
	refuse_name(path, from);
	if (other) {
		char *first = xstrdup(printable_string(other->from));

		bb_error_msg_and_die("'%s' and '%s' would both become '%s'", first, printable_string(from), path);
	}
	refuse_clash(d, path, from);
	if (d2d_iso_find(&d->iso, path) && !(d->opt & OPT_r))
		bb_error_msg_and_die("'%s' would replace '%s' of the ISO: -r does that", printable_string(from), path);
	add = append(d, path, from, arg);
	add->size = st.st_size;
	add->mode = st.st_mode & 0111 ? 0555 : 0444;
	add->mtime = MAX(st.st_mtime, 0);
	return add;
}

struct d2diso_add *d2diso_put(struct d2diso *d, const char *path, const void *data, size_t len)
{
	struct d2diso_add *add = find(d, path);
	char *from = add ? xstrdup(add->from) : xasprintf("%s/%u", d->dir, d->n);
	int r;

	if (add && add->arg) {
		/* A file of the user that is changed, such as d2d/config: the change must not go into that file. */
		free(from);
		from = xasprintf("%s/%s", d->dir, bb_basename(path));
		free(add->from);
		add->from = xstrdup(from);
	}
	r = d2d_file_save_as(from, data, len, 0600, NULL);
	if (r < 0)
		bb_error_msg_and_die("can't write '%s': %s", from, strerror(-r));
	if (!add)
		add = append(d, path, from, NULL);
	add->size = len;
	add->mtime = d->date;
	free(from);
	return add;
}

char *d2diso_text(const struct d2diso *d, const char *path)
{
	const struct d2diso_add *add = find(d, path);
	const struct d2d_iso_file *file = d2d_iso_regular(&d->iso, path);
	char *text = NULL;
	size_t len;
	int r = 0;

	if (add)
		r = d2d_file_read(add->from, D2D_ISO_TEXT_MAX, &text, &len);
	else if (file)
		r = d2d_iso_read(&d->iso, file, D2D_ISO_TEXT_MAX, &text, &len);
	if (r < 0)
		bb_error_msg_and_die("can't read '%s': %s", add ? printable_string(add->from) : path, strerror(-r));
	return text;
}
