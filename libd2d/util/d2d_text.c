/*
 * Formats text, and makes untrusted text safe to show on a terminal.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_text.o

#include "d2d_util.h"

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

int d2d_refuse(char **why, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (!*why)
		*why = d2d_vformat(format, args);
	va_end(args);
	return -EBADMSG;
}
