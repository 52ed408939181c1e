/*
 * NAME.alias, the sidecar of an image.
 * needs: d2d_alias_sidecar.c d2d_alias.c d2d_dir.c d2d_text.c
 * libs: -ljson-c
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#include <json-c/json.h>
#include "fuzz.h"
#include "d2d_alias.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct d2d_sidecar s = { .path = (char *)"/a/app.alias" };
	char *why;
	int err = d2d_sidecar_parse((const char *)data, size, &s, &why);

	CHECK(err == 0 || err == -EINVAL);
	CHECK((why != NULL) == (err < 0));
	CHECK(!why || is_printable(why));
	json_object_object_foreach(s.labels, name, value) {
		CHECK(is_prefixed_with(name, D2D_LABEL));
		CHECK(json_object_is_type(value, json_type_string));
	}
	if (!err && !s.image) {
		CHECK(d2d_sidecar_for(&s, 1, "x/app:1") == &s);
		CHECK(!d2d_sidecar_for(&s, 1, "x/app2:1"));
	}
	json_object_put(s.labels);
	free(s.image);
	free(why);
	return 0;
}
