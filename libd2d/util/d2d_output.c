/*
 * Copies the output of a child process from its pipe to a log of limited size and, if wanted, to the console, and keeps the last
 * bytes in memory.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_output.o

#include "d2d_util.h"

#define LOG_MAX (1024 * 1024)
#define PIPE_SIZE (64 * 1024)

pid_t d2d_fork_piped(int fd, int *pipe)
{
	struct fd_pair out;
	pid_t pid;

	fflush_all();
	xpiped_pair(out);
	pid = xfork();
	if (pid == 0) {
		close(out.rd);
		xmove_fd(out.wr, fd);
	} else {
		close(out.wr);
		*pipe = out.rd;
	}
	return pid;
}

void d2d_output_begin(struct d2d_output *out, int pipe, const char *path, int console)
{
	ndelay_on(pipe);
	out->pipe = pipe;
	out->path = path;
	out->log = -1;
	out->console = console;
	out->tail_len = 0;
}

/* Opens the log for appending. If nothing of this output was logged yet, the file is from an earlier run and is emptied. */
static void open_log(struct d2d_output *out)
{
	out->log = open(out->path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC | (out->logged ? 0 : O_TRUNC), 0644);
}

static void write_log(struct d2d_output *out, const char *buf, size_t len)
{
	static const char cut[] ALIGN1 = "\n[cut here: more than 1 MiB]\n";
	size_t room = LOG_MAX - MIN(out->logged, LOG_MAX);

	if (out->log < 0)
		open_log(out);
	if (out->log < 0 || out->logged > LOG_MAX)
		return;
	full_write(out->log, buf, MIN(len, room));
	if (len > room)
		full_write(out->log, cut, sizeof(cut) - 1);
	out->logged += len;
}

static void keep_tail(struct d2d_output *out, const char *buf, size_t len)
{
	size_t keep;

	if (len > sizeof(out->tail)) {
		buf += len - sizeof(out->tail);
		len = sizeof(out->tail);
	}
	keep = MIN(out->tail_len, sizeof(out->tail) - len);
	memmove(out->tail, out->tail + out->tail_len - keep, keep);
	memcpy(out->tail + keep, buf, len);
	out->tail_len = keep + len;
}

ssize_t d2d_output_read(struct d2d_output *out)
{
	char buf[16 * 1024];
	ssize_t len = safe_read(out->pipe, buf, sizeof(buf));

	if (len > 0) {
		write_log(out, buf, len);
		keep_tail(out, buf, len);
		if (out->console >= 0)
			full_write(out->console, buf, len);
	} else if (len == 0 || errno != EAGAIN) {
		close(out->pipe);
		out->pipe = -1;
	}
	return len;
}

/* Reads the rest of the output, but no more than the pipe holds: processes that the child left behind may write for ever. */
void d2d_output_end(struct d2d_output *out)
{
	size_t total = 0;
	ssize_t len;

	while (out->pipe >= 0 && total < PIPE_SIZE && (len = d2d_output_read(out)) > 0)
		total += len;
	if (out->pipe >= 0)
		close(out->pipe);
	if (out->log >= 0)
		close(out->log);
	out->pipe = out->log = -1;
}

char *d2d_output_last(const struct d2d_output *out)
{
	const char *end = out->tail + out->tail_len, *start;

	while (end > out->tail && isspace(end[-1]))
		end--;
	for (start = end; start > out->tail && start[-1] != '\n'; start--)
		continue;
	return d2d_printable(start, end - start);
}
