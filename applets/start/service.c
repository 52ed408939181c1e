/*
 * Makes the service directory of a daemon, in the form that runsv(8) of runit reads, and starts runsv.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DSTART) += d2dstart_service.o

#include "d2dstart.h"
#include <linux/sched.h>
#include <sys/syscall.h>

/* Puts a text in single quotes for a shell. The caller frees it. */
static char *quote(const char *text)
{
	char *out = xzalloc(strlen(text) * 4 + 3), *p = out;

	*p++ = '\'';
	for (; *text; text++)
		p = *text == '\'' ? stpcpy(p, "'\\''") : (*p = *text, p + 1);
	*p = '\'';
	return out;
}

/* Writes an executable script in the service directory. Frees TEXT. */
static void write_script(const struct d2dstart *s, const char *name, char *text)
{
	char *path = xasprintf("%s/%s", s->dir, name);
	int fd = xopen3(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);

	xwrite_str(fd, text);
	close(fd);
	free(path);
	free(text);
}

static void make_directory(const struct d2dstart *s, const char *name)
{
	char *path = xasprintf("%s/%s", s->dir, name);

	if (bb_make_directory(path, 0755, FILEUTILS_RECUR) < 0)
		xfunc_die();
	free(path);
}

void d2dstart_make_service(const struct d2dstart *s, char **argv)
{
	char *root = quote(s->root), *log = quote(s->log), *socket = quote(s->notify ? s->socket : ""), *command = xstrdup("");

	d2d_remove_tree(s->dir);
	make_directory(s, "log");
	/* runsv would make it unreadable for others, who may want to know the PID. */
	make_directory(s, "supervise");
	for (; *argv; argv++)
		command = xasprintf("%s %s", command, quote(*argv));
	/* The output of `sleep` isn't in the log's pipe, so that the logger needn't wait for it. */
	write_script(s, "run", xasprintf("#!/bin/sh\n"
		"exec 2>&1 </dev/null\n"
		"[ ! -e deaths ] || { read -r _ pause _ <deaths; sleep \"$pause\" >/dev/null 2>&1; }\n"
		"read -r uptime _ </proc/uptime\n"
		"echo \"${uptime%%.*}\" >started\n"
		"%s%s\n"
		"cd /\n"
		"exec%s\n", s->notify ? "export NOTIFY_SOCKET=" : "unset NOTIFY_SOCKET", s->notify ? socket : "", command));
	write_script(s, "finish", xasprintf("#!/bin/sh\n"
		"exec %s/usr/lib/d2d/daemon-ended %s %s %s \"$@\"\n", root, root, log, socket));
	write_script(s, "log/run", xasprintf("#!/bin/sh\n"
		"exec d2dstart -L %s\n", log));
}

/* Like fork(), but the child starts in a cgroup, unless CGROUP is NULL. To move a process that exists already, the kernel would
 * wait for an RCU grace period, some milliseconds. */
static pid_t fork_into(const char *cgroup)
{
	struct clone_args args = { .flags = CLONE_INTO_CGROUP, .exit_signal = SIGCHLD };
	pid_t pid = -1;
	int fd;

	if (!cgroup)
		return xfork();
	fd = open(cgroup, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	args.cgroup = fd;
	if (fd >= 0)
		pid = syscall(SYS_clone3, &args, sizeof(args));
	if (pid < 0) {
		bb_perror_msg("can't use cgroup '%s'", cgroup);
		pid = xfork();
	}
	if (fd >= 0)
		close(fd);
	return pid;
}

pid_t d2dstart_spawn(const struct d2dstart *s)
{
	int log = xopen(s->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC);
	int null = xopen(bb_dev_null, O_RDONLY | O_CLOEXEC);
	pid_t pid = fork_into(s->cgroup);

	if (pid == 0) {
		setsid();
		xdup2(null, STDIN_FILENO);
		xdup2(log, STDOUT_FILENO);
		xdup2(log, STDERR_FILENO);
		close_range(3, ~0U, 0);
		execl(bb_busybox_exec_path, "runsv", s->dir, (char *)NULL);
		bb_simple_perror_msg_and_die("can't execute runsv");
	}
	close(log);
	close(null);
	return pid;
}
