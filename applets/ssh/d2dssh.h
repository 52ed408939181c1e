/*
 * Declarations shared by the parts of d2dssh, which decides who may log in by SSH and starts the server.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2DSSH_H
#define D2DSSH_H 1

#include "d2d_hook.h"
#include "d2d_ssh.h"

/* iso/ssh/build has compiled the names of this directory, of host/ and of the keys in it into the server. All users may read the
 * files here, except for the host keys. */
#define D2DSSH_DIR D2D_RUN"/ssh"
#define D2DSSH_KEYS D2DSSH_DIR"/authorized_keys"	/* of volumes and of the kernel command line */
#define D2DSSH_HOST D2DSSH_DIR"/host"			/* directory of the host keys, or a link to that on the store */
#define D2DSSH_FINGERPRINTS D2DSSH_DIR"/fingerprints"	/* of the host keys, a line "SHA256:... (TYPE)" for each */
#define D2DSSH_STATE D2DSSH_DIR"/state"			/* a line: D2DSSH_LISTENS, "waits" or "off: REASON" */
#define D2DSSH_LISTENS "listens"
#define D2DSSH_HOME "/home/docker/.ssh"
#define D2DSSH_SERVER "/usr/sbin/dropbear"

/* Bytes of a file with keys that the server reads: the user's own, or the keys of many volumes. */
enum { D2DSSH_FILE_MAX = 1024 * 1024 };

struct d2dssh {
	const char *root;	/* "" for /, else a root directory for tests */
	int code;		/* exit status if nothing else fails */
};

/* ---- ssh/state.c ---- */

/* Returns a path below the root. The caller frees it. */
char *d2dssh_path(const struct d2dssh *d, const char *path);

/* Returns the line in D2DSSH_STATE, or NULL before the first boot of the server. The caller frees it. */
char *d2dssh_state(const struct d2dssh *d);
void d2dssh_set_state(const struct d2dssh *d, const char *state);

/* Whether the server has been started and goes on listening, with a key or without. */
bool d2dssh_listens(const struct d2dssh *d);

/* ---- ssh/keys.c ---- */

/* Writes D2DSSH_KEYS, and prints what is refused, with the reason. */
void d2dssh_collect(struct d2dssh *d);

/* ---- ssh/host.c ---- */

/* Prepares the host keys and writes D2DSSH_FINGERPRINTS. Prints a message about each key that is replaced or can't be kept. */
void d2dssh_host_keys(struct d2dssh *d);

/* ---- ssh/wait.c ---- */

/* Whether somebody may log in. */
bool d2dssh_has_key(const struct d2dssh *d);

/* Prints the fingerprint of the host key, to standard output and on all consoles. */
void d2dssh_announce(const struct d2dssh *d);

/* Waits until there is a key, unless d2d.ssh=yes, and executes the server. */
void d2dssh_wait(const struct d2dssh *d) NORETURN;

/* ---- ssh/list.c ---- */

/* Prints the state of the server, the fingerprints of the host keys, and the keys that may log in. Returns the exit status. */
int d2dssh_list(const struct d2dssh *d);

#endif
