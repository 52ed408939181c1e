/*
 * Splits a label into words and quotes words for a shell.
 * needs: d2d_words.c
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#include "fuzz.h"
#include "d2d_alias.h"

static bool is_escaped(const char *quoted)
{
	return quoted[0] == '$';
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = xstrndup((const char *)data, size);
	const char *why, *none;
	char **words, **again;
	int i, n = d2d_words(text, &words, &why);

	CHECK(n == -EINVAL || (n >= 0 && n <= D2D_WORDS_MAX));
	CHECK((why != NULL) == (n < 0));
	for (i = 0; i < n; i++) {
		char *quoted = d2d_quoted(words[i]);

		CHECK(is_printable(quoted));
		/* A quoted word is parsed as the same single word again. */
		if (!is_escaped(quoted)) {
			CHECK(d2d_words(quoted, &again, &none) == 1);
			CHECK(strcmp(again[0], words[i]) == 0);
			d2d_words_free(again);
		}
		free(quoted);
	}
	CHECK(n < 0 || words[n] == NULL);
	d2d_words_free(words);
	free(text);
	return 0;
}
