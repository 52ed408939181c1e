/*
 * Declarations shared by the parts of d2dssh, which decides who may log in by SSH and starts the server.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2DSSH_H
#define D2DSSH_H 1

#include "d2d_hook.h"
#include "d2d_ssh.h"
#include "d2d_volume.h"

/* iso/ssh/build has compiled the names of this directory, of host/ and of the keys in it into the server. All users may read the
 * files here, except for the host keys. */
#define D2DSSH_DIR D2D_RUN"/ssh"
#define D2DSSH_KEYS D2DSSH_DIR"/authorized_keys"	/* of volumes and of the kernel command line */
#define D2DSSH_HOST D2DSSH_DIR"/host"			/* directory of the host keys, or a link to that on the store */
#define D2DSSH_FINGERPRINTS D2DSSH_DIR"/fingerprints"	/* of the host keys, a line "SHA256:... (TYPE)" for each */
#define D2DSSH_EARLY D2DSSH_DIR"/early"			/* directory with the keys and the host key of d2d.ssh=early */
#define D2DSSH_EARLY_PORT "2222"
#define D2DSSH_STATE D2DSSH_DIR"/state"			/* a line: D2DSSH_LISTENS, "waits" or "off: REASON" */
#define D2DSSH_LISTENS "listens"
#define D2DSSH_HOME "/home/docker/.ssh"
#define D2DSSH_SERVER "/usr/sbin/dropbear"
#define D2DSSH_OTHER "/usr/lib/d2d/ssh-server"		/* a program of a layer that becomes the server instead (iso/layers/ssh-full) */

/* Bytes of a file with keys that the server reads: the user's own, or the keys of many volumes. */
enum { D2DSSH_FILE_MAX = 1024 * 1024 };

/* Bytes of a private key, as OpenSSH or dropbear stores it. */
enum { D2DSSH_KEY_MAX = 16 * 1024 };

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

/* Writes the keys that may log in to give the passphrase of the store. Returns whether there is one. */
bool d2dssh_collect_early(struct d2dssh *d);

/* ---- ssh/key.c ---- */

/* Reads a private key into BUF, which has D2DSSH_KEY_MAX bytes that the caller wipes, and closes the file, which was opened without
 * blocking. FD may be negative. Returns the length, or -1 if it is not a regular file of at most that length. */
ssize_t d2dssh_key_read(int fd, char *buf);

/* Make a private key of a type ("ed25519", "rsa", "ecdsa"), or convert OpenSSH's form of one to dropbear's. Return whether there is
 * one at PATH now, for root only. */
bool d2dssh_key_make(const char *type, const char *path);
bool d2dssh_key_convert(const char *buf, size_t len, const char *path);

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

/* ---- ssh/early.c ---- */

/* Starts the server for the passphrase. Returns the exit status. */
int d2dssh_early(struct d2dssh *d);

/* Asks for the passphrase, as the command that each session of that server runs. */
void d2dssh_unlock(void) NORETURN;

/* ---- ssh/list.c ---- */

/* Prints the state of the server, the fingerprints of the host keys, and the keys that may log in. Returns the exit status. */
int d2dssh_list(const struct d2dssh *d);

#endif
