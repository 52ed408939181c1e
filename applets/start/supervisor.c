/*
 * Finds and stops the supervisor of a daemon, runsv of busybox.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DSTART) += d2dstart_supervisor.o

#include "d2dstart.h"
#include <poll.h>
#include <sys/pidfd.h>

#define GRACE 2000	/* ms for a supervisor whose daemon has ended */

/* Returns when a process was started, in clock ticks since boot; 0 if there is no such process, or only a zombie. */
static unsigned long long start_time(pid_t pid)
{
	char *path = xasprintf("/proc/%u/stat", (unsigned)pid);
	size_t size = 4095;
	char *text = xmalloc_open_read_close(path, &size), *p;
	unsigned long long start = 0;
	char state = 'Z';

	/* Field 2, the name in parentheses, may hold any character. Field 3 is the state, field 22 the start time. */
	p = text ? strrchr(text, ')') : NULL;
	if (!p || sscanf(p + 1, " %c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %llu",
			&state, &start) != 2 || state == 'Z' || state == 'X')
		start = 0;
	free(text);
	free(path);
	return start;
}

int d2dstart_find(const struct d2dstart *s, pid_t *pid)
{
	char *text = xmalloc_open_read_close(s->state, NULL);
	unsigned long long start, found;
	int fd = -1;

	*pid = 0;
	if (text && sscanf(text, "%d %llu", pid, &start) == 2 && *pid > 0) {
		/* Open the pidfd first, so that a PID that is reused after the check can't be mistaken for the supervisor. */
		fd = pidfd_open(*pid, 0);
		found = start_time(*pid);
		if (fd >= 0 && found != start) {
			close(fd);
			fd = -1;
		}
		if (found && found != start)
			*pid = 0;
	}
	free(text);
	return fd;
}

void d2dstart_remember(const struct d2dstart *s, pid_t pid)
{
	char *text = xasprintf("%u %llu\n", (unsigned)pid, start_time(pid)), *target = xasprintf("%s/supervise/pid", s->dir);
	int err = d2d_file_write(s->state, text);

	if (err < 0) {
		errno = -err;
		bb_perror_msg_and_die("can't write '%s'", s->state);
	}
	/* runsv keeps the PID in its own file up to date. */
	unlink(s->pidfile);
	if (symlink(target, s->pidfile) < 0)
		bb_perror_msg("can't write '%s'", s->pidfile);
	free(target);
	free(text);
}

unsigned d2dstart_number(const struct d2dstart *s, const char *file)
{
	char *path = xasprintf("%s/%s", s->dir, file), *text = xmalloc_open_read_close(path, NULL);
	unsigned n = 0;

	if (text)
		sscanf(text, "%u", &n);
	free(text);
	free(path);
	return n;
}

pid_t d2dstart_pid(const struct d2dstart *s)
{
	return d2dstart_number(s, "supervise/pid");
}

static void forget(const struct d2dstart *s)
{
	unlink(s->pidfile);
	unlink(s->state);
	unlink(s->socket);
	d2d_remove_tree(s->dir);
}

static bool ends_within(int pidfd, unsigned ms)
{
	struct pollfd fd = { pidfd, POLLIN, 0 };

	return safe_poll(&fd, 1, ms) > 0;
}

bool d2dstart_stop(const struct d2dstart *s, int supervisor, pid_t pid)
{
	int daemon = pidfd_open(d2dstart_pid(s), 0);
	bool ended_in_time;

	pidfd_send_signal(supervisor, SIGTERM, NULL, 0);
	ended_in_time = ends_within(daemon >= 0 ? daemon : supervisor, s->timeout * 1000);
	if (!ended_in_time) {
		kill(-pid, SIGKILL);
		ends_within(supervisor, GRACE);
	} else if (!ends_within(supervisor, GRACE)) {
		/* It waits for the logger, which waits for child processes of the daemon that have the log open. */
		pidfd_send_signal(supervisor, SIGKILL, NULL, 0);
	}
	forget(s);
	return ended_in_time;
}

bool d2dstart_stop_orphan(const struct d2dstart *s, pid_t pid)
{
	unsigned long long limit = d2d_now() + s->timeout * 1000;
	/* The daemon is in the process group of its supervisor. */
	bool found = pid > 0 && kill(-pid, SIGTERM) == 0;

	while (found && kill(-pid, 0) == 0) {
		if (d2d_now() > limit) {
			kill(-pid, SIGKILL);
			break;
		}
		usleep(20000);
	}
	forget(s);
	return found;
}
