/*
 * A report as read by d2dhook report.
 * needs: d2d_report.c d2d_text.c d2d_json.c d2d_file.c
 * libs: -ljson-c
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#include "fuzz.h"

static void check_row(const struct d2d_report_row *row, bool is_hook)
{
	CHECK(is_printable(row->name));
	CHECK(row->end >= row->start && row->end <= D2D_REPORT_TIME_MAX);
	if (!is_hook)
		return;
	CHECK(is_printable(row->stage) && is_printable(row->source) && is_printable(row->result));
	CHECK(is_printable(row->reason) && is_printable(row->output) && is_printable(row->log) && is_printable(row->trust));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct d2d_report report;
	char *why, *text = xmalloc(size);
	unsigned i;
	int err;

	memcpy(text, data, size);
	err = d2d_report_parse(text, size, &report, &why);
	CHECK(err == 0 || err == -EBADMSG);
	CHECK((why != NULL) == (err < 0));
	CHECK(!why || is_printable(why));
	for (i = 0; !err && i < report.n_phases; i++)
		check_row(&report.phase[i], false);
	for (i = 0; !err && i < report.n_hooks; i++) {
		check_row(&report.hook[i], true);
		d2d_report_is_bad(&report.hook[i]);
	}
	if (!err)
		CHECK(d2d_report_count(&report, "done") <= report.n_hooks);
	free(why);
	d2d_report_free(&report);
	return 0;
}
