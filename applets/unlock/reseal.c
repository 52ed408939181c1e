/*
 * d2dunlock: after an update of the system, or another change of what the TPM has measured, asks whether the TPM is to keep the
 * key for the system as it was started now. The answer no is remembered for this state, in the token.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_FEATURE_D2DUNLOCK_TPM) += d2dunlock_reseal.o

#include "d2dunlock.h"
#include "d2d_efi.h"
#include "d2d_tpm.h"

enum { CONSENT_SECONDS = 60 };	/* nobody may be there, and the boot waits */

/* The token that the TPM refuses. */
struct refused {
	int id;
	uint32_t pcrs;
	bool pin;
	bool declined;		/* the user has said no to this state */
	char state[D2D_TPM_STATE];	/* what these PCRs are now */
};

static bool find_refused(struct unlock *u, struct refused *f)
{
	int i, n = d2dunlock_tpm_tokens(u);
	struct d2d_tpm_pcrs now;
	struct d2d_tpm tpm;
	char *why = NULL;
	bool found = false;

	if (d2d_tpm_open(&tpm, u->tpm, &why) == 0 && d2d_tpm_pcrs_read(&tpm, &now, &why) == 0) {
		for (i = 0; i < n && !found; i++) {
			struct d2d_tpm_token token;

			if (d2dunlock_tpm_token(u, i, &token, &why) <= 0)
				continue;
			found = token.pcrs && d2d_tpm_is_mine(&tpm, &token, &why) == 1;
			f->id = i;
			f->pcrs = token.pcrs;
			f->pin = token.pin;
			d2d_tpm_pcrs_state(&now, token.pcrs, f->state);
			f->declined = strcmp(token.declined, f->state) == 0;
			d2d_tpm_token_clear(&token);
		}
	}
	d2d_tpm_close(&tpm);
	free(why);
	return found;
}

/* Whether the first GRUB of the disk becomes another one when this boot proves good: what PCR 4 says of this start then never comes
 * again, and to seal a key to it would be in vain. */
static bool is_passing(uint32_t pcrs)
{
	char *slot = pcrs & (1u << D2D_TPM_LOADER) ? d2d_option("slot") : NULL, *own;
	bool other = false;

	if (slot && (strcmp(slot, "a") == 0 || strcmp(slot, "b") == 0)) {
		own = xasprintf(D2D_MEDIUM"/%s/"D2D_EFI_SLOT_GRUB, slot);
		other = d2d_file_same(own, D2D_MEDIUM"/"D2D_EFI_FIRST_GRUB, D2D_EFI_GRUB_MAX) == 0;
		free(own);
	}
	free(slot);
	return other;
}

/* Remembers in the token that the user doesn't want the TPM to keep the key for this state. */
static void decline(struct unlock *u, const struct refused *f)
{
	const char *json;
	char *changed = NULL;
	int r = crypt_token_json_get(u->cd, f->id, &json);

	u->said[0] = '\0';
	if (r >= 0) {
		changed = d2d_tpm_token_decline(json, f->state);
		r = changed ? crypt_token_json_set(u->cd, f->id, changed) : -EBADMSG;
	}
	if (r >= 0)
		r = d2d_luks_flush(u->header ? u->header : u->dev);
	free(changed);
	if (r < 0) {
		char *text = xasprintf("can't remember this in the header of '%s': %s", u->dev, d2dunlock_reason(u, r));

		d2dunlock_announce(u, text);
		free(text);
	} else {
		d2d_console_write("nothing else was changed; you are asked again only when it is started in yet another way. "
			"'d2d unlock enroll-tpm' does it later\n");
	}
}

static void seal(struct unlock *u, const struct refused *f, const struct secret *fits)
{
	struct secret pin = { NULL, 0 };
	char *why = NULL;
	int r;

	if (f->pin && !d2dunlock_new_pin(&pin, CONSENT_SECONDS)) {
		d2d_console_write("nothing was changed\n");
		return;
	}
	r = d2dunlock_seal(u, fits, f->pcrs, pin.key, &why);
	crypt_safe_free(pin.key);
	if (r < 0) {
		char *text = xasprintf("the TPM doesn't keep a new key of '%s': %s", u->dev, why);

		d2dunlock_announce(u, text);
		free(text);
	} else {
		d2d_console_write("from the next start on, the TPM opens it\n");
	}
	free(why);
}

void d2dunlock_offer_seal(struct unlock *u, const char *key, size_t len)
{
	const struct d2d_ask_event enter = { .fd = -1, .takes_empty = true };
	const struct secret fits = { (char *)key, len };
	struct refused f;
	char answer[16] = "", *prompt;
	int r;

	if (!find_refused(u, &f) || f.declined)
		return;
	if (is_passing(f.pcrs)) {
		d2d_console_write("this is the first start of an update, with a boot loader that is replaced at its end: "
			"the next start asks whether the TPM is to open it\n");
		return;
	}
	prompt = xasprintf("\nThe TPM refuses the key of %s, because this system was started otherwise than before.\n"
		"If you have just updated it or its firmware, or changed Secure Boot, this is expected.\n"
		"Let the TPM open it from now on when the system is started like this? (yes, no; Enter: decide later) ", u->dev);
	r = d2d_ask_or_event(prompt, answer, sizeof(answer), CONSENT_SECONDS, &enter);
	free(prompt);
	if (r >= 0 && strcasecmp(answer, "yes") == 0)
		seal(u, &f, &fits);
	else if (r >= 0 && strcasecmp(answer, "no") == 0)
		decline(u, &f);
	else
		d2d_console_write("nothing was changed: 'd2d unlock enroll-tpm' does it later\n");
}
