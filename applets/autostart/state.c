/*
 * d2dautostart: the directory of an image below /run/d2d/autostart.
 *
 *	settings	JSON: image, words, ordered
 *	state		a line of text
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DAUTOSTART) += d2dautostart_state.o

#include <json-c/json.h>
#include "d2dautostart.h"
#include "d2d_alias.h"

enum { SETTINGS_MAX = 64 * 1024, STATE_MAX = 4096 };

char *d2dautostart_name(const char *image)
{
	const char *base = bb_basename(image);
	char *name = xstrndup(base, strcspn(base, ":@"));

	if (d2d_is_command(name) && strlen(name) > 1 && strlen(name) <= D2DAUTOSTART_NAME_MAX)
		return name;
	free(name);
	return NULL;
}

void d2dautostart_set(struct d2dautostart *a, const char *name)
{
	a->name = xstrdup(name);
	a->dir = xasprintf("%s"D2DAUTOSTART_DIR"/%s", a->root, name);
}

void d2dautostart_free(struct d2dautostart *a)
{
	free(a->name);
	free(a->dir);
	free(a->image);
	free(a->words);
	a->name = a->dir = a->image = a->words = NULL;
}

int d2dautostart_load(struct d2dautostart *a, const char *name)
{
	struct json_object *o;
	char *path, *why = NULL;
	int r = 0;

	d2dautostart_set(a, name);
	path = concat_path_file(a->dir, "settings");
	if (access(path, F_OK) < 0)
		r = -ENOENT;
	o = d2d_json_read(path, SETTINGS_MAX);
	free(path);
	if (r == 0) {
		a->image = xstrdup(d2d_json_text(o, "image") ?: "");
		a->words = xstrdup(d2d_json_text(o, "words") ?: "");
		a->ordered = json_object_get_boolean(json_object_object_get(o, "ordered"));
		if (!d2d_is_image(a->image) || d2dautostart_words(a->words, &a->wish, &why) < 0)
			r = -EBADMSG;
		free(why);
	}
	json_object_put(o);
	return r;
}

int d2dautostart_save(const struct d2dautostart *a)
{
	struct json_object *o = json_object_new_object();
	char *path = concat_path_file(a->dir, "settings"), *dir = xstrdup(a->dir);
	int r = bb_make_directory(dir, 0755, FILEUTILS_RECUR) < 0 ? -EIO : 0;

	json_object_object_add(o, "image", json_object_new_string(a->image));
	json_object_object_add(o, "words", json_object_new_string(a->words));
	json_object_object_add(o, "ordered", json_object_new_boolean(a->ordered));
	if (r == 0)
		r = d2d_file_write(path, json_object_to_json_string_ext(o, JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(o);
	free(dir);
	free(path);
	return r;
}

int d2dautostart_names(const char *root, char ***names)
{
	char *dir = xasprintf("%s"D2DAUTOSTART_DIR, root);
	int n = d2d_dir_list(dir, INT_MAX - 1, names);

	free(dir);
	if (n < 0) {
		*names = xzalloc(sizeof(char *));
		n = 0;
	}
	return n;
}

void d2dautostart_set_state(const struct d2dautostart *a, const char *text)
{
	char *path = concat_path_file(a->dir, "state"), *line = d2d_printable(text, MIN(strlen(text), STATE_MAX / 2));
	char *whole = xasprintf("%s\n", line);

	if (d2d_file_write(path, whole) < 0)
		bb_perror_msg("can't write '%s'", path);
	free(whole);
	free(line);
	free(path);
}

char *d2dautostart_state(const struct d2dautostart *a)
{
	char *path = concat_path_file(a->dir, "state"), *text, *shown;
	size_t len;

	if (d2d_file_read(path, STATE_MAX, &text, &len) < 0)
		text = xstrdup("starts");
	chomp(text);
	shown = d2d_printable(text, strlen(text));
	free(text);
	free(path);
	return shown;
}

void d2dautostart_say(const struct d2dautostart *a, const char *text)
{
	char *line = d2d_printable(text, strlen(text)), *whole = xasprintf("\r\ndebian2docker: %s: %s\r\n", a->name, line);

	bb_error_msg("%s: %s", a->name, line);
	/* In a test, the consoles are those of another machine. */
	if (!a->root[0])
		d2d_consoles_write(whole);
	free(whole);
	free(line);
}
