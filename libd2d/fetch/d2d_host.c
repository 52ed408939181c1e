/*
 * Names and addresses of hosts in URLs.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_host.o

#include "d2d_host.h"

static size_t length(const char *text)
{
	size_t len;

	if (text[0] == '[') {
		len = 1 + strspn(text + 1, "0123456789abcdefABCDEF:.");
		return text[len] == ']' && len > 1 ? len + 1 : 0;
	}
	for (len = 0; isalnum(text[len]) || text[len] == '-' || text[len] == '.'; len++)
		continue;
	/* A leading hyphen could be taken for an option of a program that gets the name. */
	return text[0] == '-' || text[0] == '.' ? 0 : len;
}

size_t d2d_host_length(const char *text)
{
	size_t len = length(text);

	return len <= D2D_HOST_MAX ? len : 0;
}
