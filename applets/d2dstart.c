/*
 * d2dstart: starts a daemon in a session of its own, with -n also waits until the daemon reports that it is ready; or stops a
 * daemon.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//config:config D2DSTART
//config:	bool "d2dstart"
//config:	default y
//config:	select D2D_LIBD2D
//config:	select LONG_OPTS
//config:	help
//config:	Starts a daemon with a log and a pid file, waits for READY=1 as
//config:	sd_notify(3) sends it, and stops it again.

//applet:IF_D2DSTART(APPLET(d2dstart, BB_DIR_USR_BIN, BB_SUID_DROP))

//kbuild:lib-$(CONFIG_D2DSTART) += d2dstart.o

//usage:#define d2dstart_trivial_usage
//usage:       "[-n] [-t SECONDS] [-p PIDFILE] [-l LOG] [-R ROOT] NAME -- CMD [ARG]... |\n"
//usage:       "	-k [-t SECONDS] NAME"
//usage:#define d2dstart_full_usage "\n\n"
//usage:       "Start a daemon, unless it runs already, or stop it\n"
//usage:     "\n	-n,--notify	Wait until the daemon sends READY=1 (sd_notify)"
//usage:     "\n	-t,--timeout SECONDS	Time limit (default 60)"
//usage:     "\n	-p,--pidfile PIDFILE	Default: /run/NAME.pid"
//usage:     "\n	-l,--log LOG	Append its output to LOG (default:"
//usage:     "\n			/run/d2d/log/NAME.log), renamed to LOG.1 beyond 1 MiB"
//usage:     "\n	-R,--root ROOT	Use ROOT/run instead of /run"
//usage:     "\n	-k,--kill	Stop it with SIGTERM, and with SIGKILL after SECONDS"
//usage:     "\n"
//usage:     "\nExit status: 0 the daemon runs (with -k: no longer runs), 1 it could not be"
//usage:     "\nstarted, ended, or was not ready in time and was stopped"

#include "d2d_util.h"
#include <poll.h>
#include <sys/pidfd.h>
#include <sys/un.h>

#define GRACE 2000	/* ms that SIGTERM gets after a failed start */
#define LOG_SHOWN 2048	/* bytes of the log that are shown */
#define LOG_MAX (1024 * 1024)

enum {
	OPT_NOTIFY = 1 << 0,
	OPT_KILL = 1 << 1,
};

struct globals {
	const char *name;
	char *pidfile, *log, *socket;
	char *times;		/* file with the times of a boot: d2dhook chart */
	char *state;		/* file with "PID START-TIME": a PID alone may have been reused */
	unsigned timeout;
} FIX_ALIASING;
#define G (*ptr_to_globals)
#define INIT_G() SET_PTR_TO_GLOBALS(xzalloc(sizeof(G)))

/* ---- the running daemon ---- */

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

/* Returns a pidfd of the daemon that was started under this name, and its PID in *PID; -1 if it doesn't run. */
static int find_daemon(pid_t *pid)
{
	char *text = xmalloc_open_read_close(G.state, NULL);
	unsigned long long start;
	int fd = -1;

	if (text && sscanf(text, "%d %llu", pid, &start) == 2 && *pid > 0) {
		/* Open the pidfd first, so that a PID that is reused after the check can't be mistaken for the daemon. */
		fd = pidfd_open(*pid, 0);
		if (fd >= 0 && start_time(*pid) != start) {
			close(fd);
			fd = -1;
		}
	}
	free(text);
	return fd;
}

static void write_or_die(const char *path, char *text)
{
	int err = d2d_file_write(path, text);

	free(text);
	if (err < 0) {
		errno = -err;
		bb_perror_msg_and_die("can't write '%s'", path);
	}
}

static void forget_daemon(void)
{
	unlink(G.pidfile);
	unlink(G.state);
}

/* ---- stop ---- */

static bool ends_within(int pidfd, unsigned ms)
{
	struct pollfd fd = { pidfd, POLLIN, 0 };

	return safe_poll(&fd, 1, ms) > 0;
}

/* Sends SIGTERM to the daemon and, if it doesn't end within MS milliseconds, SIGKILL to its process group, so that its
 * child processes end, too. Returns whether SIGTERM was enough. */
static bool stop(int pidfd, pid_t pid, unsigned ms)
{
	bool ended_in_time;

	pidfd_send_signal(pidfd, SIGTERM, NULL, 0);
	ended_in_time = ends_within(pidfd, ms);
	if (!ended_in_time) {
		kill(-pid, SIGKILL);
		ends_within(pidfd, GRACE);
	}
	forget_daemon();
	return ended_in_time;
}

static int kill_daemon(void)
{
	pid_t pid;
	int pidfd = find_daemon(&pid);

	if (pidfd < 0) {
		bb_error_msg("%s is not running", G.name);
		forget_daemon();
	} else if (!stop(pidfd, pid, G.timeout * 1000)) {
		bb_error_msg("%s did not end in %u s and was killed", G.name, G.timeout);
	}
	return EXIT_SUCCESS;
}

/* ---- start ---- */

static int listen_for_ready(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = xsocket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (strlen(G.socket) >= sizeof(addr.sun_path))
		bb_error_msg_and_die("'%s' is too long for a socket", G.socket);
	strcpy(addr.sun_path, G.socket);
	unlink(G.socket);
	xbind(fd, (struct sockaddr *)&addr, sizeof(addr));
	chmod(G.socket, 0600);
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

/* Returns NULL if the daemon is ready, else what went wrong. */
static const char *wait_until_ready(int socket_fd, int pidfd)
{
	struct pollfd fds[2] = { { socket_fd, POLLIN, 0 }, { pidfd, POLLIN, 0 } };
	unsigned long long now = d2d_now(), limit = now + G.timeout * 1000ULL;

	for (; now < limit; now = d2d_now()) {
		if (safe_poll(fds, 2, limit - now) <= 0)
			break;
		if (fds[0].revents && says_ready(socket_fd))
			return NULL;
		if (fds[1].revents)
			return "ended before it was ready";
	}
	return "was not ready in time";
}

/* Starts a process that writes the log, and returns its PID; *OUT becomes the write end of the pipe to it. The logger
 * has a session of its own and ignores signals, so it lives until the daemon and all its child processes have closed
 * the pipe, whatever signals they get. */
static pid_t spawn_logger(int log, int *out)
{
	struct fd_pair pipe;
	pid_t pid;
	int null;

	xpiped_pair(pipe);
	pid = xfork();
	if (pid == 0) {
		setsid();
		bb_signals((1 << SIGHUP) | (1 << SIGINT) | (1 << SIGTERM), SIG_IGN);
		xchdir("/");
		null = xopen(bb_dev_null, O_RDWR);
		/* No descriptor may take a number that another one still has. */
		log = fcntl(log, F_DUPFD, 5);
		xmove_fd(pipe.rd, 3);
		xmove_fd(log, 4);
		xdup2(null, STDIN_FILENO);
		xdup2(null, STDOUT_FILENO);
		xdup2(null, STDERR_FILENO);
		close_range(5, ~0U, 0);
		d2d_log_copy(3, 4, G.log, LOG_MAX);
		_exit(0);
	}
	close(pipe.rd);
	close_on_exec_on(pipe.wr);
	*out = pipe.wr;
	return pid;
}

static NORETURN void child(char **argv, int log, int status)
{
	int null = xopen(bb_dev_null, O_RDONLY);
	int err;

	setsid();
	xchdir("/");
	xdup2(null, STDIN_FILENO);
	xdup2(log, STDOUT_FILENO);
	xdup2(log, STDERR_FILENO);
	xmove_fd(status, 3);
	close_on_exec_on(3);
	close_range(4, ~0U, 0);
	unsetenv("NOTIFY_SOCKET");
	if (option_mask32 & OPT_NOTIFY)
		xsetenv("NOTIFY_SOCKET", G.socket);
	execvp(argv[0], argv);
	err = errno;
	full_write(3, &err, sizeof(err));
	_exit(127);
}

/* Starts the daemon and returns its PID once execvp() has succeeded; dies if it fails. */
static pid_t spawn_daemon(char **argv, int log)
{
	struct fd_pair status;
	pid_t pid;
	int err;

	xpiped_pair(status);
	pid = xfork();
	if (pid == 0)
		child(argv, log, status.wr);
	close(status.wr);
	if (full_read(status.rd, &err, sizeof(err)) == sizeof(err)) {
		errno = err;
		bb_perror_msg_and_die("can't execute '%s'", argv[0]);
	}
	close(status.rd);
	return pid;
}

static void show_log(int log, off_t from)
{
	char buf[LOG_SHOWN];
	off_t end = lseek(log, 0, SEEK_END);
	ssize_t len;
	char *text, *p, *line;

	if (end - from > LOG_SHOWN)
		from = end - LOG_SHOWN;
	len = pread(log, buf, sizeof(buf), from);
	p = text = xstrndup(buf, MAX(len, 0));
	while ((line = strsep(&p, "\n")) != NULL) {
		line = d2d_printable(line, strlen(line));
		if (*line)
			fprintf(stderr, "  %s\n", line);
		free(line);
	}
	free(text);
}

static void note_time(unsigned long long began)
{
	char *line = xasprintf("%s %llu %llu\n", G.name, began, d2d_now());
	int fd = open(G.times, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0644);

	if (fd >= 0) {
		full_write(fd, line, strlen(line));
		close(fd);
	}
	free(line);
}

static int start_daemon(char **argv)
{
	unsigned long long began = d2d_now();
	const char *wrong = NULL;
	pid_t pid, logger;
	off_t log_start;
	int log, out, socket_fd = -1, pidfd = find_daemon(&pid);

	if (pidfd >= 0) {
		bb_error_msg("%s is already running, pid %u", G.name, (unsigned)pid);
		return EXIT_SUCCESS;
	}
	log = xopen(G.log, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC);
	log_start = lseek(log, 0, SEEK_END);
	if (option_mask32 & OPT_NOTIFY)
		socket_fd = listen_for_ready();

	logger = spawn_logger(log, &out);
	pid = spawn_daemon(argv, out);
	close(out);
	pidfd = pidfd_open(pid, 0);
	write_or_die(G.state, xasprintf("%u %llu\n", (unsigned)pid, start_time(pid)));
	write_or_die(G.pidfile, xasprintf("%u\n", (unsigned)pid));

	if (socket_fd >= 0) {
		wrong = wait_until_ready(socket_fd, pidfd);
		unlink(G.socket);
	}
	if (wrong) {
		bb_error_msg("%s %s; the end of its log:", G.name, wrong);
		stop(pidfd, pid, GRACE);
		ends_within(pidfd_open(logger, 0), GRACE);
		show_log(log, log_start);
	} else if (socket_fd >= 0) {
		note_time(began);
	}
	return wrong ? EXIT_FAILURE : EXIT_SUCCESS;
}

static void set_paths(const char *root)
{
	char *dir = xasprintf("%s"D2D_RUN"/log", root);

	if (bb_make_directory(dir, 0755, FILEUTILS_RECUR) < 0)
		xfunc_die();
	free(dir);
	G.state = xasprintf("%s"D2D_RUN"/%s.daemon", root, G.name);
	G.times = xasprintf("%s"D2D_RUN"/times", root);
	G.socket = xasprintf("%s"D2D_RUN"/%s.notify", root, G.name);
	if (!G.pidfile)
		G.pidfile = xasprintf("%s/run/%s.pid", root, G.name);
	if (!G.log)
		G.log = xasprintf("%s"D2D_RUN"/log/%s.log", root, G.name);
}

int d2dstart_main(int argc, char **argv) MAIN_EXTERNALLY_VISIBLE;
int d2dstart_main(int argc UNUSED_PARAM, char **argv)
{
	const char *root = "";
	unsigned opts;

	INIT_G();
	G.timeout = 60;
	opts = getopt32long(argv, "^" "nkt:+p:l:R:" "\0" "-1",
		"notify\0" No_argument "n" "kill\0" No_argument "k" "timeout\0" Required_argument "t"
		"pidfile\0" Required_argument "p" "log\0" Required_argument "l" "root\0" Required_argument "R",
		&G.timeout, &G.pidfile, &G.log, &root);
	argv += optind;
	if (!!argv[1] == !!(opts & OPT_KILL))
		bb_show_usage();
	G.name = argv[0];
	if (!G.name[0] || G.name[0] == '.' || strchr(G.name, '/'))
		bb_error_msg_and_die("'%s' can't be the name of a daemon", G.name);
	if (G.timeout > 3600)
		G.timeout = 3600;
	if (!root[0] && geteuid() != 0)
		bb_error_msg_and_die("%s: sudo d2d start", bb_msg_you_must_be_root);
	set_paths(root);
	return opts & OPT_KILL ? kill_daemon() : start_daemon(argv + 1);
}
