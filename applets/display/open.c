/*
 * d2ddisplay: opens one command for a client in a display (commands.c). An image with the label "window" gets a window on that
 * display, as 'd2d display window' opens it. Any other one is run by 'd2d alias run' as user docker, on a new terminal or with
 * pipes, whose other ends the client gets. Both check what the image may have, as for a command that is called on the machine.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DDISPLAY) += d2ddisplay_open.o

#include <json-c/json.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include "d2ddisplay_commands.h"

#define USER "docker"
#define LABEL "org.debian2docker.display-command"	/* of the container of a terminal command: DISPLAY:PROCESS */
#define LABELLED "filters=%7B%22label%22:%5B%22"LABEL"%22%5D%7D"

enum {
	TOLD = 500,		/* characters of a line */
	NAME_KEPT = 20,		/* characters of the command in the name of its window's display */
	WINDOW_END = 60 * 1000,	/* ms that a window has to end: Docker gives both of its containers five seconds */
	END = 5 * 1000,		/* ms that a terminal command has */
};

/* A process that runs a command. */
struct opened {
	const struct d2ddisplay_call *call;
	pid_t pid;
	int said;		/* its messages, -1: none */
	int limit;		/* ms that it has to end, when the client has gone */
};

bool d2ddisplay_tell(int client, const char *format, ...)
{
	char *text, *line;
	va_list args;
	bool taken;
	size_t len;

	va_start(args, format);
	text = d2d_vformat(format, args);
	va_end(args);
	line = d2d_printable(text, MIN(strlen(text), TOLD));
	free(text);
	text = xasprintf("%s\n", line);
	len = strlen(text);
	/* The socket has a time limit for this. */
	taken = send(client, text, len, MSG_NOSIGNAL) == (ssize_t)len;
	free(text);
	free(line);
	return taken;
}

/* ---- containers of terminal commands ---- */

/* Whether a container belongs to a call, or with PID 0 to any call, of the display. */
static bool is_of(const struct d2ddisplay *d, pid_t pid, struct json_object *container)
{
	const char *label = d2d_json_text(json_object_object_get(container, "Labels"), LABEL);
	const char *process = label ? is_prefixed_with(label, d->name) : NULL;

	return process && process[0] == ':' && (!pid || bb_strtou(process + 1, NULL, 10) == (unsigned)pid);
}

int d2ddisplay_called(const struct d2ddisplay *d)
{
	struct json_object *list;
	char *why;
	int r = d2d_engine_ask("GET /containers/json?"LABELLED, NULL, &list, &why), n = 0;
	size_t i;

	for (i = 0; r == 200 && i < d2d_json_length(list); i++)
		n += is_of(d, 0, json_object_array_get_idx(list, i));
	json_object_put(list);
	free(why);
	return r == 200 ? n : r < 0 ? r : -EIO;
}

/* Whether a container was started in the background. */
static bool is_detached(const char *id)
{
	char *request = xasprintf("GET /containers/%s/json", id), *why;
	struct json_object *o;
	int r = d2d_engine_ask(request, NULL, &o, &why);
	bool is = r == 200 && !json_object_get_boolean(json_object_object_get(json_object_object_get(o, "Config"), "AttachStdout"));

	free(request);
	free(why);
	json_object_put(o);
	return is;
}

void d2ddisplay_remove_called(const struct d2ddisplay *d, pid_t pid)
{
	struct json_object *list;
	char *why;
	size_t i;

	d2d_engine_ask("GET /containers/json?all=1&"LABELLED, NULL, &list, &why);
	free(why);
	for (i = 0; i < d2d_json_length(list); i++) {
		struct json_object *container = json_object_array_get_idx(list, i);
		const char *id = d2d_json_text(container, "Id");
		char *request;

		if (!id || !is_of(d, pid, container) || is_detached(id))
			continue;
		request = xasprintf("DELETE /containers/%s?force=1&v=1", id);
		d2d_engine_ask(request, NULL, NULL, &why);
		free(request);
		free(why);
	}
	json_object_put(list);
}

/* ---- until it ends ---- */

/* Sends the messages in TEXT, LEN bytes of which are new, line by line. Returns false if the client doesn't take them. */
static bool tell_lines(int client, char *text, size_t *len)
{
	char *line = text, *end;
	bool taken = true;

	text[*len] = '\0';
	while (taken && (end = strchr(line, '\n')) != NULL) {
		*end = '\0';
		taken = d2ddisplay_tell(client, "said %s", line);
		line = end + 1;
	}
	*len = strlen(line);
	memmove(text, line, *len);
	if (*len < TOLD)
		return taken;
	*len = 0;
	return taken && d2ddisplay_tell(client, "said %s", text);
}

/* Waits until the process ends, and returns true; or until the client has gone or sends something, and returns false. */
static bool wait_for_either(struct opened *o, int process)
{
	struct pollfd p[] = { { o->said, POLLIN, 0 }, { process, POLLIN, 0 }, { o->call->client, POLLIN, 0 } };
	char text[TOLD + 1];
	size_t len = 0;

	for (;;) {
		if (safe_poll(p, ARRAY_SIZE(p), -1) < 0)
			return false;
		if (p[0].revents) {
			ssize_t n = safe_read(o->said, text + len, TOLD - len);

			if (n <= 0)
				p[0].fd = -1;
			else
				len += n;
			if (n > 0 && !tell_lines(o->call->client, text, &len))
				return false;
		} else if (p[1].revents) {
			break;
		} else if (p[2].revents) {
			return false;
		}
	}
	text[len] = '\0';
	return len == 0 || d2ddisplay_tell(o->call->client, "said %s", text);
}

/* Waits until the process has ended; if the client has gone before, ends it. Returns the exit status, or -1 if the client was first. */
static int attend(struct opened *o)
{
	int process = syscall(SYS_pidfd_open, o->pid, 0), status;
	struct pollfd p = { process, POLLIN, 0 };
	bool ended = process >= 0 && wait_for_either(o, process);

	if (!ended) {
		kill(o->pid, SIGTERM);
		if (process < 0 || safe_poll(&p, 1, o->limit) <= 0)
			kill(o->pid, SIGKILL);
	}
	if (process >= 0)
		close(process);
	status = wait_for_exitstatus(o->pid);
	if (!ended)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Becomes PROGRAM with the words HEAD, in the end the call's arguments; or says why it can't. */
static void become(const char *const *head, unsigned n, const struct d2ddisplay_call *call) NORETURN;
static void become(const char *const *head, unsigned n, const struct d2ddisplay_call *call)
{
	unsigned args = string_array_len(call->args);
	char **argv = xzalloc((n + args + 1) * sizeof(*argv));

	memcpy(argv, head, n * sizeof(*argv));
	memcpy(argv + n, call->args, args * sizeof(*argv));
	BB_EXECVP(argv[0], argv);
	bb_perror_msg("can't execute '%s'", argv[0]);
	_exit(127);
}

/* ---- windows ---- */

void d2ddisplay_open_window(const struct d2ddisplay_call *call)
{
	struct opened o = { .call = call, .limit = WINDOW_END };
	/* The process ID makes it the only one of this name. */
	char *name = xasprintf("%.*s-%u", NAME_KEPT, call->name, (unsigned)getpid());
	const char *const head[] = { "d2ddisplay", "-R", call->d->root, "window", call->d->name, name, call->image };
	pid_t parent = getpid();
	int status;

	bb_error_msg("%s: opens '%s' in a window", call->d->name, call->name);
	o.pid = d2d_fork_piped(STDERR_FILENO, &o.said);
	if (o.pid == 0) {
		xmove_fd(xopen(bb_dev_null, O_RDONLY), STDIN_FILENO);
		xdup2(STDERR_FILENO, STDOUT_FILENO);
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		if (getppid() != parent)
			_exit(EXIT_FAILURE);
		become(head, ARRAY_SIZE(head), call);
	}
	status = attend(&o);
	if (status >= 0)
		d2ddisplay_tell(call->client, "status %d", status);
	close(o.said);
	free(name);
}

/* ---- terminals and pipes ---- */

/* The ends of what connects a command with its client. */
struct ends {
	int own[3];		/* standard input, output and error of the command */
	int other[3];
	unsigned n;		/* of others */
};

/* Opens a new terminal of the size that the call names. Returns 0 or a negative errno. */
static int open_pty(struct ends *e, const struct d2ddisplay_call *call)
{
	struct winsize size = { .ws_row = call->rows, .ws_col = call->columns };
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), slave = -1;
	char *path = NULL;

	if (master >= 0 && unlockpt(master) == 0)
		path = ptsname(master);
	if (path)
		slave = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0 || ioctl(slave, TIOCSWINSZ, &size) < 0)
		return -errno;
	e->own[0] = e->own[1] = e->own[2] = slave;
	e->other[0] = master;
	e->n = 1;
	return 0;
}

static int open_pipes(struct ends *e)
{
	unsigned i;
	int fd[2];

	for (i = 0; i < 3; i++) {
		if (pipe2(fd, O_CLOEXEC) < 0)
			return -errno;
		/* The command reads from the first and writes into the others. */
		e->own[i] = fd[i != 0];
		e->other[i] = fd[i == 0];
	}
	e->n = 3;
	return 0;
}

/* Sends the other ends to the client, and closes both ends here. */
static bool pass_on(struct ends *e, int client)
{
	const char *line = e->n == 1 ? "terminal\n" : "pipes\n";
	char space[CMSG_SPACE(sizeof(e->other))] __attribute__((aligned(sizeof(size_t)))) = "";
	struct iovec text = { (void *)line, strlen(line) };
	struct msghdr m = { .msg_iov = &text, .msg_iovlen = 1, .msg_control = space, .msg_controllen = CMSG_SPACE(e->n * sizeof(int)) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	bool sent;
	unsigned i;

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(e->n * sizeof(int));
	memcpy(CMSG_DATA(c), e->other, e->n * sizeof(int));
	sent = sendmsg(client, &m, MSG_NOSIGNAL) == (ssize_t)text.iov_len;
	for (i = 0; i < e->n; i++) {
		close(e->other[i]);
		close(e->own[i]);
	}
	return sent;
}

/* In the child: makes the command's ends its standard input, output and error, becomes the user, and then the command. */
static void run_alias(const struct d2ddisplay_call *call, const struct ends *e, const struct passwd *user, pid_t parent) NORETURN;
static void run_alias(const struct d2ddisplay_call *call, const struct ends *e, const struct passwd *user, pid_t parent)
{
	char *label = xasprintf(LABEL"=%s:%u", call->d->name, (unsigned)parent);
	const char *const head[] = { "d2dalias", "-R", call->d->root, "run", "-L", label, call->image, "--" };
	const char *const kept[] = { "PATH", "DOCKER_HOST" };
	char *values[ARRAY_SIZE(kept)];
	unsigned i;

	setsid();
	if (e->n == 1)
		ioctl(e->own[0], TIOCSCTTY, 0);
	for (i = 0; i < 3; i++)
		xdup2(e->own[i], i);
	for (i = 0; i < ARRAY_SIZE(kept); i++)
		values[i] = getenv(kept[i]) ? xstrdup(getenv(kept[i])) : NULL;
	clearenv();
	for (i = 0; i < ARRAY_SIZE(kept); i++)
		if (values[i])
			xsetenv(kept[i], values[i]);
	xsetenv("TERM", "xterm");
	xsetenv("HOME", user->pw_dir);
	xsetenv("USER", user->pw_name);
	change_identity(user);
	/* Becoming another user clears this, so it is set afterwards. */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(EXIT_FAILURE);
	if (chdir(user->pw_dir) < 0 || (call->d->wish.folder[0] && chdir(call->d->wish.folder) < 0))
		xchdir("/");
	become(head, ARRAY_SIZE(head), call);
}

void d2ddisplay_open_terminal(const struct d2ddisplay_call *call)
{
	struct opened o = { .call = call, .said = -1, .limit = END };
	bool terminal = call->rows && call->columns;
	struct passwd *user = getpwnam(USER);
	pid_t parent = getpid();
	struct ends e = { .n = 0 };
	int status, r = terminal ? open_pty(&e, call) : open_pipes(&e);

	if (r < 0 || !user) {
		d2ddisplay_tell(call->client, "error can't run '%s': %s", call->name, r < 0 ? strerror(-r) : "there is no user "USER);
		return;
	}
	if (terminal)
		fchown(e.own[0], user->pw_uid, -1);
	bb_error_msg("%s: opens '%s'", call->d->name, call->name);
	o.pid = xfork();
	if (o.pid == 0)
		run_alias(call, &e, user, parent);
	if (!pass_on(&e, call->client))
		kill(o.pid, SIGTERM);
	status = attend(&o);
	/* A program that ignores the end of its terminal, or has been detached from it by a key. */
	d2ddisplay_remove_called(call->d, parent);
	if (status >= 0)
		d2ddisplay_tell(call->client, "status %d", status);
}
