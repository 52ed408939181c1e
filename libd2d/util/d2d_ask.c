/*
 * Prints texts on all consoles, and asks the user questions there: on all consoles at once, and the first answer counts.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_ask.o

#include "d2d_util.h"
#include <linux/kd.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>

enum {
	TERMINALS = 8,
	WRITE_MS = 1000,	/* time limit for a terminal to take more output */
};

/* Opens all consoles of the kernel. Returns their number. The kernel also lists serial ports that don't exist; their device
 * nodes can be opened, but are no terminals. */
static int consoles_open(int *fd)
{
	char *active, *name, *rest;
	int n = 0, mode;

	active = rest = xmalloc_open_read_close("/sys/class/tty/console/active", NULL);
	while (n < TERMINALS && (name = strsep(&rest, " \n")) != NULL) {
		char path[sizeof("/dev/") + 32];

		if (!*name)
			continue;
		snprintf(path, sizeof(path), "/dev/%s", name);
		/* O_NONBLOCK: open() of a serial line may wait for its carrier for ever. */
		fd[n] = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
		/* The console tty0 is the terminal that is shown. While an X server draws there, nobody would ever see a text. */
		if (fd[n] >= 0 && ioctl(fd[n], KDGETMODE, &mode) == 0 && mode == KD_GRAPHICS) {
			close(fd[n]);
			fd[n] = open("/dev/tty1", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
		}
		if (fd[n] < 0)
			continue;
		if (isatty(fd[n]))
			n++;
		else
			close(fd[n]);
	}
	free(active);
	return n;
}

/* Opens the terminal of stdin or, if stdin isn't a terminal, as in a hook, all consoles. Returns their number. */
static int terminals_open(int *fd)
{
	if (isatty(STDIN_FILENO)) {
		fd[0] = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
		return fd[0] >= 0;
	}
	return consoles_open(fd);
}

static void terminals_close(const int *fd, int n)
{
	while (n--)
		close(fd[n]);
}

/* Writes a text to a terminal. If the terminal takes nothing for WRITE_MS, because its output was stopped with Ctrl-S or a
 * serial line has no receiver, the rest of the text is dropped: a console must not be able to stop the boot. */
static bool terminal_write(int fd, const char *text)
{
	size_t len = strlen(text);

	while (len) {
		ssize_t n = safe_write(fd, text, len);

		if (n > 0) {
			text += n;
			len -= n;
		} else {
			struct pollfd p = { fd, POLLOUT, 0 };

			if (n == 0 || errno != EAGAIN || poll(&p, 1, WRITE_MS) <= 0 || !(p.revents & POLLOUT))
				return false;
		}
	}
	return true;
}

/* Writes a text to all terminals. Errors are ignored, as another terminal may work. Returns how many took all of the text. */
static int terminals_write(const int *fd, int n, const char *text)
{
	int done = 0;

	while (n--)
		done += terminal_write(fd[n], text);
	return done;
}

void d2d_console_write(const char *text)
{
	int fd[TERMINALS];
	int n = terminals_open(fd);

	terminals_write(fd, n, text);
	terminals_close(fd, n);
}

int d2d_consoles_write(const char *text)
{
	int fd[TERMINALS];
	int n = consoles_open(fd), done = terminals_write(fd, n, text);

	terminals_close(fd, n);
	return done;
}

static void echo_off(int fd, struct termios *old)
{
	struct termios tio;

	tcgetattr(fd, old);
	tio = *old;
	tio.c_lflag &= ~(ECHO | ECHOE | ECHOK | ECHONL);
	tio.c_lflag |= ICANON | ISIG;
	tio.c_iflag |= ICRNL;
	/* TCSAFLUSH discards what was typed before the question. */
	tcsetattr(fd, TCSAFLUSH, &tio);
}

enum { GONE = -1, NOTHING = -2 };

/* Reads a line that fits into the buffer and removes its newline. Returns its length, NOTHING if there is none or it doesn't
 * fit, or GONE if the terminal is gone. */
static int read_line(int fd, char *answer, size_t size)
{
	ssize_t len = read(fd, answer, size);

	if (len < 0)
		return errno == EAGAIN || errno == EINTR ? NOTHING : GONE;
	if (len > 0 && answer[len - 1] == '\n') {
		answer[len - 1] = '\0';
		return len - 1;
	}
	tcflush(fd, TCIFLUSH);
	return NOTHING;
}

/* Waits for an answer on N terminals. poll_fd[n] is the signalfd, poll_fd[n + 1] that of OTHER, unless it is NULL. END is the
 * deadline as by monotonic_ms(), 0 for none. Returns the length of the answer or a negative errno as d2d_ask_or_event(). */
static int wait_answer(struct pollfd *poll_fd, int n, const char *prompt, char *answer, size_t size, unsigned long long end,
		const struct d2d_ask_event *other)
{
	int alive = n;

	while (alive > 0 || (other && other->fd >= 0)) {
		long long left = end ? (long long)(end - monotonic_ms()) : -1;
		int i, r;

		if (end && left <= 0)
			return -ETIMEDOUT;
		r = poll(poll_fd, n + 1 + !!other, left);
		if (r < 0 && errno != EINTR)
			return -errno;
		if (r <= 0)
			continue;
		if (poll_fd[n].revents)
			return -EINTR;
		if (other && poll_fd[n + 1].revents && other->happened(other->arg))
			return -ECANCELED;

		for (i = 0; i < n; i++) {
			if (!poll_fd[i].revents)
				continue;
			r = read_line(poll_fd[i].fd, answer, size);
			if (r > 0 || (r == 0 && other && other->takes_empty))
				return r;
			if (r == GONE || (poll_fd[i].revents & (POLLHUP | POLLERR | POLLNVAL))) {
				poll_fd[i].fd = -1;
				alive--;
			} else {
				terminals_write(&poll_fd[i].fd, 1, prompt);
			}
		}
	}
	return -EIO;
}

int d2d_ask(const char *prompt, char *answer, size_t size, int seconds)
{
	return d2d_ask_or_event(prompt, answer, size, seconds, NULL);
}

/* Asks once. Returns as d2d_ask_or_event(). After -EINTR, *STOPPED is true if the signal was SIGTSTP: this process was stopped
 * and has been continued, and the caller asks again. */
static int ask_once(const char *prompt, char *answer, size_t size, unsigned long long end, const struct d2d_ask_event *other,
		bool *stopped)
{
	struct pollfd poll_fd[TERMINALS + 2];
	struct termios old[TERMINALS];
	sigset_t set, old_set;
	int fd[TERMINALS];
	int i, r, n = terminals_open(fd);

	*stopped = false;
	if (!n && !(other && other->fd >= 0))
		return -ENODEV;

	/* Block the signals that end or stop this process until the terminals are restored. */
	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGQUIT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGTSTP);
	sigprocmask(SIG_BLOCK, &set, &old_set);
	poll_fd[n].fd = signalfd(-1, &set, SFD_CLOEXEC);
	poll_fd[n].events = POLLIN;

	if (other) {
		poll_fd[n + 1].fd = other->fd;
		poll_fd[n + 1].events = POLLIN;
	}
	for (i = 0; i < n; i++) {
		echo_off(fd[i], &old[i]);
		poll_fd[i].fd = fd[i];
		poll_fd[i].events = POLLIN;
	}
	terminals_write(fd, n, prompt);
	r = wait_answer(poll_fd, n, prompt, answer, size, end, other);
	terminals_write(fd, n, "\n");

	for (i = 0; i < n; i++)
		/* After an error discard a partly typed passphrase, so that the next reader of the terminal doesn't get it. */
		tcsetattr(fd[i], r < 0 ? TCSAFLUSH : TCSANOW, &old[i]);
	terminals_close(fd, n);
	if (poll_fd[n].fd >= 0)
		close(poll_fd[n].fd);
	*stopped = r == -EINTR && !sigismember(&old_set, SIGTSTP) && sigpending(&set) == 0 && sigismember(&set, SIGTSTP) > 0;
	/* A pending SIGTSTP stops the process here. */
	sigprocmask(SIG_SETMASK, &old_set, NULL);
	return r;
}

int d2d_ask_or_event(const char *prompt, char *answer, size_t size, int seconds, const struct d2d_ask_event *other)
{
	unsigned long long end = seconds ? monotonic_ms() + seconds * 1000ULL : 0;
	bool stopped;
	int r;

	do
		r = ask_once(prompt, answer, size, end, other, &stopped);
	while (stopped);
	return r;
}
