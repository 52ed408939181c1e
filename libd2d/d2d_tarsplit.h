/*
 * What the writer and the reader of tar-splits share.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2D_TARSPLIT_H
#define D2D_TARSPLIT_H 1

/* CRC-64 (ISO 3309); 0 to begin with. */
struct d2d_crc64 {
	uint64_t crc, table[8][256];
};

void d2d_crc64_begin(struct d2d_crc64 *c);
void d2d_crc64_add(struct d2d_crc64 *c, const void *buf, size_t len);

#endif
