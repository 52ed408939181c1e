/*
 * Does commands of a TPM, and says in words what its response codes mean: "TPM 2.0 Library", part 2, section 6.6.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_FEATURE_D2DUNLOCK_TPM) += d2d_tpm_command.o

#include "d2d_tpm_private.h"

enum {
	FAILURE = 0x101,
	LOCKOUT = 0x921,
	TESTING = 0x90a,
	YIELDED = 0x908,
	RETRY = 0x922,
	NV_RATE = 0x920,

	/* Codes of this format say in other bits which handle, parameter or session they are about. */
	FORMAT_1 = 0x80,
	FORMAT_1_CODE = 0xbf,
	AUTH_FAIL = 0x8e,
	BAD_AUTH = 0xa2,
	POLICY_FAIL = 0x9d,
	INTEGRITY = 0x9f,
	HIERARCHY = 0x85,
	HANDLE = 0x8b,

	PCR_CHANGED = 0x128,

	TRIES = 50,
	PAUSE_MS = 100,
};

/* Returns the error for a response code to a command, which WHAT names. */
static int explain(const struct d2d_tpm_buffer *command, uint32_t code, const char *what, char **why)
{
	uint32_t kind = (code & FORMAT_1) ? code & FORMAT_1_CODE : code, unseal = htonl(TPM_UNSEAL);

	switch (kind) {
	case LOCKOUT:
		return d2d_fail(D2D_TPM_LOCKED, why, "the TPM is locked for some time, after too many wrong PINs");
	case AUTH_FAIL:
	case BAD_AUTH:
		if (memcmp(command->data + 6, &unseal, sizeof(unseal)) != 0)
			return d2d_fail(-EACCES, why, "the TPM wants a password for %s, so somebody else has set it up", what);
		return d2d_fail(D2D_TPM_WRONG_PIN, why, "the PIN is wrong");
	case POLICY_FAIL:
	case PCR_CHANGED:
		return d2d_fail(D2D_TPM_CHANGED, why, "the TPM finds that this system was started otherwise than when the key was sealed");
	case INTEGRITY:
		return d2d_fail(D2D_TPM_OTHER, why, "the key was sealed by another TPM, or this one was cleared");
	case HIERARCHY:
		return d2d_fail(-EIO, why, "the TPM is disabled in the firmware's setup");
	case FAILURE:
		return d2d_fail(-EIO, why, "the TPM is defective: its self-test failed");
	case HANDLE:
		return d2d_fail(-ENOENT, why, "the TPM has no key with this handle (%s)", what);
	}
	return d2d_fail(-EIO, why, "the TPM refuses %s: code 0x%x", what, code);
}

int d2d_tpm_run(struct d2d_tpm *tpm, struct d2d_tpm_buffer *command, struct d2d_tpm_buffer *reply, const char *what, char **why)
{
	uint32_t code;
	int r, i;

	for (i = 0; i < TRIES; i++) {
		r = d2d_tpm_transmit(tpm, command, reply, &code);
		if (r < 0)
			return d2d_fail(r, why, r == -ETIMEDOUT ? "the TPM doesn't answer (%s)" : "the TPM fails (%s): %s", what, strerror(-r));
		/* A TPM that tests itself or is busy asks for the command once more. */
		if (code != RETRY && code != YIELDED && code != TESTING && code != NV_RATE)
			break;
		msleep(PAUSE_MS);
	}
	return code ? explain(command, code, what, why) : 0;
}

int d2d_tpm_checked(const struct d2d_tpm_buffer *reply, const char *what, char **why)
{
	return reply->bad ? d2d_fail(-EPROTO, why, "the TPM's answer is malformed (%s)", what) : 0;
}

void d2d_tpm_flush(struct d2d_tpm *tpm, uint32_t handle)
{
	struct d2d_tpm_buffer c, a;
	uint32_t code;

	d2d_tpm_command(&c, TPM_NO_SESSIONS, TPM_FLUSH_CONTEXT);
	d2d_tpm_put32(&c, handle);
	d2d_tpm_transmit(tpm, &c, &a, &code);
}
