/*
 * d2dtls: certificates (RFC 5280): makes them, reads them, and tells whether one is signed by another.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DTLS) += d2dtls_certificate.o

/* The library has no function to take over the name of an authority with all its bytes, which Go's crypto/x509 compares. */
#define MBEDTLS_ALLOW_PRIVATE_ACCESS
#include "d2dtls.h"
#include <arpa/inet.h>
#include <mbedtls/asn1write.h>
#include <mbedtls/oid.h>

enum {
	CERT_MAX = 1024 * 1024,		/* bytes of a file */
	PEM_MAX = 128 * 1024,
	SERIAL_LEN = 16,
	DATE_LEN = sizeof("YYYYMMDDhhmmss"),
};

time_t d2dtls_time(const mbedtls_x509_time *t)
{
	struct tm tm = {
		.tm_year = t->year - 1900, .tm_mon = t->mon - 1, .tm_mday = t->day,
		.tm_hour = t->hour, .tm_min = t->min, .tm_sec = t->sec,
	};

	return timegm(&tm);
}

char *d2dtls_day(time_t when)
{
	char text[sizeof("292277026596-01-31")];

	strftime(text, sizeof(text), "%F", gmtime(&when));
	return auto_string(xstrdup(text));
}

int d2dtls_cert_read(mbedtls_x509_crt *cert, const char *path)
{
	size_t len;
	char *text;
	int err = d2d_file_read(path, CERT_MAX, &text, &len);

	if (err < 0)
		return err;
	/* A positive result is the number of certificates in the file that can't be read. */
	err = mbedtls_x509_crt_parse(cert, (unsigned char *)text, len + 1) ? -EBADMSG : 0;
	free(text);
	return err;
}

bool d2dtls_cert_is_of(mbedtls_x509_crt *cert, mbedtls_x509_crt *ca, bool server)
{
	uint32_t flags;

	return cert->issuer_raw.len == ca->subject_raw.len
		&& memcmp(cert->issuer_raw.p, ca->subject_raw.p, ca->subject_raw.len) == 0
		&& mbedtls_x509_crt_verify(cert, ca, NULL, NULL, &flags, NULL, NULL) == 0
		&& mbedtls_x509_crt_check_extended_key_usage(cert, server ? MBEDTLS_OID_SERVER_AUTH : MBEDTLS_OID_CLIENT_AUTH,
			MBEDTLS_OID_SIZE(MBEDTLS_OID_SERVER_AUTH)) == 0;
}

/* ---- names ---- */

llist_t *d2dtls_cert_names(const mbedtls_x509_crt *cert)
{
	const mbedtls_x509_sequence *at;
	llist_t *names = NULL;

	for (at = &cert->subject_alt_names; at && at->buf.p; at = at->next) {
		mbedtls_x509_subject_alternative_name name = { 0 };
		const mbedtls_x509_buf *value = &name.san.unstructured_name;
		char text[INET6_ADDRSTRLEN];

		/* Kinds of names that no server has. */
		if (mbedtls_x509_parse_subject_alt_name(&at->buf, &name) != 0)
			continue;
		if (name.type == MBEDTLS_X509_SAN_DNS_NAME)
			llist_add_to_end(&names, d2d_printable((char *)value->p, value->len));
		else if (name.type == MBEDTLS_X509_SAN_IP_ADDRESS
				&& inet_ntop(value->len == 4 ? AF_INET : AF_INET6, value->p, text, sizeof(text)))
			llist_add_to_end(&names, xstrdup(text));
		mbedtls_x509_free_subject_alt_name(&name);
	}
	return names;
}

/* The names of a request, in the form of the library, which doesn't copy them, and writes the last one first. */
struct alternatives {
	mbedtls_x509_san_list *list;
	uint8_t (*addresses)[sizeof(struct in6_addr)];
};

static void fill_alternatives(struct alternatives *a, const llist_t *names)
{
	const llist_t *l;
	unsigned i, n = 0;

	for (l = names; l; l = l->link)
		n++;
	a->list = xzalloc((n + 1) * sizeof(*a->list));
	a->addresses = xzalloc((n + 1) * sizeof(*a->addresses));
	for (i = n, l = names; l; l = l->link) {
		mbedtls_x509_subject_alternative_name *name = &a->list[--i].node;
		mbedtls_x509_buf *value = &name->san.unstructured_name;
		bool v4 = inet_pton(AF_INET, l->data, a->addresses[i]) == 1;
		bool v6 = !v4 && inet_pton(AF_INET6, l->data, a->addresses[i]) == 1;

		name->type = v4 || v6 ? MBEDTLS_X509_SAN_IP_ADDRESS : MBEDTLS_X509_SAN_DNS_NAME;
		value->p = v4 || v6 ? a->addresses[i] : (unsigned char *)l->data;
		value->len = v4 ? 4 : v6 ? 16 : strlen(l->data);
		a->list[i].next = i + 1 < n ? &a->list[i + 1] : NULL;
	}
}

/* Takes over the name of an authority, whoever has made it, with the types of its strings. The library's list is in reverse
 * order. */
static int set_issuer(mbedtls_x509write_cert *cert, const mbedtls_x509_name *name)
{
	for (; name; name = name->next) {
		mbedtls_asn1_named_data *part = mbedtls_asn1_store_named_data(&cert->issuer, (char *)name->oid.p, name->oid.len,
			name->val.p, name->val.len);

		if (!part)
			return -ENOMEM;
		part->val.tag = name->val.tag;
	}
	return 0;
}

/* Two authorities of this project have different names, so that a client never takes one for the other. */
static int set_names(mbedtls_x509write_cert *cert, const struct d2dtls_request *r, const uint8_t *serial)
{
	static const char kinds[] ALIGN1 = "authority\0server\0client\0";
	char hex[2 * 4 + 1], *name;
	int err;

	d2d_hex(hex, &serial[SERIAL_LEN - 4], 4);
	name = xasprintf("CN=debian2docker %s %s", nth_string(kinds, r->kind), hex);
	err = mbedtls_x509write_crt_set_subject_name(cert, name);
	if (!err)
		err = r->ca ? set_issuer(cert, &r->ca->cert.subject) : mbedtls_x509write_crt_set_issuer_name(cert, name);
	free(name);
	return err;
}

static int set_dates(mbedtls_x509write_cert *cert, const struct d2dtls_request *r)
{
	char from[DATE_LEN], until[DATE_LEN];

	if (!strftime(from, sizeof(from), "%Y%m%d%H%M%S", gmtime(&r->from))
			|| !strftime(until, sizeof(until), "%Y%m%d%H%M%S", gmtime(&r->until)))
		return -ERANGE;
	return mbedtls_x509write_crt_set_validity(cert, from, until);
}

static int set_use(mbedtls_x509write_cert *cert, const struct d2dtls_request *r, const struct alternatives *a)
{
	const char *oid = r->kind == D2DTLS_SERVER ? MBEDTLS_OID_SERVER_AUTH : MBEDTLS_OID_CLIENT_AUTH;
	mbedtls_asn1_sequence use = {
		.buf = { .tag = MBEDTLS_ASN1_OID, .len = MBEDTLS_OID_SIZE(MBEDTLS_OID_SERVER_AUTH), .p = (unsigned char *)oid },
	};
	bool ca = r->kind == D2DTLS_CA;
	int err = mbedtls_x509write_crt_set_basic_constraints(cert, ca, ca ? 0 : -1);

	if (!err)
		err = mbedtls_x509write_crt_set_key_usage(cert, ca ? MBEDTLS_X509_KU_KEY_CERT_SIGN | MBEDTLS_X509_KU_CRL_SIGN
			: mbedtls_pk_get_type(r->key) == MBEDTLS_PK_RSA
			? MBEDTLS_X509_KU_DIGITAL_SIGNATURE | MBEDTLS_X509_KU_KEY_ENCIPHERMENT : MBEDTLS_X509_KU_DIGITAL_SIGNATURE);
	if (!err && !ca)
		err = mbedtls_x509write_crt_set_ext_key_usage(cert, &use);
	if (!err && r->kind == D2DTLS_SERVER)
		err = mbedtls_x509write_crt_set_subject_alternative_name(cert, a->list);
	return err;
}

char *d2dtls_cert_make(const struct d2dtls_request *r)
{
	mbedtls_x509write_cert cert;
	uint8_t serial[SERIAL_LEN];
	struct alternatives a;
	char *pem = xzalloc(PEM_MAX);
	int err = d2d_random(NULL, serial, sizeof(serial));

	mbedtls_x509write_crt_init(&cert);
	fill_alternatives(&a, r->names);
	/* A positive number of 16 bytes. */
	serial[0] = (serial[0] & 0x3f) | 0x40;
	mbedtls_x509write_crt_set_md_alg(&cert, MBEDTLS_MD_SHA256);
	mbedtls_x509write_crt_set_subject_key(&cert, r->key);
	mbedtls_x509write_crt_set_issuer_key(&cert, r->ca ? (mbedtls_pk_context *)&r->ca->key : r->key);
	if (!err)
		err = mbedtls_x509write_crt_set_serial_raw(&cert, serial, sizeof(serial));
	if (!err)
		err = set_names(&cert, r, serial);
	if (!err)
		err = set_dates(&cert, r);
	if (!err)
		err = set_use(&cert, r, &a);
	if (!err)
		err = mbedtls_x509write_crt_pem(&cert, (unsigned char *)pem, PEM_MAX, d2d_random, NULL);
	mbedtls_x509write_crt_free(&cert);
	free(a.addresses);
	free(a.list);
	if (!err)
		return pem;
	free(pem);
	return NULL;
}
