/*
 * What the files of d2dreset share.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2DRESET_H
#define D2DRESET_H 1

#include "d2dinstall.h"
#include "d2d_luks.h"

/* ---- d2dreset_ask.c ---- */

/* The volume that is mounted as the store, or dies without one. The caller frees it. */
char *d2dreset_mounted(void);

/* Asks for a word, unless it was said that it is wanted: dies at any other, ends the program well on a dry run. */
void d2dreset_ask(unsigned opt, const char *word);

/* ---- d2dreset_volume.c ---- */

struct reset_volume {
	const char *dev;
	int fd;			/* while it is open the kernel gives its name to no other, though it be pulled out */
	struct d2d_volume on_it;
};

/* Opens it, to be kept to the end, or dies: only a store as we make them will do, any other may be the place of something that
 * this program doesn't know. */
void d2dreset_hold(struct reset_volume *r, const char *dev);

static ALWAYS_INLINE bool d2dreset_is_luks(const struct reset_volume *r)
{
	return ENABLE_FEATURE_D2DINSTALL_LUKS && strcmp(r->on_it.fstype, "crypto_LUKS") == 0;
}

/* Behind a question: dies unless that name is still this device, and the same is on it. */
void d2dreset_check(const struct reset_volume *r);

/* Dies when anybody else has it. */
void d2dreset_refuse_used(const char *dev);

/* Of an encrypted one the keys go first: from then on nobody reads what was in it. Dies when they stay. */
void d2dreset_erase_keys(const char *dev);

/* Makes the store, encrypted unless KEY is NULL, or dies. */
void d2dreset_make(const char *dev, const struct install_key *key);

/* ---- the verbs: an exit code ---- */

/* PATH is a device, or NULL: what is mounted as the store. */
int d2dreset_soft(unsigned opt);
int d2dreset_hard(const char *path, unsigned opt);
int d2dreset_console(void);

#endif
