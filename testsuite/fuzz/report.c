/*
 * The report of a boot, which may be from anywhere.
 * needs: d2d_report.c d2d_text.c
 * libs: -ljson-c
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#include "fuzz.h"

static void check_row(const struct d2d_report_row *row)
{
	CHECK(is_printable(row->stage) && is_printable(row->name) && is_printable(row->source) && is_printable(row->result));
	CHECK(is_printable(row->reason) && is_printable(row->output) && is_printable(row->log) && is_printable(row->trust));
	CHECK(row->start <= row->end && row->end <= D2D_REPORT_TIME_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct d2d_report report;
	char *why, *text = xmalloc(size + 1);
	unsigned i;
	int err;

	memcpy(text, data, size);
	err = d2d_report_parse(text, size, &report, &why);
	CHECK(err == 0 || err == -EBADMSG);
	CHECK((why != NULL) == (err < 0));
	CHECK(!why || is_printable(why));
	for (i = 0; !err && i < report.n_phases; i++) {
		CHECK(report.phase[i].ran);
		check_row(&report.phase[i]);
	}
	for (i = 0; !err && i < report.n_hooks; i++) {
		CHECK(report.hook[i].result[0]);
		check_row(&report.hook[i]);
	}
	free(why);
	d2d_report_free(&report);
	return 0;
}
