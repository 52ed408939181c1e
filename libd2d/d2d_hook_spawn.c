/*
 * Starts a hook. It gets a parent of its own, which waits for it and ends as it has ended: a hook that kills its parent
 * hurts nobody else.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_hook_spawn.o

#include "libd2d.h"

static void prepare(int out)
{
	int null = open(bb_dev_null, O_RDWR);

	xdup2(null, STDIN_FILENO);
	xdup2(out, STDOUT_FILENO);
	xdup2(out, STDERR_FILENO);
	close_range(STDERR_FILENO + 1, ~0U, 0);
	umask(022);
	if (chdir("/") < 0)
		bb_simple_perror_msg("/");
}

static NORETURN void end_as(int status)
{
	int sig = WTERMSIG(status);
	sigset_t mask;

	if (!WIFSIGNALED(status))
		_exit(WEXITSTATUS(status));
	signal(sig, SIG_DFL);
	raise(sig);
	sigfillset(&mask);
	sigdelset(&mask, sig);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	_exit(128 + sig);
}

static NORETURN void parent(const struct d2d_hook *hook, char **env, const sigset_t *mask)
{
	char *argv[] = { hook->path, NULL };
	sigset_t all;
	int status;
	pid_t pid;

	/* What the process group gets is meant for the hook; its parent stays until that has ended. */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	pid = vfork();
	if (pid == 0) {
		sigprocmask(SIG_SETMASK, mask, NULL);
		execve(hook->path, argv, env);
		status = errno == ENOENT ? 127 : 126;
		bb_perror_msg("can't execute '%s'", hook->path);
		_exit(status);
	}
	if (pid < 0 || safe_waitpid(pid, &status, 0) < 0) {
		bb_simple_perror_msg("can't start it");
		_exit(126);
	}
	end_as(status);
}

pid_t d2d_hook_spawn(const struct d2d_hook *hook, char **env, const sigset_t *mask, int out)
{
	pid_t pid;

	fflush_all();
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid > 0)
		return pid;

	setsid();
	prepare(out);
	env[0] = xasprintf("D2D_STAGE=%s", hook->stage);
	env[1] = xasprintf("D2D_HOOK=%s", hook->name);
	env[2] = xasprintf("D2D_SOURCE=%s", hook->source);
	parent(hook, env, mask);
}
