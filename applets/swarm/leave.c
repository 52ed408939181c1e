/*
 * d2dswarm: leaves the swarm. The shutdown does so on a machine that has its membership in memory: else a manager that is
 * switched off would count for the majority of managers for ever, and a worker's tasks would be started elsewhere only after
 * a while.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DSWARM) += d2dswarm_leave.o

#include <json-c/json.h>
#include "d2dswarm.h"

enum { DEMOTED_MS = 30 * 1000, POLL_US = 300 * 1000 };

static bool is_manager(void)
{
	struct d2d_swarm node;
	bool is = d2d_swarm_read(&node) == 0 && node.manager;

	d2d_swarm_free(&node);
	return is;
}

/* Asks the managers to make this one a worker. Returns NULL, or why that failed, which the caller frees. */
static char *demote(const struct d2d_swarm *node)
{
	char *path = xasprintf("/nodes/%s", node->id), *request = NULL, *why = NULL;
	struct json_object *o, *spec = NULL, *version = NULL, *index = NULL;
	unsigned long long end = d2d_now() + DEMOTED_MS;
	int r = d2d_engine_get(path, &o);

	if (r != 200 || !json_object_object_get_ex(o, "Spec", &spec) || !json_object_is_type(spec, json_type_object)
			|| !json_object_object_get_ex(o, "Version", &version) || !json_object_is_type(version, json_type_object)
			|| !json_object_object_get_ex(version, "Index", &index)) {
		why = xstrdup("the engine doesn't know this node");
	} else {
		json_object_object_add(spec, "Role", json_object_new_string("worker"));
		request = xasprintf("POST /nodes/%s/update?version=%llu", node->id, (unsigned long long)json_object_get_int64(index));
		r = d2dswarm_request(request, json_object_to_json_string(spec), &why);
	}
	while (!why && is_manager()) {
		if (d2d_now() > end)
			why = xstrdup("it is still a manager");
		usleep(POLL_US);
	}
	json_object_put(o);
	free(request);
	free(path);
	return why;
}

static void leave(struct d2dswarm *d, const char *marker)
{
	char *why;

	if (d2dswarm_request("POST /swarm/leave?force=1", NULL, &why) != 200) {
		d2dswarm_wrong(d, "swarm", "can't leave the swarm: %s", why);
	} else {
		puts("left the swarm; on a manager, 'docker node rm' removes the entry of this node");
		unlink(marker);
	}
	free(why);
}

int d2dswarm_leave(struct d2dswarm *d)
{
	struct d2d_swarm node;
	int err = d2d_swarm_read(&node);
	char *why = NULL, *marker = xasprintf("%s"D2DSWARM_LEAVE, d->root);

	if (err < 0) {
		d2dswarm_wrong(d, "engine", "Docker doesn't answer: %s", strerror(-err));
	} else if (!d2d_swarm_is_member(&node)) {
		puts("not in a swarm");
		unlink(marker);
	} else if (node.manager && node.n_managers == 1 && !d2dswarm_in_memory(d)) {
		d2dswarm_wrong(d, "swarm", "this is the only manager: without it the swarm is lost. 'docker node promote NODE' makes another "
			"one, 'docker swarm leave --force' ends the swarm");
	} else {
		if (node.manager && node.n_managers > 1)
			why = demote(&node);
		if (why)
			d2dswarm_wrong(d, "swarm", "can't become a worker before it leaves: %s%s", why, d2dswarm_in_memory(d) ? "" :
				"; it stays in the swarm, 'docker swarm leave --force' leaves nevertheless");
		/* A membership in memory ends in any case. */
		if (!why || d2dswarm_in_memory(d))
			leave(d, marker);
	}
	free(why);
	free(marker);
	d2d_swarm_free(&node);
	return d->wrong ? EXIT_FAILURE : EXIT_SUCCESS;
}
