/*
 * Merges settings of dockerd (daemon.json) that a user brings with those of the image, and finds settings with which this system
 * would not work.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DENGINE) += d2d_daemon_json.o

#include <json-c/json.h>
#include "d2d_engine.h"

static bool is_text(struct json_object *value, const char *text)
{
	return json_object_is_type(value, json_type_string) && strcmp(json_object_get_string(value), text) == 0;
}

/* Each function below returns whether a value of a setting does no harm. */

static bool is_never(struct json_object *value UNUSED_PARAM)
{
	return false;
}

static bool is_overlay2(struct json_object *value)
{
	return is_text(value, "overlay2");
}

static bool is_empty(struct json_object *value)
{
	return is_text(value, "");
}

static bool is_docker(struct json_object *value)
{
	return is_text(value, "docker");
}

static bool has_our_socket(struct json_object *value)
{
	size_t i, n = d2d_json_length(value);

	for (i = 0; i < n; i++) {
		const char *host = d2d_json_text_at(value, i);

		if (host && index_in_strings("unix://\0unix:///var/run/docker.sock\0unix:///run/docker.sock\0", host) >= 0)
			return true;
	}
	return false;
}

static bool is_not_systemd(struct json_object *value)
{
	size_t i, n = d2d_json_length(value);

	for (i = 0; i < n; i++) {
		const char *option = d2d_json_text_at(value, i);

		if (option && strcmp(option, "native.cgroupdriver=systemd") == 0)
			return false;
	}
	return true;
}

static bool has_no_snapshotter(struct json_object *value)
{
	struct json_object *on;

	return !json_object_is_type(value, json_type_object)
		|| !json_object_object_get_ex(value, "containerd-snapshotter", &on) || !json_object_get_boolean(on);
}

static const struct {
	const char *key;
	bool (*is_harmless)(struct json_object *value);
	const char *why;
} rules[] = {
	{ "data-root", is_never, "the store decides where Docker's data is (d2d.store=)" },
	{ "graph", is_never, "the store decides where Docker's data is (d2d.store=)" },
	{ "storage-driver", is_overlay2, "images are imported into a store of overlay2" },
	{ "features", has_no_snapshotter, "images are imported into a store of overlay2, which containerd-snapshotter doesn't use" },
	{ "userns-remap", is_empty, "it moves Docker's data to a directory without the imported images" },
	{ "containerd", is_never, "the system starts containerd and knows its socket" },
	{ "exec-root", is_never, "the system's programs rely on the default" },
	{ "pidfile", is_never, "the system's programs rely on the default" },
	{ "validate", is_never, "dockerd would only check its settings and end" },
	{ "hosts", has_our_socket, "it lacks unix:///var/run/docker.sock, which the system's programs use" },
	{ "group", is_docker, "user docker would lose its access to Docker" },
	{ "exec-opts", is_not_systemd, "there is no systemd that could manage control groups" },
};

/* Whether dockerd would listen on TCP without asking for the certificates of clients. Without a scheme an address is one of TCP. */
static bool has_open_port(struct json_object *settings)
{
	struct json_object *hosts, *verify;
	size_t i, n = d2d_json_array(settings, "hosts", &hosts);

	if (json_object_object_get_ex(settings, "tlsverify", &verify) && json_object_get_boolean(verify))
		return false;
	for (i = 0; i < n; i++) {
		const char *host = d2d_json_text_at(hosts, i);

		if (host && !is_prefixed_with(host, "unix://") && !is_prefixed_with(host, "fd://"))
			return true;
	}
	return false;
}

void d2d_daemon_json_check(struct json_object *settings, bool in_swarm,
		void (*refused)(void *arg, const char *key, const char *why), void *arg)
{
	struct json_object *live;
	unsigned i;

	/* With it, dockerd refuses to join a swarm, and in one it doesn't even start. */
	if (in_swarm && json_object_object_get_ex(settings, "live-restore", &live) && json_object_get_boolean(live)) {
		refused(arg, "live-restore", "it can't be used in a swarm, and this machine is in one or is to join one (d2d.swarm=join)");
		json_object_object_del(settings, "live-restore");
	}

	if (has_open_port(settings)) {
		refused(arg, "hosts", "it opens a TCP port without 'tlsverify', and whoever reaches that is root here: "
			"d2d.tls=yes opens one with certificates");
		json_object_object_del(settings, "hosts");
	}
	for (i = 0; i < ARRAY_SIZE(rules); i++) {
		struct json_object *value;

		if (json_object_object_get_ex(settings, rules[i].key, &value) && !rules[i].is_harmless(value)) {
			refused(arg, rules[i].key, rules[i].why);
			json_object_object_del(settings, rules[i].key);
		}
	}
}

static void merge(struct json_object *settings, struct json_object *more, bool whole)
{
	struct json_object_iter at;

	json_object_object_foreachC(more, at) {
		struct json_object *old;

		/* A runtime has either a path or a type, so a part of one description doesn't fit into another. */
		if (!whole && json_object_is_type(at.val, json_type_object) && json_object_object_get_ex(settings, at.key, &old)
				&& json_object_is_type(old, json_type_object))
			merge(old, at.val, strcmp(at.key, "runtimes") == 0);
		else
			json_object_object_add(settings, at.key, json_object_get(at.val));
	}
}

void d2d_daemon_json_merge(struct json_object *settings, struct json_object *more)
{
	merge(settings, more, false);
}
