/*
 * libd2d, engine: requests to the Docker Engine's API over its Unix socket.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2D_ENGINE_H
#define D2D_ENGINE_H 1

#include "d2d_util.h"

struct json_object;

/* ---- d2d_engine.c: the Docker Engine's API ---- */

struct d2d_body {
	int fd;			/* read from its position, or, unless NULL, by read(): some bytes, or a negative errno */
	ssize_t (*read)(void *from, void *buf, size_t len);
	void *from;
	off_t size;
	void (*sent)(void *arg, off_t done, off_t size);	/* told of each piece, or NULL */
	void *arg;
};

/* The path of the engine's socket: DOCKER_HOST (unix:///PATH or /PATH; anything else is no path and makes
 * requests fail with -EPROTONOSUPPORT), or the usual one. */
const char *d2d_engine_socket(void);

/* REQUEST is "METHOD PATH", body may be NULL. Returns the HTTP status or a negative errno (-ETIMEDOUT: a minute of
 * silence, ten with a body). *reply is the reply's body, to be freed, or NULL. */
int d2d_engine_request(const char *request, const struct d2d_body *body, char **reply);

/* GET with a JSON reply; json_object_put() it. It is there when the status is 200, else it may be NULL. */
int d2d_engine_get(const char *path, struct json_object **reply);

/* Sends a request whose reply has no end (GET /events). Returns the descriptor that it comes from, behind its head, or a
 * negative errno; -EPROTO for any status but 200. */
int d2d_engine_stream(const char *request);

#endif
