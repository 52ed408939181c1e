/*
 * A line of d2d/config on the store, a host name, a time zone rule.
 * needs: d2d_config.c
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#include "fuzz.h"
#include "d2d_config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = xstrndup((const char *)data, size), file[D2D_ZONEINFO_MAX];

	if (!d2d_config_line_error(text)) {
		CHECK(is_printable(text) && islower(text[0]) && !strchr(text, ' '));
		CHECK(!is_prefixed_with(text, "hooks=") && !is_prefixed_with(text, "store=") && strcmp(text, "skip") != 0);
	}
	if (d2d_hostname_ok(text))
		CHECK(strlen(text) < 64 && is_printable(text) && text[0] != '-');
	if (d2d_timezone_ok(text)) {
		size_t len = d2d_timezone_file(file, text);

		CHECK(len < D2D_ZONEINFO_MAX && file[len - 1] == '\n');
		CHECK(memcmp(file + len - 1 - strlen(text), text, strlen(text)) == 0);
	}
	free(text);
	return 0;
}
