/*
 * Parses the keys and signatures of minisign and verifies signatures with libsodium. All functions work on memory only.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_FEATURE_D2DHOOK_SIGNED) += d2d_minisign.o

#include "d2d_trust.h"
#include <sodium.h>

/* A part of a text in memory, without a '\0' at its end. */
struct text {
	const char *p;
	size_t len;
};

/* Moves the first line of TEXT to LINE, without its newline, which the last line need not have. Returns false at the end. */
static bool next_line(struct text *text, struct text *line)
{
	const char *eol;

	if (!text->len)
		return false;
	eol = memchr(text->p, '\n', text->len);
	line->p = text->p;
	line->len = eol ? (size_t)(eol - text->p) : text->len;
	text->len -= line->len + (eol != NULL);
	text->p += line->len + (eol != NULL);
	return true;
}

static bool take_prefix(struct text *line, const char *prefix)
{
	size_t len = strlen(prefix);

	if (line->len < len || memcmp(line->p, prefix, len) != 0)
		return false;
	line->p += len;
	line->len -= len;
	return true;
}

/* Decodes the next line, which must be the base64 of exactly SIZE bytes. */
static bool take_bytes(struct text *text, void *buf, size_t size)
{
	struct text line;
	size_t len;

	return next_line(text, &line)
		&& sodium_base642bin(buf, size, line.p, line.len, NULL, &len, NULL, sodium_base64_VARIANT_ORIGINAL) == 0
		&& len == size;
}

int d2d_minisign_key_parse(const char *buf, size_t len, struct d2d_minisign_key *key)
{
	struct text text = { buf, len }, line;
	struct {
		char algorithm[2];
		uint8_t id[D2D_MINISIGN_ID], key[crypto_sign_PUBLICKEYBYTES];
	} raw;

	BUILD_BUG_ON(sizeof(raw) != 42);
	BUILD_BUG_ON(sizeof(raw.key) != sizeof(key->key));
	if (!next_line(&text, &line) || !take_prefix(&line, "untrusted comment: "))
		return -EBADMSG;
	if (!take_bytes(&text, &raw, sizeof(raw)) || text.len || memcmp(raw.algorithm, "Ed", 2) != 0)
		return -EBADMSG;
	memcpy(key->id, raw.id, sizeof(raw.id));
	memcpy(key->key, raw.key, sizeof(raw.key));
	return 0;
}

int d2d_minisign_sig_parse(const char *buf, size_t len, struct d2d_minisign_sig *sig)
{
	struct text text = { buf, len }, line;
	struct {
		char algorithm[2];
		uint8_t id[D2D_MINISIGN_ID], sig[crypto_sign_BYTES];
	} raw;

	BUILD_BUG_ON(sizeof(raw) != 74);
	BUILD_BUG_ON(sizeof(raw.sig) != sizeof(sig->sig));
	if (!next_line(&text, &line) || !take_prefix(&line, "untrusted comment: "))
		return -EBADMSG;
	if (!take_bytes(&text, &raw, sizeof(raw)))
		return -EBADMSG;
	/* "ED" is a signature of the file's hash, "Ed" of the file itself. */
	if (raw.algorithm[0] != 'E' || (raw.algorithm[1] != 'D' && raw.algorithm[1] != 'd'))
		return -EBADMSG;
	sig->hashed = raw.algorithm[1] == 'D';
	memcpy(sig->id, raw.id, sizeof(raw.id));
	memcpy(sig->sig, raw.sig, sizeof(raw.sig));

	if (!next_line(&text, &line) || !take_prefix(&line, "trusted comment: ") || line.len > D2D_MINISIGN_COMMENT)
		return -EBADMSG;
	memcpy(sig->signed_comment, raw.sig, sizeof(raw.sig));
	memcpy(sig->signed_comment + sizeof(raw.sig), line.p, line.len);
	sig->comment_len = line.len;
	return take_bytes(&text, sig->global, sizeof(sig->global)) && !text.len ? 0 : -EBADMSG;
}

int d2d_minisign_verify(const struct d2d_minisign_sig *sig, const struct d2d_minisign_key *key, const void *data, size_t len)
{
	uint8_t hash[crypto_generichash_BYTES_MAX];

	if (sodium_init() < 0)
		return -ENOSYS;
	if (memcmp(sig->id, key->id, sizeof(sig->id)) != 0)
		return -ENOKEY;
	if (sig->hashed) {
		crypto_generichash(hash, sizeof(hash), data, len, NULL, 0);
		data = hash;
		len = sizeof(hash);
	}
	if (crypto_sign_verify_detached(sig->sig, data, len, key->key) != 0)
		return -EKEYREJECTED;
	if (crypto_sign_verify_detached(sig->global, sig->signed_comment, sizeof(sig->sig) + sig->comment_len, key->key) != 0)
		return -EKEYREJECTED;
	return 0;
}
