/*
 * Shared by all fuzz targets. Each NAME.c in this directory is a target: testsuite/fuzz/run builds it with the files of
 * libd2d, or with a path, that its lines "needs:" name, and runs it with corpus/NAME/ and NAME.dict.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2D_FUZZ_H
#define D2D_FUZZ_H 1

#include "d2d_report.h"
#include "d2d_store.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A condition that must be true for every input. */
#define CHECK(x) do { if (!(x)) __builtin_trap(); } while (0)

/* True if the text has only printable ASCII characters. */
static inline bool is_printable(const char *text)
{
	while (*text >= ' ' && *text <= '~')
		text++;
	return *text == '\0';
}

/* with_sums: returns a copy of a tar archive with corrected checksums in its headers, because a fuzzer can't find
 * them. */
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
