/*
 * Parses manifests. The manifest of a directory of hooks has a first line "version N", then a line "SHA256 MODE STAGE/NAME" for
 * each file. Manifests of other kinds begin with the kind, for example "bin version N", and have lines "SHA256 MODE NAME", so that
 * a signed manifest of one kind can't be used as one of another kind.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_manifest.o

#include "d2d_trust.h"

/* All integers up to this one fit into a double, which is how many JSON readers store numbers. */
#define VERSION_MAX (1ULL << 53)

void d2d_minisign_id(char *text, const uint8_t *id)
{
	unsigned long long n = 0;
	unsigned i;

	/* A little-endian number. */
	for (i = D2D_MINISIGN_ID; i > 0; i--)
		n = n << 8 | id[i - 1];
	sprintf(text, "%llX", n);
}

/* Parses a decimal number without sign and leading zeros. Returns 0 for any other text. */
unsigned long long d2d_manifest_version(const char *text, size_t len)
{
	unsigned long long n = 0;
	size_t i;

	if (!len || text[0] == '0')
		return 0;
	for (i = 0; i < len; i++) {
		if (!isdigit(text[i]))
			return 0;
		n = n * 10 + (text[i] - '0');
		if (n > VERSION_MAX)
			return 0;
	}
	return n;
}

static const char kinds[] ALIGN1 = "hooks\0bin\0layers\0cli-plugins\0settings\0";

const char *d2d_kind_dir(unsigned kind)
{
	return nth_string(kinds, kind);
}

const char *d2d_kind_words(unsigned kind)
{
	return kind == D2D_KIND_BIN ? "scripts" : d2d_kind_dir(kind);
}

char *d2d_kind_path(unsigned kind, const char *dir)
{
	return kind == D2D_KIND_SETTINGS ? xstrdup(dir) : concat_path_file(dir, d2d_kind_dir(kind));
}

unsigned d2d_kind_at(const char *name)
{
	int kind = strcmp(name, "d2d") == 0 ? D2D_KIND_SETTINGS : index_in_strings(kinds, name);

	return kind < 0 || (kind == D2D_KIND_SETTINGS && name[0] != 'd') ? D2D_KIND_HOOKS : kind;
}

static bool parse_hash(const char *text, uint8_t *sha256)
{
	unsigned i;

	for (i = 0; i < 64; i++)
		if (!isdigit(text[i]) && (text[i] < 'a' || text[i] > 'f'))
			return false;
	return hex2bin((char *)sha256, text, 32) != NULL;
}

static bool parse_mode(const char *text, unsigned *mode)
{
	unsigned i;

	*mode = 0;
	for (i = 0; i < 4; i++) {
		if (text[i] < '0' || text[i] > '7')
			return false;
		*mode = *mode * 8 + (text[i] - '0');
	}
	return text[0] == '0';
}

/* Accepts STAGE/NAME for hooks, the paths of settings, NAME for other kinds: no "..", no absolute path, no control characters. */
static bool path_ok(char *path, unsigned kind)
{
	char *slash = strchr(path, '/');
	bool ok;

	if (kind == D2D_KIND_SETTINGS)
		return d2d_setting_name_ok(path);
	if (kind != D2D_KIND_HOOKS)
		return d2d_bin_name_ok(path);
	if (!slash)
		return false;
	*slash = '\0';
	ok = d2d_hook_name_ok(path) && d2d_hook_name_ok(slash + 1);
	*slash = '/';
	return ok;
}

/* Parses the first line. Returns NULL, or what is wrong with it. */
static const char *parse_version(struct d2d_manifest *m, const char *line, size_t len)
{
	unsigned kind;

	for (kind = D2D_KIND_HOOKS; kind <= D2D_KIND_SETTINGS; kind++) {
		char *first = xasprintf("%s%sversion ", kind ? d2d_kind_dir(kind) : "", kind ? " " : "");
		size_t head = strlen(first);

		if (len > head && memcmp(line, first, head) == 0) {
			m->version = d2d_manifest_version(line + head, len - head);
			m->kind = kind;
		}
		free(first);
	}
	return m->version ? NULL : "not \"version N\"";
}

/* Parses a line about a file and appends it to the manifest. Returns NULL, or what is wrong with it. */
static const char *parse_entry(struct d2d_manifest *m, const char *line, size_t len)
{
	enum { MODE = 64 + 1, PATH = MODE + 4 + 1 };
	struct d2d_manifest_entry e;

	if (len <= PATH || line[MODE - 1] != ' ' || line[PATH - 1] != ' ')
		return "not \"SHA256 MODE STAGE/NAME\"";
	if (!parse_hash(line, e.sha256))
		return "not a SHA-256 in lower case";
	if (!parse_mode(line + MODE, &e.mode))
		return "not a mode like 0755";
	e.path = xstrndup(line + PATH, len - PATH);
	if (strlen(e.path) != len - PATH || !path_ok(e.path, m->kind)) {
		free(e.path);
		return "not a path like 90-local/10-name";
	}
	if (m->n && strcmp(m->entry[m->n - 1].path, e.path) >= 0) {
		free(e.path);
		return "not in sorted order, or a duplicate path";
	}
	m->entry = xrealloc_vector(m->entry, 6, m->n);
	m->entry[m->n++] = e;
	return NULL;
}

int d2d_manifest_parse(const char *text, size_t len, struct d2d_manifest *m, char **why)
{
	const char *p, *eol, *end = text + len, *wrong;
	unsigned line = 1;

	memset(m, 0, sizeof(*m));
	*why = NULL;
	if (len > D2D_MANIFEST_MAX) {
		*why = xstrdup("longer than 1 MiB");
		return -EFBIG;
	}
	for (p = text; p < end; p = eol + 1, line++) {
		eol = memchr(p, '\n', end - p);
		wrong = NULL;
		if (!eol) {
			wrong = "truncated: no newline";
		} else if (eol > p && eol[-1] == '\r') {
			wrong = "ends in a carriage return";
		} else if (line > 1) {
			wrong = parse_entry(m, p, eol - p);
		} else {
			wrong = parse_version(m, p, eol - p);
		}
		if (wrong) {
			*why = xasprintf("line %u: %s", line, wrong);
			d2d_manifest_free(m);
			return -EBADMSG;
		}
	}
	if (!m->version) {
		*why = xstrdup("empty");
		return -EBADMSG;
	}
	return 0;
}

void d2d_manifest_free(struct d2d_manifest *m)
{
	while (m->n)
		free(m->entry[--m->n].path);
	free(m->entry);
	memset(m, 0, sizeof(*m));
}

struct d2d_manifest_entry *d2d_manifest_find(const struct d2d_manifest *m, const char *path)
{
	unsigned low = 0, high = m->n;

	while (low < high) {
		unsigned mid = low + (high - low) / 2;
		int order = strcmp(path, m->entry[mid].path);

		if (order == 0)
			return &m->entry[mid];
		if (order < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return NULL;
}
