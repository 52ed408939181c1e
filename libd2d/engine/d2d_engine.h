/*
 * libd2d, engine: requests to the Docker Engine's API over its Unix socket, and the engine's settings.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2D_ENGINE_H
#define D2D_ENGINE_H 1

#include "d2d_util.h"

struct json_object;

/* ---- d2d_engine.c ---- */

/* The body of a request. */
struct d2d_body {
	int fd;			/* read from its current position if read is NULL */
	ssize_t (*read)(void *from, void *buf, size_t len);	/* returns the number of bytes or a negative errno */
	void *from;
	off_t size;
	void (*sent)(void *arg, off_t done, off_t size);	/* called after each piece, or NULL */
	void *arg;
	const char *type;	/* of the content; NULL: an archive */
};

/* Returns the path of the engine's socket: DOCKER_HOST (unix:///PATH or /PATH), else the default. Any other DOCKER_HOST is
 * returned unchanged; requests then fail with -EPROTONOSUPPORT. */
const char *d2d_engine_socket(void);

/* Sends a request "METHOD PATH" with BODY or NULL. Returns the HTTP status or a negative errno: -ETIMEDOUT if the engine sends
 * nothing for a minute, with a body for ten minutes. *reply is the body of the reply, which the caller frees, or NULL. The memory
 * that the body has passed through is wiped. */
int d2d_engine_request(const char *request, const struct d2d_body *body, char **reply);

/* Sends GET and parses the JSON reply, which the caller frees with json_object_put(). Returns as d2d_engine_request(). *reply is
 * never NULL for status 200; for other results it may be. */
int d2d_engine_get(const char *path, struct json_object **reply);

/* Sends a request with an endless reply (GET /events). Returns a descriptor from which the caller reads the reply's body, or a
 * negative errno; -EPROTO for any status but 200. */
int d2d_engine_stream(const char *request);

/* ---- d2d_swarm.c ---- */

/* The swarm as the engine of this machine sees it. All texts are printable ASCII, and "" if the engine doesn't name them. */
struct d2d_swarm {
	char *state;		/* of the node: "inactive", "pending", "active", "error" or "locked" */
	char *id, *address;	/* of the node in the swarm */
	char *error;		/* why the node doesn't work */
	char *name;		/* of the machine */
	bool manager, live_restore;
	unsigned nodes, n_managers;	/* of the whole swarm; 0: only managers know */
	llist_t *managers;	/* "ADDRESS:PORT" */
};

/* Asks the engine. Returns 0, or a negative errno: -EPROTO for an answer that isn't one. The caller frees *s with
 * d2d_swarm_free() in either case. */
int d2d_swarm_read(struct d2d_swarm *s);
void d2d_swarm_free(struct d2d_swarm *s);

/* Whether the node belongs to a swarm, even if it can't work there at the moment. */
bool d2d_swarm_is_member(const struct d2d_swarm *s);

/* ---- d2d_daemon_json.c: settings of dockerd ---- */

/* Removes each setting with which this system would not work from the object SETTINGS, and calls refused() with its key and the
 * reason. With IN_SWARM, dockerd is or will be in a swarm. */
void d2d_daemon_json_check(struct json_object *settings, bool in_swarm,
		void (*refused)(void *arg, const char *key, const char *why), void *arg);

/* Adds the settings of the object MORE to the object SETTINGS. Objects are merged, except for descriptions of a runtime; any other
 * value replaces the one in SETTINGS, lists too. */
void d2d_daemon_json_merge(struct json_object *settings, struct json_object *more);

#endif
