/*
 * Sessions with a TPM: each command proves with a key that it knows the password of an object, and its secrets are
 * encrypted. The key comes from a salt that only the TPM can read, so somebody who listens between it and the processor
 * learns neither a secret nor something to try PINs on. "TPM 2.0 Library", part 1, sections 19 and 21, and 11.4.10 for the
 * derivations.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_FEATURE_D2DUNLOCK_TPM) += d2d_tpm_session.o

#include "d2d_tpm_private.h"
#include <nettle/aes.h>
#include <nettle/cfb.h>
#include <nettle/hmac.h>
#include <nettle/memops.h>

enum {
	DECRYPT = 0x20,		/* attributes: the first parameter of the command is encrypted */
	ENCRYPT = 0x40,		/* the first parameter of the answer is encrypted */
};

/* KDFa: derives 32 bytes from a key. The label ends with a zero byte. */
static void derive(uint8_t *out, const uint8_t *key, size_t len, const char *label, const uint8_t *newer, const uint8_t *older)
{
	static const uint8_t counter[4] = { 0, 0, 0, 1 }, bits[4] = { 0, 0, 1, 0 };
	struct hmac_sha256_ctx ctx;

	hmac_sha256_set_key(&ctx, len, key);
	hmac_sha256_update(&ctx, sizeof(counter), counter);
	hmac_sha256_update(&ctx, strlen(label) + 1, (const uint8_t *)label);
	hmac_sha256_update(&ctx, TPM_NONCE, newer);
	hmac_sha256_update(&ctx, TPM_NONCE, older);
	hmac_sha256_update(&ctx, sizeof(bits), bits);
	hmac_sha256_digest(&ctx, D2D_TPM_DIGEST, out);
	explicit_bzero(&ctx, sizeof(ctx));
}

int d2d_tpm_session(struct d2d_tpm *tpm, struct d2d_tpm_session *s, unsigned type, const struct d2d_tpm_parent *key, char **why)
{
	uint8_t salt[D2D_TPM_DIGEST], ours[TPM_NONCE];
	struct d2d_tpm_buffer c, a, point;
	const uint8_t *theirs;
	size_t len;
	int r = d2d_tpm_agree(key, salt, &point);

	s->handle = 0;
	if (r < 0)
		return d2d_fail(r, why, "the TPM's storage key is malformed");
	if (d2d_random(NULL, ours, sizeof(ours)) < 0)
		return d2d_fail(-EIO, why, "no random numbers");
	d2d_tpm_command(&c, TPM_NO_SESSIONS, TPM_START_AUTH_SESSION);
	d2d_tpm_put32(&c, key->handle);
	d2d_tpm_put32(&c, TPM_NULL);	/* not bound to an object */
	d2d_tpm_put_sized(&c, ours, sizeof(ours));
	d2d_tpm_put_sized(&c, point.data, point.len);
	d2d_tpm_put8(&c, type);
	d2d_tpm_put16(&c, TPM_AES);
	d2d_tpm_put16(&c, 128);
	d2d_tpm_put16(&c, TPM_CFB);
	d2d_tpm_put16(&c, TPM_SHA256);
	r = d2d_tpm_run(tpm, &c, &a, "a session", why);
	if (r == 0) {
		s->handle = d2d_tpm_get32(&a);
		theirs = d2d_tpm_get_sized(&a, &len);
		if (len != TPM_NONCE)
			a.bad = true;
		r = d2d_tpm_checked(&a, "a session", why);
	}
	if (r == 0) {
		memcpy(s->theirs, theirs, TPM_NONCE);
		derive(s->key, salt, sizeof(salt), "ATH", s->theirs, ours);
	}
	explicit_bzero(salt, sizeof(salt));
	return r;
}

void d2d_tpm_session_end(struct d2d_tpm *tpm, struct d2d_tpm_session *s)
{
	if (s->handle)
		d2d_tpm_flush(tpm, s->handle);
	explicit_bzero(s, sizeof(*s));
}

/* The key of the session, and behind it the authorization value of the object. */
struct secret {
	uint8_t data[2 * D2D_TPM_DIGEST];
	size_t len;
};

/* Encrypts or decrypts a parameter in place, with a key for just this. */
static void cipher(const struct secret *secret, const uint8_t *newer, const uint8_t *older, uint8_t *data, size_t len, bool encrypt)
{
	uint8_t key[AES128_KEY_SIZE + AES_BLOCK_SIZE];
	struct aes128_ctx aes;

	derive(key, secret->data, secret->len, "CFB", newer, older);
	aes128_set_encrypt_key(&aes, key);
	if (encrypt)
		cfb_encrypt(&aes, (nettle_cipher_func *)aes128_encrypt, AES_BLOCK_SIZE, key + AES128_KEY_SIZE, len, data, data);
	else
		cfb_decrypt(&aes, (nettle_cipher_func *)aes128_encrypt, AES_BLOCK_SIZE, key + AES128_KEY_SIZE, len, data, data);
	explicit_bzero(&aes, sizeof(aes));
	explicit_bzero(key, sizeof(key));
}

/* Proves the knowledge of the secret: an HMAC of a digest of what is sent, both nonces and the session's attributes. */
static void prove(uint8_t *out, const struct secret *secret, const uint8_t *digest, const uint8_t *newer, const uint8_t *older,
		uint8_t attributes)
{
	struct hmac_sha256_ctx ctx;

	hmac_sha256_set_key(&ctx, secret->len, secret->data);
	hmac_sha256_update(&ctx, D2D_TPM_DIGEST, digest);
	hmac_sha256_update(&ctx, TPM_NONCE, newer);
	hmac_sha256_update(&ctx, TPM_NONCE, older);
	hmac_sha256_update(&ctx, sizeof(attributes), &attributes);
	hmac_sha256_digest(&ctx, D2D_TPM_DIGEST, out);
	explicit_bzero(&ctx, sizeof(ctx));
}

/* Digest of up to two numbers, a name and parameters. NAME may be NULL. */
static void digest(uint8_t *out, const uint32_t *number, unsigned n, const uint8_t *name, const uint8_t *data, size_t len)
{
	struct sha256_ctx ctx;
	unsigned i;

	sha256_init(&ctx);
	for (i = 0; i < n; i++) {
		uint32_t big = htonl(number[i]);

		sha256_update(&ctx, sizeof(big), (uint8_t *)&big);
	}
	if (name)
		sha256_update(&ctx, D2D_TPM_NAME, name);
	sha256_update(&ctx, len, data);
	sha256_digest(&ctx, D2D_TPM_DIGEST, out);
}

static void build(struct d2d_tpm_buffer *c, const struct d2d_tpm_session *s, const struct d2d_tpm_secured *wanted,
		const struct secret *secret, const uint8_t *ours)
{
	struct d2d_tpm_buffer *p = wanted->parameters;
	uint8_t attributes = (wanted->hides ? DECRYPT : 0) | (wanted->reveals ? ENCRYPT : 0);
	uint8_t sum[D2D_TPM_DIGEST], proof[D2D_TPM_DIGEST];
	size_t len;

	if (wanted->hides) {
		p->at = 0;
		d2d_tpm_get_sized(p, &len);
		cipher(secret, ours, s->theirs, p->data + 2, len, true);
	}
	digest(sum, &wanted->code, 1, wanted->name, p->data, p->len);
	prove(proof, secret, sum, ours, s->theirs, attributes);

	d2d_tpm_command(c, TPM_SESSIONS, wanted->code);
	d2d_tpm_put32(c, wanted->handle);
	d2d_tpm_put32(c, 4 + 2 + TPM_NONCE + 1 + 2 + sizeof(proof));
	d2d_tpm_put32(c, s->handle);
	d2d_tpm_put_sized(c, ours, TPM_NONCE);
	d2d_tpm_put8(c, attributes);
	d2d_tpm_put_sized(c, proof, sizeof(proof));
	d2d_tpm_put(c, p->data, p->len);
}

/* Checks the answer and leaves only its parameters in it. */
static int open_reply(struct d2d_tpm_buffer *a, const struct d2d_tpm_secured *wanted, const struct secret *secret,
		const uint8_t *ours, char **why)
{
	const uint32_t numbers[2] = { 0, wanted->code };
	uint8_t sum[D2D_TPM_DIGEST], proof[D2D_TPM_DIGEST], attributes;
	size_t len = d2d_tpm_get32(a), nonce_len, proof_len, first;
	const uint8_t *parameters = d2d_tpm_get(a, len), *nonce = d2d_tpm_get_sized(a, &nonce_len), *theirs;

	attributes = d2d_tpm_get8(a);
	theirs = d2d_tpm_get_sized(a, &proof_len);
	if (nonce_len != TPM_NONCE || proof_len != sizeof(proof) || a->at != a->len)
		a->bad = true;
	if (a->bad)
		return d2d_tpm_checked(a, wanted->what, why);
	digest(sum, numbers, 2, NULL, parameters, len);
	prove(proof, secret, sum, nonce, ours, attributes);
	if (!nettle_memeql_sec(proof, theirs, sizeof(proof)))
		return d2d_fail(-EPROTO, why, "the answer isn't that of the TPM (%s)", wanted->what);
	a->at = parameters - a->data;
	a->len = a->at + len;
	if (wanted->reveals) {
		d2d_tpm_get_sized(a, &first);
		a->at = parameters - a->data;
		cipher(secret, nonce, ours, a->data + a->at + 2, first, false);
	}
	return d2d_tpm_checked(a, wanted->what, why);
}

int d2d_tpm_secure(struct d2d_tpm *tpm, struct d2d_tpm_session *s, struct d2d_tpm_secured *wanted,
		struct d2d_tpm_buffer *reply, char **why)
{
	struct d2d_tpm_buffer c;
	struct secret secret;
	uint8_t ours[TPM_NONCE];
	int r;

	if (d2d_random(NULL, ours, sizeof(ours)) < 0)
		return d2d_fail(-EIO, why, "no random numbers");
	if (wanted->auth_len > D2D_TPM_DIGEST)
		return d2d_fail(-EINVAL, why, "an authorization value that is too long");
	memcpy(secret.data, s->key, sizeof(s->key));
	memcpy(secret.data + sizeof(s->key), wanted->auth, wanted->auth_len);
	secret.len = sizeof(s->key) + wanted->auth_len;
	build(&c, s, wanted, &secret, ours);
	r = d2d_tpm_run(tpm, &c, reply, wanted->what, why);
	if (r == 0) {
		/* The session has ended with the command. */
		s->handle = 0;
		r = open_reply(reply, wanted, &secret, ours, why);
	}
	explicit_bzero(&secret, sizeof(secret));
	return r;
}
