/*
 * Seals a secret with a TPM and unseals it: the TPM gives it only if the PCRs have certain values and, with a PIN, if that
 * is right.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_FEATURE_D2DUNLOCK_TPM) += d2d_tpm_seal.o

#include "d2d_tpm_private.h"
#include <nettle/base64.h>
#include <nettle/pbkdf2.h>
#include <nettle/sha2.h>

enum {
	ATTRIBUTES = 0x12,	/* of a sealed object: fixedTPM, fixedParent; not noDA, so that wrong PINs are counted */
	SALTED_ROUNDS = 10000,	/* of systemd since version 253 */
};

/* ---- the PIN ---- */

static void hash(const void *data, size_t len, uint8_t *out)
{
	struct sha256_ctx ctx;

	sha256_init(&ctx);
	sha256_update(&ctx, len, data);
	sha256_digest(&ctx, D2D_TPM_DIGEST, out);
	explicit_bzero(&ctx, sizeof(ctx));
}

/* Sets AUTH to the authorization value that systemd makes of a PIN, and returns its length: a TPM drops zero bytes at its end. */
static size_t pin_auth(const struct d2d_tpm_token *token, const char *pin, uint8_t *auth)
{
	char text[BASE64_ENCODE_RAW_LENGTH(D2D_TPM_DIGEST)];
	size_t len = D2D_TPM_DIGEST;

	if (!pin)
		return 0;
	if (token->salt) {
		pbkdf2_hmac_sha256(strlen(pin), (const uint8_t *)pin, SALTED_ROUNDS, token->salt_len, token->salt, D2D_TPM_DIGEST, auth);
		base64_encode_raw(text, D2D_TPM_DIGEST, auth);
		hash(text, sizeof(text), auth);
		explicit_bzero(text, sizeof(text));
	} else {
		hash(pin, strlen(pin), auth);
	}
	while (len && !auth[len - 1])
		len--;
	return len;
}

/* ---- the policy ---- */

/* Computes what d2d_tpm_policy() gives when PCRs have certain values of SHA-256. */
static void policy_digest(uint8_t *out, uint32_t selection, const struct d2d_tpm_pcrs *pcrs, bool pin)
{
	struct d2d_tpm_buffer b = { .len = 0 };
	struct sha256_ctx ctx;
	uint8_t values[D2D_TPM_DIGEST];
	unsigned i;

	memset(out, 0, D2D_TPM_DIGEST);
	sha256_init(&ctx);
	for (i = 0; i < D2D_TPM_REGISTERS; i++)
		if (selection & (1u << i))
			sha256_update(&ctx, D2D_TPM_DIGEST, pcrs->value[i]);
	sha256_digest(&ctx, sizeof(values), values);
	d2d_tpm_put(&b, out, D2D_TPM_DIGEST);
	d2d_tpm_put32(&b, TPM_POLICY_PCR);
	d2d_tpm_put_pcrs(&b, TPM_SHA256, selection);
	d2d_tpm_put(&b, values, sizeof(values));
	hash(b.data, b.len, out);
	if (!pin)
		return;
	d2d_tpm_buffer_set(&b, out, D2D_TPM_DIGEST);
	d2d_tpm_put32(&b, TPM_POLICY_AUTH_VALUE);
	hash(b.data, b.len, out);
}

/* Asserts to a session what is true now, and sets DIGEST to the result. */
static int policy(struct d2d_tpm *tpm, const struct d2d_tpm_session *s, const struct d2d_tpm_token *token,
		uint8_t *digest, char **why)
{
	struct d2d_tpm_buffer c, a;
	const uint8_t *got;
	size_t len;
	int r = 0;

	if (token->pcrs) {
		d2d_tpm_command(&c, TPM_NO_SESSIONS, TPM_POLICY_PCR);
		d2d_tpm_put32(&c, s->handle);
		d2d_tpm_put16(&c, 0);	/* whatever their values are */
		d2d_tpm_put_pcrs(&c, token->bank, token->pcrs);
		r = d2d_tpm_run(tpm, &c, &a, "the PCRs", why);
	}
	if (r == 0 && token->pin) {
		d2d_tpm_command(&c, TPM_NO_SESSIONS, TPM_POLICY_AUTH_VALUE);
		d2d_tpm_put32(&c, s->handle);
		r = d2d_tpm_run(tpm, &c, &a, "a PIN", why);
	}
	if (r < 0)
		return r;
	d2d_tpm_command(&c, TPM_NO_SESSIONS, TPM_POLICY_GET_DIGEST);
	d2d_tpm_put32(&c, s->handle);
	r = d2d_tpm_run(tpm, &c, &a, "a policy", why);
	if (r < 0)
		return r;
	got = d2d_tpm_get_sized(&a, &len);
	if (len != D2D_TPM_DIGEST)
		a.bad = true;
	r = d2d_tpm_checked(&a, "a policy", why);
	if (r == 0)
		memcpy(digest, got, len);
	return r;
}

/* ---- sealing ---- */

/* Sets the token's blob from the answer to TPM_CREATE. */
static int keep_blob(struct d2d_tpm_token *token, struct d2d_tpm_buffer *a, char **why)
{
	const uint8_t *begin = a->data + a->at;
	size_t len;
	int r;

	d2d_tpm_get_sized(a, &len);
	d2d_tpm_get_sized(a, &len);
	r = d2d_tpm_checked(a, "sealing", why);
	if (r == 0) {
		token->blob_len = a->data + a->at - begin;
		token->blob = memcpy(xmalloc(token->blob_len), begin, token->blob_len);
	}
	return r;
}

static int create(struct d2d_tpm *tpm, struct d2d_tpm_token *token, const struct d2d_tpm_parent *key,
		struct d2d_tpm_buffer *parameters, char **why)
{
	struct d2d_tpm_session s;
	struct d2d_tpm_secured c = { .code = TPM_CREATE, .handle = key->handle, .name = key->name, .auth = (const uint8_t *)"",
		.parameters = parameters, .hides = true, .what = "sealing" };
	struct d2d_tpm_buffer a;
	int r = d2d_tpm_session(tpm, &s, D2D_TPM_HMAC, key, why);

	if (r == 0)
		r = d2d_tpm_secure(tpm, &s, &c, &a, why);
	if (r == 0)
		r = keep_blob(token, &a, why);
	d2d_tpm_session_end(tpm, &s);
	return r;
}

int d2d_tpm_seal(struct d2d_tpm *tpm, struct d2d_tpm_token *token, const struct d2d_tpm_pcrs *pcrs, const char *pin,
		uint8_t *secret, char **why)
{
	struct d2d_tpm_buffer p = { .len = 0 }, area = { .len = 0 };
	uint8_t digest[D2D_TPM_DIGEST], auth[D2D_TPM_DIGEST];
	struct d2d_tpm_parent key;
	size_t auth_len;
	int r;

	token->bank = TPM_SHA256;
	token->pin = pin != NULL;
	token->primary = TPM_ECC;
	if (d2d_random(NULL, secret, D2D_TPM_SECRET) < 0)
		return d2d_fail(-EIO, why, "no random numbers");
	policy_digest(digest, token->pcrs, pcrs, token->pin);
	auth_len = pin_auth(token, pin, auth);
	d2d_tpm_put16(&p, 2 + auth_len + 2 + D2D_TPM_SECRET);
	d2d_tpm_put_sized(&p, auth, auth_len);
	d2d_tpm_put_sized(&p, secret, D2D_TPM_SECRET);
	explicit_bzero(auth, sizeof(auth));
	d2d_tpm_put16(&area, TPM_KEYED_HASH);
	d2d_tpm_put16(&area, TPM_SHA256);
	d2d_tpm_put32(&area, ATTRIBUTES);
	d2d_tpm_put_sized(&area, digest, sizeof(digest));
	d2d_tpm_put16(&area, TPM_NONE);
	d2d_tpm_put16(&area, 0);
	d2d_tpm_put_sized(&p, area.data, area.len);
	d2d_tpm_put16(&p, 0);		/* nothing about its creation */
	d2d_tpm_put32(&p, 0);

	r = d2d_tpm_primary(tpm, &key, TPM_ECC, why);
	if (r == 0) {
		r = create(tpm, token, &key, &p, why);
		d2d_tpm_parent_end(tpm, &key);
	}
	explicit_bzero(&p, sizeof(p));
	if (r < 0)
		explicit_bzero(secret, D2D_TPM_SECRET);
	return r;
}

/* ---- unsealing ---- */

/* What the blob says about the object. */
struct sealed {
	uint32_t handle;
	uint8_t name[D2D_TPM_NAME], policy[D2D_TPM_DIGEST];
};

/* Reads the public part of the blob. */
static int read_sealed(struct sealed *o, const struct d2d_tpm_token *token, char **why)
{
	struct d2d_tpm_buffer b, area;
	const uint8_t *public, *digest = NULL;
	unsigned type;
	size_t len;

	d2d_tpm_buffer_set(&b, token->blob, token->blob_len);
	d2d_tpm_get_sized(&b, &len);	/* the private part */
	public = d2d_tpm_get_sized(&b, &len);
	if (!public || d2d_tpm_name(o->name, public, len) < 0)
		return d2d_fail(-EBADMSG, why, "its sealed key is malformed");
	if (b.at != b.len)
		return d2d_fail(-ENOTSUP, why, "its key was sealed without the TPM (--tpm2-device-key=), which is not supported");
	d2d_tpm_buffer_set(&area, public, len);
	type = d2d_tpm_get16(&area);
	d2d_tpm_get16(&area);
	d2d_tpm_get32(&area);
	digest = d2d_tpm_get_sized(&area, &len);
	if (!digest || type != TPM_KEYED_HASH || len != D2D_TPM_DIGEST)
		return d2d_fail(-EBADMSG, why, "its sealed key is malformed");
	memcpy(o->policy, digest, len);
	return 0;
}

static int load(struct d2d_tpm *tpm, struct sealed *o, const struct d2d_tpm_parent *key,
		const struct d2d_tpm_token *token, char **why)
{
	struct d2d_tpm_buffer c, a;
	int r;

	o->handle = 0;
	d2d_tpm_command(&c, TPM_SESSIONS, TPM_LOAD);
	d2d_tpm_put32(&c, key->handle);
	d2d_tpm_no_password(&c);
	d2d_tpm_put(&c, token->blob, token->blob_len);
	r = d2d_tpm_run(tpm, &c, &a, "loading the key", why);
	if (r < 0)
		return r;
	o->handle = d2d_tpm_get32(&a);
	return d2d_tpm_checked(&a, "loading the key", why);
}

static int take(struct d2d_tpm *tpm, struct d2d_tpm_session *s, const struct sealed *o, const uint8_t *auth, size_t auth_len,
		uint8_t *secret, size_t *len, char **why)
{
	struct d2d_tpm_buffer none = { .len = 0 }, a;
	struct d2d_tpm_secured c = { .code = TPM_UNSEAL, .handle = o->handle, .name = o->name, .auth = auth, .auth_len = auth_len,
		.parameters = &none, .reveals = true, .what = "unsealing" };
	const uint8_t *data;
	int r = d2d_tpm_secure(tpm, s, &c, &a, why);

	if (r == 0) {
		data = d2d_tpm_get_sized(&a, len);
		if (!*len || *len > D2D_TPM_SECRET_MAX)
			a.bad = true;
		r = d2d_tpm_checked(&a, "unsealing", why);
		if (r == 0)
			memcpy(secret, data, *len);
	}
	explicit_bzero(&a, sizeof(a));
	return r;
}

/* Unseals a loaded object. SALTING is a key for the session. */
static int unseal(struct d2d_tpm *tpm, const struct sealed *o, const struct d2d_tpm_parent *salting,
		const struct d2d_tpm_token *token,
		const char *pin, uint8_t *secret, size_t *len, char **why)
{
	uint8_t digest[D2D_TPM_DIGEST], auth[D2D_TPM_DIGEST];
	struct d2d_tpm_session s;
	size_t auth_len;
	int r = d2d_tpm_session(tpm, &s, D2D_TPM_POLICY, salting, why);

	if (r == 0)
		r = policy(tpm, &s, token, digest, why);
	if (r == 0 && memcmp(digest, o->policy, sizeof(digest)) != 0) {
		char *pcrs = d2d_tpm_pcrs_text(token->pcrs);

		r = d2d_fail(D2D_TPM_CHANGED, why, "this system was not started like the one for which the key was sealed (PCR %s)", pcrs);
		free(pcrs);
	}
	if (r == 0 && token->pin && !pin)
		r = d2d_fail(D2D_TPM_NEEDS_PIN, why, "it needs a PIN");
	if (r == 0) {
		auth_len = pin_auth(token, token->pin ? pin : NULL, auth);
		r = take(tpm, &s, o, auth, auth_len, secret, len, why);
		explicit_bzero(auth, sizeof(auth));
	}
	d2d_tpm_session_end(tpm, &s);
	return r;
}

int d2d_tpm_unseal(struct d2d_tpm *tpm, const struct d2d_tpm_token *token, const char *pin, uint8_t *secret,
		size_t *len, char **why)
{
	struct d2d_tpm_parent key, other = { .transient = false };
	struct sealed o;
	int r = read_sealed(&o, token, why);

	if (r == 0)
		r = d2d_tpm_parent(tpm, &key, token, why);
	if (r < 0)
		return r;
	r = load(tpm, &o, &key, token, why);
	/* Sessions are salted with a key on the curve; an RSA key under which something is sealed isn't good for that here. */
	if (r == 0 && !key.is_point)
		r = d2d_tpm_primary(tpm, &other, TPM_ECC, why);
	if (r == 0)
		r = unseal(tpm, &o, key.is_point ? &key : &other, token, pin, secret, len, why);
	if (o.handle)
		d2d_tpm_flush(tpm, o.handle);
	d2d_tpm_parent_end(tpm, &other);
	d2d_tpm_parent_end(tpm, &key);
	return r;
}

int d2d_tpm_is_mine(struct d2d_tpm *tpm, const struct d2d_tpm_token *token, char **why)
{
	struct d2d_tpm_parent key;
	struct sealed o;
	int r = d2d_tpm_parent(tpm, &key, token, why);

	if (r == 0) {
		r = load(tpm, &o, &key, token, why);
		if (o.handle)
			d2d_tpm_flush(tpm, o.handle);
		d2d_tpm_parent_end(tpm, &key);
	}
	return r == 0 ? 1 : r == D2D_TPM_OTHER ? 0 : r;
}
