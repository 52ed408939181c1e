/*
 * Declarations shared by the parts of d2dengine, which applies settings of the engine that volumes bring.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2DENGINE_H
#define D2DENGINE_H 1

#include "d2d_hook.h"

struct json_object;

#define D2DENGINE_DIR D2D_RUN"/engine"	/* results and verified copies */

struct d2dengine {
	const char *root;	/* "" for / */
	struct d2d_hooks files;
	int code;		/* exit status if nothing else fails */
};

/* ---- engine/place.c ---- */

/* Undoes what an earlier run has mounted and linked, and removes its results. */
void d2dengine_undo(const struct d2dengine *e);

/* Writes the result D2DENGINE_DIR/NAME with this mode. Returns its path, which the caller frees, or NULL after a message; then the
 * exit status is set. */
char *d2dengine_write(struct d2dengine *e, const char *name, const char *text, size_t len, mode_t mode);

/* Mounts the result FILE over the image's file TARGET. Sets the exit status and prints a message if that fails. With another root
 * than / nothing is mounted. */
void d2dengine_mount(struct d2dengine *e, const char *file, const char *target);

/* Links the directory D2DENGINE_DIR/NAME to TARGET, unless something else is there. */
void d2dengine_link(struct d2dengine *e, const char *name, const char *target);

#define D2DENGINE_DAEMON_JSON "/etc/docker/daemon.json"
#define D2DENGINE_CERTS "/etc/docker/certs.d"
#define D2DENGINE_CA "/etc/ssl/certs/ca-certificates.crt"
#define D2DENGINE_PROXY D2DENGINE_DIR"/proxy"	/* read by /etc/profile */
#define D2DENGINE_ENVIRONMENT D2DENGINE_DIR"/environment"	/* lines KEY=VALUE, read by boot-scripts/start-dockerd */

/* ---- engine/boot2docker.c ---- */

#define D2DENGINE_PROFILE "profile"	/* its name among the settings */

/* Appends boot2docker's profile and certificates to the settings, if there are any. */
void d2dengine_find_boot2docker(struct d2dengine *e, struct d2d_trust *trust);

/* Reads the profile FILE: writes what it exports to D2DENGINE_ENVIRONMENT, and returns its settings, which the caller frees, or NULL
 * after a message. What doesn't count is reported. */
struct json_object *d2dengine_profile(struct d2dengine *e, const struct d2d_hook *file);

/* ---- engine/certificates.c, engine/daemon.c ---- */

/* Apply the files in ca/ and certs.d/; and daemon.json, the profile and the proxy. Return how many settings were applied. */
unsigned d2dengine_certificates(struct d2dengine *e);
unsigned d2dengine_daemon(struct d2dengine *e);

#endif
