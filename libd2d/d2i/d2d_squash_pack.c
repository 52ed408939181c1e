/*
 * Packs the files of a directory into one tar archive. Each squashfs is aligned, so that a loop device can be set up on it.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_FEATURE_D2DIMPORT_SQUASH) += d2d_squash_pack.o

#include "d2d_squash.h"

enum {
	ALIGN = 4096,		/* bytes */
	CHUNK = 256 * 1024,
};

static int pack_one(struct d2d_tar_out *o, int dir, char *name, char *buf)
{
	struct d2d_tar_entry e = { .type = '0', .name = name, .mode = 0644 };
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW), r = 0;
	struct stat st;
	ssize_t n;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		r = -errno;
	e.size = st.st_size;
	if (r == 0 && is_suffixed_with(name, ".squashfs"))
		d2d_tar_out_align(o, ALIGN);
	if (r == 0)
		r = d2d_tar_out_entry(o, &e);
	while (r == 0 && o->left) {
		n = safe_read(fd, buf, MIN(o->left, CHUNK));
		if (n <= 0)
			r = n < 0 ? -errno : -EIO;
		else
			r = d2d_tar_out_write(o, buf, n);
	}
	close(fd);
	/* remove each file at once, so that at most one of them takes up space twice */
	if (r == 0 && unlinkat(dir, name, 0) < 0)
		r = -errno;
	return r;
}

int d2d_squash_pack(int dir, char **names, unsigned n, int to)
{
	struct d2d_tar_out o = { .to = fdopen(dup(to), "w") };
	char *buf = xmalloc(CHUNK);
	unsigned i;
	int r = o.to ? 0 : -errno;

	for (i = 0; r == 0 && i < n; i++)
		r = pack_one(&o, dir, names[i], buf);
	if (r == 0)
		r = d2d_tar_out_end(&o);
	free(buf);
	if (o.to && fclose(o.to) != 0 && r == 0)
		r = -errno;
	return r;
}
