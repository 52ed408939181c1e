/*
 * A child process that makes data for this process, or takes data from it, by way of memory that both share: unlike a pipe, this
 * costs no copy by the kernel, and few system calls. The memory is a ring of buffers. A byte sent over a socket says that a buffer
 * was filled, or emptied, so each process waits for the other one, and sees that it has ended.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DIMPORT) += d2d_ring.o

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include "d2d_util.h"

enum { BUFFERS = 8 };		/* 2 MiB in all: the second-level cache of many processors */

struct d2d_ring {
	pid_t child;		/* 0 in the child itself */
	int fd;			/* socket to the other process */
	unsigned at;		/* buffer that this process fills or empties next */
	unsigned ready;		/* buffers that it may fill or empty */
	struct {
		ssize_t len[BUFFERS];
		char data[BUFFERS][D2D_RING_BUFFER];
	} *shared;
};

/* Waits until this process may fill or empty N buffers. Returns false if the other process has ended. */
static bool wait_for(struct d2d_ring *r, unsigned n)
{
	char bytes[BUFFERS];
	ssize_t got;

	while (r->ready < n) {
		got = safe_read(r->fd, bytes, sizeof(bytes));
		if (got <= 0)
			return false;
		r->ready += got;
	}
	return true;
}

/* Hands the current buffer to the other process. That it has ended is noticed when this process waits for it. */
static void hand_over(struct d2d_ring *r)
{
	r->ready--;
	r->at = (r->at + 1) % BUFFERS;
	send(r->fd, "", 1, MSG_NOSIGNAL);
}

pid_t d2d_ring_fork(struct d2d_ring **ring, bool child_fills)
{
	struct d2d_ring *r = xzalloc(sizeof(*r));
	pid_t parent = getpid();
	int fd[2];

	*ring = NULL;
	r->shared = mmap(NULL, sizeof(*r->shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (r->shared == MAP_FAILED) {
		free(r);
		return -errno;
	}
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd) < 0)
		goto failed;
	fflush_all();
	r->child = fork();
	if (r->child < 0) {
		close(fd[0]);
		close(fd[1]);
		goto failed;
	}
	if (r->child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(EXIT_FAILURE);
	}
	r->fd = fd[r->child == 0];
	close(fd[r->child != 0]);
	if ((r->child == 0) == child_fills)
		r->ready = BUFFERS;
	*ring = r;
	return r->child;
 failed:
	munmap(r->shared, sizeof(*r->shared));
	free(r);
	return -EAGAIN;
}

void *d2d_ring_room(struct d2d_ring *r)
{
	return wait_for(r, 1) ? r->shared->data[r->at] : NULL;
}

void d2d_ring_put(struct d2d_ring *r, ssize_t len)
{
	r->shared->len[r->at] = len;
	hand_over(r);
}

void *d2d_ring_drain(struct d2d_ring *r)
{
	return wait_for(r, BUFFERS) ? r->shared->data[(r->at + BUFFERS - 1) % BUFFERS] : NULL;
}

ssize_t d2d_ring_get(struct d2d_ring *r, void **buf)
{
	*buf = r->shared->data[r->at];
	return wait_for(r, 1) ? r->shared->len[r->at] : -EOWNERDEAD;
}

void d2d_ring_done(struct d2d_ring *r)
{
	hand_over(r);
}

void d2d_ring_close(struct d2d_ring *r)
{
	if (!r)
		return;
	close(r->fd);
	if (r->child)
		safe_waitpid(r->child, NULL, 0);
	munmap(r->shared, sizeof(*r->shared));
	free(r);
}
