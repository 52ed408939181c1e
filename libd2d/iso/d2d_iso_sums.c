/*
 * The list of checksums of an ISO, in the format of sha256sum, so that 'sha256sum -c' can check a mounted ISO, too. Works on
 * memory only.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D_ISO) += d2d_iso_sums.o

#include "d2d_iso.h"

bool d2d_iso_sums_exempt(const char *path)
{
	static const char names[] ALIGN1 = "boot/grub/bios.img\0" D2D_ISO_SUMS"\0" D2D_ISO_SIGNATURE"\0";

	return index_in_strings(names, path) >= 0;
}

static int place_of(const struct d2d_iso_sums *sums, const char *path, unsigned *at)
{
	unsigned low = 0, high = sums->n;

	while (low < high) {
		unsigned middle = (low + high) / 2;
		int order = strcmp(path, sums->sum[middle].path);

		if (order == 0) {
			*at = middle;
			return 1;
		}
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	*at = low;
	return 0;
}

void d2d_iso_sums_set(struct d2d_iso_sums *sums, const char *path, const char *sha256)
{
	unsigned at;
	int there = place_of(sums, path, &at);

	if (!sha256) {
		if (!there)
			return;
		free(sums->sum[at].path);
		sums->n--;
		memmove(&sums->sum[at], &sums->sum[at + 1], (sums->n - at) * sizeof(*sums->sum));
		return;
	}
	if (!there) {
		sums->sum = xrealloc_vector(sums->sum, 6, sums->n);
		memmove(&sums->sum[at + 1], &sums->sum[at], (sums->n - at) * sizeof(*sums->sum));
		sums->n++;
		sums->sum[at].path = xstrdup(path);
	}
	safe_strncpy(sums->sum[at].sha256, sha256, sizeof(sums->sum[at].sha256));
}

int d2d_iso_sums_parse(const char *text, size_t len, struct d2d_iso_sums *sums, char **why)
{
	char *copy = xstrndup(text, len), *rest = copy, *line;
	unsigned number = 0, at;
	int r = strlen(copy) == len ? 0 : d2d_refuse(why, "it is not a text file");

	memset(sums, 0, sizeof(*sums));
	while (r == 0 && (line = strsep(&rest, "\n")) != NULL) {
		number++;
		if (!*line && !rest)
			break;
		if (strlen(line) <= D2D_DIGEST + 2 || line[D2D_DIGEST] != ' ' || line[D2D_DIGEST + 1] != ' ') {
			r = d2d_refuse(why, "line %u is not \"SHA256  PATH\"", number);
			break;
		}
		line[D2D_DIGEST] = '\0';
		if (!d2d_is_digest(line) || place_of(sums, line + D2D_DIGEST + 2, &at))
			r = d2d_refuse(why, "line %u is not the checksum of another file", number);
		else if (sums->n >= D2D_ISO_FILES_MAX)
			r = d2d_refuse(why, "it has too many lines");
		else
			d2d_iso_sums_set(sums, line + D2D_DIGEST + 2, line);
	}
	free(copy);
	if (r < 0)
		d2d_iso_sums_free(sums);
	return r;
}

void d2d_iso_sums_free(struct d2d_iso_sums *sums)
{
	while (sums->n)
		free(sums->sum[--sums->n].path);
	free(sums->sum);
	memset(sums, 0, sizeof(*sums));
}

const char *d2d_iso_sums_find(const struct d2d_iso_sums *sums, const char *path)
{
	unsigned at;

	return place_of(sums, path, &at) ? sums->sum[at].sha256 : NULL;
}

char *d2d_iso_sums_text(const struct d2d_iso_sums *sums)
{
	size_t size = 1;
	char *text, *p;
	unsigned i;

	for (i = 0; i < sums->n; i++)
		size += D2D_DIGEST + 2 + strlen(sums->sum[i].path) + 1;
	p = text = xzalloc(size);
	for (i = 0; i < sums->n; i++)
		p += sprintf(p, "%s  %s\n", sums->sum[i].sha256, sums->sum[i].path);
	return text;
}
