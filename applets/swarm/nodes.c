/*
 * d2dswarm: the nodes of the swarm, which only managers know.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DSWARM) += d2dswarm_nodes.o

#include <json-c/json.h>
#include "d2dswarm.h"

int d2dswarm_nodes(struct d2dswarm_node **nodes)
{
	struct json_object *list, *leader;
	int i, n = 0, r = d2d_engine_get("/nodes", &list);

	*nodes = NULL;
	if (r == 200) {
		n = d2d_json_length(list);
		*nodes = xzalloc((n + 1) * sizeof(**nodes));
	}
	for (i = 0; i < n; i++) {
		struct json_object *o = json_object_array_get_idx(list, i), *manager = d2dswarm_part(o, "ManagerStatus");
		struct d2dswarm_node *node = &(*nodes)[i];

		node->id = d2dswarm_text(o, "ID");
		node->name = d2dswarm_text(d2dswarm_part(o, "Description"), "Hostname");
		node->state = d2dswarm_text(d2dswarm_part(o, "Status"), "State");
		node->up = strcmp(node->state, "ready") == 0;
		node->manager = manager != NULL;
		node->reachable = manager && strcmp(d2d_json_text(manager, "Reachability") ? : "", "reachable") == 0;
		node->leader = manager && json_object_object_get_ex(manager, "Leader", &leader) && json_object_get_boolean(leader);
	}
	json_object_put(list);
	return r == 200 ? n : r < 0 ? r : -EPROTO;
}

void d2dswarm_nodes_free(struct d2dswarm_node *nodes, int n)
{
	int i;

	for (i = 0; i < n; i++) {
		free(nodes[i].id);
		free(nodes[i].name);
		free(nodes[i].state);
	}
	free(nodes);
}

/* Returns the node that is up and has the name of NODE, or NULL. */
static const struct d2dswarm_node *namesake(const struct d2dswarm_node *nodes, int n, const struct d2dswarm_node *node)
{
	int i;

	for (i = 0; i < n; i++)
		if (&nodes[i] != node && nodes[i].up && strcmp(nodes[i].name, node->name) == 0)
			return &nodes[i];
	return NULL;
}

static void show_node(struct d2dswarm *d, const struct d2dswarm_node *nodes, int n, const struct d2dswarm_node *node)
{
	const struct d2dswarm_node *other = namesake(nodes, n, node);

	if (!node->up && other)
		/* Such as a machine without a store that was switched off without leaving. */
		d2dswarm_wrong(d, "stale", "%s, %s: %s; %s has its name now: %sdocker node rm %s", node->name, node->id, node->state, other->id,
			node->manager ? auto_string(xasprintf("docker node demote %s; ", node->id)) : "", node->id);
	else if (!node->up)
		d2dswarm_wrong(d, "nodes", "%s, %s: %s", node->name, node->id, node->state);
	else if (other > node)
		d2dswarm_wrong(d, "nodes", "%s and %s have the same host name, %s: sudo d2d config hostname=NAME on one of them", node->id,
			other->id, node->name);
}

void d2dswarm_show_nodes(struct d2dswarm *d, const char *self)
{
	struct d2dswarm_node *nodes;
	int i, up = 0, managers = 0, reachable = 0, n = d2dswarm_nodes(&nodes);

	if (n < 0) {
		d2dswarm_wrong(d, "nodes", "can't be listed: %s", n == -EPROTO ? "too few managers answer, so there is no leader" : strerror(-n));
		return;
	}
	for (i = 0; i < n; i++) {
		up += nodes[i].up;
		managers += nodes[i].manager;
		reachable += nodes[i].reachable;
	}
	d2dswarm_row(d, "nodes", "%d, of which %d are up; managers: %d, of which %d are reachable", n, up, managers, reachable);
	for (i = 0; i < n; i++)
		if (nodes[i].leader)
			d2dswarm_row(d, "leader", "%s, %s", nodes[i].name, strcmp(nodes[i].id, self) == 0 ? "this node" : nodes[i].id);
	for (i = 0; i < n; i++)
		show_node(d, nodes, n, &nodes[i]);
	if (managers > 1 && reachable == managers / 2 + 1)
		d2dswarm_wrong(d, "managers", "if one more is lost, the rest is no majority of %d, and nothing can be changed any more%s",
			managers, managers == 2 ? ": three can lose one" : "");
	d2dswarm_show_tasks(d, nodes, n);
	d2dswarm_nodes_free(nodes, n);
}
