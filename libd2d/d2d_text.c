/*
 * Formats text, and makes untrusted text safe to show on a terminal.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_text.o

#include "libd2d.h"

char *d2d_printable(const char *text, size_t len)
{
	char *copy = xstrndup(text, len), *p;

	for (p = copy; *p; p++)
		if (*p < ' ' || *p > '~')
			*p = '?';
	return copy;
}

char *d2d_vformat(const char *format, va_list args)
{
	char *text;

	if (vasprintf(&text, format, args) < 0)
		bb_die_memory_exhausted();
	return text;
}
