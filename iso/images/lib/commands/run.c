/*
 * run: opens a command of the machine from within a desktop, or without arguments lists the commands. Under another name, as by a
 * symbolic link, it opens the command of that name.
 *
 * The desktop is a container, which sees nothing of the machine. Its display listens on a socket for requests
 * (applets/display/commands.c describes them), and answers with a window that it has opened, or with the other ends of the
 * command's terminal or pipes. This program then copies between these and its own input and output.
 *
 * SPDX-License-Identifier: GPL-2.0-only
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#define SOCKET "/run/d2d-commands/socket"

enum {
	CANNOT_RUN = 125,	/* exit status, the same as that of 'docker run' */
	COPIES = 3,
};

/* Bytes on their way from one descriptor to another. */
struct copy {
	int from, to;		/* -1: no more */
	char data[4096];
	size_t begin, end;
};

static struct termios before;	/* the terminal as it was */
static int terminal = -1;	/* the other end of the command's terminal, or -1 */

static int fail(const char *what)
{
	fprintf(stderr, "run: %s: %s\n", what, strerror(errno));
	return CANNOT_RUN;
}

static void restore(void)
{
	tcsetattr(STDIN_FILENO, TCSADRAIN, &before);
}

/* The command's terminal gets the size of ours. */
static void resize(int signal)
{
	int saved = errno;
	struct winsize size;

	(void)signal;
	if (ioctl(STDIN_FILENO, TIOCGWINSZ, &size) == 0)
		ioctl(terminal, TIOCSWINSZ, &size);
	errno = saved;
}

static void make_raw(void)
{
	struct sigaction action = { .sa_handler = resize, .sa_flags = SA_RESTART };
	struct termios raw;

	if (tcgetattr(STDIN_FILENO, &before) < 0)
		return;
	raw = before;
	cfmakeraw(&raw);
	atexit(restore);
	tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
	sigaction(SIGWINCH, &action, NULL);
	/* It may have changed since the request. */
	resize(0);
}

/* ---- requests ---- */

static int connect_to(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = SOCKET };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	if (errno == ENOENT)
		fprintf(stderr, "run: this display doesn't open commands of the machine: see 'commands' in docs/display.md\n");
	else
		fail(SOCKET);
	exit(CANNOT_RUN);
}

static bool send_all(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n = send(fd, data, len, MSG_NOSIGNAL);

		if (n < 0 && errno != EINTR)
			return false;
		if (n > 0) {
			data += n;
			len -= n;
		}
	}
	return true;
}

/* Asks for the command WORDS[0]. */
static bool ask(int fd, char **words)
{
	struct winsize size = { 0 };
	size_t len = 0;
	char line[64];
	int i;

	if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && ioctl(STDIN_FILENO, TIOCGWINSZ, &size) == 0
	 && (!size.ws_row || !size.ws_col)) {
		/* A terminal that doesn't know its size, such as a serial line */
		size.ws_row = 24;
		size.ws_col = 80;
	}
	for (i = 0; words[i]; i++)
		len += strlen(words[i]) + 1;
	snprintf(line, sizeof(line), "open %zu %u %u\n", len, size.ws_row > 9999 ? 9999 : size.ws_row,
		size.ws_col > 9999 ? 9999 : size.ws_col);
	if (!send_all(fd, line, strlen(line)))
		return false;
	for (i = 0; words[i]; i++)
		if (!send_all(fd, words[i], strlen(words[i]) + 1))
			return false;
	return true;
}

/* Reads a line without its end, and the descriptors that come with it. Returns false if there is none. */
static bool read_line(int fd, char *line, size_t size, int *fds, int *n_fds)
{
	size_t len = 0;

	while (len < size - 1) {
		char space[CMSG_SPACE(COPIES * sizeof(int))] __attribute__((aligned(sizeof(size_t))));
		struct iovec text = { line + len, 1 };
		struct msghdr m = { .msg_iov = &text, .msg_iovlen = 1, .msg_control = space, .msg_controllen = sizeof(space) };
		struct cmsghdr *c;
		ssize_t n = recvmsg(fd, &m, MSG_CMSG_CLOEXEC);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		for (c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c))
			if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS) {
				*n_fds = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
				memcpy(fds, CMSG_DATA(c), *n_fds * sizeof(int));
			}
		if (line[len] == '\n')
			break;
		len++;
	}
	line[len] = '\0';
	return true;
}

/* ---- input and output ---- */

static void set_copy(struct copy *c, int from, int to)
{
	c->from = from;
	c->to = to;
	c->begin = c->end = 0;
}

/* Copies in one direction as far as it goes now. The reader of a command's input gets its end. */
static void go_on(struct copy *c, bool is_input)
{
	ssize_t n;

	if (c->begin == c->end) {
		n = read(c->from, c->data, sizeof(c->data));
		if (n > 0) {
			c->begin = 0;
			c->end = n;
		} else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
			/* The end of our terminal or input; the command's terminal reports it as an error. */
			if (is_input && c->to != terminal)
				close(c->to);
			c->from = -1;
		}
		return;
	}
	n = write(c->to, c->data + c->begin, c->end - c->begin);
	if (n > 0) {
		c->begin += n;
	} else if (n < 0 && errno != EAGAIN && errno != EINTR) {
		/* Who reads our output has gone. */
		if (!is_input)
			exit(128 + SIGPIPE);
		c->from = -1;
	}
}

/* Copies until the command has ended, and then what is left of its output. Returns when there is a line to read from FD. */
static void copy_all(int fd, struct copy copy[COPIES])
{
	bool ended = false;

	for (;;) {
		struct pollfd p[COPIES + 1] = { [COPIES] = { .fd = ended ? -1 : fd, .events = POLLIN } };
		bool open = false;
		int i;

		for (i = 0; i < COPIES; i++) {
			bool full = copy[i].begin < copy[i].end;

			p[i].fd = copy[i].from < 0 || (ended && i == 0) ? -1 : full ? copy[i].to : copy[i].from;
			p[i].events = full ? POLLOUT : POLLIN;
			open |= i > 0 && copy[i].from >= 0;
		}
		if (ended && !open)
			return;
		/* What is still written by others after its end isn't waited for. */
		i = poll(p, COPIES + 1, ended ? 100 : -1);
		if (i < 0 && errno != EINTR)
			return;
		if (i == 0)
			return;
		if (i < 0)
			continue;
		for (i = 0; i < COPIES; i++)
			if (p[i].fd >= 0 && p[i].revents)
				go_on(&copy[i], i == 0);
		if (p[COPIES].revents)
			ended = true;
	}
}

/* Connects us with the command by the descriptors that have come. */
static void relay(int fd, int *fds, int n)
{
	static struct copy copy[COPIES];

	signal(SIGPIPE, SIG_IGN);
	if (n == 1) {
		terminal = fds[0];
		make_raw();
		set_copy(&copy[0], STDIN_FILENO, fds[0]);
		set_copy(&copy[1], fds[0], STDOUT_FILENO);
		set_copy(&copy[2], -1, -1);
	} else {
		set_copy(&copy[0], STDIN_FILENO, fds[0]);
		set_copy(&copy[1], fds[1], STDOUT_FILENO);
		set_copy(&copy[2], fds[2], STDERR_FILENO);
	}
	/* A command that reads nothing doesn't keep its output from being copied. */
	fcntl(fds[0], F_SETFL, fcntl(fds[0], F_GETFL) | O_NONBLOCK);
	copy_all(fd, copy);
	if (n == 1)
		restore();
}

int main(int argc, char **argv)
{
	const char *name = strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0];
	bool own_name = strcmp(name, "run") == 0, lists = own_name && argc < 2;
	int fd = connect_to(), fds[COPIES], n = 0;
	char line[1024];

	if (!own_name)
		argv[0] = (char *)name;
	else
		argv++;
	if (!(lists ? send_all(fd, "list\n", 5) : ask(fd, argv)))
		return fail("can't ask");
	while (read_line(fd, line, sizeof(line), fds, &n)) {
		if (strncmp(line, "command ", 8) == 0) {
			puts(line + 8);
		} else if (strcmp(line, "end") == 0) {
			return 0;
		} else if ((strcmp(line, "terminal") == 0 && n == 1) || (strcmp(line, "pipes") == 0 && n == 3)) {
			relay(fd, fds, n);
		} else if (strncmp(line, "said ", 5) == 0) {
			fprintf(stderr, "%s\n", line + 5);
		} else if (strncmp(line, "status ", 7) == 0) {
			return atoi(line + 7);
		} else if (strncmp(line, "error ", 6) == 0) {
			fprintf(stderr, "run: %s\n", line + 6);
			return CANNOT_RUN;
		}
	}
	fprintf(stderr, "run: the display has ended the connection\n");
	return CANNOT_RUN;
}
