/*
 * A terminal's answer among typed bytes: what isn't an answer must stay as it was typed.
 * needs: applets/tty/answer.c
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#include "fuzz.h"
#include "d2dtty.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *buf = xmalloc(size + 1), *whole = xmalloc(size + 1);
	unsigned rows = 0, columns = 0;
	size_t len = size, all = size, given;
	int r;

	memcpy(buf, data, size);
	memcpy(whole, data, size);
	r = d2dtty_answer(buf, &len, &rows, &columns);
	CHECK(r >= -1 && r <= 1 && len <= size);
	if (r > 0) {
		CHECK(rows >= 4 && rows <= 999 && columns >= 16 && columns <= 999 && size - len >= 7);
		/* The rest is what came before the answer, and behind it. */
		for (given = 0; given < len && buf[given] == whole[given]; given++)
			continue;
		CHECK(memcmp(buf + given, whole + given + (size - len), len - given) == 0);
	} else {
		CHECK(len == size && memcmp(buf, data, size) == 0);
	}
	/* An answer that comes in two pieces is the same. */
	for (given = 0; r > 0 && given < all; given++) {
		len = given;
		memcpy(buf, data, given);
		CHECK(d2dtty_answer(buf, &len, &rows, &columns) <= 1);
	}
	free(whole);
	free(buf);
	return 0;
}
