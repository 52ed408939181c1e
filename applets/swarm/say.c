/*
 * d2dswarm: prints lines about what was found, with the subject in front.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DSWARM) += d2dswarm_say.o

#include "d2dswarm.h"

void d2dswarm_row(const struct d2dswarm *d, const char *subject, const char *format, ...)
{
	va_list args;
	char *text;

	if (d->quiet || d->silent)
		return;
	va_start(args, format);
	text = d2d_vformat(format, args);
	va_end(args);
	printf("%-10s %s\n", subject, text);
	free(text);
}

void d2dswarm_wrong(struct d2dswarm *d, const char *subject, const char *format, ...)
{
	va_list args;

	d->wrong++;
	free(d->last);
	va_start(args, format);
	d->last = d2d_vformat(format, args);
	va_end(args);
	if (!d->silent)
		printf("%-10s ! %s\n", subject, d->last);
}
