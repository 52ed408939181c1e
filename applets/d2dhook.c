/*
 * d2dhook: runs the hooks of the boot, or says which would run (docs/hooks.md).
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//config:config D2DHOOK
//config:	bool "d2dhook"
//config:	default y
//config:	select D2D_LIBD2D
//config:	select LONG_OPTS
//config:	help
//config:	Runs the hooks of the boot from the image, the medium, the store
//config:	and USB sticks, stage by stage, with logs, limits and a report.

//applet:IF_D2DHOOK(APPLET(d2dhook, BB_DIR_USR_BIN, BB_SUID_DROP))

//kbuild:lib-$(CONFIG_D2DHOOK) += d2dhook.o

//usage:#define d2dhook_trivial_usage
//usage:       "run [-R ROOT] [-j N] [DIR]... | list [-R ROOT] [DIR]..."
//usage:#define d2dhook_full_usage "\n\n"
//usage:       "Run the hooks NN-stage/NN-name of the boot, or list what would run\n"
//usage:     "\n	-R,--root ROOT	Look for /usr/lib/d2d/hooks and /run/d2d below ROOT"
//usage:     "\n	-j,--jobs N	Hooks of a stage at the same time (default: as many as CPUs)"
//usage:     "\n	DIR		Take hooks from here and from nowhere else; the last DIR wins"
//usage:     "\n"
//usage:     "\nExit code: 0 all well, 1 hooks failed (list: would fail), 2 a critical hook"
//usage:     "\nfailed and the rest was not run, 3 wrong usage or a failure of d2dhook itself"

#include "libd2d.h"

#define RESCUE "/usr/lib/d2d/rescue"

enum { EXIT_BAD = 1, EXIT_CRITICAL = 2, EXIT_TROUBLE = 3 };

struct globals {
	const char *root;
	char **dirs;
	char **env;
};
#define G (*ptr_to_globals)
#define INIT_G() SET_PTR_TO_GLOBALS(xzalloc(sizeof(G)))

static const char *option(const char *name)
{
	return d2d_hook_option(G.env, name);
}

/* d2d.hooks can only tighten: what we don't know means what is strictest. */
static bool builtin_only(void)
{
	const char *hooks = option("HOOKS");

	return hooks && strcmp(hooks, "all") != 0;
}

static void scan(struct d2d_hooks *list)
{
	unsigned i;

	if (G.env)
		d2d_hook_env_free(G.env);
	G.env = d2d_hook_env(G.root);
	if (!G.dirs[0])
		d2d_hooks_scan_all(list, G.root, builtin_only());
	for (i = 0; G.dirs[i]; i++) {
		char *dir = xmalloc_realpath(G.dirs[i]);

		if (!dir)
			bb_perror_msg_and_die("can't open '%s'", G.dirs[i]);
		d2d_hooks_scan(list, dir, "dir", i);
		free(dir);
	}
	d2d_hooks_sort(list);
}

/* The first stage after LAST; a folder that is no stage isn't one. */
static const char *next_stage(const struct d2d_hooks *list, const char *last)
{
	unsigned i;

	for (i = 0; i < list->n; i++)
		if (d2d_hook_name_ok(list->hook[i]->stage) && strcmp(list->hook[i]->stage, last) > 0)
			return list->hook[i]->stage;
	return NULL;
}

/* ---- list ---- */

static char *limits(const struct d2d_hook *hook)
{
	if (hook->state != D2D_HOOK_RUNS)
		return xstrdup("-");
	return xasprintf("%us%s", hook->head.timeout, hook->head.critical ? " critical" : "");
}

static void print_line(const struct d2d_hook *hook, const int *width)
{
	char *id = d2d_hook_id(hook), *limit = limits(hook);
	char *path = d2d_printable(hook->path, strlen(hook->path));
	unsigned i;

	printf("%-*s  %-7s  %-14s  %-*s  %s", width[0], id, hook->source, limit, width[1], path, d2d_hook_state(hook));
	if (hook->why)
		printf("%s%s", d2d_hook_is_bad(hook) ? ": " : " ", hook->why);
	for (i = 0; i < hook->n_deps; i++)
		printf(" %s %s", hook->deps[i].need ? "needs" : "after", hook->deps[i].on->name);
	puts("");
	free(id);
	free(limit);
	free(path);
}

static int list_main(void)
{
	struct d2d_hooks list = { NULL, 0 };
	int width[2] = { 4, 4 };
	const char *stage = "";
	int exit_code = EXIT_SUCCESS;
	unsigned i;

	scan(&list);
	while ((stage = next_stage(&list, stage)) != NULL)
		d2d_hooks_plan(&list, stage, option("SKIP"));
	for (i = 0; i < list.n; i++) {
		const struct d2d_hook *hook = list.hook[i];

		width[0] = MAX(width[0], (int)(strlen(hook->stage) + 1 + strlen(hook->name)));
		width[1] = MAX(width[1], (int)strlen(hook->path));
	}
	printf("%-*s  %-7s  %-14s  %-*s  %s\n", width[0], "HOOK", "SOURCE", "LIMIT", width[1], "PATH", "STATE");
	for (i = 0; i < list.n; i++) {
		print_line(list.hook[i], width);
		if (d2d_hook_is_bad(list.hook[i]))
			exit_code = EXIT_BAD;
	}
	fflush_stdout_and_exit(exit_code);
}

/* ---- run ---- */

static void rescue(const char *where)
{
	char *path = xasprintf("%s"RESCUE, G.root);
	char *reason = xasprintf("d2d.break=%s", where);
	char *argv[] = { path, reason, NULL };

	if (spawn_and_wait(argv) < 0)
		bb_perror_msg("can't execute '%s'", path);
	free(path);
	free(reason);
}

static void rescue_before(const struct d2d_hook *hook)
{
	char *id = d2d_hook_id(hook);

	rescue(id);
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

static void write_file(const char *name, const char *text)
{
	char *path = xasprintf("%s"D2D_RUN"/%s", G.root, name);
	int err = d2d_file_write(path, text);

	if (err < 0) {
		errno = -err;
		bb_perror_msg("can't write '%s'", path);
	}
	free(path);
}

/* Report and summary, renewed after each stage. */
static void report(const struct d2d_hooks *all, const char *how)
{
	unsigned long long now = d2d_now();
	char *json = d2d_hooks_json(all), *counts = d2d_hooks_summary(all);
	char *line = xasprintf("%s %llu.%llu s: %s\n", how, now / 1000, now / 100 % 10, counts);

	write_file("report.json", json);
	write_file("summary", line);
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

static int run_main(unsigned jobs)
{
	struct d2d_hooks all = { NULL, 0 }, list = { NULL, 0 };
	char *logs = xasprintf("%s"D2D_RUN"/log", G.root);
	char *stage = xstrdup("");
	int exit_code = EXIT_SUCCESS;

	if (bb_make_directory(logs, 0755, FILEUTILS_RECUR) < 0)
		xfunc_die();
	while (exit_code < EXIT_CRITICAL) {
		struct d2d_hook_run run = { .logs = logs, .jobs = jobs, .console = -1, .before = rescue_before };
		unsigned told = all.n;
		const char *next;

		scan(&list);
		next = next_stage(&list, stage);
		free(stage);
		stage = xstrdup(next ? next : "~");
		run.env = G.env;
		run.stops = option("BREAK");
		if (option("VERBOSE"))
			run.console = STDERR_FILENO;

		if (next) {
			if (stops_at(stage, run.stops))
				rescue(stage);
			d2d_hooks_plan(&list, stage, option("SKIP"));
			if (d2d_hooks_run(&run, &list, stage) < 0)
				bb_simple_error_msg_and_die("interrupted");
		}
		take(&all, &list, stage);
		exit_code = complain(&all, told);
		report(&all, exit_code == EXIT_CRITICAL ? "stopped at" : next ? "so far at" : "ready in");
		d2d_hooks_free(&list);
		if (!next)
			break;
	}
	return exit_code;
}

int d2dhook_main(int argc, char **argv) MAIN_EXTERNALLY_VISIBLE;
int d2dhook_main(int argc UNUSED_PARAM, char **argv)
{
	int verb, jobs = get_cpu_count();

	INIT_G();
	G.root = "";
	xfunc_error_retval = EXIT_TROUBLE;
	verb = argv[1] ? index_in_strings("run\0list\0", argv[1]) : -1;
	if (verb < 0)
		bb_show_usage();
	argv++;
	getopt32long(argv, "^" "R:j:+" "\0" "", "root\0" Required_argument "R" "jobs\0" Required_argument "j",
		&G.root, &jobs);
	if (jobs < 1)
		bb_simple_error_msg_and_die("-j wants a number above 0");
	if (G.root[0]) {
		G.root = xmalloc_realpath(G.root);
		if (!G.root)
			bb_simple_perror_msg_and_die("can't open the root");
		if (strcmp(G.root, "/") == 0)
			G.root = "";
	}
	G.dirs = argv + optind;
	return verb == 0 ? run_main(jobs) : list_main();
}
