/*
 * SHA-256: the code for AVX2 gives the digests of nettle, in whatever pieces the data comes.
 * needs: d2d_sha256.c
 * libs: -lnettle
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#include "fuzz.h"

enum { BLOCK = SHA256_BLOCK_SIZE };

/* Ends the digest of SIZE bytes, whose last ones are in no whole block. */
static void end(struct sha256_ctx *ctx, const uint8_t *data, size_t size, uint8_t digest[SHA256_DIGEST_SIZE])
{
	ctx->count = size / BLOCK;
	sha256_update(ctx, size % BLOCK, data + size / BLOCK * BLOCK);
	sha256_digest(ctx, SHA256_DIGEST_SIZE, digest);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sha256_ctx nettle, pieces, avx2;
	uint8_t want[SHA256_DIGEST_SIZE], digest[SHA256_DIGEST_SIZE];
	size_t at, n;

	sha256_init(&nettle);
	sha256_update(&nettle, size, data);
	sha256_digest(&nettle, sizeof(want), want);

	sha256_begin(&pieces);
	for (at = 0; at < size; at += n) {
		n = MIN(size - at, 1 + data[at] * 4);
		sha256_hash(&pieces, data + at, n);
	}
	sha256_end(&pieces, digest);
	CHECK(memcmp(digest, want, sizeof(want)) == 0);

	/* d2d_sha256() doesn't call this on a processor with instructions for SHA-256 */
	sha256_init(&avx2);
	if (d2d_sha256_has_avx2()) {
		n = size ? data[0] % (size / BLOCK + 1) : 0;
		d2d_sha256_avx2(avx2.state, data, n);
		d2d_sha256_avx2(avx2.state, data + n * BLOCK, size / BLOCK - n);
		end(&avx2, data, size, digest);
		CHECK(memcmp(digest, want, sizeof(want)) == 0);
	}
	return 0;
}
