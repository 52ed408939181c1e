/*
 * d2dswarm: joins the swarm that d2d/swarm.conf names. The token goes to the engine by its socket and never into the arguments of a
 * program, which every user of the machine can see; it is in memory only during an attempt.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DSWARM) += d2dswarm_join.o

#include "d2dswarm.h"
#include <sys/mman.h>
#include <sys/vfs.h>
#include <linux/magic.h>

#define DATA "/var/lib/docker"
#define CERTIFICATE DATA"/swarm/certificates/swarm-node.crt"	/* which a manager has given to this node */

enum {
	REQUEST = 8 * 1024,		/* longest request, in bytes */
	CLOCK_MS = 15 * 1000,		/* to wait for an NTP server before the first attempt */
	JOIN_MS = 90 * 1000,		/* to wait for a join with which the engine goes on by itself */
	PAUSE = 5, PAUSE_MAX = 60,	/* seconds between two attempts */
};

bool d2dswarm_in_memory(const struct d2dswarm *d)
{
	char *path = xasprintf("%s"DATA, d->root);
	struct statfs fs;
	bool is = statfs(path, &fs) == 0 && (fs.f_type == TMPFS_MAGIC || fs.f_type == RAMFS_MAGIC);

	free(path);
	return is;
}

/* Notes for the shutdown whether this node is to leave the swarm. */
static void note_leave(const struct d2dswarm *d)
{
	char *path = xasprintf("%s"D2DSWARM_LEAVE, d->root);

	if (d2dswarm_in_memory(d) && d2d_make_parent_dirs(path) == 0)
		d2d_file_write(path, "");
	else
		unlink(path);
	free(path);
}

static void print_joined(struct d2dswarm *d, const char *how)
{
	struct d2d_swarm node;

	if (d2d_swarm_read(&node) == 0)
		printf("%s as a %s: node %s, address %s%s\n", how, node.manager ? "manager" : "worker", node.id, node.address,
			d2dswarm_in_memory(d) ? "; without a store the membership ends with this boot" : "");
	d2d_swarm_free(&node);
}

/* ---- a membership that is there ---- */

/* A node that was switched off while it joined has a membership without a certificate, with which it can't work. */
static bool is_unfinished(const struct d2dswarm *d, const struct d2d_swarm *node)
{
	char *path = xasprintf("%s"CERTIFICATE, d->root);
	bool is = strcmp(node->state, "error") == 0 && access(path, F_OK) < 0 && errno == ENOENT;

	free(path);
	return is;
}

static enum d2dswarm_result has_membership(struct d2dswarm *d, const struct d2d_swarm *node)
{
	char *why;
	int r;

	if (is_unfinished(d, node)) {
		r = d2dswarm_request("POST /swarm/leave?force=1", NULL, &why);
		if (r != 200)
			d2dswarm_wrong(d, "swarm", "an earlier attempt to join was interrupted, and the rest of it can't be removed: %s", why);
		else
			printf("an earlier attempt to join was interrupted: it begins anew\n");
		free(why);
		return D2DSWARM_LATER;
	}
	if (strcmp(node->state, "locked") == 0) {
		d2dswarm_wrong(d, "swarm", "this manager is locked: 'docker swarm unlock' asks for the key");
		return D2DSWARM_NEVER;
	}
	if (strcmp(node->state, "error") == 0) {
		d2dswarm_wrong(d, "swarm", "this node is in a swarm, but doesn't work there: %s. If the swarm has removed it: "
			"'docker swarm leave --force', then 'sudo d2d swarm join'", node->error[0] ? node->error : "no reason is known");
		return D2DSWARM_NEVER;
	}
	note_leave(d);
	if (strcmp(node->state, "active") != 0) {
		d2dswarm_wrong(d, "swarm", "this node is in a swarm, but has no connection to it yet%s%s", node->error[0] ? ": " : "",
			node->error);
		return D2DSWARM_IS_IN;
	}
	print_joined(d, "in the swarm");
	return D2DSWARM_IS_IN;
}

/* ---- an attempt ---- */

/* Appends to the request in TEXT, which has room for REQUEST bytes. */
static void append(char *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void append(char *text, const char *format, ...)
{
	size_t len = strlen(text);
	va_list args;

	va_start(args, format);
	vsnprintf(text + len, REQUEST - len, format, args);
	va_end(args);
}

/* Writes the request. No value has a character that JSON would escape: d2dswarm_parse() has seen to it. */
static void write_request(char *text, const struct d2dswarm_conf *c, const char *advertise, const char *data_path)
{
	const llist_t *l;

	text[0] = '\0';
	append(text, "{\"ListenAddr\":\"0.0.0.0:%u\",\"AdvertiseAddr\":\"%s\",\"DataPathAddr\":\"%s\",", D2DSWARM_MANAGE, advertise,
		data_path);
	append(text, "\"Availability\":\"active\",\"RemoteAddrs\":[");
	for (l = c->managers; l; l = l->link)
		append(text, "%s\"%s\"", l == c->managers ? "" : ",", l->data);
	append(text, "],\"JoinToken\":\"%s\"}", c->token);
}

/* Says what the engine's message means. */
static enum d2dswarm_result explain(struct d2dswarm *d, int status, const char *why)
{
	const char *file = d->file;

	if (strcasestr(why, "fingerprint")) {
		d2dswarm_wrong(d, "token", "the managers are those of another swarm than the token in '%s': %s", file, why);
		return D2DSWARM_NEVER;
	}
	if (strcasestr(why, "join token")) {
		d2dswarm_wrong(d, "token", "the managers don't accept the token in '%s', perhaps because there is a newer one ('docker swarm "
			"join-token worker' shows it on a manager): %s", file, why);
		return D2DSWARM_NEVER;
	}
	if (strcasestr(why, "expired or is not yet valid") || strcasestr(why, "expired or not yet valid")) {
		d2dswarm_wrong(d, "clock", "the clock of this machine and those of the managers differ: %s", why);
		return D2DSWARM_LATER;
	}
	if (strcasestr(why, "could not choose an IP address") || strcasestr(why, "could not find the system's IP address")) {
		d2dswarm_wrong(d, "advertise", "%s: 'advertise = CARD' in '%s' chooses one", why, file);
		return D2DSWARM_NEVER;
	}
	d2dswarm_wrong(d, "swarm", "not joined: %s", why);
	return status == 400 ? D2DSWARM_NEVER : D2DSWARM_LATER;
}

/* After 20 s the engine answers that it goes on by itself, which slow machines need. Waits until the node works in the swarm.
 * Returns whether it does. */
static bool joins_in_background(const char *why)
{
	unsigned long long end = d2d_now() + JOIN_MS;
	bool active = false, goes_on = strstr(why, "will continue in the background");

	while (goes_on && !active && d2d_now() < end) {
		struct d2d_swarm node;

		usleep(500 * 1000);
		if (d2d_swarm_read(&node) == 0) {
			active = strcmp(node.state, "active") == 0;
			goes_on = active || strcmp(node.state, "pending") == 0;
		}
		d2d_swarm_free(&node);
	}
	return active;
}

static enum d2dswarm_result send_request(struct d2dswarm *d)
{
	const struct d2dswarm_conf *c = &d->conf;
	char *advertise = c->advertise ? d2dswarm_card(d, "advertise", c->advertise) : xstrdup("");
	char *data_path = c->data_path ? d2dswarm_card(d, "data-path", c->data_path) : xstrdup("");
	enum d2dswarm_result result = D2DSWARM_LATER;
	char *text = xzalloc(REQUEST), *why = NULL;
	int r;

	mlock(text, REQUEST);
	if (advertise && data_path) {
		write_request(text, c, advertise, data_path);
		r = d2dswarm_request("POST /swarm/join", text, &why);
		if (r == 200 || joins_in_background(why)) {
			note_leave(d);
			print_joined(d, "joined the swarm");
			result = D2DSWARM_IS_IN;
		} else {
			result = explain(d, r, why);
		}
	}
	explicit_bzero(text, REQUEST);
	munlock(text, REQUEST);
	free(text);
	free(why);
	free(data_path);
	free(advertise);
	return result;
}

static enum d2dswarm_result attempt(struct d2dswarm *d)
{
	struct d2d_swarm node;
	int err = d2d_swarm_read(&node);
	enum d2dswarm_result result;

	d->wrong = 0;
	free(d->blocked);
	d->blocked = NULL;
	if (err == 0 && d2d_swarm_is_member(&node)) {
		result = has_membership(d, &node);
	} else if (!d2dswarm_load(d, NULL)) {
		result = D2DSWARM_NEVER;
	} else {
		d2dswarm_check(d, err == 0 ? &node : NULL, err);
		result = d->blocked ? D2DSWARM_LATER : send_request(d);
	}
	d2dswarm_unload(d);
	d2d_swarm_free(&node);
	return result;
}

/* ---- attempts ---- */

/* Waits until NTP has set the clock, if it is about to. */
static void wait_for_clock(void)
{
	unsigned long long end = d2d_now() + CLOCK_MS;
	char *text;
	bool waits;

	do {
		text = xmalloc_open_read_close(D2D_RUN"/clock/state", NULL);
		waits = text && is_prefixed_with(text, "waiting");
		free(text);
	} while (waits && d2d_now() < end && !usleep(200 * 1000));
}

/* Notes for `d2d` why the node isn't in the swarm. */
static void write_state(const struct d2dswarm *d, enum d2dswarm_result result, bool again)
{
	char *path = xasprintf("%s"D2DSWARM_STATE, d->root), *text;

	if (result == D2DSWARM_IS_IN) {
		unlink(path);
	} else {
		text = xasprintf("not in the swarm%s: %s\n", again ? ", and asks again" : "", d->blocked ? : d->last ? : "?");
		if (d2d_make_parent_dirs(path) == 0)
			d2d_file_write(path, text);
		free(text);
	}
	free(path);
}

enum d2dswarm_result d2dswarm_join(struct d2dswarm *d, bool wait)
{
	enum d2dswarm_result result;
	unsigned pause = PAUSE;

	if (!d->root[0])
		wait_for_clock();
	while ((result = attempt(d)) == D2DSWARM_LATER && wait) {
		write_state(d, result, true);
		fflush_all();
		/* The same messages again and again would fill the log. */
		d->silent = true;
		sleep(pause);
		pause = MIN(2 * pause, PAUSE_MAX);
	}
	/* The first attempt after an interrupted one only cleans up. */
	if (result == D2DSWARM_LATER && !d->wrong)
		result = attempt(d);
	d->silent = false;
	write_state(d, result, false);
	return result;
}
