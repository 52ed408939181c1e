/*
 * d2dunlock: lets the TPM keep a key of a volume: a new key slot, whose key is sealed, and a token in the LUKS2 header.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_FEATURE_D2DUNLOCK_TPM) += d2dunlock_seal.o

#include "d2dunlock.h"
#include "d2d_tpm.h"

enum {
	PIN_TRIES = 3,
	PIN_LEAST = 4,
};

/* Gets the PCRs that the firmware and the boot loader have left. */
static int boot_pcrs(const struct unlock *u, struct d2d_tpm *tpm, struct d2d_tpm_pcrs *pcrs, char **why)
{
	int r = d2dunlock_tpm_blocked(u) ? d2d_tpm_pcrs_load(D2D_TPM_PCRS, pcrs) : d2d_tpm_pcrs_read(tpm, pcrs, why);

	return r < 0 ? d2d_fail(r, why, "can't read '%s': %s", D2D_TPM_PCRS, strerror(-r)) : 0;
}

/* Refuses PCRs that the firmware doesn't use: they are the same whatever is started. */
static int refuse_empty(const struct unlock *u, const struct d2d_tpm_pcrs *pcrs, uint32_t wanted, char **why)
{
	static const uint8_t empty[D2D_TPM_DIGEST];
	int i;

	for (i = 0; i < D2D_TPM_REGISTERS && !(u->opt & OPT_FORCE); i++)
		if ((wanted & (1u << i)) && memcmp(pcrs->value[i], empty, sizeof(empty)) == 0)
			return d2d_fail(-EINVAL, why, "the firmware has measured nothing into PCR %d, so the TPM could not tell this system from "
				"another", i);
	return 0;
}

/* Adds a key slot with the secret, and the token. The secret has 256 bits: its key derivation needn't be slow. */
static int add(struct unlock *u, const struct secret *fits, struct d2d_tpm_token *token, const uint8_t *secret, char **why)
{
	const struct crypt_pbkdf_type kdf = { .type = CRYPT_KDF_PBKDF2, .hash = "sha256", .iterations = 1000,
		.flags = CRYPT_PBKDF_NO_BENCHMARK };
	char *key = crypt_safe_alloc(D2D_TPM_KEY), *json;
	int r;

	if (!key)
		bb_die_memory_exhausted();
	d2d_tpm_key(key, secret, D2D_TPM_SECRET);
	u->said[0] = '\0';
	r = crypt_set_pbkdf_type(u->cd, &kdf);
	if (r == 0)
		r = crypt_keyslot_add_by_passphrase(u->cd, CRYPT_ANY_SLOT, fits->key, fits->len, key, strlen(key));
	crypt_safe_free(key);
	if (r < 0)
		return d2d_fail(r, why, "can't add a key slot: %s", d2dunlock_reason(u, r));
	token->slot = r;
	json = d2d_tpm_token_json(token);
	r = crypt_token_json_set(u->cd, CRYPT_ANY_TOKEN, json);
	free(json);
	if (r < 0) {
		d2d_fail(r, why, "can't add a token: %s", d2dunlock_reason(u, r));
		crypt_keyslot_destroy(u->cd, token->slot);
	}
	return r;
}

int d2dunlock_drop_tpm(struct unlock *u, int id)
{
	int slot, r = 0;

	for (slot = 0; r == 0 && slot < crypt_keyslot_max(CRYPT_LUKS2); slot++)
		if (crypt_token_is_assigned(u->cd, id, slot) == 0)
			r = crypt_keyslot_destroy(u->cd, slot);
	if (r == 0)
		r = crypt_token_json_set(u->cd, id, NULL);
	return r < 0 ? r : 0;
}

/* Removes the tokens that this TPM has made before, with their slots. Those of other machines stay. */
static int drop_older(struct unlock *u, struct d2d_tpm *tpm, int newest)
{
	int i, r = 0, n = d2dunlock_tpm_tokens(u);

	for (i = 0; r == 0 && i < n; i++) {
		struct d2d_tpm_token token;
		char *why = NULL;

		if (i != newest && d2dunlock_tpm_token(u, i, &token, &why) > 0) {
			if (d2d_tpm_is_mine(tpm, &token, &why) == 1)
				r = d2dunlock_drop_tpm(u, i);
			d2d_tpm_token_clear(&token);
		}
		free(why);
	}
	return r;
}

int d2dunlock_seal(struct unlock *u, const struct secret *fits, uint32_t wanted, const char *pin, char **why)
{
	struct d2d_tpm_token token = { .pcrs = wanted };
	uint8_t *secret = crypt_safe_alloc(D2D_TPM_SECRET);
	struct d2d_tpm_pcrs pcrs;
	struct d2d_tpm tpm;
	int r, id;

	if (!secret)
		bb_die_memory_exhausted();
	r = d2d_tpm_open(&tpm, u->tpm, why);
	if (r == 0)
		r = boot_pcrs(u, &tpm, &pcrs, why);
	if (r == 0)
		r = refuse_empty(u, &pcrs, wanted, why);
	if (r == 0)
		r = d2d_tpm_seal(&tpm, &token, &pcrs, pin, secret, why);
	if (r == 0) {
		id = r = add(u, fits, &token, secret, why);
		if (id >= 0) {
			r = drop_older(u, &tpm, id);
			if (r == 0)
				r = d2d_luks_flush(u->header ? u->header : u->dev);
			if (r < 0)
				d2d_fail(r, why, "can't write its header: %s", strerror(-r));
		}
	}
	crypt_safe_free(secret);
	d2d_tpm_close(&tpm);
	if (r == 0)
		r = token.slot;
	d2d_tpm_token_clear(&token);
	return r;
}

/* ---- the PIN ---- */

bool d2dunlock_new_pin(struct secret *s, int seconds)
{
	struct secret again = { crypt_safe_alloc(PASSPHRASE_SIZE), 0 };
	int i, first, second = -1;
	bool same = false;

	s->key = crypt_safe_alloc(PASSPHRASE_SIZE);
	if (!s->key || !again.key)
		bb_die_memory_exhausted();
	for (i = 0; i < PIN_TRIES && !same; i++) {
		first = d2d_ask("New PIN: ", s->key, PASSPHRASE_SIZE, seconds);
		if (first >= PIN_LEAST)
			second = d2d_ask("Repeat the PIN: ", again.key, PASSPHRASE_SIZE, seconds);
		if (first < 0 || (first >= PIN_LEAST && second < 0))
			break;
		if (first < PIN_LEAST)
			d2d_console_write("a PIN has at least 4 characters\n");
		else if (first != second || memcmp(s->key, again.key, first) != 0)
			d2d_console_write("the two PINs differ\n");
		else
			same = true;
	}
	crypt_safe_free(again.key);
	if (!same) {
		crypt_safe_free(s->key);
		s->key = NULL;
	}
	return same;
}
