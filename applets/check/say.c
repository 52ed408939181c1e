/*
 * d2dcheck: its output: a list with titles, and what is wrong.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DCHECK) += d2dcheck_say.o

#include "d2dcheck.h"

void d2dcheck_wrong(struct d2dcheck *c, const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = d2d_vformat(format, args);
	va_end(args);
	fflush_all();
	bb_error_msg("%s", printable_string(text));
	c->bad = true;
	free(text);
}

void d2dcheck_row(const char *title, const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = d2d_vformat(format, args);
	va_end(args);
	printf("%-10s %s\n", title, printable_string(text));
	free(text);
}
