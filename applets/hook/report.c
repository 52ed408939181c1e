/*
 * d2dhook report: shows the results of the hooks of the last boot as a table or as JSON.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DHOOK) += d2dhook_report.o

#include "d2dhook.h"

enum { STAGE, HOOK, SOURCE, RESULT, MS, LOG, COLUMNS };

void d2dhook_load_report(const struct d2dhook *d, struct d2d_report *report)
{
	char *path, *why;
	int err;

	if (d->dirs[0] && d->dirs[1])
		bb_show_usage();
	path = d->dirs[0] ? xstrdup(d->dirs[0]) : xasprintf("%s"D2D_RUN"/report.json", d->root);
	err = d2d_report_read(path, report, &why);
	if (err == -EBADMSG)
		bb_error_msg_and_die("'%s' is not a report: %s", path, why);
	if (err) {
		errno = -err;
		bb_perror_msg_and_die("can't read '%s'", path);
	}
	free(path);
}

int d2dhook_report_code(const struct d2d_report *report)
{
	unsigned i;

	for (i = 0; i < report->n_hooks; i++)
		if (d2d_report_is_bad(&report->hook[i]))
			return EXIT_BAD;
	for (i = 0; i < report->n_imports; i++)
		if (report->import[i].why[0])
			return EXIT_BAD;
	return EXIT_SUCCESS;
}

/* The reason is often the last line of output; that line is not shown twice. */
char *d2dhook_reason_text(const struct d2d_report_row *hook)
{
	if (hook->reason[0] && hook->output[0] && strcmp(hook->reason, hook->output) != 0)
		return xasprintf("%s: %s", hook->reason, hook->output);
	return xstrdup(hook->reason[0] ? hook->reason : hook->output);
}

static const char *or_dash(const char *text)
{
	return text[0] ? text : "-";
}

/* Fills CELL with the columns of a row. The caller frees CELL[MS]; the others belong to the row. */
static void columns(const struct d2d_report_row *row, const char **cell)
{
	cell[STAGE] = or_dash(row->stage);
	cell[HOOK] = or_dash(row->name);
	cell[SOURCE] = or_dash(row->source);
	cell[RESULT] = or_dash(row->result);
	cell[MS] = row->ran ? xasprintf("%llu", row->end - row->start) : xstrdup("-");
	cell[LOG] = or_dash(row->log);
}

static void widen(int *width, const struct d2d_report_row *row, unsigned n)
{
	const char *cell[COLUMNS];
	unsigned i, c;

	for (i = 0; i < n; i++) {
		columns(&row[i], cell);
		for (c = 0; c < COLUMNS; c++)
			width[c] = MAX(width[c], (int)strlen(cell[c]));
		free((char *)cell[MS]);
	}
}

static void print_cells(const int *width, const char **cell, const char *last)
{
	printf("%-*s  %-*s  %-*s  %-*s  %*s  %-*s  %s\n", width[STAGE], cell[STAGE], width[HOOK], cell[HOOK],
		width[SOURCE], cell[SOURCE], width[RESULT], cell[RESULT], width[MS], cell[MS], width[LOG], cell[LOG], last);
}

static void print_rows(const int *width, const struct d2d_report_row *row, unsigned n)
{
	const char *cell[COLUMNS];
	unsigned i;

	for (i = 0; i < n; i++) {
		char *said = d2dhook_reason_text(&row[i]);

		columns(&row[i], cell);
		print_cells(width, cell, or_dash(said));
		free((char *)cell[MS]);
		free(said);
	}
}

static void print_imports(const struct d2d_report *report)
{
	int file = 4, how = 3;
	unsigned i;

	for (i = 0; i < report->n_imports; i++) {
		file = MAX(file, (int)strlen(report->import[i].file));
		how = MAX(how, (int)strlen(report->import[i].how));
	}
	if (report->n_imports)
		printf("\n%-*s  %-*s  %8s  %s\n", file, "FILE", how, "HOW", "MS", "IMAGES, REASON");
	for (i = 0; i < report->n_imports; i++) {
		const struct d2d_report_import *import = &report->import[i];

		printf("%-*s  %-*s  %8llu  %s\n", file, import->file, how, import->how, import->ms,
			or_dash(import->why[0] ? import->why : import->images));
	}
}

int d2dhook_report(struct d2dhook *d)
{
	static const char *head[COLUMNS] = { "STAGE", "HOOK", "SOURCE", "RESULT", "MS", "LOG" };
	struct d2d_report report;
	int width[COLUMNS] = { 5, 4, 6, 6, 2, 3 };

	d2dhook_load_report(d, &report);
	if (d->json) {
		fputs_stdout(report.text);
	} else {
		widen(width, report.phase, report.n_phases);
		widen(width, report.hook, report.n_hooks);
		print_cells(width, head, "REASON, LAST LINE");
		print_rows(width, report.phase, report.n_phases);
		print_rows(width, report.hook, report.n_hooks);
		print_imports(&report);
	}
	fflush_stdout_and_exit(d2dhook_report_code(&report));
}
