/*
 * d2dunlock: reads the LUKS header of a volume, and refuses volumes that are not really encrypted.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DUNLOCK) += d2dunlock_load.o

#include "d2dunlock.h"

const char *d2dunlock_reason(const struct unlock *u, int err)
{
	return u->said[0] ? printable_string(u->said) : strerror(-err);
}

const char *d2dunlock_label(const struct unlock *u, const char *otherwise)
{
	const char *label = crypt_get_label(u->cd);

	return label && label[0] ? printable_string(label) : otherwise;
}

/* Refuses a volume that isn't encrypted: it would open with any key and pass for an encrypted one. In LUKS2 each key
 * slot names a cipher of its own, too: with the null cipher the slot holds the volume key in the clear, and any
 * passphrase opens it. */
static int refuse_null(const struct unlock *u)
{
	const char *cipher = crypt_get_cipher(u->cd);
	int slot, max = crypt_keyslot_max(crypt_get_type(u->cd));
	size_t size;

	if (!cipher || strstr(cipher, "null")) {
		bb_error_msg("'%s' is not encrypted: its cipher is %s", u->dev, cipher ? printable_string(cipher) : "none");
		return -EINVAL;
	}
	for (slot = 0; slot < max; slot++) {
		if (crypt_keyslot_status(u->cd, slot) <= CRYPT_SLOT_INACTIVE)
			continue;
		cipher = crypt_keyslot_get_encryption(u->cd, slot, &size);
		if (!cipher || strstr(cipher, "null")) {
			bb_error_msg("any passphrase would open '%s': the cipher of its key slot %d is %s", u->dev, slot,
				cipher ? printable_string(cipher) : "none");
			return -EINVAL;
		}
	}
	return 0;
}

void d2dunlock_announce(const struct unlock *u, const char *text)
{
	char *line;

	bb_simple_error_msg(text);
	if (!u->announce)
		return;
	line = xasprintf("debian2docker: %s\n", text);
	d2d_consoles_write(line);
	free(line);
}

void d2dunlock_warn_damaged(const struct unlock *u)
{
	int copies = d2d_luks_copies(u->header ? u->header : u->dev);
	char *repair, *text;

	if (copies <= 0 || copies == (D2D_LUKS_FIRST | D2D_LUKS_SECOND))
		return;
	repair = d2d_luks2_repair(u->header ? "FILE" : u->dev);
	text = xasprintf("the %s copy of the LUKS header of '%s' is damaged and the other one is used: '%s' repairs it",
		copies & D2D_LUKS_FIRST ? "second" : "first", u->dev, repair);
	d2dunlock_announce(u, text);
	free(text);
	free(repair);
}

int d2dunlock_load(struct unlock *u)
{
	int r = u->header ? crypt_init_data_device(&u->cd, u->header, u->dev) : crypt_init(&u->cd, u->dev);

	if (r < 0) {
		bb_error_msg("can't open '%s': %s", u->dev, strerror(-r));
		return r;
	}
	r = crypt_load(u->cd, CRYPT_LUKS, NULL);
	if (r < 0) {
		if (d2dunlock_say_lacking(u))
			return r;
		if (r == -EINVAL)
			bb_error_msg("the LUKS header of '%s' is damaged or cut off", u->dev);
		else
			bb_error_msg("can't read the LUKS header of '%s': %s", u->dev, strerror(-r));
		return r;
	}
	r = refuse_null(u);
	return r == 0 ? d2dunlock_refuse_digest(u) : r;
}
