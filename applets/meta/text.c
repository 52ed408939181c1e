/*
 * d2dmeta: values of metadata, and texts that are made of them.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DMETA) += d2dmeta_text.o

#include "d2dmeta_text.h"

void d2dmeta_add(struct d2dmeta_text *t, const char *format, ...)
{
	va_list args;
	char *text;
	size_t len;

	va_start(args, format);
	text = d2d_vformat(format, args);
	va_end(args);
	len = strlen(text);
	if (t->len + len > D2DMETA_TEXT_MAX)
		t->full = true;
	if (!t->full) {
		t->text = xrealloc(t->text, t->len + len + 1);
		memcpy(t->text + t->len, text, len + 1);
		t->len += len;
	}
	free(text);
}

bool d2dmeta_is_line(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return false;
	return true;
}

const char *d2dmeta_scalar(struct json_object *o)
{
	const char *text = NULL;

	if (json_object_is_type(o, json_type_int) || json_object_is_type(o, json_type_boolean))
		return json_object_get_string(o);
	/* A text of JSON may have null bytes. */
	if (json_object_is_type(o, json_type_string))
		text = json_object_get_string(o);
	return text && strlen(text) == (size_t)json_object_get_string_len(o) ? text : NULL;
}

struct json_object *d2dmeta_typed(struct json_object *o, const char *key, enum json_type type)
{
	struct json_object *value;

	if (!json_object_is_type(o, json_type_object) || !json_object_object_get_ex(o, key, &value)
			|| !json_object_is_type(value, type))
		return NULL;
	return value;
}

const char *d2dmeta_get(struct json_object *o, const char *key)
{
	struct json_object *value;

	if (!json_object_is_type(o, json_type_object) || !json_object_object_get_ex(o, key, &value))
		return NULL;
	return d2dmeta_scalar(value);
}

int d2dmeta_flag(struct json_object *o, const char *key)
{
	static const char words[] ALIGN1 = "false\0true\0no\0yes\0off\0on\0False\0True\0No\0Yes\0Off\0On\0"
		"FALSE\0TRUE\0NO\0YES\0OFF\0ON\0";
	const char *text = d2dmeta_get(o, key);
	int i = text ? index_in_strings(words, text) : -1;

	return i < 0 ? -1 : i & 1;
}

struct json_object *d2dmeta_json(const char *text, size_t len, struct d2dmeta_notes *n)
{
	struct json_tokener *tokener = json_tokener_new();
	enum json_tokener_error err;
	struct json_object *o;

	if (!tokener)
		bb_die_memory_exhausted();
	/* The null byte behind the text tells the tokener that there is no more. */
	o = json_tokener_parse_ex(tokener, text, len + 1);
	err = json_tokener_get_error(tokener);
	if (err == json_tokener_success && json_object_is_type(o, json_type_object)) {
		json_tokener_free(tokener);
		return o;
	}
	if (err == json_tokener_success)
		d2dmeta_wrong(n, "it has no keys: nothing of it is used");
	else
		d2dmeta_wrong(n, "byte %u: %s: nothing of it is used", (unsigned)json_tokener_get_parse_end(tokener) + 1,
			json_tokener_error_desc(err));
	json_tokener_free(tokener);
	json_object_put(o);
	return NULL;
}
