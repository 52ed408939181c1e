/*
 * d2dunlock: tries one key on one volume.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DUNLOCK) += d2dunlock_try.o

#include "d2dunlock.h"

bool d2dunlock_opened_elsewhere(struct unlock *u)
{
	char *name = (u->opt & OPT_C) ? NULL : d2d_luks_open_as(u->dev);

	if (!name)
		return false;
	u->state = strcmp(name, u->name) == 0 ? UNLOCK_OPEN : UNLOCK_BROKEN;
	if (u->state == UNLOCK_BROKEN)
		bb_error_msg("another process has opened '%s', but as /dev/mapper/%s", u->dev, name);
	else if (!(u->opt & OPT_q))
		printf("%s: another process has opened it as /dev/mapper/%s\n", u->dev, name);
	fflush_all();
	free(name);
	return true;
}

/* Opens the volume by a key, unless it is open. Returns as crypt_activate_by_passphrase(); -EALREADY if another process has
 * opened it, -ECANCELED if it must not be opened, after a message. */
static int activate(struct unlock *u, int slot, const char *key, size_t len)
{
	uint32_t flags = (u->opt & OPT_r) ? CRYPT_ACTIVATE_READONLY : 0;

	if (d2dunlock_opened_elsewhere(u))
		return -EALREADY;
	if (d2dunlock_forget(u) < 0)
		return -ECANCELED;
	if (u->opt & OPT_D)
		flags |= CRYPT_ACTIVATE_ALLOW_DISCARDS;
	return crypt_activate_by_passphrase(u->cd, (u->opt & OPT_C) ? NULL : u->name, slot, key, len, flags);
}

int d2dunlock_try_key(struct unlock *u, int slot, const char *key, size_t len, const char *from, const char *by)
{
	int lock = d2dunlock_lock(u), r;

	u->said[0] = '\0';
	r = activate(u, slot, key, len);
	if (r >= 0)
		d2dunlock_record(u, by);
	if (lock >= 0)
		close(lock);
	if (r == -EALREADY)
		return u->state == UNLOCK_OPEN;
	if (r == -EPERM)
		return 0;
	if (r < 0) {
		u->state = UNLOCK_BROKEN;
		if (r == -ENOMEM)
			bb_error_msg("not enough memory for the key derivation of '%s'", u->dev);
		else if (r == -ECANCELED || d2dunlock_say_lacking(u))
			return 0;
		else if (r == -ENOENT)
			bb_error_msg("'%s' has no key slot that could open it", u->dev);
		else
			bb_error_msg("can't open '%s': %s", u->dev, d2dunlock_reason(u, r));
		return 0;
	}
	u->state = UNLOCK_OPEN;
	if (!(u->opt & OPT_q)) {
		if (u->opt & OPT_C)
			printf("%s: %s fits\n", u->dev, from);
		else
			printf("%s: open as /dev/mapper/%s by %s\n", u->dev, u->name, from);
		fflush_all();
	}
	return 1;
}
