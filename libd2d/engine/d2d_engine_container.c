/*
 * Requests to the Docker engine about containers that one of our commands has made.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_engine_container.o

#include <json-c/json.h>
#include <sys/socket.h>
#include "d2d_engine.h"

enum { SHOWN = 400 };

struct json_object *d2d_engine_container(const char *name, int *err)
{
	char *request = xasprintf("GET /containers/%s/json", name), *why;
	struct json_object *o;
	int r = d2d_engine_ask(request, NULL, &o, &why);

	free(why);
	free(request);
	if (r == 200 && json_object_is_type(o, json_type_object))
		return o;
	json_object_put(o);
	*err = r == 404 ? -ENOENT : r < 0 ? r : -EAGAIN;
	return NULL;
}

bool d2d_engine_container_runs(struct json_object *container)
{
	return json_object_get_boolean(json_object_object_get(json_object_object_get(container, "State"), "Running"));
}

const char *d2d_engine_container_label(struct json_object *container, const char *label)
{
	return d2d_json_text(json_object_object_get(json_object_object_get(container, "Config"), "Labels"), label);
}

char *d2d_engine_container_end(struct json_object *container)
{
	struct json_object *state = json_object_object_get(container, "State");
	const char *error = d2d_json_text(state, "Error");

	if (error && error[0])
		return d2d_printable(error, MIN(strlen(error), SHOWN));
	if (json_object_get_boolean(json_object_object_get(state, "OOMKilled")))
		return xstrdup("out of memory");
	return xasprintf("exit status %d", json_object_get_int(json_object_object_get(state, "ExitCode")));
}

int d2d_engine_is_running(const char *id, char **end)
{
	int err = 0, runs;
	struct json_object *o = d2d_engine_container(id, &err);

	*end = err == -ENOENT ? xstrdup("its container was removed") : NULL;
	if (!o)
		return err == -ENOENT ? 0 : -EAGAIN;
	runs = d2d_engine_container_runs(o);
	if (!runs)
		*end = d2d_engine_container_end(o);
	json_object_put(o);
	return runs;
}

int d2d_engine_container_start(const char *name, char **why)
{
	char *request = xasprintf("POST /containers/%s/start", name);
	int r = d2d_engine_ask(request, NULL, NULL, why);

	free(request);
	/* 304: it runs already. */
	return r / 100 == 2 || r == 304 ? 0 : r < 0 ? r : r == 404 ? -ENOENT : -EIO;
}

int d2d_engine_container_remove(const char *name, const struct d2d_engine_owner *owner, char **why)
{
	int r = 0;
	struct json_object *o = d2d_engine_container(name, &r);
	const char *label = d2d_engine_container_label(o, owner->label);
	bool ours = label && (!owner->value || strcmp(label, owner->value) == 0);
	char *request;

	*why = NULL;
	json_object_put(o);
	if (r < 0)
		return r == -ENOENT ? 0 : d2d_fail(r, why, "no Docker engine at '%s': %s", d2d_engine_socket(), strerror(-r));
	if (!ours)
		return d2d_fail(-EEXIST, why, "there is a container '%s' already, which '%s' hasn't made", name, owner->command);
	if (owner->stops) {
		request = xasprintf("POST /containers/%s/stop", name);
		d2d_engine_ask(request, NULL, NULL, why);
		free(*why);
		free(request);
	}
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

void d2d_engine_stream_skip(int *fd)
{
	char buf[4096];
	ssize_t n = recv(*fd, buf, sizeof(buf), MSG_DONTWAIT);

	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
		close(*fd);
		*fd = -1;
	}
}
