/*
 * SHA-256 digests in Docker's notation: hexadecimal digits in lower case, with or without the prefix "sha256:".
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_digest.o

#include "d2d_archive.h"

void d2d_digest(char *hex, const void *bytes, size_t len)
{
	sha256_ctx_t ctx;
	uint8_t digest[32];

	sha256_begin(&ctx);
	sha256_hash(&ctx, bytes, len);
	sha256_end(&ctx, digest);
	d2d_hex(hex, digest, sizeof(digest));
}

bool d2d_is_digest(const char *hex)
{
	return hex && strlen(hex) == D2D_DIGEST && strspn(hex, "0123456789abcdef") == D2D_DIGEST;
}

const char *d2d_digest_hex(const char *digest)
{
	const char *hex = digest ? is_prefixed_with(digest, "sha256:") : NULL;

	return d2d_is_digest(hex) ? hex : NULL;
}
