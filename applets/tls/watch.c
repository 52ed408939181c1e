/*
 * d2dtls watch: the daemon that makes the server's certificate anew when the machine gets an address or a name that it lacks, or
 * when it is near its end. dockerd reads its certificate only when it starts, so it is restarted then.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DTLS) += d2dtls_watch.o

#include "d2dtls.h"
#include <sys/timerfd.h>

#define HOSTNAME "/proc/sys/kernel/hostname"
#define RESTART "/usr/lib/d2d/restart-dockerd"

enum {
	QUIET_MS = 2000,	/* addresses come in groups: IPv4, IPv6, those of other cards */
	QUIET_MAX_MS = 15000,
	BUFFER = 16 * 1024,
};

enum { ADDRESSES, NAME, CLOCK, SOURCES };

bool d2dtls_restart(const struct d2dtls *t)
{
	char *flags = xasprintf("%s"D2DTLS_FLAGS, t->root), *argv[] = { (char *)RESTART, NULL };
	bool in_use = access(flags, F_OK) == 0, ok = true;

	free(flags);
	if (in_use && t->root[0]) {
		puts(RESTART);
		fflush_all();
	} else if (in_use) {
		ok = spawn_and_wait(argv) == 0;
	}
	return ok;
}

/* Sets the timer to a day from now by the clock. It also ends when somebody sets the clock. */
static void set_timer(int fd)
{
	struct itimerspec when = { .it_value.tv_sec = time(NULL) + D2DTLS_DAY };

	if (timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &when, NULL) < 0)
		bb_simple_perror_msg_and_die("can't set a timer");
}

/* Waits until something has happened, and then until nothing has for a moment. What it was doesn't matter. */
static void wait_for_change(struct pollfd *fds)
{
	unsigned long long until = 0;
	char buf[BUFFER];
	int n, timeout = -1;

	for (;;) {
		n = safe_poll(fds, SOURCES, timeout);
		if (n == 0)
			return;
		if (n < 0)
			continue;
		if (fds[ADDRESSES].revents)
			while (recv(fds[ADDRESSES].fd, buf, sizeof(buf), MSG_DONTWAIT) > 0)
				continue;
		if (fds[CLOCK].revents) {
			/* With ECANCELED if the clock was set. */
			if (read(fds[CLOCK].fd, buf, sizeof(buf)) < 0 && errno != ECANCELED && errno != EAGAIN)
				bb_simple_perror_msg_and_die("can't read the timer");
			set_timer(fds[CLOCK].fd);
		}
		if (!until)
			until = d2d_now() + QUIET_MAX_MS;
		if (d2d_now() >= until)
			return;
		timeout = QUIET_MS;
	}
}

static void check(const char *root)
{
	struct d2dtls_set set = { .usable = false };
	struct d2dtls_given given;
	struct d2dtls t;

	d2dtls_begin(&t, root);
	d2dtls_given_read(&t, &given);
	if (!given.usable)
		d2dtls_make(&t, &set, D2DTLS_AS_NEEDED);
	d2dtls_write_state(&t, &set, &given);
	fflush_all();
	if (set.made_server && set.usable && !d2dtls_restart(&t))
		bb_simple_error_msg("can't restart dockerd; see "D2D_RUN"/log/dockerd.log");
	d2dtls_set_free(&set);
	d2dtls_given_free(&given);
	d2dtls_end(&t);
}

int d2dtls_watch(struct d2dtls *t)
{
	struct pollfd fds[SOURCES] = {
		[ADDRESSES] = { .fd = d2dtls_addresses(), .events = POLLIN },
		/* The kernel reports a new host name as an error. */
		[NAME] = { .fd = xopen(HOSTNAME, O_RDONLY | O_CLOEXEC), .events = POLLERR },
		[CLOCK] = { .fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC), .events = POLLIN },
	};
	const char *root = t->root;

	if (fds[CLOCK].fd < 0)
		bb_simple_perror_msg_and_die("can't make a timer");
	set_timer(fds[CLOCK].fd);
	for (;;) {
		check(root);
		wait_for_change(fds);
	}
}
