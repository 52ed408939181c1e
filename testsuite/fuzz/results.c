/*
 * Results of a hook for later hooks, in env.d.
 * needs: d2d_hook_results.c
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#include "fuzz.h"

/* A line becomes part of an environment: NAME=VALUE with a name that is not reserved. */
static void check_line(const char *line)
{
	const char *eq = strchr(line, '=');

	CHECK(eq && eq > line && !isdigit(*line));
	CHECK(strspn(line, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") == (size_t)(eq - line));
	CHECK(!is_prefixed_with(line, "D2D_") && !is_prefixed_with(line, "LD_") && !is_prefixed_with(line, "PATH="));
	for (; *line; line++)
		CHECK((unsigned char)*line >= ' ' && *line != 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	llist_t *results = NULL;
	unsigned n = 0;
	char *why, *line;
	int err = d2d_hook_results_parse((const char *)data, size, &results, &why);

	CHECK(err == 0 || err == -EINVAL);
	CHECK((why != NULL) == (err < 0));
	CHECK(!why || is_printable(why));
	CHECK(!err || !results);
	while ((line = llist_pop(&results)) != NULL) {
		check_line(line);
		n++;
		free(line);
	}
	CHECK(n <= 64);
	free(why);
	return 0;
}
