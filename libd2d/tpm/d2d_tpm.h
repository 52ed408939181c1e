/*
 * libd2d, tpm: keeps the key of a LUKS volume with a TPM 2.0, which gives it only to a system that was started like the one
 * for which the key was sealed. The commands are those of "TPM 2.0 Library" (Trusted Computing Group), part 3; the token in
 * the LUKS2 header is that of systemd-cryptenroll. Whatever the TPM answers is checked like any other input: there may be
 * something between it and the processor. Needs FEATURE_D2DUNLOCK_TPM.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2D_TPM_H
#define D2D_TPM_H 1

#include "d2d_util.h"

#define D2D_TPM_DEVICE "/dev/tpmrm0"	/* through the kernel's resource manager, which keeps users of the TPM apart */
#define D2D_TPM_PCRS D2D_RUN"/tpm-pcrs"	/* the PCRs as they were before d2d_tpm_block() */

enum {
	D2D_TPM_SECURE_BOOT = 7,	/* this PCR has the state and the keys of Secure Boot */
	D2D_TPM_LOADER = 4,		/* this PCR has the boot loaders that the firmware has started */

	D2D_TPM_REGISTERS = 24,
	D2D_TPM_DIGEST = 32,		/* bytes of SHA-256 */
	D2D_TPM_STATE = 2 * D2D_TPM_DIGEST + 1,	/* bytes of a digest as text */
	D2D_TPM_NAME = 34,		/* bytes of a name: two for the hash, and a SHA-256 */
	D2D_TPM_SECRET = 32,		/* bytes of a secret that d2d_tpm_seal() makes */
	D2D_TPM_SECRET_MAX = 128,	/* bytes that a TPM can seal */
	D2D_TPM_KEY = 4 * (D2D_TPM_SECRET_MAX / 3 + 1) + 1,	/* bytes of the key for LUKS: the secret in base64, with a '\0' */
	D2D_TPM_ALGORITHM_ECC = 0x23,
	D2D_TPM_ALGORITHM_RSA = 0x01,
};

/* What functions here return if the TPM has refused something. All of them set *WHY to a reason, which the caller frees. */
enum {
	D2D_TPM_NO_TPM = -ENODEV,
	D2D_TPM_NEEDS_PIN = -ENOKEY,		/* all but the PIN is right */
	D2D_TPM_WRONG_PIN = -EKEYREJECTED,
	D2D_TPM_LOCKED = -EUSERS,		/* after too many wrong PINs, for some time */
	D2D_TPM_CHANGED = -EKEYEXPIRED,		/* this system was started otherwise than the one for which the key was sealed */
	D2D_TPM_OTHER = -EKEYREVOKED,		/* sealed by another TPM, or by this one before it was cleared */
};

/* ---- d2d_tpm_device.c: the TPM ---- */

struct d2d_tpm {
	int fd;
	bool dead;		/* an exchange has failed, and no other one is tried */
};

/* Opens a TPM; NULL means D2D_TPM_DEVICE. */
int d2d_tpm_open(struct d2d_tpm *tpm, const char *device, char **why);
void d2d_tpm_close(struct d2d_tpm *tpm);

/* ---- d2d_tpm_token.c: tokens in a LUKS2 header ---- */

#define D2D_TPM_TOKEN "systemd-tpm2"	/* their type */

struct d2d_tpm_token {
	int slot;		/* key slot that the secret opens */
	uint32_t pcrs;		/* bit N: the policy names PCR N */
	uint16_t bank;		/* the hash of these PCRs, as the TPM numbers it */
	bool pin;
	uint16_t primary;	/* D2D_TPM_ALGORITHM_ of the key under which it is sealed, if that is derived anew each time */
	uint32_t parent;	/* handle of the key under which it is sealed, if the TPM keeps that; else 0 */
	uint8_t parent_name[D2D_TPM_NAME];
	uint8_t *blob, *salt;	/* the sealed object; the salt of the PIN or NULL */
	size_t blob_len, salt_len;
	char declined[D2D_TPM_STATE];	/* d2d_tpm_pcrs_state() for which the user doesn't want it to be sealed anew, or "" */
};

/* Parses the JSON of such a token. Returns -ENOTSUP and a reason if it depends on something that isn't implemented here,
 * -EBADMSG if it is malformed. The caller calls d2d_tpm_token_clear() after an error, too. */
int d2d_tpm_token_parse(const char *json, struct d2d_tpm_token *token, char **why);
void d2d_tpm_token_clear(struct d2d_tpm_token *token);

/* Returns the JSON of a token that d2d_tpm_seal() has made; the caller frees it. */
char *d2d_tpm_token_json(const struct d2d_tpm_token *token);

/* Returns the JSON of a token, which d2d_tpm_token_parse() has taken, with another member DECLINED; NULL if it is malformed. The
 * caller frees it. systemd doesn't look at this member ("d2d-declined"). */
char *d2d_tpm_token_decline(const char *json, const char *declined);

/* Returns a list of PCRs, such as "4+7"; the caller frees it. */
char *d2d_tpm_pcrs_text(uint32_t pcrs);

/* Writes the key for LUKS that belongs to a secret: D2D_TPM_KEY bytes, that end with '\0'. */
void d2d_tpm_key(char *key, const uint8_t *secret, size_t len);

/* ---- d2d_tpm_pcr.c: platform configuration registers ---- */

struct d2d_tpm_pcrs {
	uint8_t value[D2D_TPM_REGISTERS][D2D_TPM_DIGEST];
};

/* Reads all PCRs of the bank of SHA-256. */
int d2d_tpm_pcrs_read(struct d2d_tpm *tpm, struct d2d_tpm_pcrs *pcrs, char **why);

/* Writes a digest of the PCRs that WANTED names, as text. */
void d2d_tpm_pcrs_state(const struct d2d_tpm_pcrs *pcrs, uint32_t wanted, char state[D2D_TPM_STATE]);

/* Reads and writes them as text: a line "NUMBER DIGEST" for each. Loading returns -ENOENT if there is no such file. */
int d2d_tpm_pcrs_load(const char *path, struct d2d_tpm_pcrs *pcrs);
int d2d_tpm_pcrs_save(const char *path, const struct d2d_tpm_pcrs *pcrs);

/* Extends all PCRs that last until the machine restarts, so that no key that is sealed to one of them can be had before.
 * First saves the PCRs to the file SAVE, unless that exists or is NULL: later keys are sealed to those. */
int d2d_tpm_block(struct d2d_tpm *tpm, const char *save, char **why);

/* ---- d2d_tpm_seal.c ---- */

/* Seals a new secret to those PCRs that token->pcrs names, with the values in PCRS, and to a PIN unless that is NULL. Sets SECRET
 * (D2D_TPM_SECRET bytes) and the token, whose slot is left to the caller. */
int d2d_tpm_seal(struct d2d_tpm *tpm, struct d2d_tpm_token *token, const struct d2d_tpm_pcrs *pcrs, const char *pin,
		uint8_t *secret, char **why);

/* Sets SECRET (D2D_TPM_SECRET_MAX bytes) and *LEN to the secret of a token. Without PIN, a token that needs one gives
 * D2D_TPM_NEEDS_PIN after everything else was checked. */
int d2d_tpm_unseal(struct d2d_tpm *tpm, const struct d2d_tpm_token *token, const char *pin, uint8_t *secret,
		size_t *len, char **why);

/* Whether a token was made by this TPM: 1, 0, or an error if that is unknown. */
int d2d_tpm_is_mine(struct d2d_tpm *tpm, const struct d2d_tpm_token *token, char **why);

#endif
