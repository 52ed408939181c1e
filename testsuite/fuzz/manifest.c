/*
 * The manifest of a directory of hooks, scripts or layers.
 * needs: d2d_manifest.c d2d_name.c
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct d2d_manifest m;
	char *why, *slash;
	unsigned i;
	int err = d2d_manifest_parse((const char *)data, size, &m, &why);

	CHECK(err <= 0);
	CHECK((why != NULL) == (err < 0));
	CHECK(!why || is_printable(why));
	CHECK(!err || (!m.n && !m.entry));
	CHECK(err || (m.version >= 1 && m.version <= 1ULL << 53));
	for (i = 0; i < m.n; i++) {
		struct d2d_manifest_entry *e = &m.entry[i];

		CHECK(e->mode <= 0777);
		CHECK(i == 0 || strcmp(e[-1].path, e->path) < 0);
		CHECK(d2d_manifest_find(&m, e->path) == e);
		CHECK(m.kind <= D2D_KIND_SETTINGS);
		if (m.kind == D2D_KIND_SETTINGS) {
			CHECK(d2d_setting_name_ok(e->path) && !strstr(e->path, "/."));
			continue;
		}
		if (m.kind != D2D_KIND_HOOKS) {
			CHECK(d2d_bin_name_ok(e->path) && !strchr(e->path, '/'));
			continue;
		}
		slash = strchr(e->path, '/');
		CHECK(slash);
		*slash = '\0';
		CHECK(d2d_hook_name_ok(e->path) && d2d_hook_name_ok(slash + 1));
	}
	free(why);
	d2d_manifest_free(&m);
	return 0;
}
