/*
 * d2ddisplay: makes and removes containers.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DDISPLAY) += d2ddisplay_request.o

#include <json-c/json.h>
#include "d2ddisplay.h"

int d2ddisplay_start_container(const char *name, struct json_object *config, char **id, char **why)
{
	char *request = xasprintf("POST /containers/create?name=%s", name);
	struct json_object *o;
	int r = d2d_engine_ask(request, config, &o, why);

	free(request);
	*id = r / 100 == 2 && d2d_json_text(o, "Id") ? xstrdup(d2d_json_text(o, "Id")) : NULL;
	json_object_put(o);
	if (*id) {
		r = d2d_engine_container_start(*id, why);
		return r == -ENOENT ? -EIO : r;
	}
	if (!*why) {
		*why = xstrdup("the engine's answer can't be understood");
		r = -EIO;
	}
	return r < 0 ? r : -EIO;
}

int d2ddisplay_remove_container(const char *name, char **why)
{
	static const struct d2d_engine_owner owner = { "d2d display", D2DDISPLAY_LABEL"-of", NULL, false };

	return d2d_engine_container_remove(name, &owner, why);
}

void d2ddisplay_append(struct json_object *o, const char *key, struct json_object *value)
{
	struct json_object *array = json_object_object_get(o, key);

	if (!array) {
		array = json_object_new_array();
		json_object_object_add(o, key, array);
	}
	json_object_array_add(array, value);
}
