/*
 * Typed access to JSON: a value of another type than the expected one counts as missing. json-c itself ends the program when
 * the length of something else than an array is asked for, so JSON from files and from the engine is read by these functions.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_json.o

#include <json-c/json.h>
#include "d2d_util.h"

const char *d2d_json_text(struct json_object *o, const char *key)
{
	struct json_object *text;

	if (!json_object_object_get_ex(o, key, &text) || !json_object_is_type(text, json_type_string))
		return NULL;
	return json_object_get_string(text);
}

size_t d2d_json_array(struct json_object *o, const char *key, struct json_object **array)
{
	if (!json_object_object_get_ex(o, key, array) || !json_object_is_type(*array, json_type_array))
		return 0;
	return json_object_array_length(*array);
}

size_t d2d_json_length(struct json_object *array)
{
	return json_object_is_type(array, json_type_array) ? json_object_array_length(array) : 0;
}

const char *d2d_json_text_at(struct json_object *array, size_t i)
{
	struct json_object *text = i < d2d_json_length(array) ? json_object_array_get_idx(array, i) : NULL;

	return json_object_is_type(text, json_type_string) ? json_object_get_string(text) : NULL;
}

struct json_object *d2d_json_read(const char *path, size_t max)
{
	struct json_object *o = NULL;
	char *text;
	size_t len;

	if (d2d_file_read(path, max, &text, &len) == 0)
		o = json_tokener_parse(text);
	free(text);
	return o;
}

struct json_object *d2d_json_printable(const char *text)
{
	struct json_object *value;
	char *copy;

	if (!text)
		return NULL;
	copy = d2d_printable(text, strlen(text));
	value = json_object_new_string(copy);
	free(copy);
	return value;
}
