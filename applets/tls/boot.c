/*
 * d2dtls: at boot, makes the certificates and the arguments with which dockerd opens its port. Without certificates there are no
 * arguments, so the port stays closed.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DTLS) += d2dtls_boot.o

#include <json-c/json.h>
#include "d2dtls.h"
#include "d2d_volume.h"

#define BOOT2DOCKER D2D_STORE"/var/lib/boot2docker"
#define DAEMON_JSON "/etc/docker/daemon.json"

#define DMI "/sys/class/dmi/id"

enum { JSON_MAX = 1024 * 1024 };

/* docker-machine's drivers for VMware make no disk of boot2docker: they copy its files there later, and before that they wait for
 * the port. So boot2docker opened it on each virtual machine of VMware. */
static bool is_vmware(const struct d2dtls *t)
{
	char *dir = xasprintf("%s"DMI, t->root), *vendor = d2d_sysfs_read(dir, "sys_vendor");
	bool is = ENABLE_D2D_BOOT2DOCKER && vendor && strcasestr(vendor, "vmware");

	free(vendor);
	free(dir);
	return is;
}

/* Returns whether the port is to be opened: if the user has said so, and, unless the user has said no, on a disk of
 * boot2docker, when docker-machine's profile asks for it, and on VMware. Sets *ASKED if the user has said so, or *WHY to the
 * reason why not. */
static bool is_wanted(struct d2dtls *t, const struct d2dtls_given *given, bool *asked, const char **why)
{
	char *value = d2d_option_at(t->root, "tls"), *disk = xasprintf("%s"BOOT2DOCKER, t->root);
	struct stat st;
	bool is = false;

	*asked = false;
	*why = NULL;
	if (!value) {
		is = given->port || (lstat(disk, &st) == 0 && S_ISDIR(st.st_mode)) || is_vmware(t);
		*why = "d2d.tls=yes isn't set";
	} else if (!value[0] || strcmp(value, "yes") == 0) {
		is = *asked = true;
	} else if (strcmp(value, "no") == 0) {
		*why = "d2d.tls=no";
	} else {
		d2dtls_error(t, "d2d.tls='%s' is neither yes nor no: the port stays closed", printable_string(value));
	}
	free(disk);
	free(value);
	return is;
}

/* Returns the key of a volume's daemon.json that says how dockerd listens, or NULL: dockerd accepts no arguments then that say it,
 * too. */
static const char *own_listener(const struct d2dtls *t)
{
	static const char keys[] ALIGN1 = "hosts\0tls\0tlsverify\0tlscacert\0tlscert\0tlskey\0";
	char *path = xasprintf("%s"DAEMON_JSON, t->root);
	struct json_object *settings = d2d_json_read(path, JSON_MAX);
	const char *key, *found = NULL;

	for (key = keys; *key && !found; key += strlen(key) + 1)
		if (json_object_is_type(settings, json_type_object) && json_object_object_get_ex(settings, key, NULL))
			found = key;
	json_object_put(settings);
	free(path);
	return found;
}

static bool write_flags(struct d2dtls *t, const char *ca, const char *cert, const char *key)
{
	/* Without IPv6 dockerd couldn't listen on its wildcard address, and would end. */
	bool v6 = access("/proc/net/if_inet6", F_OK) == 0;
	char *path = xasprintf("%s"D2DTLS_FLAGS, t->root);
	/* boot2docker's client looks for tcp:// in the command line of dockerd, hence -H and not a setting. */
	char *text = xasprintf("-H\nunix:///var/run/docker.sock\n-H\ntcp://%s:%u\n--tlsverify\n"
		"--tlscacert=%s\n--tlscert=%s\n--tlskey=%s\n", v6 ? "[::]" : "0.0.0.0", D2DTLS_PORT, ca, cert, key);
	int err = d2d_make_parent_dirs(path);

	if (!err)
		err = d2d_file_write(path, text);
	if (err < 0) {
		d2dtls_error(t, "can't write '%s': %s", path, strerror(-err));
	} else {
		/* `d2d`, which anybody may call, reads the state there. */
		*strrchr(path, '/') = '\0';
		chmod(path, 0755);
	}
	free(text);
	free(path);
	return err == 0;
}

/* Opens the port with the certificates that are made here. */
static bool open_port(struct d2dtls *t)
{
	char *ca = d2dtls_path(t, "ca", ".pem"), *cert = d2dtls_path(t, "server", ".pem"), *key = d2dtls_path(t, "server", "-key.pem");
	bool ok = write_flags(t, ca, cert, key);

	free(key);
	free(cert);
	free(ca);
	return ok;
}

void d2dtls_write_state(const struct d2dtls *t, const struct d2dtls_set *set, const struct d2dtls_given *given)
{
	char *path = xasprintf("%s"D2DTLS_STATE, t->root), *flags = xasprintf("%s"D2DTLS_FLAGS, t->root), *text, *more;
	/* Nothing was read if the directory couldn't be used. */
	const char *server = !given->usable && set->server.cert.raw.p ? d2dtls_day(d2dtls_time(&set->server.cert.valid_to)) : "?";
	const char *client = !given->usable && set->client.cert.raw.p ? d2dtls_day(d2dtls_time(&set->client.cert.valid_to)) : "?";
	const llist_t *l;

	if (access(flags, F_OK) == 0 && given->usable)
		text = xasprintf("port %u, for docker-machine; server's certificate until %s\n", D2DTLS_PORT, d2dtls_day(given->until));
	else if (access(flags, F_OK) == 0)
		text = xasprintf("port %u; server's certificate until %s, client's until %s\n", D2DTLS_PORT, server, client);
	else
		text = xasprintf("port %u is closed\n", D2DTLS_PORT);
	for (l = t->problems; l; l = l->link) {
		more = xasprintf("%s! %s\n", text, l->data);
		free(text);
		text = more;
	}
	d2d_file_save_as(path, text, strlen(text), 0644, NULL);
	free(text);
	free(flags);
	free(path);
}

/* Makes certificates and opens the port with them. */
static void use_own(struct d2dtls *t, struct d2dtls_set *set)
{
	/* The first certificate shall have all addresses; later ones keep those that they have. */
	char *server = d2dtls_path(t, "server", ".pem");

	if (!t->root[0] && access(server, F_OK) < 0) {
		d2dtls_settle();
		t->now = time(NULL);
	}
	free(server);
	d2dtls_make(t, set, D2DTLS_AS_NEEDED);
	if (!set->usable)
		d2dtls_error(t, "port %u stays closed", D2DTLS_PORT);
	if (set->usable && open_port(t) && t->code == EXIT_SUCCESS) {
		llist_t *list = d2dtls_cert_names(&set->server.cert);
		char *names = d2dtls_names_text(list);

		printf("port %u for %s%s\n", D2DTLS_PORT, names,
			t->store ? "" : " (no store: the certificates are new at each boot)");
		free(names);
		llist_free(list, free);
	}
}

/* Judges whether the port is to be opened, and opens it. Returns the exit status. */
static int open_if_wanted(struct d2dtls *t, const struct d2dtls_given *given)
{
	struct d2dtls_set set = { .usable = false };
	const char *why, *key;
	bool asked;

	if (!is_wanted(t, given, &asked, &why)) {
		if (why)
			puts(why);
		return why ? D2D_EXIT_NOTHING : EXIT_FAILURE;
	}
	key = own_listener(t);
	if (key) {
		printf("daemon.json of a volume has '%s', so it decides alone on what Docker listens\n", key);
		return asked ? EXIT_FAILURE : D2D_EXIT_NOTHING;
	}
	if (!given->usable)
		use_own(t, &set);
	else if (write_flags(t, given->ca, given->cert, given->key))
		printf("port %u with docker-machine's certificate '%s'\n", D2DTLS_PORT, given->cert);
	d2dtls_write_state(t, &set, given);
	d2dtls_set_free(&set);
	return t->code;
}

int d2dtls_boot(struct d2dtls *t)
{
	struct d2dtls_given given;
	char *flags = xasprintf("%s"D2DTLS_FLAGS, t->root), *state = xasprintf("%s"D2DTLS_STATE, t->root);
	int code;

	/* From an earlier run: dockerd may be started again with other settings. */
	unlink(flags);
	unlink(state);
	d2dtls_given_read(t, &given);
	code = open_if_wanted(t, &given);
	d2dtls_given_free(&given);
	free(state);
	free(flags);
	return code;
}
