/*
 * Converts the list of volumes to JSON, for other programs.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_volume_json.o

#include <json-c/json.h>
#include "d2d_volume.h"

/* Adds a text; an unknown or empty one becomes null. */
static void add_text(struct json_object *o, const char *key, const char *text)
{
	char *shown = text && text[0] ? d2d_printable(text, strlen(text)) : NULL;

	json_object_object_add(o, key, shown ? json_object_new_string(shown) : NULL);
	free(shown);
}

static struct json_object *volume_json(const struct d2d_volume *v)
{
	struct json_object *o = json_object_new_object();

	add_text(o, "device", v->dev);
	add_text(o, "role", d2d_role_name(v->role));
	add_text(o, "why", v->why);
	add_text(o, "fstype", v->fstype);
	add_text(o, "uuid", v->uuid);
	add_text(o, "label", v->label);
	json_object_object_add(o, "size", json_object_new_int64(v->size));
	json_object_object_add(o, "removable", json_object_new_boolean(v->removable));
	json_object_object_add(o, "partitioned", json_object_new_boolean(v->partitioned));
	add_text(o, "holder", v->holder);
	add_text(o, "mountpoint", v->mountpoint);
	return o;
}

struct json_object *d2d_volumes_json(const struct d2d_volume *list, int n)
{
	struct json_object *all = json_object_new_array();
	int i;

	for (i = 0; i < n; i++)
		json_object_array_add(all, volume_json(&list[i]));
	return all;
}
