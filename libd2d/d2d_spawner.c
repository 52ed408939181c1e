/*
 * A small process that is the parent of the hooks: it starts them, signals them, waits for them and tells how they ended.
 * A hook that kills its parent hits this one; the hooks that it had are ours then, and another takes its place. Besides,
 * what is small is started from quickly: fork() copies the page tables of whoever calls it, vfork() doesn't.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_spawner.o

#include "libd2d.h"
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>

#define REQUEST_MAX (160 * 1024)	/* path and environment; below the 208 KiB that a socket takes at once */
#define SOCKET_FD 3

struct request {
	unsigned slot;
	int signal;		/* 0: start what follows, PATH and its environment, each with its '\0' */
};

struct event {
	unsigned slot;
	int status;		/* as from wait(); -errno when it could not be started */
};

/* Shared between the spawner and us, for the time when it is gone. */
struct d2d_child {
	pid_t pid;		/* its process group, too; 0: none */
	bool ending;		/* it got a signal from us: nothing of its group shall stay */
};

/* ---- both sides ---- */

/* True when the child has ended. While it isn't reaped, the number of its group can't be anyone else's. One that was
 * ended by a signal leaves nothing behind. */
static bool reap(struct d2d_child *child, int *status)
{
	siginfo_t info = { 0 };

	if (waitid(P_PID, child->pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0 || !info.si_pid)
		return false;
	if (child->ending || info.si_code != CLD_EXITED)
		kill(-child->pid, SIGKILL);
	safe_waitpid(child->pid, status, 0);
	child->pid = 0;
	return true;
}

static void signal_child(struct d2d_child *child, int sig)
{
	if (!child->pid)
		return;
	child->ending = true;
	if (kill(-child->pid, sig) < 0)
		kill(child->pid, sig);
}

/* ---- the spawner ---- */

static char **environment(char *text, const char *end)
{
	char **env = xzalloc(sizeof(*env));
	unsigned n;

	for (n = 0; text < end; text += strlen(text) + 1) {
		env = xrealloc_vector(env, 4, n);
		env[n++] = text;
	}
	return env;
}

static int start(struct d2d_child *child, char *path, char **env, int out, const sigset_t *mask)
{
	char *argv[] = { path, NULL };
	int err;
	pid_t pid;

	child->ending = false;
	pid = vfork();
	if (pid == 0) {
		/* The first to know, and the first who could kill who has to know. */
		child->pid = getpid();
		setsid();
		dup2(out, STDOUT_FILENO);
		dup2(out, STDERR_FILENO);
		sigprocmask(SIG_SETMASK, mask, NULL);
		execve(argv[0], argv, env);
		err = errno == ENOENT ? 127 : 126;
		bb_perror_msg("can't execute '%s'", argv[0]);
		_exit(err);
	}
	return pid < 0 ? -errno : 0;
}

static void answer(unsigned slot, int status)
{
	struct event event = { slot, status };

	send(SOCKET_FD, &event, sizeof(event), MSG_NOSIGNAL);
}

/* False when nobody is there any more who asks. */
static bool take_request(struct d2d_spawner *sp, char *buf)
{
	struct request *request = (struct request *)buf;
	struct iovec iov = { buf, REQUEST_MAX };
	char control[CMSG_SPACE(sizeof(int))];
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)
	};
	ssize_t len = recvmsg(SOCKET_FD, &msg, MSG_CMSG_CLOEXEC);
	struct cmsghdr *header = CMSG_FIRSTHDR(&msg);
	int err, out = -1;

	if (len <= 0)
		return len < 0 && errno == EINTR;
	if (header)
		memcpy(&out, CMSG_DATA(header), sizeof(out));
	if (request->signal) {
		signal_child(&sp->child[request->slot], request->signal);
	} else {
		char *path = buf + sizeof(*request);
		char **env = environment(path + strlen(path) + 1, buf + len);

		err = start(&sp->child[request->slot], path, env, out, &sp->mask);
		if (err < 0)
			answer(request->slot, err);
		free(env);
	}
	close(out);
	return true;
}

static void tell_ended(struct d2d_spawner *sp)
{
	unsigned i;
	int status;

	for (i = 0; i < sp->slots; i++)
		if (sp->child[i].pid && !sp->adopted[i] && reap(&sp->child[i], &status))
			answer(i, status);
}

static NORETURN void serve(struct d2d_spawner *sp, int socket_fd)
{
	struct pollfd fds[2] = { { SOCKET_FD, POLLIN, 0 }, { -1, POLLIN, 0 } };
	struct signalfd_siginfo info;
	char *buf = xmalloc(REQUEST_MAX);
	sigset_t mask;

	xmove_fd(xopen(bb_dev_null, O_RDWR), STDIN_FILENO);
	xmove_fd(socket_fd, SOCKET_FD);
	close_on_exec_on(SOCKET_FD);
	close_range(SOCKET_FD + 1, ~0U, 0);
	umask(022);
	if (chdir("/") < 0)
		bb_simple_perror_msg("/");
	/* What is meant for the hooks, or for who has started us, doesn't end us. */
	sigfillset(&mask);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	sigemptyset(&mask);
	sigaddset(&mask, SIGCHLD);
	fds[1].fd = signalfd(-1, &mask, SFD_CLOEXEC);

	for (;;) {
		if (safe_poll(fds, 2, -1) < 0)
			_exit(EXIT_FAILURE);
		if (fds[1].revents) {
			safe_read(fds[1].fd, &info, sizeof(info));
			tell_ended(sp);
		}
		if (fds[0].revents && !take_request(sp, buf))
			_exit(EXIT_SUCCESS);
	}
}

/* ---- our side ---- */

static int begin(struct d2d_spawner *sp)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	fflush_all();
	sp->pid = fork();
	if (sp->pid < 0) {
		close(pair[0]);
		close(pair[1]);
		return -errno;
	}
	if (sp->pid == 0)
		serve(sp, pair[1]);
	close(pair[1]);
	sp->fd = pair[0];
	return 0;
}

int d2d_spawner_start(struct d2d_spawner *sp, unsigned slots, const sigset_t *mask)
{
	memset(sp, 0, sizeof(*sp));
	sp->fd = -1;
	sp->slots = slots;
	sp->mask = *mask;
	sp->child = mmap(NULL, slots * sizeof(*sp->child), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (sp->child == MAP_FAILED)
		return -errno;
	sp->adopted = xzalloc(slots * sizeof(*sp->adopted));
	/* The hooks of a spawner that was killed become our children. */
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	return 0;
}

static void append(char **to, const char *text)
{
	*to = stpcpy(*to, text) + 1;
}

int d2d_spawner_spawn(struct d2d_spawner *sp, unsigned slot, const char *path, char **env, int out)
{
	size_t len = sizeof(struct request) + strlen(path) + 1;
	struct request *request;
	char control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec iov;
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)
	};
	struct cmsghdr *header = CMSG_FIRSTHDR(&msg);
	char **p, *text;
	int err = 0;

	for (p = env; *p; p++)
		len += strlen(*p) + 1;
	if (len > REQUEST_MAX)
		return -E2BIG;
	if (sp->fd < 0)
		err = begin(sp);
	if (err < 0)
		return err;

	request = xmalloc(len);
	request->slot = slot;
	request->signal = 0;
	text = (char *)(request + 1);
	append(&text, path);
	for (p = env; *p; p++)
		append(&text, *p);
	iov = (struct iovec){ request, len };
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(out));
	memcpy(CMSG_DATA(header), &out, sizeof(out));
	if (sendmsg(sp->fd, &msg, MSG_NOSIGNAL) < 0)
		err = -errno;
	free(request);
	return err;
}

void d2d_spawner_signal(struct d2d_spawner *sp, unsigned slot, int sig)
{
	struct request request = { slot, sig };

	if (sp->adopted[slot])
		signal_child(&sp->child[slot], sig);
	else if (sp->fd >= 0)
		send(sp->fd, &request, sizeof(request), MSG_NOSIGNAL);
}

/* The spawner is gone: what it has started is ours now. */
static void adopt(struct d2d_spawner *sp)
{
	unsigned i;

	close(sp->fd);
	sp->fd = -1;
	safe_waitpid(sp->pid, NULL, 0);
	for (i = 0; i < sp->slots; i++)
		sp->adopted[i] |= sp->child[i].pid != 0;
}

int d2d_spawner_event(struct d2d_spawner *sp, unsigned *slot, int *status)
{
	struct event event;
	unsigned i;

	if (sp->fd >= 0) {
		ssize_t len = recv(sp->fd, &event, sizeof(event), MSG_DONTWAIT);

		if (len == sizeof(event)) {
			*slot = event.slot;
			*status = event.status;
			return event.status < 0 ? -1 : 1;
		}
		if (len == 0 || errno != EAGAIN)
			adopt(sp);
	}
	for (i = 0; i < sp->slots; i++) {
		if (sp->adopted[i] && reap(&sp->child[i], status)) {
			sp->adopted[i] = false;
			*slot = i;
			return 1;
		}
	}
	return 0;
}

bool d2d_spawner_has(const struct d2d_spawner *sp, unsigned slot)
{
	return sp->fd >= 0 || sp->adopted[slot];
}

void d2d_spawner_stop(struct d2d_spawner *sp)
{
	if (sp->fd >= 0)
		adopt(sp);
	munmap(sp->child, sp->slots * sizeof(*sp->child));
	free(sp->adopted);
}
