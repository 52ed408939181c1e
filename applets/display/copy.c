/*
 * d2ddisplay copy: copies the clipboard of one display to another one, once, because somebody has asked for it. The text goes
 * through pipes and memory of this process only, and into no log.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DDISPLAY) += d2ddisplay_copy.o

#include "d2ddisplay.h"

enum { TEXT_MAX = 1024 * 1024 };	/* bytes */

/* Reads a selection, which the application answers for: 'b' is what was copied, 'p' what is marked. Returns its length, -EFBIG for
 * more than TEXT_MAX bytes, or another negative errno. */
static ssize_t take(const struct d2ddisplay *d, char which, char *text)
{
	const char *const command[] = { "xsel", which == 'b' ? "-b" : "-p", "-o", "-t", "3000", NULL };
	int out;
	pid_t pid = d2ddisplay_exec(d, command, -1, &out);
	ssize_t n = full_read(out, text, TEXT_MAX + 1);

	close(out);
	if (wait4pid(pid) != 0 && n <= TEXT_MAX)
		n = -EIO;
	return n > TEXT_MAX ? -EFBIG : n;
}

/* Offers a text as a selection; xsel does that in the background until another program copies something. */
static int give(const struct d2ddisplay *d, char which, const char *text, size_t len)
{
	const char *const command[] = { "xsel", which == 'b' ? "-b" : "-p", "-i", NULL };
	struct fd_pair in;
	pid_t pid;
	bool all;

	xpiped_pair(in);
	close_on_exec_on(in.wr);
	pid = d2ddisplay_exec(d, command, in.rd, NULL);
	close(in.rd);
	all = full_write(in.wr, text, len) == (ssize_t)len;
	close(in.wr);
	return wait4pid(pid) == 0 && all ? 0 : -EIO;
}

int d2ddisplay_copy(const char *root, const char *from, const char *to)
{
	struct d2ddisplay a = { .root = root }, b = { .root = root };
	char *text = xmalloc(TEXT_MAX + 1);
	ssize_t n;
	int r = 0;

	signal(SIGPIPE, SIG_IGN);
	d2ddisplay_load_running(&a, from);
	d2ddisplay_load_running(&b, to);
	n = take(&a, 'b', text);
	if (n == 0)
		n = take(&a, 'p', text);
	if (n > 0) {
		/* Some programs paste the one, others the other. */
		r = give(&b, 'b', text, n);
		if (r == 0)
			r = give(&b, 'p', text, n);
	}
	explicit_bzero(text, TEXT_MAX + 1);
	free(text);
	if (n == 0)
		bb_error_msg("nothing was copied or marked on the display '%s'", from);
	else if (n < 0)
		bb_error_msg(n == -EFBIG ? "the clipboard of '%s' has more than %u bytes of text"
			: "the clipboard of '%s' can't be read", from, TEXT_MAX);
	else if (r < 0)
		bb_error_msg("the text can't be put into the clipboard of '%s'", to);
	else
		printf("%zd bytes\n", n);
	d2ddisplay_free(&a);
	d2ddisplay_free(&b);
	return n > 0 && r == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
