/*
 * Reads the notes about files that were imported since the machine was started. d2d_import_note.c writes them; it is a file of its
 * own, because it updates the report with functions of d2d_hook_report.c, which needs the functions here.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_imports.o

#include <json-c/json.h>
#include <sys/file.h>
#include "d2d_report.h"

int d2d_imports_lock(const char *root)
{
	char *path = xasprintf("%s"D2D_IMPORTS".lock", root);
	/* Mode 0600: no other user must be able to hold the lock. */
	int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

	free(path);
	if (fd < 0)
		return -errno;
	while (flock(fd, LOCK_EX) < 0 && errno == EINTR)
		continue;
	return fd;
}

struct json_object *d2d_imports_read(const char *root)
{
	char *path = xasprintf("%s"D2D_IMPORTS, root);
	struct json_object *notes = d2d_json_read(path, D2D_REPORT_MAX);

	free(path);
	if (!json_object_is_type(notes, json_type_array)) {
		json_object_put(notes);
		notes = json_object_new_array();
	}
	return notes;
}

struct json_object *d2d_failed_read(void)
{
	struct json_object *notes = d2d_imports_read(""), *failed = json_object_new_object();
	size_t i;

	for (i = 0; i < d2d_json_length(notes); i++) {
		struct json_object *note = json_object_array_get_idx(notes, i);
		const char *file = d2d_json_text(note, "file"), *why = d2d_json_text(note, "why");

		if (file && why)
			json_object_object_add(failed, file, json_object_new_string(why));
	}
	json_object_put(notes);
	return failed;
}
