/*
 * Text that came from outside, made fit to be shown.
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
