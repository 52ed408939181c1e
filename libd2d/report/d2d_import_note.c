/*
 * Notes the result of each import since the machine was started: a JSON array of {"file","images","how","ms","bytes","why"} in
 * /run/d2d/imports.json, which is also part of the boot's report.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_import_note.o

#include <json-c/json.h>
#include <sys/file.h>
#include "d2d_report.h"

#define REPORT D2D_RUN"/report.json"

/* Returns a JSON array with the names of all images; an image without names is listed by its ID. */
static struct json_object *names_of(struct json_object *images)
{
	struct json_object *names = json_object_new_array(), *tags;
	size_t i, k, n = d2d_json_length(images), n_tags;

	for (i = 0; i < n; i++) {
		struct json_object *image = json_object_array_get_idx(images, i);

		n_tags = d2d_json_array(image, "tags", &tags);
		for (k = 0; k < n_tags; k++)
			json_object_array_add(names, d2d_json_printable(d2d_json_text_at(tags, k) ?: "?"));
		if (!k) {
			char *id = xasprintf("sha256:%s", d2d_json_text(image, "id") ?: "?");

			json_object_array_add(names, d2d_json_printable(id));
			free(id);
		}
	}
	return names;
}

static struct json_object *describe(const char *file, const char *how, struct json_object *images, unsigned ms, const char *why)
{
	struct json_object *note = json_object_new_object();
	struct stat st;
	bool is_file = stat(file, &st) == 0 && S_ISREG(st.st_mode);

	json_object_object_add(note, "file", d2d_json_printable(file));
	json_object_object_add(note, "images", names_of(images));
	json_object_object_add(note, "how", json_object_new_string(why ? "failed" : how));
	json_object_object_add(note, "ms", json_object_new_int64(ms));
	json_object_object_add(note, "bytes", is_file ? json_object_new_int64(st.st_size) : NULL);
	json_object_object_add(note, "why", why ? d2d_json_printable(why) : NULL);
	return note;
}

/* Removes an older note about the same file. Returns false if the older note must stay and the new one isn't added: the file was
 * imported in this boot, and a later import only found its images in the store. */
static bool make_room(struct json_object *notes, struct json_object *note)
{
	const char *file = d2d_json_text(note, "file"), *old;
	size_t i;

	for (i = 0; i < d2d_json_length(notes); i++) {
		struct json_object *at = json_object_array_get_idx(notes, i);

		old = d2d_json_text(at, "file");
		if (!old || strcmp(old, file) != 0)
			continue;
		if (strcmp(d2d_json_text(note, "how"), "there") == 0 && !d2d_json_text(at, "why"))
			return false;
		json_object_array_del_idx(notes, i, 1);
		break;
	}
	return true;
}

/* Writes the notes, and updates them in an existing report. A new report reads the notes under the same lock. */
static int write_notes(struct json_object *notes)
{
	struct json_object *report = d2d_json_read(REPORT, D2D_REPORT_MAX);
	int r = d2d_file_write(D2D_IMPORTS, json_object_to_json_string_ext(notes, JSON_C_TO_STRING_NOSLASHESCAPE));

	if (json_object_object_get_ex(report, "imports", NULL)) {
		char *text;

		json_object_object_add(report, "imports", json_object_get(notes));
		text = d2d_report_text(report);
		r = r ? : d2d_file_write(REPORT, text);
		free(text);
	}
	json_object_put(report);
	return r;
}

int d2d_import_note(const char *file, const char *how, struct json_object *images, unsigned ms, const char *why)
{
	struct json_object *notes, *note;
	int r = 0, lock = d2d_imports_lock("");

	if (lock < 0)
		return lock;
	notes = d2d_imports_read("");
	note = describe(file, how, images, ms, why);
	if (make_room(notes, note)) {
		json_object_array_add(notes, note);
		r = write_notes(notes);
	} else {
		json_object_put(note);
	}
	json_object_put(notes);
	close(lock);
	return r;
}
