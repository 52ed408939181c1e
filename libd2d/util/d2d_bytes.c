/*
 * Converts on-disk data: little-endian numbers and UUIDs.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_bytes.o

#include "d2d_util.h"

unsigned d2d_le16(const uint8_t *p)
{
	return p[0] | p[1] << 8;
}

uint32_t d2d_le32(const uint8_t *p)
{
	return d2d_le16(p) | (uint32_t)d2d_le16(p + 2) << 16;
}

uint64_t d2d_le64(const uint8_t *p)
{
	return d2d_le32(p) | (uint64_t)d2d_le32(p + 4) << 32;
}

void d2d_uuid_text(char *text, const uint8_t *uuid)
{
	int i;

	for (i = 0; i < 16; i++)
		text += sprintf(text, &"-%02x"[i != 4 && i != 6 && i != 8 && i != 10], uuid[i]);
}
