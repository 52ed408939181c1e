/*
 * Agrees with a TPM on a secret, by Diffie-Hellman on P-256: "TPM 2.0 Library", part 1, annex C.6.1. Mbed TLS does the arithmetic.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_FEATURE_D2DUNLOCK_TPM) += d2d_tpm_ecdh.o

#include "d2d_tpm_private.h"
#include <mbedtls/ecp.h>
#include <nettle/sha2.h>

enum { POINT = 1 + 2 * TPM_COORDINATE };	/* bytes of an uncompressed point: 4, x, y */

/* Writes the coordinate X of our public key, that of the shared point, and what the other side needs. mbedtls_ecp_mul() checks that
 * the other's point is on the curve. */
static int multiply(const struct d2d_tpm_parent *key, uint8_t *ours, uint8_t *shared)
{
	uint8_t theirs[POINT] = { 4 };
	mbedtls_ecp_group group;
	mbedtls_ecp_point q, other, product;
	mbedtls_mpi d;
	size_t len;
	int r;

	memcpy(theirs + 1 + TPM_COORDINATE - key->x_len, key->x, key->x_len);
	memcpy(theirs + POINT - key->y_len, key->y, key->y_len);
	mbedtls_ecp_group_init(&group);
	mbedtls_ecp_point_init(&q);
	mbedtls_ecp_point_init(&other);
	mbedtls_ecp_point_init(&product);
	mbedtls_mpi_init(&d);
	r = mbedtls_ecp_group_load(&group, MBEDTLS_ECP_DP_SECP256R1);
	if (r == 0)
		r = mbedtls_ecp_point_read_binary(&group, &other, theirs, sizeof(theirs));
	if (r == 0)
		r = mbedtls_ecp_gen_keypair(&group, &d, &q, d2d_random, NULL);
	if (r == 0)
		r = mbedtls_ecp_mul(&group, &product, &d, &other, d2d_random, NULL);
	if (r == 0)
		r = mbedtls_ecp_point_write_binary(&group, &q, MBEDTLS_ECP_PF_UNCOMPRESSED, &len, ours, POINT);
	if (r == 0)
		r = mbedtls_ecp_point_write_binary(&group, &product, MBEDTLS_ECP_PF_UNCOMPRESSED, &len, shared, POINT);
	/* These functions wipe what they free. */
	mbedtls_mpi_free(&d);
	mbedtls_ecp_point_free(&product);
	mbedtls_ecp_point_free(&other);
	mbedtls_ecp_point_free(&q);
	mbedtls_ecp_group_free(&group);
	return r ? -EPROTO : 0;
}

int d2d_tpm_agree(const struct d2d_tpm_parent *key, uint8_t *salt, struct d2d_tpm_buffer *point)
{
	static const uint8_t counter[4] = { 0, 0, 0, 1 };
	uint8_t ours[POINT], shared[POINT];
	struct sha256_ctx ctx;
	int r = key->is_point ? multiply(key, ours, shared) : -EPROTO;

	if (r < 0)
		return r;
	/* KDFe: the label ends with a zero byte. */
	sha256_init(&ctx);
	sha256_update(&ctx, sizeof(counter), counter);
	sha256_update(&ctx, TPM_COORDINATE, shared + 1);
	sha256_update(&ctx, sizeof("SECRET"), (const uint8_t *)"SECRET");
	sha256_update(&ctx, TPM_COORDINATE, ours + 1);
	sha256_update(&ctx, key->x_len, key->x);
	sha256_digest(&ctx, D2D_TPM_DIGEST, salt);
	d2d_tpm_buffer_set(point, NULL, 0);
	d2d_tpm_put_sized(point, ours + 1, TPM_COORDINATE);
	d2d_tpm_put_sized(point, ours + 1 + TPM_COORDINATE, TPM_COORDINATE);
	explicit_bzero(shared, sizeof(shared));
	explicit_bzero(&ctx, sizeof(ctx));
	return 0;
}
