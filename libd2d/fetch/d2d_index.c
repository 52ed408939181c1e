/*
 * The index of a payload on a server, which neither HTTP nor TFTP can list: "d2d-index 1", a line "SHA256 MODE SIZE MTIME PATH" for
 * each file in the order of the paths, and "end", without which the index isn't complete. Pure functions on memory.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DPAYLOAD) += d2d_index.o

#include "d2d_fetch.h"

#define FIRST "d2d-index 1"
#define LAST "end"

enum {
	PATH_MAX_LENGTH = 255,
	DEPTH_MAX = 8,
	SIZE_DIGITS = 13,	/* less than 10 TB */
	MTIME_DIGITS = 11,
};

bool d2d_index_path_ok(const char *path)
{
	const char *p;
	unsigned depth = 0;

	for (p = path; *p; p++) {
		if (p == path || p[-1] == '/') {
			/* Neither hidden files nor "." and "..". */
			if (!isalnum(*p) && !strchr("_+@~", *p))
				return false;
			depth++;
		} else if (!isalnum(*p) && !strchr("/._+@~:-", *p)) {
			return false;
		}
	}
	return p > path && p[-1] != '/' && depth <= DEPTH_MAX && p - path <= PATH_MAX_LENGTH;
}

/* Parses a decimal number of at most MAX digits, which ends at a blank. Returns the text behind the blank, or NULL. */
static char *number(char *p, unsigned max, unsigned long long *n)
{
	size_t len = strspn(p, "0123456789");

	if (!len || len > max || p[len] != ' ' || (len > 1 && p[0] == '0'))
		return NULL;
	*n = strtoull(p, NULL, 10);
	return p + len + 1;
}

/* Parses a line, which it changes. Returns NULL, or what is wrong with it. */
static const char *parse_entry(char *line, struct d2d_index *i)
{
	enum { MODE = D2D_DIGEST + 1, REST = MODE + 4 + 1 };
	struct d2d_index_entry e = { .path = NULL };
	unsigned long long size, mtime;
	char *p;

	if (strlen(line) < REST || line[MODE - 1] != ' ' || line[REST - 1] != ' ')
		return "not \"SHA256 MODE SIZE MTIME PATH\"";
	line[MODE - 1] = line[REST - 1] = '\0';
	if (!d2d_is_digest(line))
		return "not a SHA-256 in lower case";
	if (line[MODE] != '0' || strspn(line + MODE, "01234567") != 4)
		return "not a mode like 0755";
	p = number(line + REST, SIZE_DIGITS, &size);
	p = p ? number(p, MTIME_DIGITS, &mtime) : NULL;
	if (!p)
		return "not a size in bytes and a time in seconds";
	if (!d2d_index_path_ok(p))
		return "not a path like hooks/90-local/10-name";
	if (i->n && strcmp(i->entry[i->n - 1].path, p) >= 0)
		return "not in sorted order, or a duplicate path";
	strcpy(e.sha256, line);
	e.mode = strtoul(line + MODE, NULL, 8);
	e.size = size;
	e.mtime = mtime;
	e.path = xstrdup(p);
	i->entry = xrealloc_vector(i->entry, 6, i->n);
	i->entry[i->n++] = e;
	return NULL;
}

int d2d_index_parse(const char *text, size_t len, struct d2d_index *i, char **why)
{
	const char *p, *eol, *end = text + len, *wrong = NULL;
	unsigned line = 1;
	bool complete = false;

	memset(i, 0, sizeof(*i));
	*why = NULL;
	for (p = text; p < end && !wrong; p = eol + 1, line++) {
		char *copy;

		eol = memchr(p, '\n', end - p);
		if (!eol || complete) {
			wrong = complete ? "text behind the end" : "no newline";
			break;
		}
		copy = xstrndup(p, eol - p);
		if (strlen(copy) != (size_t)(eol - p))
			wrong = "not a text file";
		else if (line == 1)
			wrong = strcmp(copy, FIRST) == 0 ? NULL : "not \""FIRST"\"";
		else if (strcmp(copy, LAST) == 0)
			complete = true;
		else
			wrong = parse_entry(copy, i);
		free(copy);
		if (wrong)
			break;
	}
	if (!wrong && complete)
		return 0;
	d2d_index_free(i);
	*why = wrong ? xasprintf("line %u: %s", line, wrong) : xstrdup("it isn't complete: its last line is missing");
	return -EBADMSG;
}

static int by_path(const void *a, const void *b)
{
	const struct d2d_index_entry *x = a, *y = b;

	return strcmp(x->path, y->path);
}

void d2d_index_sort(struct d2d_index *i)
{
	if (i->n)
		qsort(i->entry, i->n, sizeof(*i->entry), by_path);
}

char *d2d_index_text(const struct d2d_index *i)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);
	unsigned k;

	if (!f)
		bb_die_memory_exhausted();
	fputs(FIRST"\n", f);
	for (k = 0; k < i->n; k++)
		fprintf(f, "%s %04o %llu %llu %s\n", i->entry[k].sha256, (unsigned)i->entry[k].mode, (unsigned long long)i->entry[k].size,
			(unsigned long long)i->entry[k].mtime, i->entry[k].path);
	fputs(LAST"\n", f);
	fclose(f);
	return text;
}

void d2d_index_free(struct d2d_index *i)
{
	while (i->n)
		free(i->entry[--i->n].path);
	free(i->entry);
	memset(i, 0, sizeof(*i));
}
