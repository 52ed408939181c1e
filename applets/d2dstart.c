/*
 * d2dstart: starts a daemon under a supervisor, runsv of busybox, which starts the daemon again whenever it ends; with -n waits
 * until the daemon reports that it is ready. Also stops both.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//config:config D2DSTART
//config:	bool "d2dstart"
//config:	default y
//config:	select D2D_LIBD2D
//config:	select LONG_OPTS
//config:	select RUNSV
//config:	help
//config:	Starts a daemon with a supervisor (runsv), a log and a pid file, waits
//config:	for READY=1 as sd_notify(3) sends it, and stops it again.

//applet:IF_D2DSTART(APPLET(d2dstart, BB_DIR_USR_BIN, BB_SUID_DROP))

//kbuild:lib-$(CONFIG_D2DSTART) += d2dstart.o

//usage:#define d2dstart_trivial_usage
//usage:       "[-n] [-t SECONDS] [-p PIDFILE] [-l LOG] [-g CGROUP] [-R ROOT] NAME -- CMD [ARG]... |\n"
//usage:       "	-k [-t SECONDS] NAME | -w NAME | -L LOG"
//usage:#define d2dstart_full_usage "\n\n"
//usage:       "Start a daemon, unless it runs already, or stop it. A daemon that ends by itself\n"
//usage:       "is started again: at once, and when it keeps ending after 1, 2, 4 ... 60 s\n"
//usage:     "\n	-n,--notify	Wait until the daemon sends READY=1 (sd_notify)"
//usage:     "\n	-t,--timeout SECONDS	Time limit (default 60)"
//usage:     "\n	-p,--pidfile PIDFILE	Default: /run/NAME.pid"
//usage:     "\n	-l,--log LOG	Append its output to LOG (default:"
//usage:     "\n			/run/d2d/log/NAME.log), renamed to LOG.1 beyond 1 MiB"
//usage:     "\n	-g,--cgroup CGROUP	Directory of the cgroup in which it runs"
//usage:     "\n	-R,--root ROOT	Use ROOT/run and ROOT/usr/lib/d2d instead of those of /"
//usage:     "\n	-k,--kill	Stop it with SIGTERM, and with SIGKILL after SECONDS"
//usage:     "\n	-w,--wait	Wait until a daemon that was started again is ready, and"
//usage:     "\n			print that on the consoles (used by its supervisor)"
//usage:     "\n	-L,--logger LOG	Append standard input to LOG (used by the supervisor)"
//usage:     "\n"
//usage:     "\nExit status: 0 the daemon runs (with -k: no longer runs), 1 it could not be"
//usage:     "\nstarted, ended three times before it was ready, or was not ready in time; in the"
//usage:     "\nlast two cases the supervisor goes on, and the consoles show when it is ready"

#include "d2dstart.h"
#include <sys/inotify.h>
#include <sys/pidfd.h>

#define LOG_SHOWN 2048	/* bytes of the log that are shown */
#define LOG_MAX (1024 * 1024)

enum {
	OPT_NOTIFY = 1 << 0,
	OPT_KILL = 1 << 1,
	OPT_WAIT = 1 << 2,
	OPT_LOGGER = 1 << 3,
};

/* Writes the log. Signals are ignored, so that nothing is lost until all processes of the daemon have closed the pipe. */
static int log_input(const char *path)
{
	bb_signals((1 << SIGHUP) | (1 << SIGINT) | (1 << SIGTERM), SIG_IGN);
	d2d_log_copy(STDIN_FILENO, xopen(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC), path, LOG_MAX);
	return EXIT_SUCCESS;
}

static int kill_daemon(const struct d2dstart *s)
{
	pid_t pid;
	int supervisor = d2dstart_find(s, &pid);

	if (supervisor >= 0) {
		if (!d2dstart_stop(s, supervisor, pid))
			bb_error_msg("%s did not end in %u s and was killed", s->name, s->timeout);
	} else if (!d2dstart_stop_orphan(s, pid)) {
		bb_error_msg("%s is not running", s->name);
	}
	return EXIT_SUCCESS;
}

static int wait_for_restart(const struct d2dstart *s)
{
	pid_t pid;
	int supervisor = d2dstart_find(s, &pid);

	if (supervisor < 0)
		bb_error_msg_and_die("%s is not running", s->name);
	d2dstart_report_ready(s, d2dstart_listen(s), supervisor);
	return EXIT_SUCCESS;
}

/* Prints the end of the log, from byte FROM on. */
static void show_log(const char *path, off_t from)
{
	int log = xopen(path, O_RDONLY);
	char buf[LOG_SHOWN];
	off_t end = lseek(log, 0, SEEK_END);
	ssize_t len;
	char *text, *p, *line;

	if (end - from > LOG_SHOWN || end < from)
		from = MAX(end - LOG_SHOWN, 0);
	len = pread(log, buf, sizeof(buf), from);
	p = text = xstrndup(buf, MAX(len, 0));
	while ((line = strsep(&p, "\n")) != NULL) {
		line = d2d_printable(line, strlen(line));
		if (*line)
			fprintf(stderr, "  %s\n", line);
		free(line);
	}
	free(text);
	close(log);
}

static void note_time(const struct d2dstart *s, unsigned long long began)
{
	char *line = xasprintf("%s %llu %llu\n", s->name, began, d2d_now());
	int fd = open(s->times, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0644);

	if (fd >= 0) {
		full_write(fd, line, strlen(line));
		close(fd);
	}
	free(line);
}

/* Runs the script daemon-ready for a daemon that had ended before it was ready. */
static void run_ready(const struct d2dstart *s)
{
	char *argv[] = { xasprintf("%s/usr/lib/d2d/daemon-ready", s->root), (char *)s->name, NULL };

	spawn_and_wait(argv);
	free(argv[0]);
}

/* Dies if the command can't be executed: the supervisor could report that in the log only. */
static void check_command(const char *command)
{
	errno = ENOENT;
	if (strchr(command, '/') ? !file_is_executable(command) : !executable_exists(command))
		bb_perror_msg_and_die("can't execute '%s'", command);
}

/* Returns an inotify descriptor that tells when runsv has started the daemon, and when the daemon has ended. */
static int watch(const struct d2dstart *s)
{
	int fd = inotify_init1(IN_CLOEXEC);
	char *supervise = xasprintf("%s/supervise", s->dir);

	if (inotify_add_watch(fd, supervise, IN_MOVED_TO) < 0 || inotify_add_watch(fd, s->dir, IN_CLOSE_WRITE) < 0)
		bb_perror_msg_and_die("can't watch '%s'", s->dir);
	free(supervise);
	return fd;
}

static int start_daemon(const struct d2dstart *s, char **argv)
{
	unsigned long long began = d2d_now();
	int events, socket_fd = -1, supervisor;
	const char *wrong;
	off_t log_start;
	struct stat st;
	pid_t pid;

	supervisor = d2dstart_find(s, &pid);
	if (supervisor >= 0) {
		bb_error_msg("%s is already running, pid %u", s->name, (unsigned)d2dstart_pid(s));
		return EXIT_SUCCESS;
	}
	check_command(argv[0]);
	d2dstart_stop_orphan(s, pid);
	d2dstart_make_service(s, argv);
	log_start = stat(s->log, &st) == 0 ? st.st_size : 0;
	if (s->notify)
		socket_fd = d2dstart_listen(s);
	events = watch(s);
	pid = d2dstart_spawn(s);
	supervisor = pidfd_open(pid, 0);
	d2dstart_remember(s, pid);

	wrong = d2dstart_wait(s, socket_fd, supervisor, events);
	if (!wrong) {
		if (s->notify) {
			unlink(s->socket);
			note_time(s, began);
			if (d2dstart_number(s, "deaths"))
				run_ready(s);
		}
		return EXIT_SUCCESS;
	}
	usleep(200000);	/* The logger may be behind. */
	bb_error_msg("%s %s; the end of its log:", s->name, wrong);
	show_log(s->log, log_start);
	if (s->notify) {
		bb_error_msg("%s is not given up: the consoles will show when it is ready", s->name);
		d2dstart_report_ready(s, socket_fd, supervisor);
	}
	return EXIT_FAILURE;
}

static void set_paths(struct d2dstart *s)
{
	char *dir = xasprintf("%s"D2D_RUN"/log", s->root);

	if (bb_make_directory(dir, 0755, FILEUTILS_RECUR) < 0)
		xfunc_die();
	free(dir);
	s->dir = xasprintf("%s"D2D_RUN"/service/%s", s->root, s->name);
	s->state = xasprintf("%s"D2D_RUN"/%s.daemon", s->root, s->name);
	s->times = xasprintf("%s"D2D_RUN"/times", s->root);
	s->socket = xasprintf("%s"D2D_RUN"/%s.notify", s->root, s->name);
	if (!s->pidfile)
		s->pidfile = xasprintf("%s/run/%s.pid", s->root, s->name);
	if (!s->log)
		s->log = xasprintf("%s"D2D_RUN"/log/%s.log", s->root, s->name);
}

int d2dstart_main(int argc, char **argv) MAIN_EXTERNALLY_VISIBLE;
int d2dstart_main(int argc UNUSED_PARAM, char **argv)
{
	struct d2dstart s = { .root = "", .timeout = 60 };
	const char *logged;
	unsigned opts;

	opts = getopt32long(argv, "^" "nkwL:t:+p:l:g:R:" "\0" "k--wL:w--kL:L--kw",
		"notify\0" No_argument "n" "kill\0" No_argument "k" "wait\0" No_argument "w" "logger\0" Required_argument "L"
		"timeout\0" Required_argument "t" "pidfile\0" Required_argument "p" "log\0" Required_argument "l"
		"cgroup\0" Required_argument "g" "root\0" Required_argument "R",
		&logged, &s.timeout, &s.pidfile, &s.log, &s.cgroup, &s.root);
	argv += optind;
	if (opts & OPT_LOGGER)
		return log_input(logged);
	if (!argv[0] || !!argv[1] == !!(opts & (OPT_KILL | OPT_WAIT)))
		bb_show_usage();
	s.name = argv[0];
	s.notify = opts & OPT_NOTIFY;
	if (!s.name[0] || s.name[0] == '.' || strchr(s.name, '/'))
		bb_error_msg_and_die("'%s' can't be the name of a daemon", s.name);
	if (s.timeout > 3600)
		s.timeout = 3600;
	if (!s.root[0] && geteuid() != 0)
		bb_error_msg_and_die("%s: sudo d2d start", bb_msg_you_must_be_root);
	umask(022);
	set_paths(&s);
	if (opts & OPT_KILL)
		return kill_daemon(&s);
	return opts & OPT_WAIT ? wait_for_restart(&s) : start_daemon(&s, argv + 1);
}
