/*
 * Declarations shared by the writer and the reader of tar-splits.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2D_TARSPLIT_H
#define D2D_TARSPLIT_H 1

#include "d2d_archive.h"

/* Returns the CRC-64 (ISO 3309) of data whose CRC so far is CRC (0 at the beginning), followed by LEN bytes. */
uint64_t d2d_crc64(uint64_t crc, const void *buf, size_t len);

#endif
