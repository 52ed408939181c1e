/*
 * Writes the header of a tar entry: POSIX.1-1988 (ustar), with GNU's base-256 encoding for numbers that need more digits.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DIMPORT) += d2d_tar_write.o

#include <sys/sysmacros.h>
#include "d2d_archive.h"
#include "bb_archive.h"

/* Writes octal digits, or GNU's base-256 encoding if the number is too large for them. */
static void put_number(char *field, size_t len, uint64_t n)
{
	size_t i;

	if (n >> (3 * (len - 1)) == 0) {
		for (i = len - 1; i-- > 0; n >>= 3)
			field[i] = '0' + (n & 7);
		return;
	}
	for (i = len; i-- > 0; n >>= 8)
		field[i] = n;
	field[0] = 0x80;
}
#define PUT(field, n) put_number(field, sizeof(field), n)

void d2d_tar_header(void *block, const struct d2d_tar_entry *e)
{
	struct tar_header_t h;
	unsigned sum = 0, i;

	memset(&h, 0, sizeof(h));
	strncpy(h.name, e->name, sizeof(h.name));
	strncpy(h.linkname, e->link ? : "", sizeof(h.linkname));
	PUT(h.mode, e->mode & 07777);
	PUT(h.uid, e->uid);
	PUT(h.gid, e->gid);
	PUT(h.size, e->size);
	PUT(h.mtime, e->mtime.tv_sec);
	PUT(h.devmajor, major(e->dev));
	PUT(h.devminor, minor(e->dev));
	h.typeflag = e->type;
	memcpy(h.magic, "ustar\0" "00", 8);
	memset(h.chksum, ' ', sizeof(h.chksum));
	for (i = 0; i < sizeof(h); i++)
		sum += ((unsigned char *)&h)[i];
	put_number(h.chksum, sizeof(h.chksum) - 1, sum);
	h.chksum[sizeof(h.chksum) - 2] = '\0';
	memcpy(block, &h, sizeof(h));
}
