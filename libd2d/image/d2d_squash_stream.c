/*
 * Presents a layer of a .d2i file as a stream with the layer's original archive. A child process assembles the archive from
 * the squashfs and the tar-split, and writes it to a pipe. So the same code as for any other layer unpacks it and checks its
 * digest.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DIMPORT) += d2d_squash_stream.o

#include <sys/mman.h>
#include <sys/prctl.h>
#include "d2d_image.h"

enum { WHY_MAX = 4096 - sizeof(int) };

struct joined {
	struct d2d_stream s;
	int pipe;
	pid_t pid;
	struct result {
		int err;
		char why[WHY_MAX];
	} *result;			/* shared with the child */
	char **why;
};

static int write_out(void *arg, const void *buf, size_t len)
{
	return full_write(*(int *)arg, buf, len) == (ssize_t)len ? 0 : -errno;
}

static void NORETURN join(struct joined *j, struct d2d_stream *split, int root, int out, pid_t parent)
{
	char *why = NULL;
	off_t length;

	/* This process must not survive its parent: it would wait forever for a reader of the pipe, and hold the store's lock,
	 * which it has inherited. */
	close(j->pipe);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(EXIT_FAILURE);
	signal(SIGPIPE, SIG_IGN);
	j->result->err = d2d_tarsplit_read(split, root, write_out, &out, &length, &why);
	if (why)
		safe_strncpy(j->result->why, why, WHY_MAX);
	_exit(0);
}

static ssize_t joined_read(struct d2d_stream *s, void *buf, size_t len)
{
	struct joined *j = (struct joined *)s;
	ssize_t n = safe_read(j->pipe, buf, len);

	if (n != 0)
		return n < 0 ? -errno : n;
	if (j->pid > 0)
		safe_waitpid(j->pid, NULL, 0);
	j->pid = 0;
	if (j->result->err < 0 && j->result->why[0])
		d2d_refuse(j->why, "%s", j->result->why);
	return j->result->err;
}

static void joined_end(struct d2d_stream *s)
{
	struct joined *j = (struct joined *)s;

	/* don't wait for the child to end by itself: its medium may be gone */
	if (j->pid > 0) {
		kill(j->pid, SIGKILL);
		safe_waitpid(j->pid, NULL, 0);
	}
	close(j->pipe);
	munmap(j->result, sizeof(*j->result));
}

int d2d_squash_open_layer(struct d2d_archive *a, const struct d2d_image_layer *layer, struct d2d_stream **in, char **why)
{
	struct d2d_stream *split;
	struct joined *j;
	pid_t parent;
	void *result;
	int ends[2], r, root = d2d_squash_open_root(a, layer, why);

	*in = NULL;
	if (root < 0)
		return root;
	r = d2d_archive_open_member(a, layer->split, &split);
	result = mmap(NULL, sizeof(*j->result), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (r < 0 || result == MAP_FAILED || pipe2(ends, O_CLOEXEC) < 0) {
		close(root);
		return r < 0 ? r : -errno;
	}
	j = (struct joined *)d2d_stream_new(sizeof(*j), NULL);
	j->s.read = joined_read;
	j->s.end = joined_end;
	j->result = result;
	j->result->err = -EIO;	/* stays if the child is killed */
	j->why = why;
	j->pipe = ends[0];
	parent = getpid();
	j->pid = fork();
	if (j->pid == 0)
		join(j, split, root, ends[1], parent);
	if (j->pid < 0)
		j->result->err = -errno;
	close(ends[1]);
	close(root);
	d2d_stream_close(split);
	*in = &j->s;
	return 0;
}
