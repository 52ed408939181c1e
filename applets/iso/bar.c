/*
 * d2diso: the progress bar, over all files of one kind of work.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DISO) += d2diso_bar.o

#include "d2diso.h"

static void on_progress(void *arg, off_t done, off_t size UNUSED_PARAM)
{
	struct d2diso_bar *bar = arg;

	d2diso_bar_set(bar, bar->before + done);
}

void d2diso_bar_begin(struct d2diso_bar *bar, const struct d2diso *d, const char *what, off_t size)
{
	memset(bar, 0, sizeof(*bar));
	bar->all = size;
	bar->shown = !(d->opt & OPT_q) && isatty(STDERR_FILENO);
	bar->progress.on_progress = on_progress;
	bar->progress.arg = bar;
	if (bar->shown)
		bb_progress_init(&bar->bar, what);
}

void d2diso_bar_set(struct d2diso_bar *bar, off_t done)
{
	d2diso_obey();
	if (bar->shown)
		bb_progress_update(&bar->bar, 0, MIN(done, bar->all), bar->all);
}

void d2diso_bar_end(struct d2diso_bar *bar)
{
	if (!bar->shown)
		return;
	bb_progress_free(&bar->bar);
	fputs("\r\033[K", stderr);
}
