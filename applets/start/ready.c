/*
 * Waits until a daemon reports that it is ready, see sd_notify(3).
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DSTART) += d2dstart_ready.o

#include "d2dstart.h"
#include <poll.h>
#include <sys/un.h>

#define ATTEMPTS 3	/* how often a daemon may end before it is ready until nobody waits for it any more */

int d2dstart_listen(const struct d2dstart *s)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = xsocket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (strlen(s->socket) >= sizeof(addr.sun_path))
		bb_error_msg_and_die("'%s' is too long for a socket", s->socket);
	strcpy(addr.sun_path, s->socket);
	unlink(s->socket);
	xbind(fd, (struct sockaddr *)&addr, sizeof(addr));
	chmod(s->socket, 0600);
	return fd;
}

/* Whether a datagram in the socket says READY=1. A message consists of lines NAME=VALUE, see sd_notify(3). */
static bool says_ready(int fd)
{
	char buf[4096];
	char *p = buf, *line;
	ssize_t len = recv(fd, buf, sizeof(buf) - 1, MSG_DONTWAIT);

	buf[MAX(len, 0)] = '\0';
	while ((line = strsep(&p, "\n")) != NULL)
		if (strcmp(line, "READY=1") == 0)
			return true;
	return false;
}

const char *d2dstart_wait(const struct d2dstart *s, int socket_fd, int supervisor, int events)
{
	struct pollfd fds[3] = { { socket_fd, POLLIN, 0 }, { supervisor, POLLIN, 0 }, { events, POLLIN, 0 } };
	unsigned long long now = d2d_now(), limit = now + s->timeout * 1000ULL;
	char buf[4096];

	for (; now < limit; now = d2d_now()) {
		if (socket_fd < 0 && d2dstart_pid(s))
			return NULL;
		if (safe_poll(fds, 3, limit - now) <= 0)
			break;
		if (fds[0].revents && says_ready(socket_fd))
			return NULL;
		if (fds[1].revents)
			return "has lost its supervisor";
		if (fds[2].revents && read(events, buf, sizeof(buf)) > 0 && d2dstart_number(s, "deaths") >= ATTEMPTS)
			return "ended three times before it was ready";
	}
	return "was not ready in time";
}

void d2dstart_report_ready(const struct d2dstart *s, int socket_fd, int supervisor)
{
	struct pollfd fds[2] = { { socket_fd, POLLIN, 0 }, { supervisor, POLLIN, 0 } };
	char *script = xasprintf("%s/usr/lib/d2d/daemon-ready", s->root);
	int null;

	if (xfork() > 0)
		return;
	setsid();
	null = xopen(bb_dev_null, O_RDWR);
	xdup2(null, STDIN_FILENO);
	xdup2(null, STDOUT_FILENO);
	xdup2(null, STDERR_FILENO);
	while (safe_poll(fds, 2, -1) > 0 && !fds[1].revents) {
		if (says_ready(socket_fd)) {
			unlink(s->socket);
			execl(script, script, s->name, (char *)NULL);
			break;
		}
	}
	_exit(EXIT_FAILURE);
}
