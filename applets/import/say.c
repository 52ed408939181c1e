/*
 * d2dimport: prints and keeps the result of a file.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DIMPORT) += d2dimport_say.o

#include <json-c/json.h>
#include "d2dimport.h"

void d2dimport_print(const char *file, struct json_object *images, const char *what)
{
	struct json_object *tags;
	size_t i, k, n;

	for (i = 0; i < d2d_json_length(images); i++) {
		struct json_object *image = json_object_array_get_idx(images, i);

		n = d2d_json_array(image, "tags", &tags);
		if (n == 0)
			printf("%s: %ssha256:%s%s\n", file, what[0] == ' ' ? "" : what,
				d2d_json_text(image, "id") ?: "?", what[0] == ' ' ? what : "");
		for (k = 0; k < n; k++)
			printf("%s: %s%s%s\n", file, what[0] == ' ' ? "" : what,
				d2d_json_text_at(tags, k) ?: "?", what[0] == ' ' ? what : "");
	}
}

int d2dimport_fail(struct d2dimport *d, const char *file, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	free(d->why);
	/* Whatever fails after a download has failed, fails because of that. */
	d->why = d2dimport_remote_why(d) ? xstrdup(d2dimport_remote_why(d)) : d2d_vformat(format, args);
	va_end(args);
	bb_error_msg("%s: %s", file, d->why);
	return EXIT_FAILURE;
}

void d2dimport_set_how(struct d2dimport *d, const char *how, struct json_object *images)
{
	d->how = how;
	json_object_put(d->images);
	d->images = json_object_get(images);
}
