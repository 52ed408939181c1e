/*
 * Runs pieces of work in parallel, each in its own process. The processes share only the file system and file descriptors, so
 * that libbb and the libraries need not be thread-safe, and a process that dies doesn't affect the others.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DIMPORT) += d2d_pool.o

#include <sys/mman.h>
#include <sys/prctl.h>
#include "d2d_util.h"

enum {
	PROGRESS_MS = 100,		/* interval of progress reports */
	WHY_MAX = 32 * 1024,	/* bytes of an error message: fits into a pipe, so that a worker never blocks on it */
};

struct worker {
	pid_t pid;		/* 0: none */
	int fd;			/* reading end of the pipe for its error message */
};

/* Progress of one piece. */
struct count {
	off_t *done;		/* bytes done of all pieces, in memory that all processes share */
	off_t last;		/* last reported position of this piece's stream */
	const struct d2d_progress *shown;	/* to be called by this process, or NULL */
};

/* Progress callback: adds the bytes since the last call to the sum of all pieces. */
static void count(void *arg, off_t at, off_t size)
{
	struct count *c = arg;
	off_t sum = 0;

	/* the first call reports where the piece begins */
	if (c->last && at > c->last)
		sum = at - c->last;
	c->last = at;
	sum = __atomic_add_fetch(c->done, sum, __ATOMIC_RELAXED);
	if (c->shown && c->shown->on_progress)
		c->shown->on_progress(c->shown->arg, MIN(sum, size), size);
}

static int run(const struct d2d_work *w, unsigned i, off_t *done, bool show, char **why)
{
	struct count c = { .done = done, .shown = show ? w->progress : NULL };
	struct d2d_progress progress = { .on_progress = count, .arg = &c, .size = w->size };

	*why = NULL;
	return w->run(w->arg, i, &progress, why);
}

static int start(const struct d2d_work *w, unsigned i, off_t *done, struct worker *worker)
{
	struct fd_pair out;
	pid_t parent = getpid();
	char *why;
	int r;

	xpiped_pair(out);
	fflush_all();
	worker->pid = fork();
	if (worker->pid == 0) {
		/* end with the parent, which holds the store's lock: nothing may be written without the lock */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(EXIT_FAILURE);
		r = run(w, i, done, false, &why);
		if (why)
			full_write(out.wr, why, strnlen(why, WHY_MAX));
		_exit(-r);
	}
	r = worker->pid < 0 ? -errno : 0;
	close(out.wr);
	worker->fd = out.rd;
	if (r < 0) {
		worker->pid = 0;
		close(out.rd);
	}
	return r;
}

/* Waits for a worker that has closed its pipe. Returns its result; *why is set to its error message unless it has one already. */
static int reap(struct worker *worker, char **why)
{
	size_t len = WHY_MAX;
	char *text = xmalloc_read(worker->fd, &len);
	int status = -1;

	close(worker->fd);
	safe_waitpid(worker->pid, &status, 0);
	worker->pid = 0;
	if (WIFEXITED(status) && status == 0) {
		free(text);
		return 0;
	}
	if (!*why && text && *text)
		*why = text;
	else
		free(text);
	/* EXIT_FAILURE without a message comes from libbb's xfunc_die() and is not an errno */
	return WIFEXITED(status) && (*why || WEXITSTATUS(status) != EXIT_FAILURE) ? -WEXITSTATUS(status) : -EOWNERDEAD;
}

static void kill_all(struct worker *workers, unsigned jobs)
{
	char *why = NULL;
	unsigned i;

	for (i = 0; i < jobs; i++)
		if (workers[i].pid)
			kill(workers[i].pid, SIGKILL);
	for (i = 0; i < jobs; i++)
		if (workers[i].pid)
			reap(&workers[i], &why);
	free(why);
}

/* Waits until at least one worker has ended, and reports the progress meanwhile. Returns 0, or the error of the first worker that
 * failed. */
static int wait_for_one(const struct d2d_work *w, struct worker *workers, unsigned jobs, const off_t *done, char **why)
{
	struct pollfd *polled = xzalloc(jobs * sizeof(*polled));
	unsigned i;
	int r = 0;
	bool ended = false;

	for (i = 0; i < jobs; i++) {
		polled[i].fd = workers[i].pid ? workers[i].fd : -1;
		polled[i].events = POLLIN;
	}
	while (!ended) {
		safe_poll(polled, jobs, w->progress && w->progress->on_progress ? PROGRESS_MS : -1);
		for (i = 0; r == 0 && i < jobs; i++) {
			if (polled[i].fd >= 0 && polled[i].revents) {
				r = reap(&workers[i], why);
				ended = true;
			}
		}
		if (w->progress && w->progress->on_progress)
			w->progress->on_progress(w->progress->arg, MIN(__atomic_load_n(done, __ATOMIC_RELAXED), w->size), w->size);
	}
	free(polled);
	return r;
}

static int run_parallel(const struct d2d_work *w, unsigned jobs, off_t *done, char **why)
{
	struct worker *workers = xzalloc(jobs * sizeof(*workers));
	unsigned i, next = 0, running = 0;
	int r = 0;

	while (r == 0 && (next < w->n || running)) {
		for (i = running = 0; i < jobs; i++) {
			if (r == 0 && !workers[i].pid && next < w->n)
				r = start(w, next++, done, &workers[i]);
			running += workers[i].pid != 0;
		}
		if (r == 0 && running)
			r = wait_for_one(w, workers, jobs, done, why);
	}
	kill_all(workers, jobs);
	free(workers);
	return r;
}

int d2d_pool(const struct d2d_work *w, unsigned jobs, char **why)
{
	off_t alone = 0, *done = &alone;
	unsigned i;
	int r = 0;

	*why = NULL;
	jobs = MIN(jobs, w->n);
	if (jobs > 1)
		done = mmap(NULL, sizeof(*done), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (jobs > 1 && done != MAP_FAILED) {
		r = run_parallel(w, jobs, done, why);
		munmap(done, sizeof(*done));
		return r;
	}
	for (i = 0; r == 0 && i < w->n; i++)
		r = run(w, i, &alone, true, why);
	return r;
}
