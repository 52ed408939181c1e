/*
 * Lists the files of an ISO: reads what xorriso prints about them. Names come from the ISO, so they may contain anything;
 * xorriso prints all bytes that aren't printable as escape sequences of C, and quotes the path as a shell would.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D_ISO) += d2d_iso_list.o

#include "d2d_iso.h"

enum { LISTING_MAX = 64 * 1024 * 1024 };

/* Returns the path in the quoted word at TEXT, relative to the top, or NULL. The caller frees it. */
static char *path_of(const char *text)
{
	char **words, *path = NULL;
	const char *why;

	if (d2d_words(text, &words, &why) >= 1 && words[0][0] == '/') {
		path = xzalloc(strlen(words[0]));
		strcpy_and_process_escape_sequences(path, words[0] + 1);
	}
	d2d_words_free(words);
	return path;
}

/* Sets the type and the permissions from the form of 'ls -l': "-rwxr-xr-x". */
static mode_t mode_of(const char *text)
{
	static const char bits[] ALIGN1 = "rwxrwxrwx";
	mode_t mode = text[0] == 'd' ? S_IFDIR : text[0] == '-' ? S_IFREG : text[0] == 'l' ? S_IFLNK : S_IFCHR;
	unsigned i;

	for (i = 0; bits[i] && text[i + 1]; i++)
		if (text[i + 1] == bits[i] || text[i + 1] == 's' || text[i + 1] == 't')
			mode |= 0400 >> i;
	return mode;
}

/* Adds a file from a line "-rw-r--r-- LINKS UID GID SIZE MONTH DAY TIME 'PATH'". */
static int add_file(struct d2d_iso *iso, const char *line)
{
	const char *quoted = strchr(line, '\'');
	struct d2d_iso_file *file;
	unsigned long long size;
	char *path;

	/* The catalog of boot images ('e') has a name, but no content of its own. */
	if (!quoted || line[0] == 'e' || sscanf(line, "%*s %*s %*s %*s %llu", &size) != 1)
		return 0;
	path = path_of(quoted);
	if (!path || !path[0]) {
		free(path);
		return 0;
	}
	if (iso->n >= D2D_ISO_FILES_MAX) {
		free(path);
		return -EFBIG;
	}
	iso->file = xrealloc_vector(iso->file, 6, iso->n);
	file = &iso->file[iso->n++];
	file->path = path;
	file->mode = mode_of(line);
	file->at = 0;
	file->size = S_ISREG(file->mode) ? (off_t)size : 0;
	return 0;
}

static int by_path(const void *a, const void *b)
{
	const struct d2d_iso_file *x = a, *y = b;

	return strcmp(x->path, y->path);
}

/* Sets the place of a file from a line "File data lba: EXTENT , START , BLOCKS , SIZE , 'PATH'". */
static int set_place(struct d2d_iso *iso, const char *line, off_t *next, char **why)
{
	const char *quoted = strchr(line, '\'');
	unsigned long long start, blocks;
	struct d2d_iso_file *file;
	unsigned extent;
	char *path = quoted ? path_of(quoted) : NULL;
	int r = 0;

	file = path ? (struct d2d_iso_file *)d2d_iso_regular(iso, path) : NULL;
	if (file && sscanf(line, "File data lba: %u , %llu , %llu", &extent, &start, &blocks) == 3) {
		if (extent == 0)
			file->at = start * D2D_ISO_BLOCK;
		else if ((off_t)start * D2D_ISO_BLOCK != *next)
			r = d2d_refuse(why, "its file '%s' is in several pieces", path);
		*next = (start + blocks) * D2D_ISO_BLOCK;
		if (r == 0 && (file->at + file->size > iso->size || file->at < 0))
			r = d2d_refuse(why, "its file '%s' is beyond its end: it is truncated or damaged", path);
	}
	free(path);
	return r;
}

int d2d_iso_list(struct d2d_iso *iso, char **why)
{
	char *dev = xasprintf("stdio:%s", iso->path), *text, *rest, *line;
	const char *const args[] = { "-report_about", "FAILURE", "-return_with", "FAILURE", "32", "-backslash_codes", "encode_output",
		"-indev", dev, "-find", "/", "-exec", "lsdl", "--", "-find", "/", "-type", "f", "-exec", "report_lba", "--", NULL };
	bool sorted = false;
	off_t next = 0;
	int r = d2d_xorriso_read(args, LISTING_MAX, &text, why);

	for (rest = text; r == 0 && (line = strsep(&rest, "\n")) != NULL;) {
		if (!is_prefixed_with(line, "File data lba:")) {
			r = sorted ? 0 : add_file(iso, line);
			continue;
		}
		/* All files come before all places. */
		if (!sorted)
			qsort(iso->file, iso->n, sizeof(*iso->file), by_path);
		sorted = true;
		r = set_place(iso, line, &next, why);
	}
	if (r == -EFBIG)
		d2d_fail(r, why, "it contains too many files");
	free(text);
	free(dev);
	return r;
}
