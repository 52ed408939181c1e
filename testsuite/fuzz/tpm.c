/*
 * The answers of a TPM, and a token of a LUKS2 header. The first byte says which function gets the answers that follow, each
 * with its length in two bytes before it; what comes after the last one is the token.
 * needs: d2d_tpm_buffer.c d2d_tpm_command.c d2d_tpm_ecdh.c d2d_tpm_parent.c d2d_tpm_pcr.c d2d_tpm_seal.c d2d_tpm_session.c
 * needs: d2d_tpm_token.c d2d_bytes.c d2d_text.c d2d_json.c d2d_file.c d2d_random.c
 * libs: -ld2dtls-tpm -ljson-c -lnettle
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#include "fuzz.h"
#include "d2d_tpm_private.h"

enum { ANSWERS = 16 };

static struct {
	const uint8_t *data[ANSWERS];
	size_t len[ANSWERS];
	unsigned n, next;
} answers;

/* Instead of d2d_tpm_device.c. */
int d2d_tpm_transmit(struct d2d_tpm *tpm, struct d2d_tpm_buffer *command, struct d2d_tpm_buffer *reply, uint32_t *code)
{
	CHECK(command->len >= 10 && command->len <= TPM_BUFFER);
	*code = 0;
	reply->len = reply->at = 0;
	reply->bad = false;
	/* Flushing is not what this is about. */
	if (d2d_le32(command->data + 6) == htonl(TPM_FLUSH_CONTEXT))
		return 0;
	if (answers.next >= answers.n)
		return -EIO;
	d2d_tpm_put(reply, answers.data[answers.next], answers.len[answers.next]);
	answers.next++;
	if (reply->len < 10)
		return -EPROTO;
	reply->at = 6;
	*code = d2d_tpm_get32(reply);
	/* A busy TPM is asked again after a pause. */
	if (*code == 0x922 || *code == 0x908 || *code == 0x90a || *code == 0x920)
		*code = 0x101;
	return 0;
}

static void read_token(const char *json)
{
	uint8_t secret[D2D_TPM_SECRET_MAX];
	struct d2d_tpm tpm = { .fd = -1 };
	struct d2d_tpm_token token;
	char *why = NULL, key[D2D_TPM_KEY], *pcrs;
	size_t len;
	int r = d2d_tpm_token_parse(json, &token, &why);

	CHECK(r == 0 || why);
	if (r == 0) {
		CHECK(token.slot >= 0 && token.slot < 32 && token.pcrs < 1u << D2D_TPM_REGISTERS && token.blob_len);
		pcrs = d2d_tpm_pcrs_text(token.pcrs);
		CHECK(is_printable(pcrs));
		free(pcrs);
		r = d2d_tpm_unseal(&tpm, &token, token.pin ? "1234" : NULL, secret, &len, &why);
		CHECK(r == 0 || (why && is_printable(why)));
		if (r == 0) {
			CHECK(len && len <= sizeof(secret));
			d2d_tpm_key(key, secret, len);
		}
	}
	free(why);
	d2d_tpm_token_clear(&token);
}

static void make_token(void)
{
	struct d2d_tpm_token token = { .pcrs = 1 << D2D_TPM_SECURE_BOOT }, again;
	struct d2d_tpm tpm = { .fd = -1 };
	uint8_t secret[D2D_TPM_SECRET];
	struct d2d_tpm_pcrs pcrs;
	char *why = NULL, *json;
	int r = d2d_tpm_pcrs_read(&tpm, &pcrs, &why);

	if (r == 0)
		r = d2d_tpm_seal(&tpm, &token, &pcrs, NULL, secret, &why);
	CHECK(r == 0 || (why && is_printable(why)));
	if (r == 0) {
		json = d2d_tpm_token_json(&token);
		CHECK(d2d_tpm_token_parse(json, &again, &why) == 0 && again.blob_len == token.blob_len);
		d2d_tpm_token_clear(&again);
		free(json);
	}
	free(why);
	d2d_tpm_token_clear(&token);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = data + size;
	unsigned what = size ? *data++ : 0;
	char *text;

	answers.n = answers.next = 0;
	while (end - data >= 2 && answers.n < ANSWERS) {
		size_t len = data[0] << 8 | data[1];

		/* "{\"" in a token is a longer length than an answer has. */
		if (len > TPM_BUFFER || len > (size_t)(end - data - 2))
			break;
		answers.data[answers.n] = data + 2;
		answers.len[answers.n++] = len;
		data += 2 + len;
	}
	text = xstrndup((const char *)data, end - data);
	if (what & 1)
		make_token();
	else
		read_token(text);
	free(text);
	return 0;
}
