/*
 * d2dswarm: tasks that a node has rejected, most often because it lacks the image.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DSWARM) += d2dswarm_tasks.o

#include <json-c/json.h>
#include "d2dswarm.h"

enum { SHOWN = 10 };

/* Returns the name of a service, or its ID. The caller frees it. */
static char *service_name(struct json_object *services, const char *id)
{
	size_t i, n = d2d_json_length(services);

	for (i = 0; i < n; i++) {
		struct json_object *o = json_object_array_get_idx(services, i);
		const char *own = d2d_json_text(o, "ID");

		if (own && strcmp(own, id) == 0)
			return d2dswarm_text(d2dswarm_part(o, "Spec"), "Name");
	}
	return d2d_printable(id, MIN(strlen(id), 100));
}

static const char *state_of(struct json_object *task)
{
	return d2d_json_text(d2dswarm_part(task, "Status"), "State") ? : "";
}

/* Whether a task runs on this node for this service, or any of its tasks if it has no node. */
static bool runs(struct json_object *tasks, const char *service, const char *node)
{
	size_t i, n = d2d_json_length(tasks);

	for (i = 0; i < n; i++) {
		struct json_object *o = json_object_array_get_idx(tasks, i);
		const char *its_node = d2d_json_text(o, "NodeID"), *its = d2d_json_text(o, "ServiceID");

		if (strcmp(state_of(o), "running") == 0 && its && strcmp(its, service) == 0 && its_node && strcmp(its_node, node) == 0)
			return true;
	}
	return false;
}

static const char *node_name(const struct d2dswarm_node *nodes, int n, const char *id)
{
	int i;

	for (i = 0; i < n; i++)
		if (strcmp(nodes[i].id, id) == 0)
			return nodes[i].name;
	return "?";
}

/* Returns what is wrong with a task, or NULL if it was not rejected or another one runs there. The caller frees it. */
static char *rejected(struct json_object *tasks, struct json_object *task, struct json_object *services,
	const struct d2dswarm_node *nodes, int n)
{
	const char *service = d2d_json_text(task, "ServiceID"), *node = d2d_json_text(task, "NodeID");
	char *name, *why, *text;

	if (strcmp(state_of(task), "rejected") != 0 || !service || !node || runs(tasks, service, node))
		return NULL;
	name = service_name(services, service);
	why = d2dswarm_text(d2dswarm_part(task, "Status"), "Err");
	text = xasprintf("%s was rejected by %s: %s%s", name, node_name(nodes, n, node), why, strncasecmp(why, "No such image", 13) == 0 ?
		"; each node needs the image, from d2d/images of a volume, by 'd2d import', or from a registry" : "");
	free(why);
	free(name);
	return text;
}

void d2dswarm_show_tasks(struct d2dswarm *d, const struct d2dswarm_node *nodes, int n)
{
	struct json_object *tasks, *services;
	llist_t *said = NULL;
	size_t i, count;
	unsigned shown = 0;

	d2d_engine_get("/tasks", &tasks);
	d2d_engine_get("/services", &services);
	count = d2d_json_length(tasks);
	for (i = 0; i < count && shown < SHOWN; i++) {
		char *text = rejected(tasks, json_object_array_get_idx(tasks, i), services, nodes, n);

		/* The engine tries again and again, and keeps some of the tasks. */
		if (text && !llist_find_str(said, text)) {
			d2dswarm_wrong(d, "tasks", "%s", text);
			llist_add_to_end(&said, text);
			shown++;
		} else {
			free(text);
		}
	}
	llist_free(said, free);
	json_object_put(services);
	json_object_put(tasks);
}
