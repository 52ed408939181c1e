/*
 * d2dalias list and remove: lists the commands in the directory of aliases, and removes them.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DALIAS) += d2dalias_list.o

#include "d2dalias.h"

int d2dalias_list(struct d2dalias *d, char **argv)
{
	int r;

	if (*argv)
		bb_show_usage();
	r = d2dalias_each(d->dir, 1, NULL, 0);
	d2dalias_print_scripts(d);
	return r;
}

int d2dalias_remove(struct d2dalias *d, char **argv)
{
	int r = EXIT_SUCCESS;

	if (!*argv)
		return d2dalias_each(d->dir, 0, NULL, 0);
	for (; *argv; argv++)
		r |= d2dalias_unlink(d->dir, *argv);
	return r;
}
