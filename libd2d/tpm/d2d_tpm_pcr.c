/*
 * Platform configuration registers (PCRs): digests of what has been started since power-on. They can only be extended, so
 * what is sealed to a value is out of reach after any extension, until the machine restarts.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_FEATURE_D2DUNLOCK_TPM) += d2d_tpm_pcr.o

#include "d2d_tpm_private.h"
#include <nettle/sha2.h>

enum {
	AT_ONCE = 8,		/* PCRs that a TPM can report in one answer */
	LASTING = 16,		/* from this one on, programs can reset PCRs */
	FILE_MAX = 4096,	/* bytes */
};

static int read_some(struct d2d_tpm *tpm, struct d2d_tpm_pcrs *pcrs, unsigned first, char **why)
{
	struct d2d_tpm_buffer c, a, wanted = { .len = 0 };
	const uint8_t *selected;
	size_t len;
	unsigned i;
	int r;

	d2d_tpm_put_pcrs(&wanted, TPM_SHA256, 0xffu << first);
	d2d_tpm_command(&c, TPM_NO_SESSIONS, TPM_PCR_READ);
	d2d_tpm_put(&c, wanted.data, wanted.len);
	r = d2d_tpm_run(tpm, &c, &a, "to read PCRs", why);
	if (r < 0)
		return r;
	d2d_tpm_get32(&a);	/* number of the last update */
	selected = d2d_tpm_get(&a, wanted.len);
	/* A bank that is off comes back with an empty selection. */
	if (selected && memcmp(selected, wanted.data, wanted.len) != 0)
		return d2d_fail(-ENOTSUP, why, "the TPM has no PCRs with SHA-256: the firmware's setup can turn them on");
	if (d2d_tpm_get32(&a) != AT_ONCE)
		a.bad = true;
	for (i = 0; i < AT_ONCE; i++) {
		const uint8_t *value = d2d_tpm_get_sized(&a, &len);

		if (value && len == D2D_TPM_DIGEST)
			memcpy(pcrs->value[first + i], value, len);
		else
			a.bad = true;
	}
	return d2d_tpm_checked(&a, "PCRs", why);
}

int d2d_tpm_pcrs_read(struct d2d_tpm *tpm, struct d2d_tpm_pcrs *pcrs, char **why)
{
	unsigned i;
	int r = 0;

	for (i = 0; r == 0 && i < D2D_TPM_REGISTERS; i += AT_ONCE)
		r = read_some(tpm, pcrs, i, why);
	return r;
}

void d2d_tpm_pcrs_state(const struct d2d_tpm_pcrs *pcrs, uint32_t wanted, char state[D2D_TPM_STATE])
{
	uint8_t digest[D2D_TPM_DIGEST];
	struct sha256_ctx ctx;
	unsigned i;

	sha256_init(&ctx);
	for (i = 0; i < D2D_TPM_REGISTERS; i++)
		if (wanted & (1u << i))
			sha256_update(&ctx, D2D_TPM_DIGEST, pcrs->value[i]);
	sha256_digest(&ctx, sizeof(digest), digest);
	d2d_hex(state, digest, sizeof(digest));
}

int d2d_tpm_pcrs_load(const char *path, struct d2d_tpm_pcrs *pcrs)
{
	char *text, *rest, *line;
	uint32_t found = 0;
	size_t len;
	int r = d2d_file_read(path, FILE_MAX, &text, &len);

	if (r < 0)
		return r;
	rest = text;
	while ((line = strsep(&rest, "\n")) != NULL && *line) {
		unsigned n = bb_strtou(line, &line, 10);

		if (n >= D2D_TPM_REGISTERS || *line != ' ' || strlen(line + 1) != 2 * D2D_TPM_DIGEST
		 || hex2bin((char *)pcrs->value[n], line + 1, D2D_TPM_DIGEST) == NULL)
			break;
		found |= 1u << n;
	}
	free(text);
	return found == (1u << D2D_TPM_REGISTERS) - 1 ? 0 : -EBADMSG;
}

int d2d_tpm_pcrs_save(const char *path, const struct d2d_tpm_pcrs *pcrs)
{
	char text[FILE_MAX] = "", hex[2 * D2D_TPM_DIGEST + 1];
	unsigned i;

	for (i = 0; i < D2D_TPM_REGISTERS; i++) {
		d2d_hex(hex, pcrs->value[i], D2D_TPM_DIGEST);
		sprintf(text + strlen(text), "%u %s\n", i, hex);
	}
	return d2d_file_write(path, text);
}

/* Extends one PCR in all banks, by something random: so no value comes a second time, to which somebody might have sealed a key. */
static int extend(struct d2d_tpm *tpm, unsigned pcr, char **why)
{
	struct d2d_tpm_buffer c, a;
	uint8_t event[D2D_TPM_DIGEST];

	if (d2d_random(NULL, event, sizeof(event)) < 0)
		return d2d_fail(-EIO, why, "no random numbers");
	d2d_tpm_command(&c, TPM_SESSIONS, TPM_PCR_EVENT);
	d2d_tpm_put32(&c, pcr);
	d2d_tpm_no_password(&c);
	d2d_tpm_put_sized(&c, event, sizeof(event));
	return d2d_tpm_run(tpm, &c, &a, "to extend a PCR", why);
}

int d2d_tpm_block(struct d2d_tpm *tpm, const char *save, char **why)
{
	struct d2d_tpm_pcrs pcrs;
	char *ignored = NULL;
	unsigned i;
	int r = 0;

	/* That they can't be saved must not prevent the rest: only keys that are sealed in this boot need them. */
	if (save && access(save, F_OK) != 0 && d2d_tpm_pcrs_read(tpm, &pcrs, &ignored) == 0)
		d2d_tpm_pcrs_save(save, &pcrs);
	free(ignored);
	/* After a failure the others are extended all the same: each may be the one that counts. *WHY keeps the first reason. */
	for (i = 0; i < LASTING; i++) {
		int one = extend(tpm, i, why);

		if (r == 0)
			r = one;
	}
	return r;
}
