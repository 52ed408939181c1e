/*
 * d2dtls: a certificate with its key, in two files.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DTLS) += d2dtls_pair.o

#include "d2dtls.h"

void d2dtls_pair_free(struct d2dtls_pair *p)
{
	mbedtls_x509_crt_free(&p->cert);
	mbedtls_pk_free(&p->key);
}

void d2dtls_pair_read(const struct d2dtls *t, struct d2dtls_pair *p, const char *name)
{
	char *cert = d2dtls_path(t, name, ".pem"), *key = d2dtls_path(t, name, "-key.pem");

	p->name = name;
	mbedtls_x509_crt_init(&p->cert);
	mbedtls_pk_init(&p->key);
	p->cert_err = d2dtls_cert_read(&p->cert, cert);
	p->key_err = d2dtls_key_read(&p->key, key);
	free(key);
	free(cert);
}

bool d2dtls_pair_fits(const struct d2dtls_pair *p)
{
	return !p->cert_err && !p->key_err && mbedtls_pk_check_pair(&p->cert.pk, &p->key, d2d_random, NULL) == 0;
}
