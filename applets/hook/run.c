/*
 * d2dhook run: runs the hooks of the boot, stage by stage, and writes the report and the summary.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DHOOK) += d2dhook_run.o

#include "d2dhook.h"

#define RESCUE "/usr/lib/d2d/rescue"
#define UNLOCK "30-unlock"
#define BOOT_LIMIT 1800U	/* default time limit of the boot in seconds, unless d2d.timeout= is set */
#define RESULTS_MAX 1000

/* Runs the rescue shell with REASON and the path LOG (or NULL) as its arguments. The time until it exits doesn't count for the
 * time limit of the boot. Returns false if there is no rescue shell. */
static bool rescue(struct d2dhook *d, const char *reason, const char *log)
{
	char *path = xasprintf("%s"RESCUE, d->root);
	char *argv[] = { path, (char *)reason, (char *)log, NULL };
	unsigned long long began = d2d_now();
	bool there = access(path, X_OK) == 0;

	if (there)
		spawn_and_wait(argv);
	if (d->end)
		d->end += d2d_now() - began;
	free(path);
	return there;
}

static void break_before(struct d2dhook *d, const char *where)
{
	char *reason = xasprintf("d2d.break=%s", where);

	if (!rescue(d, reason, NULL))
		bb_error_msg("%s: there is no "RESCUE, reason);
	free(reason);
}

static void break_before_hook(void *d, const struct d2d_hook *hook)
{
	char *id = d2d_hook_id(hook);

	break_before(d, id);
	free(id);
}

/* Returns whether STOPS, a list "STAGE,STAGE/NAME,...", contains the stage itself. */
static bool stops_at(const char *stage, const char *stops)
{
	struct d2d_hook as_hook = { .stage = (char *)"", .name = (char *)stage };

	return d2d_hook_listed(&as_hook, stops);
}

static bool contains(const struct d2d_hooks *list, const struct d2d_hook *hook)
{
	unsigned i;

	for (i = 0; i < list->n; i++)
		if (strcmp(list->hook[i]->name, hook->name) == 0 && strcmp(list->hook[i]->file, hook->file) == 0)
			return true;
	return false;
}

/* Moves from LIST to ALL the hooks of STAGE, and new hooks that can't run any more because their stage is over or has no valid
 * name. */
static void collect_stage(struct d2d_hooks *all, struct d2d_hooks *list, const char *stage)
{
	unsigned i, kept = 0;

	for (i = 0; i < list->n; i++) {
		struct d2d_hook *hook = list->hook[i];
		bool over = !d2d_hook_name_ok(hook->stage) || strcmp(hook->stage, stage) < 0;

		if (strcmp(hook->stage, stage) != 0 && (!over || contains(all, hook))) {
			list->hook[kept++] = hook;
			continue;
		}
		if (over && hook->state != D2D_HOOK_REFUSED) {
			hook->state = D2D_HOOK_REFUSED;
			hook->why = xstrdup("found too late: its stage had already ended");
		}
		d2d_hooks_add(all, hook);
	}
	list->n = kept;
}

/* Directories that a user tries on a running system get their own report and logs, which must not replace those of the boot. */
static const char *run_folder(const struct d2dhook *d)
{
	return d->dirs[0] && !d->root[0] ? D2D_RUN"/try" : D2D_RUN;
}

static void write_file(const struct d2dhook *d, const char *name, const char *text)
{
	char *path = xasprintf("%s%s/%s", d->root, run_folder(d), name);
	int err = d2d_file_write(path, text);

	if (err < 0) {
		errno = -err;
		bb_perror_msg("can't write '%s'", path);
	}
	free(path);
}

/* The report and the summary are written again after each stage. */
static void write_summary(const struct d2dhook *d, const struct d2d_hooks *all, const char *how)
{
	unsigned long long now = d2d_now();
	char *counts = d2d_hooks_summary(all);
	char *line = xasprintf("%s %llu.%llu s: %s\n", how, now / 1000, now / 100 % 10, counts);

	write_file(d, "summary", line);
	free(line);
	free(counts);
}

static void write_report(const struct d2dhook *d, const struct d2d_hooks *all)
{
	/* d2dimport adds to the report under the same lock. Without it, the note of an import that ends now could be lost. */
	int lock = d2d_imports_lock(d->root);
	char *json = d2d_hooks_json(all, d->dirs[0] ? NULL : d->root);

	write_file(d, "report.json", json);
	free(json);
	if (lock >= 0)
		close(lock);
}

/* A failed unlock must not end in a root shell, so hooks of 30-unlock are never critical, even if their heads say so. */
static bool is_critical(const struct d2d_hook *hook)
{
	return hook->head.critical && strcmp(hook->stage, UNLOCK) != 0;
}

static char *error_text(const struct d2d_hook *hook)
{
	char *id = d2d_hook_id(hook), *why = d2d_printable(hook->why, strlen(hook->why));
	char *text = xasprintf("%s: %s%s%s", id, why, hook->last && hook->last[0] ? ": " : "", hook->last ? hook->last : "");

	free(id);
	free(why);
	return text;
}

/* Prints the errors of the hooks from index FROM on. Returns the first critical hook among those that failed, or NULL. */
static const struct d2d_hook *print_errors(const struct d2d_hooks *all, unsigned from)
{
	const struct d2d_hook *critical = NULL;
	unsigned i;

	for (i = from; i < all->n; i++) {
		const struct d2d_hook *hook = all->hook[i];
		char *text;

		if (!d2d_hook_is_bad(hook))
			continue;
		if (!critical && is_critical(hook))
			critical = hook;
		text = error_text(hook);
		bb_simple_error_msg(text);
		free(text);
	}
	return critical;
}

/* Removes the results that hooks of an earlier run left in env.d. */
static void remove_results(const char *dir)
{
	char **names;
	int i, n = d2d_dir_list(dir, RESULTS_MAX, &names);

	for (i = 0; i < n; i++)
		d2d_hook_results_forget(dir, names[i]);
	d2d_dir_list_free(names, n);
}

/* Reports the files in env.d that were not read because no hook of that name has run. */
static void find_foreign_results(struct d2d_hooks *all, const char *dir)
{
	char **names;
	int i, n = d2d_dir_list(dir, RESULTS_MAX, &names);
	unsigned k;

	for (i = 0; i < n; i++) {
		struct d2d_hook *found = NULL;

		for (k = 0; !found && k < all->n; k++)
			if (all->hook[k]->runs && strcmp(all->hook[k]->name, names[i]) == 0)
				found = all->hook[k];
		if (!found)
			d2d_hooks_refuse(all, "env.d", names[i], dir,
				"not the name of a hook that has run, so the file is ignored");
	}
	if (n < 0 && n != -ENOENT)
		d2d_hooks_refuse(all, "env.d", "", dir, strerror(-n));
	d2d_dir_list_free(names, n);
}

/* Sets the time limit of the whole boot from d2d.timeout= (seconds, 0 for no limit). */
static void set_end(struct d2dhook *d)
{
	const char *value = d2dhook_option(d, "TIMEOUT");
	unsigned seconds = BOOT_LIMIT;

	if (value) {
		seconds = bb_strtou(value, NULL, 10);
		if (errno) {
			bb_error_msg("d2d.timeout= needs a number of seconds; using %u", BOOT_LIMIT);
			seconds = BOOT_LIMIT;
		}
	}
	d->end = seconds ? d2d_now() + seconds * 1000ULL : 0;
}

/* Plans and runs the hooks of one stage. LOGS and RESULTS are directories. */
static void run_stage(struct d2dhook *d, struct d2d_hooks *all, struct d2d_hooks *list, const char *stage,
		const char *logs, const char *results)
{
	struct d2d_hook_run run = {
		.root = d->root, .logs = logs, .results = results, .kept = &d->results, .env = &d->env, .jobs = d->jobs, .end = &d->end,
		.console = d2dhook_option(d, "VERBOSE") ? STDERR_FILENO : -1,
		.before = break_before_hook, .arg = d,
	};
	char *stops = xstrdup(d2dhook_option(d, "BREAK") ? : "");

	if (stops_at(stage, stops))
		break_before(d, stage);
	run.stops = stops;
	d2dhook_plan(d, list, stage, true);
	if (d2d_hooks_run(&run, list, stage) < 0)
		bb_simple_error_msg_and_die("interrupted");
	free(stops);
}

/* Runs the rescue shell after a critical failure. Returns whether the boot goes on: it does after a rescue shell, in which the
 * user can repair the system, but not if there is none. */
static bool rescue_critical(struct d2dhook *d, const struct d2d_hook *critical)
{
	char *text = error_text(critical);
	bool on = rescue(d, text, critical->log);

	free(text);
	return on;
}

static int exit_code(const struct d2d_hooks *all)
{
	int code = EXIT_SUCCESS;
	unsigned i;

	for (i = 0; i < all->n; i++)
		if (d2d_hook_is_bad(all->hook[i]))
			code = MAX(code, is_critical(all->hook[i]) ? EXIT_CRITICAL : EXIT_BAD);
	return code;
}

int d2dhook_run(struct d2dhook *d)
{
	struct d2d_hooks all = { NULL, 0 }, list = { NULL, 0 };
	char *logs = xasprintf("%s%s/log", d->root, run_folder(d));
	char *results = xasprintf("%s"D2D_RUN"/env.d", d->root);
	char *stage = xstrdup("");
	bool on = true;

	if (!d->rooted && geteuid() != 0)
		bb_error_msg_and_die("%s: sudo d2d hook run", bb_msg_you_must_be_root);
	remove_results(results);
	if (bb_make_directory(logs, 0755, FILEUTILS_RECUR) < 0 || bb_make_directory(results, 0755, FILEUTILS_RECUR) < 0)
		xfunc_die();
	do {
		const struct d2d_hook *critical;
		unsigned reported = all.n;
		const char *next;

		d2dhook_scan(d, &list);
		if (!all.n && !stage[0])
			set_end(d);
		next = d2dhook_next_stage(&list, stage);
		on = next != NULL;
		free(stage);
		stage = xstrdup(next ? next : "~");
		if (next)
			run_stage(d, &all, &list, stage, logs, results);
		collect_stage(&all, &list, stage);
		if (!next)
			find_foreign_results(&all, results);
		critical = print_errors(&all, reported);
		if (all.n != reported || !all.n)
			write_report(d, &all);
		write_summary(d, &all, critical ? "stopped at" : next ? "so far at" : "ready in");
		d2d_hooks_free(&list);
		if (critical)
			on = rescue_critical(d, critical);
	} while (on);
	return exit_code(&all);
}
