/*
 * Writes tar archives with POSIX headers, but with GNU's extensions for long names and large numbers, because mksquashfs 4.5
 * reads these correctly: it drops leading slashes of a long symbolic link in a pax header.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_FEATURE_D2DIMPORT_SQUASH) += d2d_squash_tar.o

#include "d2d_squash.h"
#include "bb_archive.h"

enum { BLOCK = TAR_BLOCK_SIZE };

static int put(struct d2d_tar_out *o, const void *buf, size_t len)
{
	if (fwrite(buf, 1, len, o->to) != len)
		return errno ? -errno : -EIO;
	o->at += len;
	return 0;
}

static int put_header(struct d2d_tar_out *o, const struct d2d_tar_entry *e)
{
	char block[BLOCK];

	d2d_tar_header(block, e);
	return put(o, block, sizeof(block));
}

/* Writes an extended header: its text is stored like the content of a file. */
static int put_special(struct d2d_tar_out *o, char type, const char *text, size_t len)
{
	struct d2d_tar_entry e = { .type = type, .name = (char *)"././@LongLink", .size = len };
	int r = put_header(o, &e);

	o->left = len;
	return r < 0 ? r : d2d_tar_out_write(o, text, len);
}

int d2d_tar_out_entry(struct d2d_tar_out *o, const struct d2d_tar_entry *e)
{
	int r = 0;

	errno = 0;
	if (o->pax_len)
		r = put_special(o, 'x', o->pax, o->pax_len);
	o->pax_len = 0;
	if (r == 0 && strlen(e->name) >= NAME_SIZE)
		r = put_special(o, 'L', e->name, strlen(e->name) + 1);
	if (r == 0 && e->link && strlen(e->link) >= NAME_SIZE)
		r = put_special(o, 'K', e->link, strlen(e->link) + 1);
	if (r == 0)
		r = put_header(o, e);
	o->left = e->size;
	return r;
}

int d2d_tar_out_write(struct d2d_tar_out *o, const void *buf, off_t len)
{
	static const char zeros[4 * 1024];
	off_t n;
	int r = 0;

	errno = 0;
	o->left -= len;
	if (buf)
		r = put(o, buf, len);
	for (n = 0; !buf && r == 0 && len > 0; len -= n) {
		n = MIN(len, (off_t)sizeof(zeros));
		r = put(o, zeros, n);
	}
	if (r == 0 && o->left == 0)
		r = put(o, zeros, -o->at & (BLOCK - 1));
	return r;
}

int d2d_tar_out_end(struct d2d_tar_out *o)
{
	int r;

	free(o->pax);
	o->pax = NULL;
	o->left = 2 * BLOCK;
	r = d2d_tar_out_write(o, NULL, 2 * BLOCK);
	if (r == 0 && fflush(o->to) != 0)
		r = errno ? -errno : -EIO;
	return r;
}

void d2d_tar_out_record(struct d2d_tar_out *o, const char *key, const void *value, size_t len)
{
	size_t rest = strlen(key) + len + 3, all = rest + 1;
	char digits[sizeof(size_t) * 3 + 1];

	/* the length of a record includes its own digits */
	while (all != rest + sprintf(digits, "%zu", all))
		all = rest + strlen(digits);
	o->pax = xrealloc(o->pax, o->pax_len + all + 1);
	o->pax_len += sprintf(o->pax + o->pax_len, "%s %s=", digits, key);
	memcpy(o->pax + o->pax_len, value, len);
	o->pax_len += len;
	o->pax[o->pax_len++] = '\n';
}

void d2d_tar_out_align(struct d2d_tar_out *o, unsigned unit)
{
	size_t room = -(o->at + BLOCK) & (unit - 1), len;
	char *blanks;

	if (!room)
		return;
	/* the header of the comment takes up a block, too */
	room = room > BLOCK ? room - BLOCK : room + unit - BLOCK;
	/* The record "NNN comment=...\n" is ROOM bytes long. Its length has three digits, or four from 1000 on. */
	len = room - sizeof("NNN comment=");
	if (room >= 1000)
		len--;
	blanks = xmalloc(len);
	memset(blanks, ' ', len);
	d2d_tar_out_record(o, "comment", blanks, len);
	free(blanks);
}
