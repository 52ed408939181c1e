/*
 * The key of a TPM under which secrets are sealed, the storage root key. It never leaves the TPM.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_FEATURE_D2DUNLOCK_TPM) += d2d_tpm_parent.o

#include "d2d_tpm_private.h"
#include <nettle/sha2.h>

enum {
	/* fixedTPM, fixedParent, sensitiveDataOrigin, userWithAuth, restricted, decrypt: systemd's, too, for keys derived each time */
	ATTRIBUTES = 0x30072,
	RSA_BITS = 2048,
};

int d2d_tpm_name(uint8_t *name, const uint8_t *area, size_t len)
{
	struct sha256_ctx ctx;

	if (len < 4 || area[2] != 0 || area[3] != TPM_SHA256)
		return -EBADMSG;
	name[0] = 0;
	name[1] = TPM_SHA256;
	sha256_init(&ctx);
	sha256_update(&ctx, len, area);
	sha256_digest(&ctx, D2D_TPM_DIGEST, name + 2);
	return 0;
}

/* Reads the rest of the public area of a key on a curve. Any other kind of key is left out. */
static void get_point(struct d2d_tpm_buffer *b, struct d2d_tpm_parent *key)
{
	const uint8_t *x, *y;
	unsigned curve;

	if (d2d_tpm_get16(b) != TPM_NONE) {
		d2d_tpm_get16(b);	/* bits */
		d2d_tpm_get16(b);	/* mode */
	}
	if (d2d_tpm_get16(b) != TPM_NONE)
		return;
	curve = d2d_tpm_get16(b);
	if (curve != TPM_P256 || d2d_tpm_get16(b) != TPM_NONE)
		return;
	x = d2d_tpm_get_sized(b, &key->x_len);
	y = d2d_tpm_get_sized(b, &key->y_len);
	if (b->bad || key->x_len > sizeof(key->x) || key->y_len > sizeof(key->y))
		return;
	memcpy(key->x, x, key->x_len);
	memcpy(key->y, y, key->y_len);
	key->is_point = true;
}

/* Sets the public part of a key from the answer. */
static int get_public(struct d2d_tpm_buffer *reply, struct d2d_tpm_parent *key, char **why)
{
	struct d2d_tpm_buffer b;
	size_t len, policy;
	const uint8_t *area = d2d_tpm_get_sized(reply, &len);

	if (!area || d2d_tpm_name(key->name, area, len) < 0) {
		reply->bad = true;
	} else {
		unsigned type;

		d2d_tpm_buffer_set(&b, area, len);
		type = d2d_tpm_get16(&b);
		d2d_tpm_get16(&b);	/* the hash of the name */
		d2d_tpm_get32(&b);	/* attributes */
		d2d_tpm_get_sized(&b, &policy);
		if (type == TPM_ECC)
			get_point(&b, key);
		if (b.bad)
			reply->bad = true;
	}
	return d2d_tpm_checked(reply, "public key", why);
}

int d2d_tpm_primary(struct d2d_tpm *tpm, struct d2d_tpm_parent *key, unsigned algorithm, char **why)
{
	struct d2d_tpm_buffer c, a, area = { .len = 0 };
	int r;

	memset(key, 0, sizeof(*key));
	d2d_tpm_put16(&area, algorithm);
	d2d_tpm_put16(&area, TPM_SHA256);
	d2d_tpm_put32(&area, ATTRIBUTES);
	d2d_tpm_put16(&area, 0);	/* no policy */
	d2d_tpm_put16(&area, TPM_AES);
	d2d_tpm_put16(&area, 128);
	d2d_tpm_put16(&area, TPM_CFB);
	d2d_tpm_put16(&area, TPM_NONE);
	if (algorithm == TPM_ECC) {
		d2d_tpm_put16(&area, TPM_P256);
		d2d_tpm_put16(&area, TPM_NONE);
		d2d_tpm_put16(&area, 0);
		d2d_tpm_put16(&area, 0);
	} else {
		d2d_tpm_put16(&area, RSA_BITS);
		d2d_tpm_put32(&area, 0);	/* the default exponent */
		d2d_tpm_put16(&area, 0);
	}

	d2d_tpm_command(&c, TPM_SESSIONS, TPM_CREATE_PRIMARY);
	d2d_tpm_put32(&c, TPM_OWNER);
	d2d_tpm_no_password(&c);
	d2d_tpm_put16(&c, 4);		/* the new key has neither password nor data */
	d2d_tpm_put32(&c, 0);
	d2d_tpm_put_sized(&c, area.data, area.len);
	d2d_tpm_put16(&c, 0);		/* nothing about its creation */
	d2d_tpm_put32(&c, 0);
	r = d2d_tpm_run(tpm, &c, &a, "its storage key", why);
	if (r < 0)
		return r;
	key->handle = d2d_tpm_get32(&a);
	key->transient = !a.bad;
	d2d_tpm_get32(&a);		/* bytes of parameters */
	r = get_public(&a, key, why);
	if (r < 0)
		d2d_tpm_parent_end(tpm, key);
	return r;
}

/* Gets a key that the TPM keeps, and checks that it is the one that the token names. */
static int kept(struct d2d_tpm *tpm, struct d2d_tpm_parent *key, const struct d2d_tpm_token *token, char **why)
{
	struct d2d_tpm_buffer c, a;
	int r;

	memset(key, 0, sizeof(*key));
	d2d_tpm_command(&c, TPM_NO_SESSIONS, TPM_READ_PUBLIC);
	d2d_tpm_put32(&c, token->parent);
	r = d2d_tpm_run(tpm, &c, &a, "its storage key", why);
	if (r == 0) {
		key->handle = token->parent;
		r = get_public(&a, key, why);
	}
	if (r == -ENOENT || (r == 0 && memcmp(key->name, token->parent_name, D2D_TPM_NAME) != 0)) {
		free(*why);
		*why = NULL;
		return d2d_fail(D2D_TPM_OTHER, why, "the key was sealed by another TPM, or this one was cleared");
	}
	return r;
}

int d2d_tpm_parent(struct d2d_tpm *tpm, struct d2d_tpm_parent *key, const struct d2d_tpm_token *token, char **why)
{
	return token->parent ? kept(tpm, key, token, why) : d2d_tpm_primary(tpm, key, token->primary, why);
}

void d2d_tpm_parent_end(struct d2d_tpm *tpm, struct d2d_tpm_parent *key)
{
	if (key->transient)
		d2d_tpm_flush(tpm, key->handle);
	key->transient = false;
}
