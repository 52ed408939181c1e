/*
 * d2dhook chart: prints the report of a boot as a self-contained SVG picture.
 *
 * The picture has a row for each phase of the boot and for each hook; time runs from left to right, and each stage is a band.
 * svg.c prints the elements.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DHOOK) += d2dhook_chart.o

#include "d2dhook.h"
#include "d2dhook_svg.h"

typedef unsigned long long ms_t;

/* Lengths are in tenths of an SVG unit. */
enum {
	WIDTH = 12800, LEFT = 80, RIGHT = 12720,
	TOP = 930,		/* top of the first band */
	ROWS_HEIGHT = 6700,	/* height of all rows, if the whole chart is to fit on a screen */
	PITCH_MIN = 104, PITCH_MAX = 240,
	GAP = 30,		/* between bands */
	BAR_MIN = 20,		/* minimum width of a bar */
	TICKS_MAX = 10,		/* number of ticks on the time axis */
	TEXT_MAX = 200,		/* characters of a text outside of the rows */
};

struct chart {
	const struct d2d_report *report;
	ms_t origin, span;	/* start and length of the time axis */
	unsigned pitch, font;	/* row height and font size */
	unsigned x_name, x_time, width;	/* left edges of names and bars, width of the area of the bars */
	unsigned height, y;	/* height of the picture, top of the next row */
};

/* Formats a duration like "8.21 s". The caller frees the text. */
static char *seconds(ms_t ms)
{
	return ms < 100000 ? xasprintf("%llu.%02llu s", ms / 1000, ms / 10 % 100)
		: xasprintf("%llu.%llu s", ms / 1000, ms / 100 % 10);
}

/* ---- measures ---- */

static unsigned x_of(const struct chart *c, ms_t t)
{
	return c->x_time + (t - c->origin) * c->width / c->span;
}

static void extend(struct chart *c, const struct d2d_report_row *row, unsigned n, ms_t *end)
{
	unsigned i;

	for (i = 0; i < n; i++) {
		if (!row[i].ran)
			continue;
		c->origin = MIN(c->origin, row[i].start);
		*end = MAX(*end, row[i].end);
	}
}

static bool same_stage(const struct d2d_report *r, unsigned i)
{
	return i > 0 && strcmp(r->hook[i].stage, r->hook[i - 1].stage) == 0;
}

static void measure(struct chart *c)
{
	const struct d2d_report *r = c->report;
	unsigned bands = r->n_phases ? 1 : 0, stage = 0, name = 0, i;
	ms_t end = 0;

	c->origin = D2D_REPORT_TIME_MAX;
	extend(c, r->phase, r->n_phases, &end);
	extend(c, r->hook, r->n_hooks, &end);
	c->origin = MIN(c->origin, end);
	c->span = MAX(end - c->origin, 1);

	for (i = 0; i < r->n_hooks; i++) {
		bands += !same_stage(r, i);
		stage = MAX(stage, strlen(r->hook[i].stage));
		name = MAX(name, strlen(r->hook[i].name));
	}
	for (i = 0; i < r->n_phases; i++)
		name = MAX(name, strlen(r->phase[i].name));
	c->pitch = (ROWS_HEIGHT - MIN(bands, 20) * GAP) / MAX(r->n_hooks + r->n_phases, 1);
	c->pitch = MIN(MAX(c->pitch, PITCH_MIN), PITCH_MAX);
	c->font = MIN(c->pitch * 88 / 100, 130);
	c->x_name = LEFT + 60 + d2dhook_svg_text_width(MIN(MAX(stage, 7), 16), c->font) + 100;
	c->x_time = c->x_name + d2dhook_svg_text_width(MIN(MAX(name, 4), 28), c->font) + 100;
	c->width = RIGHT - 60 - c->x_time;
	c->height = bands ? TOP + (r->n_hooks + r->n_phases) * c->pitch + bands * GAP + 300 : 800;
	c->y = TOP;
}

/* ---- the frame: title, legend, time axis ---- */

static void print_text(unsigned x, unsigned y, unsigned font, const char *class, const char *text)
{
	d2dhook_svg_text(x, y, font, class, text, TEXT_MAX);
}

static void print_bar(unsigned x, unsigned y, unsigned width, unsigned height, const char *class)
{
	char *attribute = xasprintf("class=\"%s\"", class);

	d2dhook_svg_rect(x, y, width, height, attribute);
	free(attribute);
}

static void print_title(const struct chart *c)
{
	const struct d2d_report *r = c->report;
	unsigned done = d2d_report_count(r, "done"), skipped = d2d_report_count(r, "skipped"), i;
	unsigned failed = r->n_hooks - done - skipped;
	char *total = seconds(c->span), *title;

	/* Only the report of a boot has phases. The time of other runs starts with their first hook. */
	title = xasprintf("%s of debian2docker: %s", r->n_phases ? "Boot" : "Hooks",
		r->n_hooks + r->n_phases ? total : "nothing has run");
	d2dhook_svg_title(title, TEXT_MAX);
	print_text(LEFT + 60, 320, 220, "bold", title);
	free(title);
	free(total);

	d2dhook_svg_text_begin(LEFT + 60, 540, 130, "dim");
	printf("%u hook%s: %u done, %u skipped, ", r->n_hooks, r->n_hooks == 1 ? "" : "s", done, skipped);
	printf(failed ? "<tspan class=\"bad\">%u failed</tspan>" : "%u failed", failed);
	for (i = 0; i < MIN(r->n_phases, 6); i++) {
		total = seconds(r->phase[i].end - r->phase[i].start);
		printf("%s", i ? ", " : "; ");
		d2dhook_svg_escaped(r->phase[i].name, 32);
		printf(" %s", total);
		free(total);
	}
	d2dhook_svg_text_end();
}

static void print_legend(void)
{
	static const char *const results[] = { "phase", "done", "skipped", "failed", "timeout" };
	unsigned i, x = RIGHT - 5 * 860;

	for (i = 0; i < ARRAY_SIZE(results); i++, x += 860) {
		print_bar(x, 230, 160, 100, results[i]);
		print_text(x + 220, 325, 120, "dim", results[i]);
	}
	print_text(RIGHT, 540, 120, "dim end", "bold: last hook of its stage to end");
}

/* Returns the smallest step out of 1, 2, 5, 10, 20 ... ms that yields at most TICKS_MAX ticks. */
static ms_t tick_step(ms_t span)
{
	static const unsigned char first[] ALIGN1 = { 1, 2, 5 };
	ms_t decade = 1;
	unsigned i = 0;

	while (span / (first[i] * decade) > TICKS_MAX) {
		if (++i == ARRAY_SIZE(first)) {
			i = 0;
			decade *= 10;
		}
	}
	return first[i] * decade;
}

static char *tick_label(ms_t t, ms_t step, ms_t span)
{
	if (span < 1000)
		return xasprintf("%llu ms", t);
	if (step >= 1000)
		return xasprintf("%llu s", t / 1000);
	if (step >= 100)
		return xasprintf("%llu.%llu s", t / 1000, t / 100 % 10);
	return xasprintf("%llu.%02llu s", t / 1000, t / 10 % 100);
}

static void print_axis(const struct chart *c)
{
	unsigned bottom = c->height - 260, end = x_of(c, c->origin + c->span);
	ms_t step = tick_step(c->span), t;
	char *label;

	for (t = 0; t <= c->span; t += step) {
		unsigned x = x_of(c, c->origin + t);

		d2dhook_svg_line(x, TOP - 50, bottom, "#d5dbe3");
		if (end - x < 600)
			continue;
		label = tick_label(t, step, c->span);
		print_text(x, TOP - 90, 115, "mid", label);
		print_text(x, bottom + 130, 115, "mid", label);
		free(label);
	}
	label = seconds(c->span);
	d2dhook_svg_line(end, TOP - 50, bottom, "#1f2733");
	print_text(RIGHT, TOP - 90, 115, "boldend", label);
	print_text(RIGHT, bottom + 130, 115, "boldend", label);
	free(label);
}

/* ---- rows ---- */

static void print_band(const struct chart *c, const char *name, unsigned rows, bool dark)
{
	d2dhook_svg_rect(LEFT, c->y, RIGHT - LEFT, rows * c->pitch,
		dark ? "rx=\"3\" fill=\"#e3eaf3\" fill-opacity=\".55\"" : "rx=\"3\" fill=\"#f2f4f7\" fill-opacity=\".55\"");
	d2dhook_svg_text(LEFT + 60, c->y + c->pitch * 75 / 100, c->font, "bold", name, 16);
}

/* Prints the text beside a bar that extends from X to X2: to the right of the bar if it fits there, else on the side that has
 * more room. */
static void print_label(const struct chart *c, unsigned x, unsigned x2, const char *label, const char *class, const char *class_end)
{
	unsigned y = c->y + c->pitch * 75 / 100, len = MIN(strlen(label), 1000);
	unsigned left = x - c->x_time, right = RIGHT - 40 - x2, fits;
	bool at_right = d2dhook_svg_text_width(len, c->font) + 60 <= right || right >= left;

	fits = (at_right ? right : left) * 100 / 60 / c->font;
	d2dhook_svg_text(at_right ? x2 + 50 : x - 50, y, c->font, at_right ? class : class_end, label, MAX(fits, 4));
}

static const char *class_of(const struct d2d_report_row *row)
{
	static const char classes[] ALIGN1 = "done\0skipped\0failed\0timeout\0refused\0";
	int i;

	if (!row->stage[0] && !row->result[0])
		return "phase";
	i = index_in_strings(classes, row->result);
	return i < 0 ? "other" : nth_string(classes, i);
}

/* Formats a label like "12 ms", "12 ms, usb" or "12 ms, usb, FAILED: exit 3: no disk". With FULL the label of a successful hook
 * has its last line of output, too. The caller frees the text. */
static char *label_of(const struct d2d_report_row *row, bool full)
{
	bool done = !row->result[0] || strcmp(row->result, "done") == 0, bad = !done && d2d_report_is_bad(row);
	char *ms = row->ran ? xasprintf(", %llu ms", row->end - row->start) : xstrdup("");
	char *source = row->source[0] && strcmp(row->source, "builtin") != 0 ? xasprintf(", %s", row->source) : xstrdup("");
	char *result = done ? xstrdup("") : xasprintf(", %s", row->result), *p;
	char *said = d2dhook_reason_text(row), *label;
	bool quiet = !said[0] || (done && !full) || strcmp(said, row->result) == 0;

	for (p = result; bad && *p; p++)
		*p = toupper(*p);
	label = xasprintf("%s%s%s%s%s", ms, source, result, quiet ? "" : ": ", quiet ? "" : said);
	overlapping_strcpy(label, label + MIN(strlen(label), strlen(", ")));
	free(ms);
	free(source);
	free(result);
	free(said);
	return label;
}

static void print_row(struct chart *c, const struct d2d_report_row *row, ms_t at, bool last)
{
	bool bad = row->result[0] && d2d_report_is_bad(row);
	unsigned x = x_of(c, row->ran ? row->start : at), x2 = x, high = c->pitch * 70 / 100, y = c->y + (c->pitch - high) / 2;
	char *label = label_of(row, false), *whole = label_of(row, true);
	char *tip = xasprintf("%s%s%s: %s", row->stage, row->stage[0] ? "/" : "", row->name, whole);

	printf("<g>");
	d2dhook_svg_title(tip, 400);
	d2dhook_svg_text(c->x_name, c->y + c->pitch * 75 / 100, c->font, bad ? "bad" : last ? "bold" : "",
		row->name[0] ? row->name : "-", 28);
	if (row->ran) {
		x2 = MAX(x_of(c, row->end), x + BAR_MIN);
		print_bar(x, y, x2 - x, high, class_of(row));
	}
	if (bad && !row->ran) {
		d2dhook_svg_cross(x, y, high);
		x2 = x + high;
	}
	print_label(c, x, x2, label, bad ? "bad" : last ? "bold" : "dim", bad ? "badend" : last ? "boldend" : "dim end");
	puts("</g>");
	c->y += c->pitch;
	free(label);
	free(whole);
	free(tip);
}

/* Prints the stage with the hooks FROM to TO - 1. *OVER is the end of the previous stage in ms and is set to the end of this
 * stage. */
static void print_stage(struct chart *c, unsigned from, unsigned to, ms_t *stage_end, bool dark)
{
	const struct d2d_report_row *hook = c->report->hook;
	const struct d2d_report_row *last = NULL;
	ms_t begin = *stage_end;
	unsigned i, ran = 0;

	for (i = from; i < to; i++) {
		if (!hook[i].ran)
			continue;
		begin = ran++ ? MIN(begin, hook[i].start) : hook[i].start;
		if (!last || hook[i].end > last->end)
			last = &hook[i];
	}
	print_band(c, hook[from].stage, to - from, dark);
	if (last) {
		unsigned x = x_of(c, begin);
		char *whole = xasprintf("%llu ms", last->end - begin);

		if (to - from > 1)
			print_text(LEFT + 60, c->y + c->pitch * 175 / 100, c->font, "dim", whole);
		free(whole);

		d2dhook_svg_rect(x, c->y, MAX(x_of(c, last->end) - x, 10), (to - from) * c->pitch,
			"fill=\"#c3d0e0\" fill-opacity=\".5\"");
		*stage_end = last->end;
	}
	for (i = from; i < to; i++)
		print_row(c, &hook[i], begin, ran > 1 && &hook[i] == last);
	c->y += GAP;
}

static void print_rows(struct chart *c)
{
	const struct d2d_report *r = c->report;
	ms_t stage_end = c->origin;
	unsigned i, from;
	bool dark = false;

	if (r->n_phases) {
		print_band(c, "machine", r->n_phases, true);
		for (i = 0; i < r->n_phases; i++)
			print_row(c, &r->phase[i], 0, false);
		c->y += GAP;
	}
	for (from = 0; from < r->n_hooks; from = i, dark = !dark) {
		for (i = from + 1; i < r->n_hooks && same_stage(r, i); i++)
			continue;
		print_stage(c, from, i, &stage_end, dark);
	}
}

int d2dhook_chart(struct d2dhook *d)
{
	struct d2d_report report;
	struct chart c = { .report = &report };

	d2dhook_load_report(d, &report);
	measure(&c);
	d2dhook_svg_begin(WIDTH, c.height);
	print_title(&c);
	if (report.n_hooks + report.n_phases) {
		print_legend();
		print_axis(&c);
		print_rows(&c);
	}
	d2dhook_svg_end();
	fflush_stdout_and_exit(EXIT_SUCCESS);
}
