/*
 * Finds members of an image file by name and opens their contents, after the first pass over the file (d2d_archive.c).
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DIMPORT) += d2d_archive_member.o

#include "d2d_archive_private.h"

enum { LINKS_MAX = 8 };		/* followed one after the other */

/* Returns the last member of this name, because a later tar entry replaces an earlier one. NULL if there is none. */
static struct d2d_member *find(struct d2d_archive *a, const char *name)
{
	unsigned low = 0, high = a->n, mid;

	while (low < high) {
		mid = (low + high) / 2;
		if (strcmp(a->members[mid].name, name) <= 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low && strcmp(a->members[low - 1].name, name) == 0 ? &a->members[low - 1] : NULL;
}

/* Resolves LINK relative to the directory of NAME: "DIR/NAME" and "../OTHER" give "OTHER". The caller frees the result.
 * NULL if the path leads out of the archive. */
static char *join(const char *name, const char *link)
{
	char *path = xasprintf("%.*s/", (int)(strrchr(name, '/') ? strrchr(name, '/') - name : 0), name);
	char *text = xstrdup(link), *rest = text, *part, *slash;

	if (path[0] == '/')
		path[0] = '\0';
	while (path && (part = strsep(&rest, "/")) != NULL) {
		if (strcmp(part, "..") == 0) {
			if (!path[0]) {
				free(path);
				path = NULL;
				break;
			}
			path[strlen(path) - 1] = '\0';
			slash = strrchr(path, '/');
			*(slash ? slash + 1 : path) = '\0';
		} else if (*part && strcmp(part, ".") != 0) {
			char *longer = xasprintf("%s%s/", path, part);

			free(path);
			path = longer;
		}
	}
	free(text);
	if (path && path[0])
		path[strlen(path) - 1] = '\0';
	return path;
}

/* Adds a regular file of an image directory to the members. NULL if there is no such file. */
static struct d2d_member *add_file(struct d2d_archive *a, const char *name)
{
	struct d2d_member *m;
	struct stat st;
	int fd = d2d_open_beneath(a->fd, name, O_PATH);
	bool found = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode);

	if (fd >= 0)
		close(fd);
	if (!found || a->n >= ARCHIVE_MEMBERS_MAX)
		return NULL;
	/* Callers hold pointers to members, so the array must never be reallocated. */
	if (!a->members)
		a->members = xzalloc(ARCHIVE_MEMBERS_MAX * sizeof(*m));
	m = &a->members[a->n++];
	m->name = xstrdup(name);
	m->type = '0';
	m->size = st.st_size;
	m->at = a->n;
	return m;
}

struct d2d_member *d2d_archive_find(struct d2d_archive *a, const char *name)
{
	char *wanted = d2d_clean_name(name), *next;
	struct d2d_member *m = NULL;
	unsigned i;

	for (i = 0; wanted && a->is_dir && i < a->n; i++)
		if (strcmp(a->members[i].name, wanted) == 0)
			m = &a->members[i];
	if (wanted && a->is_dir && !m)
		m = add_file(a, wanted);
	for (i = 0; wanted && !a->is_dir; i++) {
		m = find(a, wanted);
		if (!m || (m->type != '1' && m->type != '2'))
			break;
		next = i < LINKS_MAX ? join(m->type == '2' && m->link[0] != '/' ? m->name : "", m->link) : NULL;
		free(wanted);
		wanted = next;
		m = NULL;
	}
	free(wanted);
	return m && m->type == '0' ? m : NULL;
}

/* A descriptor of the file that holds the member: of a directory, a new one that the caller closes; else the archive's. */
static int member_open(struct d2d_archive *a, const struct d2d_member *m)
{
	return a->is_dir ? d2d_open_beneath(a->fd, m->name, O_RDONLY | O_NONBLOCK) : a->fd;
}

const char *d2d_archive_text(struct d2d_archive *a, struct d2d_member *m)
{
	int fd;

	if (m->text || !a->is_dir || m->size > ARCHIVE_TEXT_MAX || a->kept + m->size > ARCHIVE_KEPT_MAX)
		return m->text;
	fd = member_open(a, m);
	if (fd < 0)
		return NULL;
	m->text = xzalloc(m->size + 1);
	a->kept += m->size;
	if (full_read(fd, m->text, m->size) != m->size) {
		free(m->text);
		m->text = NULL;
	}
	close(fd);
	return m->text;
}

int d2d_archive_open_member(struct d2d_archive *a, const struct d2d_member *m, struct d2d_stream **in)
{
	int r = 0;

	*in = NULL;
	if (!a->packed) {
		int fd = member_open(a, m);

		if (fd < 0)
			return fd;
		*in = d2d_stream_file(fd, a->is_dir ? 0 : m->at, m->size, a->progress);
		if (a->is_dir)
			d2d_stream_close_fd(*in);
		return 0;
	}
	if (a->in && d2d_stream_position(a->in) > m->at) {
		d2d_stream_close(a->in);
		a->in = NULL;
	}
	if (!a->in)
		a->in = d2d_archive_start(a, &r);
	if (r >= 0)
		r = d2d_stream_skip(a->in, m->at - d2d_stream_position(a->in));
	if (r >= 0)
		*in = d2d_stream_part(a->in, m->size);
	return r;
}

int d2d_archive_locate(struct d2d_archive *a, const struct d2d_member *m, off_t *at)
{
	int fd = a->packed ? -EPROTONOSUPPORT : a->is_dir ? member_open(a, m) : fcntl(a->fd, F_DUPFD_CLOEXEC, 0);

	*at = a->is_dir ? 0 : m->at;
	return fd == -1 ? -errno : fd;
}

bool d2d_archive_is_packed(const struct d2d_archive *a)
{
	return a->packed;
}

const struct d2d_progress *d2d_archive_set_progress(struct d2d_archive *a, const struct d2d_progress *progress)
{
	const struct d2d_progress *before = a->progress;

	if (!a->packed)
		a->progress = progress;
	return before;
}

off_t d2d_archive_size(const struct d2d_archive *a, bool *cut)
{
	*cut = a->cut;
	return a->unpacked;
}
