/*
 * Options of dockerd's command line as settings of daemon.json: dockerd refuses a setting that is given in both ways, so all of
 * them have to be in one place.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_dockerd_option.o

#include <json-c/json.h>
#include "d2d_engine.h"

/* KIND: b true or false, n number, t text, l list, m map of KEY=VALUE, p one of "proxies". What isn't here can be set by
 * d2d/daemon.json. The settings with which this system would not work are here, too, so that d2d_daemon_json_check() can say
 * why they are left out. */
static const struct { const char *option, *key; char kind; } options[] = {
	{ "add-runtime", NULL, 'm' },
	{ "allow-nondistributable-artifacts", NULL, 'l' },
	{ "authorization-plugin", "authorization-plugins", 'l' },
	{ "bip", NULL, 't' },
	{ "bridge", NULL, 't' },
	{ "cgroup-parent", NULL, 't' },
	{ "containerd", NULL, 't' },
	{ "data-root", NULL, 't' },
	{ "debug", NULL, 'b' },
	{ "default-cgroupns-mode", NULL, 't' },
	{ "default-gateway", NULL, 't' },
	{ "default-gateway-v6", NULL, 't' },
	{ "default-ipc-mode", NULL, 't' },
	{ "default-runtime", NULL, 't' },
	{ "default-shm-size", NULL, 't' },
	{ "dns", NULL, 'l' },
	{ "dns-opt", "dns-opts", 'l' },
	{ "dns-search", NULL, 'l' },
	{ "exec-opt", "exec-opts", 'l' },
	{ "exec-root", NULL, 't' },
	{ "experimental", NULL, 'b' },
	{ "fixed-cidr", NULL, 't' },
	{ "fixed-cidr-v6", NULL, 't' },
	{ "graph", "data-root", 't' },
	{ "group", NULL, 't' },
	{ "host-gateway-ip", NULL, 't' },
	{ "http-proxy", NULL, 'p' },
	{ "https-proxy", NULL, 'p' },
	{ "icc", NULL, 'b' },
	{ "init", NULL, 'b' },
	{ "insecure-registry", "insecure-registries", 'l' },
	{ "ip", NULL, 't' },
	{ "ip-forward", NULL, 'b' },
	{ "ip-masq", NULL, 'b' },
	{ "ip6tables", NULL, 'b' },
	{ "iptables", NULL, 'b' },
	{ "ipv6", NULL, 'b' },
	{ "label", "labels", 'l' },
	{ "live-restore", NULL, 'b' },
	{ "log-driver", NULL, 't' },
	{ "log-level", NULL, 't' },
	{ "log-opt", "log-opts", 'm' },
	{ "max-concurrent-downloads", NULL, 'n' },
	{ "max-concurrent-uploads", NULL, 'n' },
	{ "max-download-attempts", NULL, 'n' },
	{ "metrics-addr", NULL, 't' },
	{ "mtu", NULL, 'n' },
	{ "network-control-plane-mtu", NULL, 'n' },
	{ "no-new-privileges", NULL, 'b' },
	{ "no-proxy", NULL, 'p' },
	{ "node-generic-resource", "node-generic-resources", 'l' },
	{ "pidfile", NULL, 't' },
	{ "raw-logs", NULL, 'b' },
	{ "registry-mirror", "registry-mirrors", 'l' },
	{ "seccomp-profile", NULL, 't' },
	{ "selinux-enabled", NULL, 'b' },
	{ "shutdown-timeout", NULL, 'n' },
	{ "storage-driver", NULL, 't' },
	{ "storage-opt", "storage-opts", 'l' },
	{ "swarm-default-advertise-addr", NULL, 't' },
	{ "userland-proxy", NULL, 'b' },
	{ "userns-remap", NULL, 't' },
};

enum { NUMBER_MAX = 1000000 };

/* Returns the object or array of a key, which SETTINGS owns, and makes it if it isn't there. */
static struct json_object *collection(struct json_object *settings, const char *key, bool list)
{
	struct json_object *o;

	if (!json_object_object_get_ex(settings, key, &o)) {
		o = list ? json_object_new_array() : json_object_new_object();
		json_object_object_add(settings, key, o);
	}
	return o;
}

/* Adds KEY=VALUE to a map. Returns whether it is one. A runtime is described by its path. */
static bool add_pair(struct json_object *settings, const char *key, const char *pair)
{
	const char *value = strchr(pair, '=');
	char *name = value ? xstrndup(pair, value - pair) : NULL;
	struct json_object *o;

	if (!name || !name[0]) {
		free(name);
		return false;
	}
	o = json_object_new_string(value + 1);
	if (strcmp(key, "add-runtime") == 0) {
		struct json_object *runtime = json_object_new_object();

		json_object_object_add(runtime, "path", o);
		o = runtime;
		key = "runtimes";
	}
	json_object_object_add(collection(settings, key, false), name, o);
	free(name);
	return true;
}

static const char *add(struct json_object *settings, char kind, const char *key, const char *value)
{
	struct json_object *o = NULL;
	unsigned n;

	switch (kind) {
	case 'b':
		n = value ? index_in_strings("false\0true\0""0\0""1\0", value) : 1;
		if (n > 3)
			return "its value is neither true nor false";
		o = json_object_new_boolean(n & 1);
		break;
	case 'n':
		n = bb_strtou(value, NULL, 10);
		if (errno || n > NUMBER_MAX)
			return "its value is not a number";
		o = json_object_new_int(n);
		break;
	case 'l':
		json_object_array_add(collection(settings, key, true), json_object_new_string(value));
		return NULL;
	case 'p':
		settings = collection(settings, "proxies", false);
		o = json_object_new_string(value);
		break;
	case 'm':
		return add_pair(settings, key, value) ? NULL : "its value is not KEY=VALUE";
	default:
		o = json_object_new_string(value);
	}
	json_object_object_add(settings, key, o);
	return NULL;
}

bool d2d_dockerd_option_name(const char *word, char *name, size_t size, const char **value)
{
	static const char short_options[] ALIGN1 = "D\0H\0G\0b\0g\0l\0p\0s\0";
	static const char *const long_options[] = { "debug", "host", "group", "bridge", "graph", "log-level", "pidfile", "storage-driver" };
	char letter[2] = { word[0] == '-' ? word[1] : '\0', '\0' };
	const char *end;
	int i;

	*value = NULL;
	if (letter[0] && letter[0] != '-') {
		i = index_in_strings(short_options, letter);
		if (i < 0)
			return false;
		safe_strncpy(name, long_options[i], size);
		if (word[2])
			*value = word + 2 + (word[2] == '=');
		return true;
	}
	if (!letter[0] || !isalnum(word[2]))
		return false;
	end = strchrnul(word + 2, '=');
	if ((size_t)(end - word - 2) >= size)
		return false;
	safe_strncpy(name, word + 2, end - word - 2 + 1);
	if (*end)
		*value = end + 1;
	return true;
}

const char *d2d_dockerd_option(struct json_object *settings, const char *name, const char *value, const char *next, bool *took_next)
{
	unsigned i;

	*took_next = false;
	for (i = 0; i < ARRAY_SIZE(options); i++)
		if (strcmp(options[i].option, name) == 0)
			break;
	/* Whether an unknown option has a value can only be guessed. */
	if (i == ARRAY_SIZE(options)) {
		*took_next = !value && next && next[0] != '-';
		return "it isn't an option that is known here: d2d/daemon.json can set all that dockerd knows";
	}
	if (!value && options[i].kind != 'b') {
		if (!next)
			return "its value is missing";
		value = next;
		*took_next = true;
	}
	return add(settings, options[i].kind, options[i].key ? : options[i].option, value);
}
