/*
 * The spawner: a small process that starts the hooks, sends them signals, waits for them and reports their exit status. Each
 * hook also gets its own parent process, so that a hook that kills its parent doesn't affect other hooks.
 *
 * Both cost little time: fork() copies the page tables of its caller, which may be large, so it is called only once, for the
 * spawner. The hooks' parents and the hooks are created with CLONE_VM and share the memory of the spawner until execve().
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_spawner.o

#include "d2d_hook.h"
#include <poll.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/signalfd.h>

#define REQUEST_MAX (160 * 1024)	/* path and environment; below the 208 KiB that a socket takes at once */
#define SOCKET_FD 3
#define STACK 8192

struct request {
	unsigned slot;
	int signal;		/* number to send to the slot's process group; 0: start the program whose path and
				 * environment follow, each string with its '\0' */
};

struct event {
	unsigned slot;
	int status;		/* as by wait(), or a negative errno */
};

/* A slot, in shared memory. Only the spawner uses it, except PARENT: the process that started the spawner uses that to kill
 * the remaining hooks if the spawner was killed. */
struct d2d_child {
	pid_t parent;		/* PID of the hook's parent, also the ID of its process group; 0: slot is free */
	bool ending;		/* we sent the hook a signal: kill its whole group when it ends */
	int out;		/* descriptor for the hook's output */
	volatile int status;	/* the hook's, as by wait(); -1: not known (yet) */
	const sigset_t *mask;	/* the hook's signal mask */
	char *text, **env;	/* path and environment; env points into text */
	char stack[STACK] __attribute__((aligned(16)));
	char hook_stack[STACK] __attribute__((aligned(16)));
};

/* ---- the parent of one hook, and the hook until execve() ----
 * Both run in the memory of the spawner, so nothing here may allocate memory or use stdio. */

static int execute(void *arg)
{
	struct d2d_child *child = arg;
	char *argv[] = { child->text, NULL };

	sigprocmask(SIG_SETMASK, child->mask, NULL);
	execve(argv[0], argv, child->env);
	_exit(errno == ENOENT ? 127 : 126);
}

/* SIGTERM may come before the hook has joined the process group. It is then pending here, because this process blocks all
 * signals, and is passed on. */
static void pass_on_sigterm(pid_t hook)
{
	sigset_t pending;

	if (sigpending(&pending) == 0 && sigismember(&pending, SIGTERM))
		kill(hook, SIGTERM);
}

static int run_parent(void *arg)
{
	struct d2d_child *child = arg;
	int status;
	pid_t pid;

	setsid();
	dup2(child->out, STDOUT_FILENO);
	dup2(child->out, STDERR_FILENO);
	close_range(SOCKET_FD, ~0U, 0);
	pid = clone(execute, child->hook_stack + STACK, CLONE_VM | CLONE_VFORK | SIGCHLD, child);
	if (pid > 0)
		pass_on_sigterm(pid);
	if (pid > 0 && waitpid(pid, &status, 0) == pid)
		child->status = status;
	_exit(0);
}

/* ---- the spawner process ---- */

/* Returns a NULL-terminated vector with pointers to the strings between TEXT and END; the caller frees the vector only. */
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

static void answer(unsigned slot, int status)
{
	struct event event = { slot, status };

	send(SOCKET_FD, &event, sizeof(event), MSG_NOSIGNAL);
}

static void start(struct d2d_spawner *sp, unsigned slot, const char *text, size_t len, int out)
{
	struct d2d_child *child = &sp->child[slot];

	child->text = xmemdup(text, len);
	child->env = environment(child->text + strlen(child->text) + 1, child->text + len);
	child->mask = &sp->mask;
	child->out = out;
	child->status = -1;
	child->ending = false;
	child->parent = clone(run_parent, child->stack + STACK, CLONE_VM | SIGCHLD, child);
	if (child->parent < 0) {
		answer(slot, -errno);
		child->parent = 0;
	}
}

/* Handles one request. BUF has room for REQUEST_MAX bytes. Returns false if the other end of the socket is closed. */
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
	struct d2d_child *child = &sp->child[request->slot];
	int out = -1;

	if (len <= 0)
		return false;
	if (header)
		memcpy(&out, CMSG_DATA(header), sizeof(out));
	if (!request->signal) {
		start(sp, request->slot, buf + sizeof(*request), len - sizeof(*request), out);
	} else if (child->parent) {
		child->ending = true;
		/* The group exists only when the parent has called setsid(). Until then the signal must reach the parent, which
		 * dies of SIGKILL and passes on SIGTERM. */
		kill(child->parent, request->signal);
		kill(-child->parent, request->signal);
	}
	close(out);
	return true;
}

/* Reaps the parent of a hook if it has ended, and frees the slot. WNOWAIT keeps the parent as a zombie at first, so that its
 * process group ID can't be reused before the group is killed. The group is killed if we ended the hook, if the hook died by a
 * signal, so that none of its children stay behind, and if the hook killed its parent, because nobody waits for it then.
 * Returns whether the parent has ended. */
static bool reap(struct d2d_child *child)
{
	siginfo_t info = { 0 };

	if (waitid(P_PID, child->parent, &info, WEXITED | WNOHANG | WNOWAIT) < 0 || !info.si_pid)
		return false;
	if (child->ending || child->status < 0 || WIFSIGNALED(child->status))
		kill(-child->parent, SIGKILL);
	waitpid(child->parent, NULL, 0);
	child->parent = 0;
	/* Our own SIGKILL kills both. If the parent died first, it couldn't store the hook's status. */
	if (child->ending && child->status < 0)
		child->status = SIGKILL;
	free(child->text);
	free(child->env);
	return true;
}

/* Reports all hooks that have ended. */
static void report_ended(struct d2d_spawner *sp)
{
	unsigned i;

	for (i = 0; i < sp->slots; i++)
		if (sp->child[i].parent && reap(&sp->child[i]))
			answer(i, sp->child[i].status < 0 ? -ECHILD : sp->child[i].status);
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
	/* Block all signals: those sent to the hooks or to the process that started us must end neither the spawner nor the
	 * hooks' parents, which inherit this mask. */
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
			report_ended(sp);
		}
		if (fds[0].revents && !take_request(sp, buf))
			_exit(EXIT_SUCCESS);
	}
}

/* ---- the process that uses the spawner ---- */

/* Starts the spawner. Returns 0 or a negative errno. */
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
	return sp->child == MAP_FAILED ? -errno : 0;
}

/* Copies a string with its '\0' to *TO and moves *TO behind it. */
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

	if (sp->fd >= 0)
		send(sp->fd, &request, sizeof(request), MSG_NOSIGNAL);
}

/* Cleans up after the spawner was killed: nobody waits for the hooks that it started any more, so they are killed as well. */
static void end_all(struct d2d_spawner *sp)
{
	unsigned i;

	close(sp->fd);
	sp->fd = -1;
	safe_waitpid(sp->pid, NULL, 0);
	for (i = 0; i < sp->slots; i++) {
		if (sp->child[i].parent)
			kill(-sp->child[i].parent, SIGKILL);
		sp->child[i].parent = 0;
	}
}

int d2d_spawner_event(struct d2d_spawner *sp, unsigned *slot, int *status)
{
	struct event event;
	ssize_t len;

	if (sp->fd < 0)
		return -EPIPE;
	len = recv(sp->fd, &event, sizeof(event), MSG_DONTWAIT);
	if (len == sizeof(event)) {
		*slot = event.slot;
		*status = event.status;
		return 1;
	}
	if (len < 0 && errno == EAGAIN)
		return 0;
	end_all(sp);
	return -EPIPE;
}

void d2d_spawner_stop(struct d2d_spawner *sp)
{
	if (sp->fd >= 0) {
		close(sp->fd);
		safe_waitpid(sp->pid, NULL, 0);
	}
	munmap(sp->child, sp->slots * sizeof(*sp->child));
}
