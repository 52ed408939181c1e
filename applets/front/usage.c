/*
 * d2d: the usage text of an applet. Busybox stores the usage texts compressed in its appletlib.c, and only bb_show_usage() can
 * unpack them. So a child process calls that function, and this process reads the child's output.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D) += d2dfront_usage.o
//kbuild:lib-$(CONFIG_D2DHOST) += d2dfront_usage.o

#include "d2dfront.h"

bool d2dfront_is_captured;

char *d2dfront_usage(const char *applet)
{
	struct fd_pair out;
	size_t size = 64 * 1024;
	char *text, *usage;
	pid_t pid;

	fflush_all();
	xpiped_pair(out);
	pid = xfork();
	if (pid == 0) {
		close(out.rd);
		xmove_fd(out.wr, STDERR_FILENO);
		d2dfront_is_captured = true;
		applet_name = applet;
		bb_show_usage();
	}
	close(out.wr);
	text = xmalloc_read(out.rd, &size);
	close(out.rd);
	safe_waitpid(pid, NULL, 0);

	usage = text ? strstr(text, "Usage: ") : NULL;
	if (usage)
		usage = xstrdup(usage);
	free(text);
	return usage;
}
