/*
 * d2dhook list: shows which hooks would run, where they come from, and why other hooks would not run.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DHOOK) += d2dhook_list.o

#include "d2dhook.h"

static char *limits(const struct d2d_hook *hook)
{
	const char *critical = hook->head.critical ? " critical" : "";

	if (hook->state != D2D_HOOK_RUNS)
		return xstrdup("-");
	return hook->head.timeout ? xasprintf("%us%s", hook->head.timeout, critical) : xasprintf("unlimited%s", critical);
}

static void print_line(const struct d2d_hook *hook, const int *width)
{
	char *id = d2d_hook_id(hook), *limit = limits(hook);
	char *path = d2d_printable(hook->file, strlen(hook->file));
	unsigned i;

	printf("%-*s  %-7s  %-*s  %-14s  %-*s  %s", width[0], id, hook->source, width[2], hook->trust ? hook->trust : "-",
		limit, width[1], path, d2d_hook_state(hook));
	if (hook->why)
		printf("%s%s", d2d_hook_is_bad(hook) ? ": " : " ", hook->why);
	for (i = 0; i < hook->n_deps; i++)
		printf(" %s %s", hook->deps[i].need ? "needs" : "after", hook->deps[i].on->name);
	if (hook->state == D2D_HOOK_RUNS && hook->head.exists) {
		char *exists = d2d_printable(hook->head.exists, strlen(hook->head.exists));

		printf(" if %s exists", exists);
		free(exists);
	}
	puts("");
	free(id);
	free(limit);
	free(path);
}

int d2dhook_list(struct d2dhook *d)
{
	struct d2d_hooks list = { NULL, 0 };
	int width[3] = { 4, 4, 5 };
	const char *stage = "";
	int exit_code = EXIT_SUCCESS;
	unsigned i;

	d2dhook_scan(d, &list);
	while ((stage = d2dhook_next_stage(&list, stage)) != NULL)
		d2dhook_plan(d, &list, stage, false);
	for (i = 0; i < list.n; i++) {
		const struct d2d_hook *hook = list.hook[i];

		width[0] = MAX(width[0], (int)(strlen(hook->stage) + 1 + strlen(hook->name)));
		width[1] = MAX(width[1], (int)strlen(hook->file));
		width[2] = MAX(width[2], (int)strlen(hook->trust ? hook->trust : "-"));
	}
	printf("%-*s  %-7s  %-*s  %-14s  %-*s  %s\n", width[0], "HOOK", "SOURCE", width[2], "TRUST", "LIMIT",
		width[1], "PATH", "STATE");
	for (i = 0; i < list.n; i++) {
		print_line(list.hook[i], width);
		if (d2d_hook_is_bad(list.hook[i]))
			exit_code = EXIT_BAD;
	}
	fflush_stdout_and_exit(exit_code);
}
