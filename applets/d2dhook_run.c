/*
 * d2dhook run: the boot, stage by stage.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DHOOK) += d2dhook_run.o

#include "d2dhook.h"

#define RESCUE "/usr/lib/d2d/rescue"

static void rescue(const struct d2dhook *d, const char *where)
{
	char *path = xasprintf("%s"RESCUE, d->root);
	char *reason = xasprintf("d2d.break=%s", where);
	char *argv[] = { path, reason, NULL };

	if (spawn_and_wait(argv) < 0)
		bb_perror_msg("can't execute '%s'", path);
	free(path);
	free(reason);
}

static void rescue_before(void *d, const struct d2d_hook *hook)
{
	char *id = d2d_hook_id(hook);

	rescue(d, id);
	free(id);
}

/* Is the stage itself in "STAGE,STAGE/NAME,..."? */
static bool stops_at(const char *stage, const char *stops)
{
	struct d2d_hook as_hook = { .stage = (char *)"", .name = (char *)stage };

	return d2d_hook_listed(&as_hook, stops);
}

static bool has(const struct d2d_hooks *list, const struct d2d_hook *hook)
{
	unsigned i;

	for (i = 0; i < list->n; i++)
		if (strcmp(list->hook[i]->path, hook->path) == 0)
			return true;
	return false;
}

/* Moves from LIST to ALL what belongs to STAGE, and what can't run any more because its stage is over or isn't one. */
static void take(struct d2d_hooks *all, struct d2d_hooks *list, const char *stage)
{
	unsigned i, kept = 0;

	for (i = 0; i < list->n; i++) {
		struct d2d_hook *hook = list->hook[i];
		bool over = !d2d_hook_name_ok(hook->stage) || strcmp(hook->stage, stage) < 0;

		if (strcmp(hook->stage, stage) != 0 && (!over || has(all, hook))) {
			list->hook[kept++] = hook;
			continue;
		}
		if (over && hook->state != D2D_HOOK_REFUSED) {
			hook->state = D2D_HOOK_REFUSED;
			hook->why = xstrdup("came too late, its stage was over");
		}
		d2d_hooks_add(all, hook);
	}
	list->n = kept;
}

static void write_file(const struct d2dhook *d, const char *name, const char *text)
{
	char *path = xasprintf("%s"D2D_RUN"/%s", d->root, name);
	int err = d2d_file_write(path, text);

	if (err < 0) {
		errno = -err;
		bb_perror_msg("can't write '%s'", path);
	}
	free(path);
}

/* Report and summary, renewed after each stage. */
static void report(const struct d2dhook *d, const struct d2d_hooks *all, const char *how)
{
	unsigned long long now = d2d_now();
	char *json = d2d_hooks_json(all), *counts = d2d_hooks_summary(all);
	char *line = xasprintf("%s %llu.%llu s: %s\n", how, now / 1000, now / 100 % 10, counts);

	write_file(d, "report.json", json);
	write_file(d, "summary", line);
	free(line);
	free(counts);
	free(json);
}

/* Says what went wrong since the last time. Returns the exit code so far. */
static int complain(const struct d2d_hooks *all, unsigned from)
{
	int exit_code = EXIT_SUCCESS;
	unsigned i;

	for (i = 0; i < all->n; i++) {
		const struct d2d_hook *hook = all->hook[i];
		char *id;

		if (!d2d_hook_is_bad(hook))
			continue;
		exit_code = MAX(exit_code, hook->head.critical ? EXIT_CRITICAL : EXIT_BAD);
		if (i < from)
			continue;
		id = d2d_hook_id(hook);
		bb_error_msg("%s: %s%s%s", id, hook->why, hook->last && hook->last[0] ? ": " : "", hook->last ? hook->last : "");
		free(id);
	}
	return exit_code;
}

int d2dhook_run(struct d2dhook *d)
{
	struct d2d_hooks all = { NULL, 0 }, list = { NULL, 0 };
	char *logs = xasprintf("%s"D2D_RUN"/log", d->root);
	char *stage = xstrdup("");
	int exit_code = EXIT_SUCCESS;

	if (bb_make_directory(logs, 0755, FILEUTILS_RECUR) < 0)
		xfunc_die();
	while (exit_code < EXIT_CRITICAL) {
		struct d2d_hook_run run = { .logs = logs, .jobs = d->jobs, .console = -1, .before = rescue_before, .arg = d };
		unsigned told = all.n;
		const char *next;

		d2dhook_scan(d, &list);
		next = d2dhook_next_stage(&list, stage);
		free(stage);
		stage = xstrdup(next ? next : "~");
		run.env = d->env;
		run.stops = d2dhook_option(d, "BREAK");
		if (d2dhook_option(d, "VERBOSE"))
			run.console = STDERR_FILENO;

		if (next) {
			if (stops_at(stage, run.stops))
				rescue(d, stage);
			d2d_hooks_plan(&list, stage, d2dhook_option(d, "SKIP"));
			if (d2d_hooks_run(&run, &list, stage) < 0)
				bb_simple_error_msg_and_die("interrupted");
		}
		take(&all, &list, stage);
		exit_code = complain(&all, told);
		report(d, &all, exit_code == EXIT_CRITICAL ? "stopped at" : next ? "so far at" : "ready in");
		d2d_hooks_free(&list);
		if (!next)
			break;
	}
	return exit_code;
}
