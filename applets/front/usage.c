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
	size_t size = 64 * 1024;
	char *text, *usage;
	int out;
	pid_t pid = d2d_fork_piped(STDERR_FILENO, &out);

	if (pid == 0) {
		d2dfront_is_captured = true;
		applet_name = applet;
		bb_show_usage();
	}
	text = xmalloc_read(out, &size);
	close(out);
	safe_waitpid(pid, NULL, 0);

	usage = text ? strstr(text, "Usage: ") : NULL;
	if (usage)
		usage = xstrdup(usage);
	free(text);
	return usage;
}
