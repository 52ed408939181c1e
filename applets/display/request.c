/*
 * d2ddisplay: starts and removes containers.
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
		request = xasprintf("POST /containers/%s/start", *id);
		r = d2d_engine_ask(request, NULL, NULL, why);
		free(request);
	} else if (!*why) {
		*why = xstrdup("the engine's answer can't be understood");
		r = -EIO;
	}
	return r / 100 == 2 ? 0 : r < 0 ? r : -EIO;
}

int d2ddisplay_remove_container(const char *name, char **why)
{
	char *request = xasprintf("GET /containers/%s/json", name);
	struct json_object *o;
	int r = d2d_engine_ask(request, NULL, &o, why);
	bool ours = r == 200 && d2d_json_text(json_object_object_get(json_object_object_get(o, "Config"), "Labels"), D2DDISPLAY_LABEL"-of");

	free(request);
	json_object_put(o);
	if (r == 404) {
		free(*why);
		*why = NULL;
		return 0;
	}
	if (r != 200)
		return r < 0 ? r : -EIO;
	if (!ours)
		return d2d_fail(-EEXIST, why, "there is a container '%s' already, which 'd2d display' hasn't made", name);
	request = xasprintf("DELETE /containers/%s?force=1&v=1", name);
	r = d2d_engine_ask(request, NULL, NULL, why);
	free(request);
	if (r == 404) {
		free(*why);
		*why = NULL;
		return 0;
	}
	return r / 100 == 2 ? 0 : r < 0 ? r : -EIO;
}
