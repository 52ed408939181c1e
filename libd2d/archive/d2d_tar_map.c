/*
 * The map of a sparse file in a tar archive, and reading the content of an entry, which in some formats contains the map.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DIMPORT) += d2d_tar_map.o

#include "d2d_tar.h"

enum {
	MAP_MAX = 1024 * 1024,		/* pieces of a sparse file; limits memory */
	DAMAGED = -EBADMSG,
};

ssize_t d2d_tar_read(struct d2d_tar *t, void *buf, size_t len)
{
	ssize_t n = d2d_stream_read(t->in, buf, MIN((off_t)len, t->left));

	if (n > 0)
		t->left -= n;
	return n < (ssize_t)len && n >= 0 && t->left ? -ENODATA : n;
}

int d2d_tar_map_add(struct d2d_tar_entry *e, off_t from, off_t len)
{
	if (e->n_map >= MAP_MAX)
		return -EFBIG;
	e->map = xrealloc_vector(e->map, 6, e->n_map);
	e->map[e->n_map].from = from;
	e->map[e->n_map++].len = len;
	return 0;
}

int d2d_tar_map_check(const struct d2d_tar_entry *e, off_t stored)
{
	off_t end = 0, sum = 0;
	unsigned i;

	if (!e->sparse)
		return 0;
	for (i = 0; i < e->n_map; i++) {
		if (e->map[i].from < end || e->map[i].len < 0 || e->map[i].len > e->size
		 || e->map[i].from > e->size - e->map[i].len
		) {
			return DAMAGED;
		}
		end = e->map[i].from + e->map[i].len;
		sum += e->map[i].len;
	}
	return e->size < 0 || sum != stored ? DAMAGED : 0;
}
