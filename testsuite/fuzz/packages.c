/*
 * The list of packages of a layer, and its comparison with that of a base system.
 * needs: d2d_packages.c d2d_text.c
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#include "fuzz.h"
#include "d2d_packages.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char base_text[] = "suite sid\npackage liba 1.0\npackage libb 2.0\n";
	struct d2d_packages base, list;
	llist_t *others = NULL, *l;
	char *why = NULL, *missing;
	unsigned i;
	int err = d2d_packages_parse((const char *)data, size, &list, &why);

	CHECK(err <= 0);
	CHECK((why != NULL) == (err < 0));
	CHECK(!why || is_printable(why));
	CHECK(!err || (!list.n && !list.package && !list.suite));
	free(why);
	if (err)
		return 0;
	CHECK(list.suite && list.suite[0] && is_printable(list.suite));
	for (i = 0; i < list.n; i++) {
		CHECK(list.package[i].name[0] && is_printable(list.package[i].name));
		CHECK(list.package[i].version[0] && is_printable(list.package[i].version));
		CHECK(i == 0 || strcmp(list.package[i - 1].name, list.package[i].name) <= 0);
	}
	why = NULL;
	CHECK(d2d_packages_parse(base_text, sizeof(base_text) - 1, &base, &why) == 0);
	missing = d2d_packages_missing(&base, &list, &others);
	CHECK(!missing || is_printable(missing));
	for (l = others; l; l = l->link)
		CHECK(is_printable(l->data));
	/* A layer whose base system is what it was made from always fits. */
	free(missing);
	llist_free(others, free);
	others = NULL;
	missing = d2d_packages_missing(&list, &list, &others);
	CHECK(!missing);
	llist_free(others, free);
	d2d_packages_free(&base);
	d2d_packages_free(&list);
	return 0;
}
