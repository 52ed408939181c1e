/*
 * d2dautostart: the settings of an image that is started by itself, and its state.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DAUTOSTART) += d2dautostart_state.o

#include <json-c/json.h>
#include "d2dautostart.h"
#include "d2d_alias.h"

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
	a->dir = d2d_supervisor_dir(a->root, D2DAUTOSTART_KIND, name);
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
	char *why = NULL;
	int r;

	d2dautostart_set(a, name);
	r = d2d_supervisor_load(a->dir, &o);
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
	char *dir = xstrdup(a->dir);
	int r = bb_make_directory(dir, 0755, FILEUTILS_RECUR) < 0 ? -EIO : 0;

	json_object_object_add(o, "image", json_object_new_string(a->image));
	json_object_object_add(o, "words", json_object_new_string(a->words));
	json_object_object_add(o, "ordered", json_object_new_boolean(a->ordered));
	free(dir);
	if (r == 0)
		return d2d_supervisor_save(a->dir, o);
	json_object_put(o);
	return r;
}

int d2dautostart_names(const char *root, char ***names)
{
	return d2d_supervisor_names(root, D2DAUTOSTART_KIND, names);
}

void d2dautostart_set_state(const struct d2dautostart *a, const char *text)
{
	int r = d2d_supervisor_set_state(a->dir, text);

	if (r < 0)
		bb_error_msg("can't write the state in '%s': %s", a->dir, strerror(-r));
}

char *d2dautostart_state(const struct d2dautostart *a)
{
	return d2d_supervisor_state(a->dir);
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
