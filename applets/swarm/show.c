/*
 * d2dswarm: shows the role of this machine in its swarm, and whether the managers answer; and prints a swarm.conf for others.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DSWARM) += d2dswarm_show.o

#include <json-c/json.h>
#include "d2dswarm.h"

static void show_managers(struct d2dswarm *d, const struct d2d_swarm *node)
{
	struct d2dswarm_peer *peers;
	unsigned i, n = d2dswarm_reach(node->managers, 0, &peers);

	for (i = 0; i < n; i++) {
		if (peers[i].why)
			d2dswarm_wrong(d, "managers", "%s can't be reached: %s", peers[i].name, peers[i].why);
		else
			d2dswarm_row(d, "managers", "%s answers, after %u ms", peers[i].name, peers[i].ms);
	}
	d2dswarm_peers_free(peers, n);
}

/* Says why this machine is in no swarm. */
static void show_none(struct d2dswarm *d)
{
	char *path = xasprintf("%s"D2DSWARM_STATE, d->root), *text = xmalloc_open_read_close(path, NULL);

	d2dswarm_row(d, "role", "none: this machine is in no swarm");
	if (text && text[0]) {
		chomp(text);
		d2dswarm_wrong(d, "boot", "%s", auto_string(d2d_printable(text, strlen(text))));
	} else {
		d2dswarm_row(d, "", "'docker swarm init' makes one; d2d.swarm=join or 'sudo d2d swarm join' joins one (docs/swarm.md)");
	}
	free(text);
	free(path);
}

int d2dswarm_show(struct d2dswarm *d)
{
	struct d2d_swarm node;
	int err = d2d_swarm_read(&node);

	if (err < 0) {
		d2dswarm_wrong(d, "engine", "Docker doesn't answer: %s", strerror(-err));
	} else if (!d2d_swarm_is_member(&node)) {
		show_none(d);
	} else {
		d2dswarm_row(d, "role", "%s", node.manager ? "manager" : "worker");
		if (strcmp(node.state, "active") == 0 && !node.error[0])
			d2dswarm_row(d, "state", "active");
		else
			d2dswarm_wrong(d, "state", "%s%s%s", node.state, node.error[0] ? ": " : "", node.error);
		d2dswarm_row(d, "node", "%s, %s, address %s", node.name, node.id, node.address);
		d2dswarm_row(d, "membership", "%s", d2dswarm_in_memory(d) ? "in memory: the node leaves the swarm when it is switched off" :
			"kept on the store");
		show_managers(d, &node);
		if (node.manager)
			d2dswarm_show_nodes(d, node.id);
	}
	d2d_swarm_free(&node);
	return d->wrong ? EXIT_FAILURE : EXIT_SUCCESS;
}

int d2dswarm_print_conf(struct d2dswarm *d, bool manager)
{
	struct d2d_swarm node;
	struct json_object *o = NULL;
	int err = d2d_swarm_read(&node);
	const char *token, *whose = manager ? "managers, which decide about the whole swarm" : "workers";
	const llist_t *l;

	if (err == 0 && node.manager)
		d2d_engine_get("/swarm", &o);
	token = d2d_json_text(d2dswarm_part(o, "JoinTokens"), manager ? "Manager" : "Worker");
	if (err < 0) {
		d2dswarm_wrong(d, "engine", "Docker doesn't answer: %s", strerror(-err));
	} else if (!token) {
		d2dswarm_wrong(d, "swarm", "%s", node.manager ? "the engine doesn't tell the token" : "only a manager knows the token");
	} else {
		printf("# For %s: who has this file can join the swarm.\nmanager =", whose);
		for (l = node.managers; l; l = l->link)
			printf(" %s", l->data);
		printf("\ntoken = %s\n", token);
	}
	json_object_put(o);
	d2d_swarm_free(&node);
	return d->wrong ? EXIT_FAILURE : EXIT_SUCCESS;
}
