/*
 * NAME.rootfs.conf and NAME.rootfs.json; the first byte of the input selects which.
 * needs: d2d_rootfs_config.c d2d_text.c d2d_json.c d2d_file.c
 * libs: -ljson-c
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#include <json-c/json.h>
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text, *config, *why, *again;
	struct json_object *o;
	int err;

	if (!size)
		return 0;
	text = xzalloc(size);
	memcpy(text, data + 1, size - 1);
	err = d2d_rootfs_config_parse(text, size - 1, data[0] == 'j', &config, &why);
	CHECK(err == 0 || err == -EINVAL);
	CHECK((why != NULL) == (err < 0) && (config != NULL) == (err == 0));
	CHECK(!why || is_printable(why));
	free(text);
	free(why);
	if (config) {
		/* The result is valid input itself and says how to start the image. */
		o = json_tokener_parse(config);
		CHECK(json_object_object_get_ex(o, "Cmd", NULL) || json_object_object_get_ex(o, "Entrypoint", NULL));
		json_object_put(o);
		CHECK(d2d_rootfs_config_parse(config, strlen(config), true, &again, &why) == 0);
		CHECK(strcmp(config, again) == 0);
		free(again);
	}
	free(config);
	return 0;
}
