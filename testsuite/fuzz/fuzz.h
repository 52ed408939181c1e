/*
 * What the fuzz targets share. Each NAME.c here is one: testsuite/fuzz/run builds it with the files of libd2d that its
 * line "needs:" names, and feeds it with corpus/NAME/ and NAME.dict.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2D_FUZZ_H
#define D2D_FUZZ_H 1

#include "d2d_report.h"
#include "d2d_store.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What has to be true whatever the input is. */
#define CHECK(x) do { if (!(x)) __builtin_trap(); } while (0)

/* Fit for a terminal. */
static inline bool is_printable(const char *text)
{
	while (*text >= ' ' && *text <= '~')
		text++;
	return *text == '\0';
}

/* A copy of a tar in which the headers' check sums are right: no fuzzer would find them. */
static inline uint8_t *with_sums(const uint8_t *data, size_t size)
{
	uint8_t *copy = memcpy(xzalloc(size + 1), data, size);
	unsigned sum;
	size_t at, i;

	for (at = 0; size - at >= 512 && at < size; at += 512) {
		if (memcmp(copy + at + 257, "ustar", 5) != 0)
			continue;
		memset(copy + at + 148, ' ', 8);
		for (sum = i = 0; i < 512; i++)
			sum += copy[at + i];
		sprintf((char *)copy + at + 148, "%06o", sum);
	}
	return copy;
}

#endif
