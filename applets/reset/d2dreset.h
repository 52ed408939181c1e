/*
 * Declarations shared by the parts of d2dreset, which resets the store: its settings only, or all of it.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2DRESET_H
#define D2DRESET_H 1

#include "d2dinstall.h"
#include "d2d_luks.h"

/* ---- reset/ask.c ---- */

/* Returns the device that is mounted as the store; exits if there is none. The caller frees it. */
char *d2dreset_mounted(void);

/* Asks the user to type a word, unless INSTALL_YES is set. Exits if the user types anything else; exits successfully with
 * INSTALL_DRY_RUN. */
void d2dreset_ask(unsigned opt, const char *word);

/* Asks for the passphrase of the new store; see d2dinstall_key_ask() for CONSOLE and SECONDS. To be called before anything is
 * erased: exits without a passphrase. The caller frees the key with d2dinstall_key_wipe(). */
struct install_key *d2dreset_ask_key(bool console, int seconds);

/* ---- reset/volume.c ---- */

struct reset_volume {
	const char *dev;
	int fd;			/* stays open, so that no other device can get the name */
	struct d2d_volume on_it;	/* what was probed before the question */
};

/* Opens and probes the device, which stays open until the end. Exits unless it is a store as debian2docker creates it, because
 * any other device may hold data that this program doesn't recognise. */
void d2dreset_hold(struct reset_volume *r, const char *dev);

static ALWAYS_INLINE bool d2dreset_is_luks(const struct reset_volume *r)
{
	return ENABLE_FEATURE_D2DINSTALL_LUKS && strcmp(r->on_it.fstype, "crypto_LUKS") == 0;
}

/* To be called after a question: exits unless the name still belongs to this device and its content is unchanged. */
void d2dreset_check(const struct reset_volume *r);

/* Exits if the device is in use. */
void d2dreset_refuse_used(const char *dev);

/* Erases the keys of an encrypted store, so that nobody can read its data any more. Exits if that fails. */
void d2dreset_erase_keys(const char *dev);

/* Creates the store, encrypted unless KEY is NULL, or exits. */
void d2dreset_make(const char *dev, const struct install_key *key);

/* ---- the parts of the applet: they return an exit status. PATH is a device, NULL for the mounted store ---- */

int d2dreset_soft(unsigned opt);
int d2dreset_hard(const char *path, unsigned opt);
int d2dreset_container(unsigned opt);
int d2dreset_console(void);

#endif
