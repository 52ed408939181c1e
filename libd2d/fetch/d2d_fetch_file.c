/*
 * Downloads to a file or into memory, and files NAME.url, which stand for a file on a server.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D_FETCH) += d2d_fetch_file.o

#include "d2d_fetch.h"

enum { CHUNK = 64 * 1024, REMOTE_MAX = 4096 };

int d2d_fetch_to(struct d2d_remote *r, int fd)
{
	struct d2d_fetch *f;
	ssize_t n = d2d_fetch_begin(&f, r);
	char *buf;

	if (n < 0)
		return n;
	buf = xmalloc(CHUNK);
	while ((n = d2d_fetch_read(f, buf, CHUNK)) > 0)
		if (full_write(fd, buf, n) != n) {
			n = errno ? -errno : -ENOSPC;
			break;
		}
	free(buf);
	d2d_fetch_end(f);
	return n;
}

int d2d_fetch_text(struct d2d_remote *r, char **text, size_t *len)
{
	struct d2d_fetch *f;
	ssize_t n = d2d_fetch_begin(&f, r);
	char *all;

	*text = NULL;
	*len = 0;
	if (n < 0)
		return n;
	all = xmalloc(CHUNK + 1);
	while ((n = d2d_fetch_read(f, all + *len, CHUNK)) > 0) {
		*len += n;
		all = xrealloc(all, *len + CHUNK + 1);
	}
	all[*len] = '\0';
	*text = all;
	d2d_fetch_end(f);
	return n;
}

int d2d_remote_read(struct d2d_remote *r, const char *path)
{
	char *text, *size, *url = NULL;
	const char *wrong = "";
	size_t len;
	off_t bytes;
	int err = d2d_file_read(path, REMOTE_MAX, &text, &len);

	memset(r, 0, sizeof(*r));
	if (err < 0)
		return err;
	chomp(text);
	size = strchr(text, ' ');
	if (size) {
		*size++ = '\0';
		url = strchr(size, ' ');
	}
	if (url) {
		*url++ = '\0';
		bytes = BB_STRTOOFF(size, NULL, 10);
		wrong = errno || bytes < 0 || !d2d_is_digest(text) ? "" : d2d_remote_set(r, url, bytes, text);
	}
	free(text);
	return wrong ? -EBADMSG : 0;
}

int d2d_remote_write(const char *path, const char *url, off_t size, const char *sha256)
{
	char *text = xasprintf("%s %llu %s\n", sha256, (unsigned long long)size, url);
	int err = d2d_file_write(path, text);

	free(text);
	return err;
}
