/*
 * d2dtls: private keys.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DTLS) += d2dtls_key.o

#include "d2dtls.h"
#include <mbedtls/ecp.h>
#include <mbedtls/rsa.h>

enum {
	KEY_MAX = 64 * 1024,	/* bytes of a file */
	RSA_BITS = 2048,
};

int d2dtls_key_make(mbedtls_pk_context *key, bool rsa)
{
	int r = mbedtls_pk_setup(key, mbedtls_pk_info_from_type(rsa ? MBEDTLS_PK_RSA : MBEDTLS_PK_ECKEY));

	if (r == 0 && rsa)
		r = mbedtls_rsa_gen_key(mbedtls_pk_rsa(*key), d2d_random, NULL, RSA_BITS, 65537);
	else if (r == 0)
		r = mbedtls_ecp_gen_key(MBEDTLS_ECP_DP_SECP256R1, mbedtls_pk_ec(*key), d2d_random, NULL);
	return r ? -EIO : 0;
}

int d2dtls_key_read(mbedtls_pk_context *key, const char *path)
{
	size_t len;
	char *text;
	int err = d2d_file_read(path, KEY_MAX, &text, &len);

	if (err < 0)
		return err;
	/* The length of a PEM text includes the '\0'. */
	err = mbedtls_pk_parse_key(key, (unsigned char *)text, len + 1, NULL, 0, d2d_random, NULL) ? -EBADMSG : 0;
	explicit_bzero(text, len);
	free(text);
	return err;
}

char *d2dtls_key_text(const mbedtls_pk_context *key)
{
	enum { SIZE = 16 * 1024 };
	char *text = xzalloc(SIZE);

	if (mbedtls_pk_write_key_pem(key, (unsigned char *)text, SIZE) == 0)
		return text;
	explicit_bzero(text, SIZE);
	free(text);
	return NULL;
}
