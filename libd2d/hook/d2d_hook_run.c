/*
 * Runs the hooks of one stage: in parallel as far as their dependencies allow, each in its own session, with a time limit and a
 * log. A single poll() waits for output, exits, signals and time limits; there is no busy waiting.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_hook_run.o

#include "d2d_hook.h"
#include <poll.h>
#include <sys/signalfd.h>

#define JOBS_MAX 64
#define RUNS_MAX 3
#define PAUSE 1000	/* ms before a hook with exit status 75 runs again */
#define GRACE 2000	/* ms between SIGTERM and SIGKILL */
#define EXIT_AGAIN 75

enum { WAITS, PAUSES, RUNS, ENDS, KILLED, OVER };

struct job {
	struct d2d_hook *hook;
	int phase;
	unsigned slot;
	char *log;
	struct d2d_output out;
	unsigned long long started;	/* time of the last run's start, as by d2d_now() */
	unsigned long long limit;	/* deadline of all runs together; ~0: none */
	unsigned long long next;	/* time of the next run, SIGTERM or SIGKILL */
};

struct stage {
	struct d2d_hook_run *run;
	struct job *job;
	unsigned n, running;
	struct job *slot[JOBS_MAX];
	struct d2d_spawner spawner;
	sigset_t mask, old_mask;
	int signals;
};

/* ---- one hook ---- */

static void set_own(char **env, unsigned n, const char *name, const char *value)
{
	free(env[n]);
	env[n] = xasprintf("%s=%s", name, value);
}

static int spawn_hook(struct stage *s, struct job *job)
{
	char **env = *s->run->env;
	int err, pair[2];

	if (pipe2(pair, O_CLOEXEC) < 0)
		return -errno;
	set_own(env, 0, "D2D_STAGE", job->hook->stage);
	set_own(env, 1, "D2D_HOOK", job->hook->name);
	set_own(env, 2, "D2D_SOURCE", job->hook->source);
	for (job->slot = 0; s->slot[job->slot]; )
		job->slot++;
	err = d2d_spawner_spawn(&s->spawner, job->slot, job->hook->path, env, pair[1]);
	close(pair[1]);
	if (err < 0) {
		close(pair[0]);
		return err;
	}
	s->slot[job->slot] = job;
	if (!job->log)
		job->log = xasprintf("%s/%s/%s.log", s->run->logs, job->hook->stage, job->hook->name);
	d2d_output_begin(&job->out, pair[0], job->log, s->run->console);
	return 0;
}

/* Whether a hook without a time limit of its own runs. It waits for a person, so the time limit of the boot doesn't count then. */
static bool waits_for_person(const struct stage *s)
{
	unsigned i;

	for (i = 0; i < s->run->jobs; i++)
		if (s->slot[i] && !s->slot[i]->hook->head.timeout)
			return true;
	return false;
}

/* Returns whether the time limit of the whole boot has passed. */
static bool is_over(const struct stage *s)
{
	return *s->run->end && !waits_for_person(s) && d2d_now() >= *s->run->end;
}

/* Adds the results that a hook wrote to env.d to the environment of all hooks that start later. */
static void take_results(const struct stage *s, struct d2d_hook *hook)
{
	char *path = concat_path_file(s->run->results, hook->name), *why;
	llist_t *results = NULL, *l;

	if (d2d_hook_results_read(path, &results, &why) < 0 || d2d_hook_results_keep(s->run->kept, &results, &why) < 0) {
		d2d_hook_result(hook, D2D_HOOK_FAILED, xasprintf("can't use its results in env.d: %s", why));
		unlink(path);
	} else {
		/* This sets the lines of earlier hooks again, to the values that they have. */
		for (l = *s->run->kept; l; l = l->link)
			d2d_hook_env_set(s->run->env, xstrdup(l->data));
	}
	llist_free(results, free);
	free(why);
	free(path);
}

static void start(struct stage *s, struct job *job)
{
	struct d2d_hook *hook = job->hook;
	unsigned long long now = d2d_now();
	int err;

	if (!hook->runs) {
		hook->start = now;
		job->limit = hook->head.timeout ? now + hook->head.timeout * 1000ULL : ~0ULL;
		if (*s->run->end && hook->head.timeout)
			job->limit = MIN(job->limit, *s->run->end);
		/* Remove the results of a hook with the same name in an earlier stage. */
		if (*s->run->kept)
			d2d_hook_results_forget(s->run->results, hook->name);
	}
	hook->runs++;
	err = spawn_hook(s, job);
	if (err < 0) {
		d2d_hook_result(hook, D2D_HOOK_FAILED, xasprintf("can't start it: %s", strerror(-err)));
		job->phase = OVER;
		return;
	}
	job->phase = RUNS;
	job->started = now;
	job->next = job->limit;
	s->running++;
}

/* Sets the result of a hook that ended with STATUS, as by wait(), or schedules its next run. */
static void judge(const struct stage *s, struct job *job, int status)
{
	struct d2d_hook *hook = job->hook;
	unsigned long long again = d2d_now() + PAUSE;

	free(hook->last);
	hook->last = d2d_output_last(&job->out);
	hook->code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);

	if (job->phase != RUNS)
		d2d_hook_result(hook, D2D_HOOK_TIMEOUT, xstrdup(is_over(s) ? "the time limit of the boot was reached" : "timeout"));
	else if (WIFSIGNALED(status))
		d2d_hook_result(hook, D2D_HOOK_FAILED, xasprintf("signal %s", get_signame(WTERMSIG(status))));
	else if (hook->code == 0)
		d2d_hook_result(hook, D2D_HOOK_DONE, NULL);
	else if (hook->code == D2D_EXIT_NOTHING)
		d2d_hook_result(hook, D2D_HOOK_SKIPPED, xstrdup(hook->last));
	else if (hook->code != EXIT_AGAIN)
		d2d_hook_result(hook, D2D_HOOK_FAILED, xasprintf("exit %d", hook->code));
	else if (hook->runs == RUNS_MAX || again >= job->limit)
		d2d_hook_result(hook, D2D_HOOK_FAILED, xasprintf("exit 75, given up after %u runs", hook->runs));
	else {
		job->next = again;
		job->phase = PAUSES;
		return;
	}
	job->phase = OVER;
	if (hook->state == D2D_HOOK_DONE)
		take_results(s, hook);
}

/* Handles the end of a hook. STATUS is as by wait(), or a negative errno if it wasn't started or its parent was killed. */
static void over(struct stage *s, struct job *job, int status)
{
	d2d_output_end(&job->out);
	if (job->out.logged && !job->hook->log)
		job->hook->log = xstrdup(job->log);
	s->slot[job->slot] = NULL;
	s->running--;
	if (*s->run->end && !job->hook->head.timeout)
		*s->run->end += d2d_now() - job->started;
	if (status >= 0) {
		judge(s, job, status);
	} else {
		d2d_hook_result(job->hook, D2D_HOOK_FAILED, xstrdup(status == -ECHILD ?
			"killed, because its parent was killed" : strerror(-status)));
		job->phase = OVER;
	}
}

static void take_events(struct stage *s)
{
	unsigned slot;
	int status, event;

	while ((event = d2d_spawner_event(&s->spawner, &slot, &status)) > 0)
		if (s->slot[slot])
			over(s, s->slot[slot], status);
	for (slot = 0; event < 0 && slot < s->run->jobs; slot++)
		if (s->slot[slot])
			over(s, s->slot[slot], -ECHILD);
}

/* Ends a hook whose time limit has passed: SIGTERM first, and SIGKILL after another GRACE ms. */
static void expire(struct stage *s, struct job *job)
{
	d2d_spawner_signal(&s->spawner, job->slot, job->phase == RUNS ? SIGTERM : SIGKILL);
	job->phase = job->phase == RUNS ? ENDS : KILLED;
	job->next = job->phase == ENDS ? d2d_now() + GRACE : ~0ULL;
}

/* ---- the stage ---- */

/* Returns whether a hook can start now. Before a hook in STOPS starts, wait until no other hook runs and call before(). */
static bool may_start(struct stage *s, struct job *job)
{
	int is_ready;

	if (is_over(s)) {
		d2d_hook_result(job->hook, D2D_HOOK_TIMEOUT, xstrdup("not run: the time limit of the boot was reached"));
		job->phase = OVER;
		return false;
	}
	if (s->running >= s->run->jobs)
		return false;
	if (job->phase == PAUSES)
		return job->next <= d2d_now();
	is_ready = d2d_hook_ready(job->hook, s->run->root);
	if (is_ready < 0)
		job->phase = OVER;
	if (is_ready <= 0)
		return false;
	if (d2d_hook_listed(job->hook, s->run->stops)) {
		if (s->running)
			return false;
		sigprocmask(SIG_SETMASK, &s->old_mask, NULL);
		s->run->before(s->run->arg, job->hook);
		sigprocmask(SIG_SETMASK, &s->mask, NULL);
	}
	return true;
}

/* Starts all hooks that can start. Returns whether any hook isn't over yet. A hook that ends here without running may make
 * others ready or fail them, so the loop repeats. */
static bool start_more(struct stage *s)
{
	bool again, left;
	unsigned i;

	do {
		again = left = false;
		for (i = 0; i < s->n; i++) {
			struct job *job = &s->job[i];

			if (job->phase <= PAUSES) {
				if (may_start(s, job))
					start(s, job);
				again |= job->phase == OVER;
			}
			left |= job->phase != OVER;
		}
	} while (again);
	return left;
}

/* Returns the time in ms until the next run, SIGTERM or SIGKILL is due, or -1 if none is. */
static int wait_time(const struct stage *s)
{
	unsigned long long now = d2d_now(), next = ~0ULL;
	unsigned i;

	for (i = 0; i < s->n; i++) {
		const struct job *job = &s->job[i];
		bool timed = (job->phase >= RUNS && job->phase <= ENDS) ||
			(job->phase == PAUSES && s->running < s->run->jobs);

		if (timed && job->next < next)
			next = job->next;
	}
	if (next == ~0ULL)
		return -1;
	return next <= now ? 0 : MIN(next - now, INT_MAX);
}

/* Waits for events and handles them. Returns false if a signal asks to end. */
static bool wait_and_serve(struct stage *s)
{
	struct pollfd fds[2 + JOBS_MAX];
	unsigned i, n = 2;

	fds[0] = (struct pollfd){ s->signals, POLLIN, 0 };
	fds[1] = (struct pollfd){ s->spawner.fd, POLLIN, 0 };
	for (i = 0; i < s->run->jobs; i++)
		fds[n++] = (struct pollfd){ s->slot[i] ? s->slot[i]->out.pipe : -1, POLLIN, 0 };
	if (safe_poll(fds, n, wait_time(s)) < 0)
		bb_simple_perror_msg_and_die("poll");
	if (fds[0].revents)
		return false;

	for (i = 0; i < s->run->jobs; i++)
		if (fds[2 + i].revents && s->slot[i])
			d2d_output_read(&s->slot[i]->out);
	if (fds[1].revents)
		take_events(s);
	for (i = 0; i < s->run->jobs; i++)
		if (s->slot[i] && s->slot[i]->next <= d2d_now())
			expire(s, s->slot[i]);
	return true;
}

static void kill_all(struct stage *s)
{
	unsigned i;

	for (i = 0; i < s->run->jobs; i++) {
		if (!s->slot[i])
			continue;
		s->slot[i]->phase = KILLED;
		d2d_spawner_signal(&s->spawner, i, SIGKILL);
	}
	while (s->running) {
		struct pollfd fd = { s->spawner.fd, POLLIN, 0 };

		safe_poll(&fd, 1, -1);
		take_events(s);
	}
}

static void block_signals(struct stage *s)
{
	sigset_t set;

	signal(SIGCHLD, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, &s->old_mask);
	sigprocmask(SIG_BLOCK, NULL, &s->mask);
	s->signals = signalfd(-1, &set, SFD_CLOEXEC);
}

int d2d_hooks_run(struct d2d_hook_run *run, const struct d2d_hooks *list, const char *stage)
{
	struct stage s = { .run = run };
	char *logs = concat_path_file(run->logs, stage);
	unsigned i;
	int err;

	run->jobs = MAX(1, MIN(run->jobs, JOBS_MAX));
	s.job = xzalloc(list->n * sizeof(*s.job) + 1);
	for (i = 0; i < list->n; i++)
		if (list->hook[i]->state == D2D_HOOK_RUNS && strcmp(list->hook[i]->stage, stage) == 0)
			s.job[s.n++].hook = list->hook[i];

	bb_make_directory(logs, 0755, FILEUTILS_RECUR);
	block_signals(&s);
	err = d2d_spawner_start(&s.spawner, run->jobs, &s.old_mask);
	while (!err && start_more(&s))
		if (!wait_and_serve(&s))
			err = -EINTR;
	if (err)
		kill_all(&s);

	d2d_spawner_stop(&s.spawner);
	close(s.signals);
	sigprocmask(SIG_SETMASK, &s.old_mask, NULL);
	for (i = 0; i < s.n; i++)
		free(s.job[i].log);
	free(s.job);
	free(logs);
	return err;
}
