/*
 * The process of a supervisor: starting and ending it, and how it waits.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_supervisor_run.o

#include "d2d_supervisor.h"

bool d2d_supervisor_start(const char *kind, const char *name)
{
	char *daemon = xasprintf("%s-%s", kind, name), *command = xasprintf("d2d%s", kind);
	char *argv[] = { (char *)"d2dstart", daemon, (char *)"--", command, (char *)"run", (char *)name, NULL };
	int r;

	fflush_all();
	r = spawn_and_wait(argv);
	free(command);
	free(daemon);
	return r == 0;
}

void d2d_supervisor_end(const char *kind, const char *name, unsigned seconds)
{
	char *daemon = xasprintf("%s-%s", kind, name), *limit = xasprintf("%u", seconds);
	char *argv[] = { (char *)"d2dstart", (char *)"-k", (char *)"-t", limit, daemon, NULL };

	fflush_all();
	spawn_and_wait(argv);
	free(limit);
	free(daemon);
}

void d2d_supervisor_signals(sigset_t *open, bool hangup)
{
	sigset_t block;

	sigemptyset(&block);
	sigaddset(&block, SIGTERM);
	sigaddset(&block, SIGINT);
	if (hangup)
		sigaddset(&block, SIGHUP);
	sigprocmask(SIG_BLOCK, &block, open);
	sigdelset(open, SIGTERM);
	sigdelset(open, SIGINT);
	sigdelset(open, SIGHUP);
	bb_signals_norestart(1 << SIGTERM | 1 << SIGINT | (hangup ? 1 << SIGHUP : 0), record_signo);
}

bool d2d_supervisor_pause(const sigset_t *open, int fd, int ms)
{
	struct timespec limit = { ms / 1000, ms % 1000 * 1000000L };
	struct pollfd p = { fd, POLLIN, 0 };

	if (!bb_got_signal)
		ppoll(&p, 1, &limit, open);
	return !bb_got_signal;
}
