/*
 * d2diso: its temporary files, which are removed however it ends.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DISO) += d2diso_tidy.o

#include "d2diso.h"

/* What die_func, which has no argument, removes. */
static struct d2diso *to_tidy;

static void tidy(void)
{
	if (to_tidy)
		d2diso_tidy(to_tidy);
}

void d2diso_tidy_begin(struct d2diso *d)
{
	const char *tmp = getenv("TMPDIR");

	d->dir = xasprintf("%s/d2diso.XXXXXX", tmp && tmp[0] == '/' ? tmp : "/tmp");
	if (!mkdtemp(d->dir))
		bb_perror_msg_and_die("can't make a directory in '%s'", dirname(d->dir));
	to_tidy = d;
	die_func = tidy;
	bb_signals((1 << SIGHUP) | (1 << SIGINT) | (1 << SIGTERM), record_signo);
	/* When the reader of its output is gone, it must tidy up, too. */
	signal(SIGPIPE, SIG_IGN);
}

void d2diso_tidy(struct d2diso *d)
{
	if (d->tmp)
		unlink(d->tmp);
	if (d->dir)
		d2d_remove_tree(d->dir);
	d->tmp = NULL;
	to_tidy = NULL;
}

void d2diso_obey(void)
{
	if (bb_got_signal)
		bb_simple_error_msg_and_die("interrupted: nothing was written");
}
