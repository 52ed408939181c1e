/*
 * What the verbs of d2dunlock share; they stand in d2dunlock_PART.c.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2DUNLOCK_H
#define D2DUNLOCK_H 1

#include <libcryptsetup.h>
#include "d2d_luks.h"

enum {
	EXIT_NO_KEY = 2,
	EXIT_NO_LUKS = 3,
	EXIT_OTHERS = 4,	/* the first volume is open, of the others not all */

	PASSPHRASE_SIZE = 1024,
	SAID_SIZE = 160,

	/* of opening */
	OPT_C = 1 << 0,
	OPT_i = 1 << 1,
	OPT_q = 1 << 2,
	OPT_r = 1 << 3,
	OPT_c = 1 << 4,
	OPT_l = 1 << 5,
	OPT_D = 1 << 6,

	/* of the other verbs */
	OPT_FORCE = 1 << 8,
	OPT_STDIN = 1 << 9,
	OPT_KEY = 1 << 10,
	OPT_SLOT = 1 << 11,
	OPT_MS = 1 << 12,
	OPT_YES = 1 << 13,
	OPT_LABEL = 1 << 14,
};

enum { UNLOCK_CLOSED, UNLOCK_OPEN, UNLOCK_BROKEN };

struct unlock {
	unsigned opt;
	const char *name;	/* NULL: luks-UUID */
	char *dev;
	const char *header;	/* NULL: on the device itself */
	bool further;		/* not the first */
	int state;
	struct crypt_device *cd;
	char *said;		/* libcryptsetup's first complaint, the one nearest to the cause: SAID_SIZE */

	/* of the verbs but opening */
	const char *key_file;	/* what opens it now */
	const char *file;	/* the argument behind the device, or NULL */
	const char *label;
	unsigned slot, ms;
};

/* What is to be opened, and by what. */
struct opening {
	struct unlock *volume;
	int n;
	llist_t *files;		/* of keys */
	const struct d2d_place *place;	/* of one, or NULL */
	bool watch;		/* keys on what is plugged in */
	unsigned tries, seconds;
	int uevents;
	llist_t *seen;		/* names of volumes */
};

struct secret {
	char *key;		/* crypt_safe_free() */
	size_t len;
};

/* In libcryptsetup's words when it had some, for what its error codes don't tell apart. */
const char *d2dunlock_reason(const struct unlock *u, int err);

/* Sets u->dev to the device of a path, UUID=X or LABEL=X; of the volume labelled as a store without a spec. An exit code,
 * after a line, when there is none or more than one. */
int d2dunlock_find(struct unlock *u, const char *spec);

/* The same, also when it isn't a LUKS volume, unless its header is elsewhere. */
int d2dunlock_choose(struct unlock *u, const char *spec);

/* Negative, after a line, when it isn't one. */
int d2dunlock_place(struct d2d_place *place, const char *text);

/* The path of a header that a place names; it stays open as long as we live. Waits so many seconds for its volume, dies when
 * it isn't there. */
char *d2dunlock_header(const char *text, unsigned seconds);

/* Reads the header of u->dev into u->cd. Negative, after a line, when it can't be used. */
int d2dunlock_load(struct unlock *u);

/* A key file for u->dev, to be freed with crypt_safe_free(). NULL, after a line, when it can't be used. */
char *d2dunlock_read_file(struct unlock *u, const char *file, size_t *len);

/* The same of a line of stdin; dies. */
char *d2dunlock_read_stdin(struct unlock *u, size_t *len);

/* The name that a person knows the volume by: its label. */
const char *d2dunlock_label(const struct unlock *u, const char *otherwise);

/* A new key: the file that is the argument, a line of stdin, or asked for twice; dies. */
void d2dunlock_new_key(struct unlock *u, struct secret *s);

/* What a key slot will take, measured and shown; set for those of u->cd unless that is NULL. Dies. */
void d2dunlock_measure(struct unlock *u, struct crypt_pbkdf_type *kdf);

/* Dies when a copy of the header is damaged, unless forced: it would be written anew with the other, and with it what
 * it may still be good for. */
void d2dunlock_refuse_damaged(const struct unlock *u);

/* Opening. Returns the exit code. */
int d2dunlock_open(struct opening *o);

/* Lists all LUKS volumes; closes u->name. They return the exit code. */
int d2dunlock_list(void);
int d2dunlock_close(const struct unlock *u);

/* The verbs. They return the exit code. */
int d2dunlock_list_keys(struct unlock *u);
int d2dunlock_add_key(struct unlock *u);
int d2dunlock_remove_key(struct unlock *u);
int d2dunlock_change_key(struct unlock *u);
int d2dunlock_format(struct unlock *u);
int d2dunlock_erase(struct unlock *u);
int d2dunlock_backup(struct unlock *u);
int d2dunlock_restore(struct unlock *u);

#endif
