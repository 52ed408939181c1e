/*
 * What the engine says about the swarm that it is in.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_swarm.o

#include <json-c/json.h>
#include "d2d_engine.h"

/* Returns the text of a key in printable ASCII, "" if there is none. The caller frees it. */
static char *text_of(struct json_object *o, const char *key)
{
	const char *text = d2d_json_text(o, key) ? : "";

	return d2d_printable(text, strlen(text));
}

static bool is_true(struct json_object *o, const char *key)
{
	struct json_object *value;

	return json_object_object_get_ex(o, key, &value) && json_object_is_type(value, json_type_boolean)
		&& json_object_get_boolean(value);
}

static unsigned number_of(struct json_object *o, const char *key)
{
	struct json_object *value;
	int n = 0;

	if (json_object_object_get_ex(o, key, &value) && json_object_is_type(value, json_type_int))
		n = json_object_get_int(value);
	return n > 0 ? n : 0;
}

int d2d_swarm_read(struct d2d_swarm *s)
{
	struct json_object *info, *swarm = NULL, *managers;
	size_t i, n;
	int r = d2d_engine_get("/info", &info);

	memset(s, 0, sizeof(*s));
	if (r == 200 && (!json_object_object_get_ex(info, "Swarm", &swarm) || !json_object_is_type(swarm, json_type_object)))
		r = -EPROTO;
	if (r == 200) {
		s->state = text_of(swarm, "LocalNodeState");
		s->id = text_of(swarm, "NodeID");
		s->address = text_of(swarm, "NodeAddr");
		s->error = text_of(swarm, "Error");
		s->name = text_of(info, "Name");
		s->manager = is_true(swarm, "ControlAvailable");
		s->live_restore = is_true(info, "LiveRestoreEnabled");
		s->nodes = number_of(swarm, "Nodes");
		s->n_managers = number_of(swarm, "Managers");
		n = d2d_json_array(swarm, "RemoteManagers", &managers);
		for (i = 0; i < n; i++) {
			char *address = text_of(json_object_array_get_idx(managers, i), "Addr");

			if (address[0])
				llist_add_to_end(&s->managers, address);
			else
				free(address);
		}
	}
	json_object_put(info);
	return r == 200 ? 0 : r < 0 ? r : -EPROTO;
}

bool d2d_swarm_is_member(const struct d2d_swarm *s)
{
	return s->state && s->state[0] && strcmp(s->state, "inactive") != 0;
}

void d2d_swarm_free(struct d2d_swarm *s)
{
	llist_free(s->managers, free);
	free(s->state);
	free(s->id);
	free(s->address);
	free(s->error);
	free(s->name);
	memset(s, 0, sizeof(*s));
}
