/*
 * Recognises disks that ask to be formatted, as docker-machine writes them: the words "boot2docker, please format-me",
 * either alone or as the name of the first member of a tar archive with the user's data. All functions here work on
 * memory only.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DADOPT) += d2d_formatme.o

#include "d2d_volume.h"
#include "bb_archive.h"

enum { BLOCK = 512 };

static bool is_zero(const char *p, size_t len)
{
	while (len && !*p) {
		p++;
		len--;
	}
	return !len;
}

const char *d2d_formatme_label(const char *head, size_t len)
{
	static const struct { const char *words, *label; } magics[] = {
		{ D2D_FORMATME_B2D, "boot2docker-data" }, { D2D_FORMATME_D2D, D2D_STORE_LABEL },
	};
	unsigned i;

	for (i = 0; i < ARRAY_SIZE(magics); i++) {
		size_t n = strlen(magics[i].words);

		/* A null byte or a newline must follow the words. */
		if (len > n && memcmp(head, magics[i].words, n) == 0 && (!head[n] || head[n] == '\n'))
			return magics[i].label;
	}
	return NULL;
}

/* Returns the value of an octal field, -1 if it does not hold a number. */
static long octal(const char *field, size_t len)
{
	long n = 0;
	size_t i;

	for (i = 0; i < len && field[i] >= '0' && field[i] <= '7' && n < INT_MAX; i++)
		n = n * 8 + field[i] - '0';
	return i && (i == len || !field[i] || field[i] == ' ') ? n : -1;
}

static bool is_header(const char *block)
{
	const struct tar_header_t *h = (const void *)block;
	unsigned sum = 0, i;

	for (i = 0; i < BLOCK; i++)
		sum += i >= offsetof(struct tar_header_t, chksum) && i < offsetof(struct tar_header_t, typeflag)
			? ' ' : (unsigned char)block[i];
	return octal(h->chksum, sizeof(h->chksum)) == (long)sum;
}

ssize_t d2d_formatme_userdata(const char *head, size_t len)
{
	size_t at = 0;

	if (len < BLOCK || !is_header(head))
		return 0;
	while (at + BLOCK <= len && is_header(head + at)) {
		long size = octal(((const struct tar_header_t *)(head + at))->size, 12);

		if (size < 0 || (size_t)size > len)
			return -EFBIG;
		at += BLOCK + ((size + BLOCK - 1) & ~(BLOCK - 1));
	}
	/* Two blocks of zeros end the archive. */
	return at + 2 * BLOCK <= len ? (ssize_t)(at + 2 * BLOCK) : -EFBIG;
}

const char *d2d_formatme_refuses(const char *head, size_t len, size_t userdata)
{
	if ((uint8_t)head[510] == 0x55 && (uint8_t)head[511] == 0xaa)
		return "it has a boot sector";
	/* Without an archive, the disk holds only the words. */
	if (!userdata)
		userdata = strnlen(head, 64);
	return is_zero(head + userdata, len - userdata) ? NULL : "it holds other data, too";
}
