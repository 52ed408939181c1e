/*
 * tpm-key: what libd2d/tpm does, without a LUKS volume: libcryptsetup opens key slots with ciphers of the kernel, which a
 * build machine may lack. testsuite/tpm-key builds and runs it.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#include "d2d_tpm.h"

const char *applet_name = "tpm-key";

static int say(int r, const char *why)
{
	static const struct { int r; const char *name; } names[] = {
		{ D2D_TPM_NO_TPM, "no-tpm" }, { D2D_TPM_NEEDS_PIN, "needs-pin" }, { D2D_TPM_WRONG_PIN, "wrong-pin" },
		{ D2D_TPM_LOCKED, "locked" }, { D2D_TPM_CHANGED, "changed" }, { D2D_TPM_OTHER, "other" }, { -ENOTSUP, "unsupported" },
		{ -EBADMSG, "malformed" }, { -EPROTO, "bad-answer" }, { -ETIMEDOUT, "timeout" },
	};
	unsigned i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i].r == r)
			printf("%s: ", names[i].name);
	printf("%s\n", why ? why : strerror(-r));
	return 1;
}

/* seal PCR[,PCR...] SLOT [PIN]: prints the token and, in a second line, the key. */
static int seal(struct d2d_tpm *tpm, char **argv, char **why)
{
	struct d2d_tpm_token token = { .slot = atoi(argv[1]) };
	struct d2d_tpm_pcrs pcrs;
	uint8_t secret[D2D_TPM_SECRET];
	char key[D2D_TPM_KEY], *list = argv[0], *one, *json;
	int r = d2d_tpm_pcrs_read(tpm, &pcrs, why);

	while ((one = strsep(&list, ",")) != NULL)
		token.pcrs |= 1u << atoi(one);
	if (r == 0)
		r = d2d_tpm_seal(tpm, &token, &pcrs, argv[2], secret, why);
	if (r < 0)
		return r;
	d2d_tpm_key(key, secret, sizeof(secret));
	json = d2d_tpm_token_json(&token);
	printf("%s\n%s\n", json, key);
	free(json);
	d2d_tpm_token_clear(&token);
	return 0;
}

/* unseal TOKENFILE [PIN]: prints the key. */
static int unseal(struct d2d_tpm *tpm, char **argv, char **why)
{
	uint8_t secret[D2D_TPM_SECRET_MAX];
	struct d2d_tpm_token token;
	char key[D2D_TPM_KEY], *text = xmalloc_open_read_close(argv[0], NULL);
	size_t len;
	int r;

	if (!text)
		return -errno;
	r = d2d_tpm_token_parse(text, &token, why);
	if (r == 0)
		r = d2d_tpm_unseal(tpm, &token, argv[1], secret, &len, why);
	if (r == 0) {
		d2d_tpm_key(key, secret, len);
		printf("%s\n", key);
	}
	d2d_tpm_token_clear(&token);
	free(text);
	return r;
}

/* decline TOKENFILE: prints the token as it is when its user doesn't want it to be sealed anew for the PCRs of now. Then whether the
 * new one is read so. */
static int decline(struct d2d_tpm *tpm, char **argv, char **why)
{
	char *text = xmalloc_open_read_close(argv[0], NULL), *json;
	struct d2d_tpm_token token, again;
	char state[D2D_TPM_STATE];
	struct d2d_tpm_pcrs pcrs;
	int r = text ? d2d_tpm_token_parse(text, &token, why) : -errno;

	if (r == 0)
		r = d2d_tpm_pcrs_read(tpm, &pcrs, why);
	if (r < 0)
		return r;
	d2d_tpm_pcrs_state(&pcrs, token.pcrs, state);
	json = d2d_tpm_token_decline(text, state);
	r = d2d_tpm_token_parse(json, &again, why);
	if (r == 0)
		printf("%s\n%s %s\n", json, token.declined[0] ? "declined" : "open", strcmp(again.declined, state) == 0 ? "declined" : "open");
	d2d_tpm_token_clear(&token);
	d2d_tpm_token_clear(&again);
	free(json);
	free(text);
	return r;
}

int main(int argc, char **argv)
{
	struct d2d_tpm tpm = { .fd = -1 };
	char *why = NULL;
	int r;

	ASSIGN_CONST_PTR(&bb_errno, __errno_location());
	if (argc < 3) {
		fputs("usage: tpm-key TPM seal PCRS SLOT [PIN] | unseal TOKEN [PIN] | decline TOKEN | block SAVE\n", stderr);
		return 2;
	}
	r = d2d_tpm_open(&tpm, argv[1], &why);
	if (r == 0 && strcmp(argv[2], "seal") == 0 && argc >= 5)
		r = seal(&tpm, argv + 3, &why);
	else if (r == 0 && strcmp(argv[2], "unseal") == 0 && argc >= 4)
		r = unseal(&tpm, argv + 3, &why);
	else if (r == 0 && strcmp(argv[2], "decline") == 0 && argc >= 4)
		r = decline(&tpm, argv + 3, &why);
	else if (r == 0 && strcmp(argv[2], "block") == 0 && argc >= 4)
		r = d2d_tpm_block(&tpm, argv[3], &why);
	else if (r == 0)
		r = -EINVAL;
	d2d_tpm_close(&tpm);
	return r < 0 ? say(r, why) : 0;
}
