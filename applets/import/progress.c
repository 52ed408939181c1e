/*
 * d2dimport: shows how much of each file has been read.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DIMPORT) += d2dimport_progress.o

#include "d2dimport.h"

enum { LOG_SECONDS = 2 };

static void put_line(struct d2dimport_progress *p, off_t done, off_t size, const char *begin, const char *end)
{
	unsigned long long now = monotonic_ms();

	p->last = now;
	fprintf(stderr, "%s%s: %u %%, %u MB/s%s", begin, p->file, size ? (unsigned)(done * 100 / size) : 0,
		(unsigned)(done / 1000 / (now - p->start + 1)), end);
}

/* Prints a line for every 10 %, but at most one in LOG_SECONDS. */
static void put_tenth(struct d2dimport_progress *p, off_t done, off_t size)
{
	unsigned tenth = size ? done * 10 / size : 0;

	if (tenth == p->tenth || monotonic_ms() - p->last < LOG_SECONDS * 1000)
		return;
	p->tenth = tenth;
	put_line(p, done, size, "", "\n");
}

/* On a terminal shows the progress in a single line that is overwritten, else prints lines. */
static void show(void *arg, off_t done, off_t size)
{
	struct d2dimport_progress *p = arg;

	if (!p->tty)
		put_tenth(p, done, size);
	else if (done == size && p->at_end)
		fprintf(stderr, "\r%s: 100 %%, %s\033[K", p->file, p->at_end);
	else if (done == size || monotonic_ms() - p->last >= D2DIMPORT_SHOW_MS)
		put_line(p, done, size, "\r", "\033[K");
}

static void count(void *arg, off_t done, off_t size)
{
	struct d2dimport_progress *p = arg;

	__atomic_store_n(&p->count->size, size, __ATOMIC_RELAXED);
	__atomic_store_n(&p->count->done, done, __ATOMIC_RELAXED);
}

void d2dimport_progress_begin(struct d2dimport_progress *p, const char *file, off_t size, const char *at_end,
		struct d2dimport_count *counter)
{
	memset(p, 0, sizeof(*p));
	p->file = file;
	p->at_end = at_end;
	p->count = counter;
	p->tty = isatty(STDERR_FILENO);
	p->start = p->last = monotonic_ms();
	p->progress.size = size;
	p->progress.arg = p;
	if (!(option_mask32 & OPT_q))
		p->progress.on_progress = counter ? count : show;
}

void d2dimport_progress_end(struct d2dimport_progress *p)
{
	if (p->progress.on_progress == show && p->tty)
		fputs("\r\033[K", stderr);
}

/* Prints a line above the cursor. The first line switches off line wrap, so that each long line takes up one row of the
 * terminal and d2dimport_progress_clear() can count them. */
unsigned d2dimport_progress_show(struct d2dimport_progress *p, bool first)
{
	off_t size = __atomic_load_n(&p->count->size, __ATOMIC_RELAXED), done = __atomic_load_n(&p->count->done, __ATOMIC_RELAXED);

	if (option_mask32 & OPT_q)
		return 0;
	done = MIN(done, size);
	if (!p->tty) {
		put_tenth(p, done, size);
		return 0;
	}
	put_line(p, done, size, first ? "\033[?7l" : "", "\033[K\n");
	return 1;
}

void d2dimport_progress_clear(unsigned lines)
{
	if (lines)
		fprintf(stderr, "\033[%uA\r\033[J\033[?7h", lines);
}
