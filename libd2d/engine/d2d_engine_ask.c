/*
 * Requests to the Docker engine whose failure is a sentence, and what is most often asked: an image.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_engine_ask.o

#include <json-c/json.h>
#include "d2d_engine.h"

enum { SHOWN = 400 };

int d2d_engine_ask(const char *request, struct json_object *body, struct json_object **reply, char **why)
{
	const char *json = body ? json_object_to_json_string_ext(body, JSON_C_TO_STRING_NOSLASHESCAPE) : NULL;
	struct json_object *o;
	const char *said;
	char *text;
	int r;

	r = d2d_engine_post(request, json, &text);
	o = text ? json_tokener_parse(text) : NULL;
	free(text);
	*why = NULL;
	if (r < 0) {
		*why = xasprintf("no Docker engine at '%s': %s", d2d_engine_socket(), strerror(-r));
	} else if (r / 100 != 2) {
		said = json_object_is_type(o, json_type_object) ? d2d_json_text(o, "message") : NULL;
		*why = said ? d2d_printable(said, MIN(strlen(said), SHOWN)) : xasprintf("the engine answers with status %d", r);
	}
	if (reply)
		*reply = o;
	else
		json_object_put(o);
	return r;
}

struct json_object *d2d_engine_image(const char *image, char **why)
{
	char *request = xasprintf("GET /images/%s/json", image);
	struct json_object *o;
	int r = d2d_engine_ask(request, NULL, &o, why);

	free(request);
	if (r == 200 && json_object_is_type(o, json_type_object) && d2d_json_text(o, "Id"))
		return o;
	if (r == 404) {
		free(*why);
		*why = xasprintf("there is no image '%s'", image);
	} else if (!*why) {
		*why = xstrdup("the engine's answer can't be understood");
	}
	json_object_put(o);
	return NULL;
}
