/*
 * Declarations shared by the parts of d2dunlock, which opens LUKS volumes and manages their keys.
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
	EXIT_OTHERS = 4,	/* the first volume is open, but not all of the others */
	EXIT_UNRECORDED = 5,	/* the store is open, but D2D_UNLOCKED could not be written */

	PASSPHRASE_SIZE = 1024,
	SAID_SIZE = 160,	/* bytes of a message from libcryptsetup */

	/* options for opening */
	OPT_C = 1 << 0,
	OPT_i = 1 << 1,
	OPT_q = 1 << 2,
	OPT_r = 1 << 3,
	OPT_c = 1 << 4,
	OPT_l = 1 << 5,
	OPT_D = 1 << 6,
	OPT_e = 1 << 7,
	OPT_N = 1 << 8,
	OPT_P = 1 << 17,
	OPT_X = 1 << 18,

	/* options of the other verbs */
	OPT_FORCE = 1 << 8,
	OPT_STDIN = 1 << 9,
	OPT_KEY = 1 << 10,
	OPT_SLOT = 1 << 11,
	OPT_MS = 1 << 12,
	OPT_YES = 1 << 13,
	OPT_LABEL = 1 << 14,
	OPT_PIN = 1 << 15,
	OPT_NO_PIN = 1 << 16,
	OPT_STRICT = 1 << 17,
	OPT_TPM = 1 << 18,
};

enum { UNLOCK_CLOSED, UNLOCK_OPEN, UNLOCK_BROKEN };

struct unlock {
	unsigned opt;
	const char *name;	/* of the mapping; NULL: luks-UUID */
	char *dev;
	const char *header;	/* detached header; NULL: on the device itself */
	bool further;		/* this is not the first volume */
	bool announce;		/* warnings go to all consoles, too */
	int state;		/* UNLOCK_ */
	bool unrecorded;	/* D2D_UNLOCKED could not be written */
	const char *tpm;	/* device of the TPM; NULL: the usual one */
	bool tpm_pin;		/* the TPM would open the volume if it had the PIN */
	bool tpm_changed;	/* the TPM refuses, because this system was started otherwise than the one for which the key was sealed */
	struct crypt_device *cd;
	char *said;		/* libcryptsetup's first error message, which is nearest to the cause; SAID_SIZE bytes */

	/* for all verbs but opening */
	const char *key_file;	/* key file that opens the volume now, or NULL */
	const char *file;	/* the argument after the device, or NULL */
	const char *label;
	unsigned slot, ms;
};

/* The volumes to be opened, and the keys to try. */
struct opening {
	struct unlock *volume;
	int n;
	llist_t *files;		/* key files */
	const struct d2d_place *place;	/* place of a key file on another volume, or NULL */
	bool watch;		/* look for keys on volumes that are plugged in meanwhile */
	unsigned tries, seconds;	/* number of questions, time limit */
	int uevents;		/* socket for uevents, or -1 */
	bool elsewhere;		/* another process has opened a volume meanwhile */
	llist_t *seen;		/* names of volumes that were searched for a key */
};

struct secret {
	char *key;		/* the caller frees it with crypt_safe_free() */
	size_t len;
};

/* ---- unlock/load.c ---- */

/* Returns the text for an error: libcryptsetup's message if there is one, because its error codes are less exact. */
const char *d2dunlock_reason(const struct unlock *u, int err);

/* Reads the LUKS header of u->dev into u->cd. Returns a negative errno after a message if it can't be used. */
int d2dunlock_load(struct unlock *u);

/* Prints a message, on all consoles, too, if u->announce is set. */
void d2dunlock_announce(const struct unlock *u, const char *text);

/* Warns if one copy of the header is damaged, and names the command that repairs it. */
void d2dunlock_warn_damaged(const struct unlock *u);

/* Returns the label of the volume in printable form, or OTHERWISE if it has none. */
const char *d2dunlock_label(const struct unlock *u, const char *otherwise);

/* ---- unlock/algorithms.c ---- */

/* Whether the volume needs a hash or a cipher that this system lacks. Names it in a message, and says what to do. */
bool d2dunlock_say_lacking(const struct unlock *u);

/* Returns -EINVAL after a message if any passphrase would seem to fit: libcryptsetup takes each key for the right one if it can't
 * calculate the digest with which the key is compared. */
int d2dunlock_refuse_digest(const struct unlock *u);

/* ---- unlock/find.c ---- */

/* Sets u->dev to the device that SPEC names (a path, UUID=X or LABEL=X); if SPEC is NULL, to the LUKS volume with the label of a
 * store. Returns 0, or an exit status after a message if there is none or more than one. */
int d2dunlock_find(struct unlock *u, const char *spec);

/* Does the same, and also refuses a device that is not a LUKS volume, unless the volume has a detached header. */
int d2dunlock_choose(struct unlock *u, const char *spec);

/* Parses a place, see d2d_place_parse(). Returns a negative errno after a message if it is invalid. */
int d2dunlock_place(struct d2d_place *place, const char *text);

/* Opens the detached header at a place and returns a path to it, which stays valid until this process ends. Waits up to SECONDS
 * for its volume; exits if the header can't be opened. */
char *d2dunlock_header(const char *text, unsigned seconds);

/* ---- unlock/keyfile.c ---- */

/* Opens a key file that the user has named. It may be a symbolic link, but must lead to a regular file, because anything else could
 * block. Returns a descriptor or a negative errno. */
int d2dunlock_open_file(const char *file);

/* Reads a part of an open regular file as a key, and closes the file. SHOWN is its name in messages; FD may be a negative errno.
 * Returns the key, which the caller frees with crypt_safe_free(), or NULL after a message. */
char *d2dunlock_read_part(struct unlock *u, int fd, const char *shown, size_t *len, uint64_t offset, size_t size);

/* Reads a key file for u->dev. The caller frees the key with crypt_safe_free(). Returns NULL after a message if that fails. */
char *d2dunlock_read_file(struct unlock *u, const char *file, size_t *len);

/* Reads a key from a line of stdin, or exits. */
char *d2dunlock_read_stdin(struct unlock *u, size_t *len);

/* The same, ended by '\0'. The caller frees it with crypt_safe_free(). */
char *d2dunlock_read_text(struct unlock *u);

/* ---- unlock/try.c ---- */

/* Whether another process has opened the volume meanwhile. Sets its state then. */
bool d2dunlock_opened_elsewhere(struct unlock *u);

/* Tries a key on one volume, for one slot or for CRYPT_ANY_SLOT. Returns 1 if it fits, else 0. A key that doesn't fit is not
 * an error, and any other failure affects only this volume. FROM names the key in messages; BY is written to D2D_UNLOCKED. */
int d2dunlock_try_key(struct unlock *u, int slot, const char *key, size_t len, const char *from, const char *by);

/* ---- unlock/tpm.c ---- */

struct d2d_tpm_token;

/* Tries those keys of the TPM that need no PIN or, with a PIN, those that need one. Returns 0 if the volume is open or has
 * no such key, else a negative D2D_TPM_ error, after a message unless a PIN is missing or wrong. Sets u->tpm_pin and
 * u->tpm_changed. */
int d2dunlock_try_tpm(struct unlock *u, const char *pin);

/* Returns the number of tokens that the volume may have. d2dunlock_tpm_token() parses one: returns 1 if it is one for a TPM, whose
 * token the caller clears, 0 if it isn't, -EBADMSG and a reason if it is but can't be used. */
int d2dunlock_tpm_tokens(const struct unlock *u);
int d2dunlock_tpm_token(struct unlock *u, int id, struct d2d_tpm_token *token, char **why);

/* Whether the TPM keeps the key of a slot. */
bool d2dunlock_is_tpm_slot(struct unlock *u, int slot);

/* Prints what a token for a TPM depends on, or why it can't be used, such as ", PCR 7, PIN". Prints nothing for another one. */
void d2dunlock_print_tpm(struct unlock *u, int id);

/* Whether the TPM was blocked in this boot. */
bool d2dunlock_tpm_blocked(const struct unlock *u);

/* Keeps the TPM from giving any key until the machine restarts. Returns the exit status, D2D_EXIT_NOTHING if there is no TPM. */
int d2dunlock_block_tpm(const struct unlock *u);

/* ---- unlock/seal.c ---- */

/* Lets the TPM keep a key of the volume, with these PCRs and PIN (NULL: none); FITS is a key that fits now. Keys that the
 * same TPM has kept before are removed. Returns the key slot, or a negative errno and a reason, which the caller frees. */
int d2dunlock_seal(struct unlock *u, const struct secret *fits, uint32_t wanted, const char *pin, char **why);

/* Removes a token and its key slots. */
int d2dunlock_drop_tpm(struct unlock *u, int id);

/* Asks twice for a new PIN, on the terminal or on all consoles. Returns whether there is one, which the caller frees. */
bool d2dunlock_new_pin(struct secret *s, int seconds);

/* ---- unlock/reseal.c ---- */

/* After a passphrase has opened a volume that the TPM refuses since the system was changed: asks whether the TPM is to open
 * it from now on, and seals its key anew if the answer is yes. After a no, doesn't ask again while the system is started like this. */
void d2dunlock_offer_seal(struct unlock *u, const char *key, size_t len);

/* ---- unlock/open.c ---- */

/* Opens the volumes. Returns the exit status. */
int d2dunlock_open(struct opening *o);

/* ---- unlock/record.c ---- */

/* If the volume is the store, waits until no other process opens it, and keeps others from doing so until the descriptor that is
 * returned is closed. Otherwise, and on an error, returns -1. */
int d2dunlock_lock(const struct unlock *u);

/* If the volume is the store, removes the record of an earlier opening. To be called before the volume is opened: that record must
 * not count, even if this process is killed before it writes its own. Returns a negative errno after a message if it can't be
 * removed; the volume must not be opened then. */
int d2dunlock_forget(const struct unlock *u);

/* If the volume is the store, records that it was opened by "passphrase\n" or "key\n". If that fails, the store counts as opened
 * by a key; sets u->unrecorded after a message. */
void d2dunlock_record(struct unlock *u, const char *by);

/* ---- unlock/keys.c ---- */

/* Gets a key that fits, and returns its slot. Returns a negative number, after an error message, if no key fits. */
int d2dunlock_current_key(struct unlock *u, struct secret *s);

/* Asks for a line on the terminal, or exits. */
void d2dunlock_ask(const char *prompt, struct secret *s);

/* Whether a key slot holds the volume key. */
bool d2dunlock_is_usable(struct unlock *u, int slot);

/* Gets a new key: from the file u->file, from a line of stdin, or by asking twice for a passphrase. Exits on an error. */
void d2dunlock_new_key(struct unlock *u, struct secret *s);

/* Measures the parameters of a new key slot and prints them; sets them for u->cd unless that is NULL. Exits on an error. */
void d2dunlock_measure(struct unlock *u, struct crypt_pbkdf_type *kdf);

/* Exits if a copy of the header is damaged, unless OPT_FORCE is set: any change rewrites both copies, so that data that might
 * still be rescued from the damaged one is lost. */
void d2dunlock_refuse_damaged(const struct unlock *u);

/* ---- unlock/list.c ---- */

/* List all LUKS volumes; print why the machine below ROOT has, or may have, one; close the mapping u->name. Return the exit
 * status. */
int d2dunlock_list(void);
int d2dunlock_encrypted(const char *root);
int d2dunlock_close(const struct unlock *u);

/* ---- the other verbs: they return the exit status ---- */

int d2dunlock_list_keys(struct unlock *u);
int d2dunlock_add_key(struct unlock *u);
int d2dunlock_remove_key(struct unlock *u);
int d2dunlock_change_key(struct unlock *u);
int d2dunlock_format(struct unlock *u);
int d2dunlock_enroll_tpm(struct unlock *u);
int d2dunlock_erase(struct unlock *u);
int d2dunlock_remove_tpm(struct unlock *u);
int d2dunlock_repair(struct unlock *u);
int d2dunlock_backup(struct unlock *u);
int d2dunlock_restore(struct unlock *u);

#endif
