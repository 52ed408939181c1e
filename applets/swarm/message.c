/*
 * d2dswarm: requests to the engine about the swarm, and what it answers.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DSWARM) += d2dswarm_message.o

#include <json-c/json.h>
#include "d2dswarm.h"

enum { SHOWN = 600 };

/* Returns what the engine says in its REPLY, or the text for the error R. The caller frees it. */
static char *message(int r, const char *reply)
{
	struct json_object *o = reply ? json_tokener_parse(reply) : NULL;
	const char *text = d2d_json_text(o, "message");
	char *shown;

	if (text && !d2dswarm_has_secret(text))
		shown = d2d_printable(text, MIN(strlen(text), SHOWN));
	else
		shown = r < 0 ? xstrdup(strerror(-r)) : xasprintf("the engine answers with status %d", r);
	json_object_put(o);
	return shown;
}

int d2dswarm_request(const char *request, const char *json, char **why)
{
	char *reply;
	int r = d2d_engine_post(request, json, &reply);

	*why = r == 200 ? NULL : message(r, reply);
	free(reply);
	return r;
}

struct json_object *d2dswarm_part(struct json_object *o, const char *key)
{
	struct json_object *value = NULL;

	return json_object_object_get_ex(o, key, &value) && json_object_is_type(value, json_type_object) ? value : NULL;
}

char *d2dswarm_text(struct json_object *o, const char *key)
{
	const char *text = (o ? d2d_json_text(o, key) : NULL) ? : "?";

	return d2d_printable(text, MIN(strlen(text), 200));
}
