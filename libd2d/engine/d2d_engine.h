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

/* The same with a JSON text as the body, or without one if JSON is NULL. */
int d2d_engine_post(const char *request, const char *json, char **reply);

/* Sends GET and parses the JSON reply, which the caller frees with json_object_put(). Returns as d2d_engine_request(). *reply is
 * never NULL for status 200; for other results it may be. */
int d2d_engine_get(const char *path, struct json_object **reply);

/* Sends a request with an endless reply (GET /events). Returns a descriptor from which the caller reads the reply's body, or a
 * negative errno; -EPROTO for any status but 200. */
int d2d_engine_stream(const char *request);

/* ---- d2d_engine_ask.c ---- */

/* Sends a request with the JSON object BODY, or without one if BODY is NULL. Returns the HTTP status or a negative errno. If it is
 * not one of success, *why is the reason, which the caller frees; else NULL. *reply may be NULL; the caller frees *reply with
 * json_object_put(). */
int d2d_engine_ask(const char *request, struct json_object *body, struct json_object **reply, char **why);

/* Returns the engine's description of an image (NAME:TAG), or NULL and sets *why. */
struct json_object *d2d_engine_image(const char *image, char **why);

/* ---- d2d_engine_container.c ---- */

/* Returns the engine's description of a container, or NULL; then *ERR is -ENOENT, or another negative errno if the engine doesn't
 * answer. The caller frees it with json_object_put(). */
struct json_object *d2d_engine_container(const char *name, int *err);

/* What such a description says: whether the container runs; how it has ended, which the caller frees; and the value of a label, which the
 * object owns, or NULL. */
bool d2d_engine_container_runs(struct json_object *container);
char *d2d_engine_container_end(struct json_object *container);
const char *d2d_engine_container_label(struct json_object *container, const char *label);

/* Whether a container runs. If it doesn't, *end says how it has ended; the caller frees it. Returns -EAGAIN if the engine doesn't
 * answer. */
int d2d_engine_is_running(const char *id, char **end);

/* Starts a container, unless it runs. Returns 0, -ENOENT if there is none, -EIO if the engine refuses that, or another negative errno if
 * it doesn't answer, and sets *why, which the caller frees. */
int d2d_engine_container_start(const char *name, char **why);

/* The command that has made a container, which has a label. */
struct d2d_engine_owner {
	const char *command;	/* for messages: "d2d display" */
	const char *label;
	const char *value;	/* of the label; NULL: any */
	bool stops;		/* before it removes a container, it stops it in the time that its image asks for */
};

/* Removes a container by its name. Returns 0 also if there is none, -EEXIST if it is another one's, -EIO if the engine refuses that, or
 * another negative errno if it doesn't answer, and sets *why, which the caller frees. */
int d2d_engine_container_remove(const char *name, const struct d2d_engine_owner *owner, char **why);

/* Reads and ignores what has come from the stream *FD of d2d_engine_stream(). At its end, closes it and sets *FD to -1. */
void d2d_engine_stream_skip(int *fd);

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

/* ---- d2d_dockerd_option.c: options of dockerd's command line ---- */

/* Splits a word of a command line: NAME gets the long name of the option without dashes, *VALUE points to what is behind '=', or is
 * NULL. Returns false if the word isn't an option, or its name doesn't fit into SIZE bytes. */
bool d2d_dockerd_option_name(const char *word, char *name, size_t size, const char **value);

/* Adds an option to the object SETTINGS, as daemon.json has it. NEXT is the following word or NULL; *TOOK_NEXT is set if
 * that is the option's value. Returns NULL, or why the option doesn't count. */
const char *d2d_dockerd_option(struct json_object *settings, const char *name, const char *value, const char *next, bool *took_next);

/* ---- d2d_assignment.c: assignments of a shell script ---- */

struct d2d_assignments {
	/* Takes one. Returns NULL, or why it doesn't count. NAME is a valid name, VALUE is UTF-8 without other control characters than
	 * white space. */
	const char *(*assign)(void *arg, unsigned line, const char *name, const char *value, bool exported);
	/* Is told of each line that doesn't count. WHAT is its start in printable ASCII. */
	void (*ignored)(void *arg, unsigned line, const char *what, const char *why);
	void *arg;
};

/* Reads a text, of which nothing is executed. Returns 0, or -EBADMSG if it isn't a text. */
int d2d_assignments_read(const char *text, size_t len, const struct d2d_assignments *to);

/* ---- d2d_profile.c: boot2docker's profile ---- */

#define D2D_BOOT2DOCKER "/var/lib/boot2docker"
#define D2D_PROFILE_MAX (64 * 1024)	/* bytes */

struct d2d_profile {
	struct json_object *settings;	/* for daemon.json; d2d_daemon_json_check() has not seen them */
	llist_t *env;			/* strings "KEY=VALUE" for dockerd's environment, each key once */
	bool port;			/* Docker is to be reached on port 2376 */
	char *ca, *cert, *key;		/* paths below D2D_BOOT2DOCKER: of the clients' authority, the server's certificate and key; or NULL */
};

/* Reads a text, of which nothing is executed. Calls ignored() for each part that doesn't count, with its line, the part
 * itself in printable ASCII, and the reason. Returns 0, -EFBIG for a text of more than D2D_PROFILE_MAX bytes, or -EBADMSG if
 * it isn't a text. The caller frees *P with d2d_profile_free() in any case. */
int d2d_profile_parse(const char *text, size_t len, struct d2d_profile *p,
		void (*ignored)(void *arg, unsigned line, const char *what, const char *why), void *arg);
void d2d_profile_free(struct d2d_profile *p);

#endif
