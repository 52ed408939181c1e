/*
 * Reads files of an ISO at the places that were listed.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D_ISO) += d2d_iso_file.o

#include "d2d_iso.h"

int d2d_iso_read(const struct d2d_iso *iso, const struct d2d_iso_file *file, size_t max, char **text, size_t *len)
{
	*text = NULL;
	*len = 0;
	if (file->size > (off_t)max)
		return -EFBIG;
	*text = xzalloc(file->size + 1);
	if (pread(iso->fd, *text, file->size, file->at) != (ssize_t)file->size) {
		free(*text);
		*text = NULL;
		return -EIO;
	}
	*len = file->size;
	return 0;
}

char *d2d_iso_info(const struct d2d_iso *iso, const char *key)
{
	const struct d2d_iso_file *file = d2d_iso_regular(iso, D2D_ISO_INFO);
	char *text, *rest, *line, *value = NULL;
	size_t len;

	if (!file || d2d_iso_read(iso, file, D2D_ISO_TEXT_MAX, &text, &len) < 0)
		return NULL;
	for (rest = text; !value && (line = strsep(&rest, "\n")) != NULL;) {
		const char *found = is_prefixed_with(line, key);

		if (found && *found == '=')
			value = d2d_printable(found + 1, strlen(found + 1));
	}
	free(text);
	return value;
}

int d2d_iso_digest(const struct d2d_iso *iso, const struct d2d_iso_file *file, char *hex, const struct d2d_progress *progress)
{
	enum { PIECE = 1024 * 1024 };
	char *piece = xmalloc(PIECE);
	uint8_t digest[32];
	sha256_ctx_t ctx;
	off_t done = 0;
	ssize_t n = 1;

	sha256_begin(&ctx);
	while (n > 0 && done < file->size) {
		n = pread(iso->fd, piece, MIN(file->size - done, PIECE), file->at + done);
		if (n <= 0)
			break;
		sha256_hash(&ctx, piece, n);
		done += n;
		if (progress)
			progress->on_progress(progress->arg, done, file->size);
	}
	sha256_end(&ctx, digest);
	d2d_hex(hex, digest, sizeof(digest));
	free(piece);
	return n < 0 ? -errno : done < file->size ? -ENODATA : 0;
}
