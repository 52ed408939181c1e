/*
 * d2dunlock: opens volumes with the keys that a TPM 2.0 keeps (tokens in the LUKS2 header), and blocks the TPM afterwards.
 * Whatever the TPM refuses, the volume stays one that a key file or a passphrase opens.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_FEATURE_D2DUNLOCK_TPM) += d2dunlock_tpm.o

#include "d2dunlock.h"
#include "d2d_tpm.h"

/* Whether a token is one for a TPM, and has a key slot: if that is removed, the token stays. */
static bool is_tpm_token(struct unlock *u, int id)
{
	const char *type;
	int slot;

	if (crypt_token_status(u->cd, id, &type) <= CRYPT_TOKEN_INACTIVE || strcmp(type, D2D_TPM_TOKEN) != 0)
		return false;
	for (slot = 0; slot < crypt_keyslot_max(CRYPT_LUKS2); slot++)
		if (crypt_token_is_assigned(u->cd, id, slot) == 0)
			return true;
	return false;
}

int d2dunlock_tpm_token(struct unlock *u, int id, struct d2d_tpm_token *token, char **why)
{
	const char *json;

	if (!is_tpm_token(u, id) || crypt_token_json_get(u->cd, id, &json) < 0)
		return 0;
	if (d2d_tpm_token_parse(json, token, why) == 0)
		return 1;
	d2d_tpm_token_clear(token);
	return -EBADMSG;
}

int d2dunlock_tpm_tokens(const struct unlock *u)
{
	return strcmp(crypt_get_type(u->cd), CRYPT_LUKS2) == 0 ? crypt_token_max(CRYPT_LUKS2) : 0;
}

bool d2dunlock_is_tpm_slot(struct unlock *u, int slot)
{
	int i, n = d2dunlock_tpm_tokens(u);

	for (i = 0; i < n; i++)
		if (is_tpm_token(u, i) && crypt_token_is_assigned(u->cd, i, slot) == 0)
			return true;
	return false;
}

void d2dunlock_print_tpm(struct unlock *u, int id)
{
	struct d2d_tpm_token token;
	char *why = NULL, *pcrs;
	int r = d2dunlock_tpm_token(u, id, &token, &why);

	if (r > 0) {
		pcrs = d2d_tpm_pcrs_text(token.pcrs);
		printf(", PCR %s%s", pcrs, token.pin ? ", PIN" : "");
		free(pcrs);
		d2d_tpm_token_clear(&token);
	} else if (r < 0) {
		printf(", not usable: %s", why);
	}
	free(why);
}

bool d2dunlock_tpm_blocked(const struct unlock *u)
{
	return !u->tpm && access(D2D_TPM_PCRS, F_OK) == 0;
}

/* Tries a secret of the TPM on its key slot. */
static void try_secret(struct unlock *u, int slot, const uint8_t *secret, size_t len, bool pin)
{
	crypt_keyslot_info status = crypt_keyslot_status(u->cd, slot);
	char *key = crypt_safe_alloc(D2D_TPM_KEY);

	if (!key)
		bb_die_memory_exhausted();
	d2d_tpm_key(key, secret, len);
	/* The slot comes from the token: one that isn't there must not count as an error of the volume. */
	if (status == CRYPT_SLOT_ACTIVE || status == CRYPT_SLOT_ACTIVE_LAST)
		d2dunlock_try_key(u, slot, key, strlen(key), pin ? "the TPM and the PIN" : "the TPM", "key\n");
	if (u->state == UNLOCK_BROKEN)
		u->state = UNLOCK_CLOSED;
	crypt_safe_free(key);
}

/* Tries one token. Returns as d2d_tpm_unseal(). */
static int try_token(struct unlock *u, struct d2d_tpm *tpm, const struct d2d_tpm_token *token, const char *pin, char **why)
{
	uint8_t *secret = crypt_safe_alloc(D2D_TPM_SECRET_MAX);
	size_t len = 0;
	int r;

	if (!secret)
		bb_die_memory_exhausted();
	r = d2d_tpm_unseal(tpm, token, pin, secret, &len, why);
	if (r == 0) {
		try_secret(u, token->slot, secret, len, pin != NULL);
		if (u->state == UNLOCK_CLOSED)
			r = d2d_fail(-EPERM, why, "key slot %d doesn't fit the TPM's key any more", token->slot);
	}
	crypt_safe_free(secret);
	return r;
}

/* Tries all tokens that are of use: those with a PIN only if there is one, else those without. Sets *R to the most useful error. */
static void try_tokens(struct unlock *u, struct d2d_tpm *tpm, const char *pin, int *r, char **why)
{
	int i, n = d2dunlock_tpm_tokens(u);

	for (i = 0; i < n && u->state == UNLOCK_CLOSED; i++) {
		struct d2d_tpm_token token;
		char *reason = NULL;
		int one = d2dunlock_tpm_token(u, i, &token, &reason);

		if (one > 0 && pin && !token.pin) {
			d2d_tpm_token_clear(&token);
			continue;
		}
		if (one > 0) {
			one = try_token(u, tpm, &token, pin, &reason);
			d2d_tpm_token_clear(&token);
			if (one == D2D_TPM_NEEDS_PIN || one == D2D_TPM_WRONG_PIN)
				u->tpm_pin = true;
			if (one == D2D_TPM_CHANGED)
				u->tpm_changed = true;
		}
		/* A token of another machine's TPM is the least interesting. */
		if (one < 0 && (!*why || *r == D2D_TPM_OTHER)) {
			free(*why);
			*why = reason;
			*r = one;
		} else {
			free(reason);
		}
	}
}

static bool has_token(struct unlock *u)
{
	int i, n = d2dunlock_tpm_tokens(u);

	for (i = 0; i < n; i++)
		if (is_tpm_token(u, i))
			return true;
	return false;
}

int d2dunlock_try_tpm(struct unlock *u, const char *pin)
{
	struct d2d_tpm tpm = { .fd = -1 };
	char *why = NULL;
	int r;

	if (!has_token(u))
		return 0;
	u->tpm_pin = false;
	if (d2dunlock_tpm_blocked(u))
		r = d2d_fail(-EACCES, &why, "it gives no key any more until the machine restarts");
	else
		r = d2d_tpm_open(&tpm, u->tpm, &why);
	if (r == 0)
		try_tokens(u, &tpm, pin, &r, &why);
	d2d_tpm_close(&tpm);
	if (u->state == UNLOCK_CLOSED && !u->tpm_pin && why) {
		char *text = xasprintf("the TPM doesn't open '%s': %s", u->dev, why);

		d2dunlock_announce(u, text);
		free(text);
	}
	free(why);
	return u->state == UNLOCK_CLOSED ? r : 0;
}

/* ---- blocking ---- */

int d2dunlock_block_tpm(const struct unlock *u)
{
	struct d2d_tpm tpm;
	char *why = NULL;
	int r = d2d_tpm_open(&tpm, u->tpm, &why);

	if (r == 0) {
		r = d2d_tpm_block(&tpm, u->tpm ? NULL : D2D_TPM_PCRS, &why);
		d2d_tpm_close(&tpm);
	}
	if (r == D2D_TPM_NO_TPM) {
		puts(why);
		fflush_all();
		return D2D_EXIT_NOTHING;
	}
	if (r < 0)
		bb_error_msg_and_die("can't keep the TPM from giving keys: %s", why);
	return EXIT_SUCCESS;
}
