/*
 * Configuration of Mbed TLS for iso/tls/build: what it takes to make and to check certificates with ECDSA and RSA keys. There is no
 * TLS in it: dockerd does that.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#define MBEDTLS_HAVE_ASM

/* Keys: the curves that Go's crypto/tls and browsers take, and RSA, which boot2docker used. */
#define MBEDTLS_BIGNUM_C
#define MBEDTLS_ECP_C
#define MBEDTLS_ECP_DP_SECP256R1_ENABLED
#define MBEDTLS_ECP_DP_SECP384R1_ENABLED
#define MBEDTLS_ECP_NIST_OPTIM
#define MBEDTLS_ECDSA_C
#define MBEDTLS_RSA_C
#define MBEDTLS_PKCS1_V15
#define MBEDTLS_GENPRIME
#define MBEDTLS_PK_C
#define MBEDTLS_PK_PARSE_C
#define MBEDTLS_PK_WRITE_C

/* Without tables of multiples of the base points: some keys are made in a year, and 10 kB are saved. */
#define MBEDTLS_ECP_FIXED_POINT_OPTIM 0

#define MBEDTLS_MD_C
#define MBEDTLS_SHA256_C
#define MBEDTLS_SHA384_C
#define MBEDTLS_SHA512_C

#define MBEDTLS_ASN1_PARSE_C
#define MBEDTLS_ASN1_WRITE_C
#define MBEDTLS_BASE64_C
#define MBEDTLS_OID_C
#define MBEDTLS_PEM_PARSE_C
#define MBEDTLS_PEM_WRITE_C
#define MBEDTLS_X509_USE_C
#define MBEDTLS_X509_CRT_PARSE_C
#define MBEDTLS_X509_CREATE_C
#define MBEDTLS_X509_CRT_WRITE_C
#define MBEDTLS_X509_REMOVE_INFO
