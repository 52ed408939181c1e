/*
 * Which files could not be imported since the machine was started, and why: a JSON object {"FILE":"REASON"}. A file that
 * could be imported later is no longer in it.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_failed.o

#include <json-c/json.h>
#include <sys/file.h>
#include "d2d_import.h"

#define FAILED D2D_RUN"/failed-imports.json"

enum { FAILED_MAX = 4 * 1024 * 1024 };

struct json_object *d2d_failed_read(void)
{
	struct json_object *failed = NULL;
	char *text;
	size_t len;

	if (d2d_file_read(FAILED, FAILED_MAX, &text, &len) == 0)
		failed = json_tokener_parse(text);
	free(text);
	if (!json_object_is_type(failed, json_type_object)) {
		json_object_put(failed);
		failed = json_object_new_object();
	}
	return failed;
}

int d2d_failed_note(const char *file, const char *why)
{
	struct json_object *failed, *old;
	/* nobody else may hold it */
	int r = 0, lock = open(FAILED".lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (lock < 0)
		return -errno;
	while (flock(lock, LOCK_EX) < 0 && errno == EINTR)
		continue;
	failed = d2d_failed_read();
	if (why || json_object_object_get_ex(failed, file, &old)) {
		if (why)
			json_object_object_add(failed, file, json_object_new_string(why));
		else
			json_object_object_del(failed, file);
		r = d2d_file_write(FAILED, json_object_to_json_string_ext(failed, JSON_C_TO_STRING_PLAIN));
	}
	json_object_put(failed);
	close(lock);
	return r;
}
