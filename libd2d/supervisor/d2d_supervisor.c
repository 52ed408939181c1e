/*
 * The directory of what a supervisor keeps up: its settings and its state.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_supervisor.o

#include <json-c/json.h>
#include "d2d_supervisor.h"

enum { SETTINGS_MAX = 64 * 1024, STATE_MAX = 4096 };

char *d2d_supervisor_dir(const char *root, const char *kind, const char *name)
{
	return xasprintf("%s"D2D_RUN"/%s/%s", root, kind, name);
}

int d2d_supervisor_names(const char *root, const char *kind, char ***names)
{
	char *dir = xasprintf("%s"D2D_RUN"/%s", root, kind);
	int n = d2d_dir_list(dir, INT_MAX - 1, names);

	free(dir);
	if (n < 0) {
		*names = xzalloc(sizeof(char *));
		n = 0;
	}
	return n;
}

int d2d_supervisor_load(const char *dir, struct json_object **settings)
{
	char *path = concat_path_file(dir, "settings");
	int r = access(path, F_OK) < 0 ? -ENOENT : 0;

	*settings = r == 0 ? d2d_json_read(path, SETTINGS_MAX) : NULL;
	free(path);
	return r;
}

int d2d_supervisor_save(const char *dir, struct json_object *settings)
{
	char *path = concat_path_file(dir, "settings");
	int r = d2d_file_write(path, json_object_to_json_string_ext(settings, JSON_C_TO_STRING_NOSLASHESCAPE));

	free(path);
	json_object_put(settings);
	return r;
}

int d2d_supervisor_set_state(const char *dir, const char *text)
{
	char *path = concat_path_file(dir, "state"), *line = d2d_printable(text, MIN(strlen(text), STATE_MAX / 2));
	char *whole = xasprintf("%s\n", line);
	int r = d2d_file_write(path, whole);

	free(whole);
	free(line);
	free(path);
	return r;
}

char *d2d_supervisor_state(const char *dir)
{
	char *path = concat_path_file(dir, "state"), *text, *shown;
	size_t len;

	if (d2d_file_read(path, STATE_MAX, &text, &len) < 0)
		text = xstrdup("starts");
	chomp(text);
	shown = d2d_printable(text, strlen(text));
	free(text);
	free(path);
	return shown;
}
