/*
 * d2dunlock enroll-tpm and remove-tpm: lets the TPM keep a key of a volume, or no longer.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_FEATURE_D2DUNLOCK_TPM) += d2dunlock_tpm_verbs.o

#include "d2dunlock.h"
#include "d2d_efi.h"
#include "d2d_tpm.h"

#define SECURE_BOOT D2D_EFIVARS"/SecureBoot-"D2D_EFI_GLOBAL

static void refuse_luks1(const struct unlock *u)
{
	if (!d2dunlock_tpm_tokens(u))
		bb_error_msg_and_die("'%s' is a %s volume, which has no place for a TPM's key: only LUKS2 has", u->dev, crypt_get_type(u->cd));
}

/* Whether the firmware has checked signatures. The variable has four bytes of attributes before its value. */
static bool has_secure_boot(void)
{
	char value[5] = "";

	return open_read_close(SECURE_BOOT, value, sizeof(value)) == sizeof(value) && value[4] == 1;
}

/* PCR 7 tells who may start a system on this machine, which without Secure Boot is anybody. */
static void warn_without_secure_boot(const struct unlock *u)
{
	if (has_secure_boot())
		return;
	if ((u->opt & OPT_NO_PIN) && !(u->opt & OPT_FORCE))
		bb_error_msg_and_die("Secure Boot is off, so the TPM would give the key to any system that somebody starts on this machine: "
			"nothing was changed (-f does it all the same)");
	bb_simple_error_msg("warning: Secure Boot is off, so the TPM tells this system from others hardly or not at all: "
		"only the PIN protects the key");
}

static void get_pin(struct unlock *u, struct secret *pin)
{
	if (u->opt & OPT_NO_PIN)
		return;
	if (u->opt & OPT_STDIN) {
		pin->key = d2dunlock_read_text(u);
		if (!pin->key[0])
			bb_simple_error_msg_and_die("stdin has no PIN");
		return;
	}
	if (!isatty(STDIN_FILENO))
		bb_simple_error_msg_and_die("no terminal to ask on; -i takes the passphrase and the PIN from stdin");
	if (!d2dunlock_new_pin(pin, 0))
		bb_simple_error_msg_and_die("nothing was changed");
}

int d2dunlock_enroll_tpm(struct unlock *u)
{
	uint32_t pcrs = 1u << D2D_TPM_SECURE_BOOT;
	struct secret fits = { NULL, 0 }, pin = { NULL, 0 };
	char *why = NULL, *names;
	int r;

	refuse_luks1(u);
	d2dunlock_refuse_damaged(u);
	if (u->opt & OPT_STRICT)
		pcrs |= 1u << D2D_TPM_LOADER;
	warn_without_secure_boot(u);
	if (d2dunlock_current_key(u, &fits) < 0)
		return EXIT_NO_KEY;
	get_pin(u, &pin);
	r = d2dunlock_seal(u, &fits, pcrs, pin.key, &why);
	crypt_safe_free(fits.key);
	crypt_safe_free(pin.key);
	if (r < 0)
		bb_error_msg_and_die("the TPM doesn't keep a key of '%s': %s", u->dev, why);
	names = d2d_tpm_pcrs_text(pcrs);
	printf("%s: key slot %d: the TPM opens it if PCR %s %s as now%s\n", u->dev, r, names, (u->opt & OPT_STRICT) ? "are" : "is",
		(u->opt & OPT_NO_PIN) ? "" : " and the PIN is right");
	free(names);
	return EXIT_SUCCESS;
}

/* Whether a slot belongs to a token that is removed: all of the TPM's, or the one with u->slot. */
static bool is_meant(struct unlock *u, int id)
{
	const char *type;

	if (crypt_token_status(u->cd, id, &type) <= CRYPT_TOKEN_INACTIVE || strcmp(type, D2D_TPM_TOKEN) != 0)
		return false;
	return !(u->opt & OPT_SLOT) || crypt_token_is_assigned(u->cd, id, u->slot) == 0;
}

int d2dunlock_remove_tpm(struct unlock *u)
{
	int i, others = 0, found = 0, r = 0, n = d2dunlock_tpm_tokens(u);

	d2dunlock_refuse_damaged(u);
	for (i = 0; i < n; i++)
		found += is_meant(u, i);
	if (!found)
		bb_error_msg_and_die("'%s' has no key of a TPM%s", u->dev, (u->opt & OPT_SLOT) ? " in this slot" : "");
	for (i = 0; i < crypt_keyslot_max(CRYPT_LUKS2); i++)
		others += d2dunlock_is_usable(u, i) && !d2dunlock_is_tpm_slot(u, i);
	if (!others && !(u->opt & OPT_FORCE))
		bb_error_msg_and_die("'%s' has no other key: nothing could open the volume any more (-f removes it)", u->dev);
	u->said[0] = '\0';
	for (i = 0; r == 0 && i < n; i++)
		if (is_meant(u, i))
			r = d2dunlock_drop_tpm(u, i);
	if (r == 0)
		r = d2d_luks_flush(u->dev);
	if (r < 0)
		bb_error_msg_and_die("can't change the keys of '%s': %s", u->dev, d2dunlock_reason(u, r));
	printf("%s: %d key%s of a TPM removed\n", u->dev, found, found == 1 ? "" : "s");
	return EXIT_SUCCESS;
}
