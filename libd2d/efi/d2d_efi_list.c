/*
 * Parses what the firmware has in PK, KEK, db and dbx: lists of signatures (EFI_SIGNATURE_LIST), of which each has a type, a header
 * and entries of one size, which begin with the GUID of an owner. Numbers are little-endian. Works on memory only.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_SECUREBOOT) += d2d_efi_list.o

#include "d2d_efi.h"

enum {
	GUID = 16,
	LIST = GUID + 3 * 4,	/* type, size of the list, of its header, of an entry */
	LIST_SIZE = GUID,
	HEADER_SIZE = GUID + 4,
	ENTRY_SIZE = GUID + 8,

	/* EFI_VARIABLE_AUTHENTICATION_2: a time of 16 bytes, then a signature that begins with its own length. */
	TIME = 16,
	SIGNATURE = 4 + 2 + 2 + GUID,	/* length, revision, type, GUID of the kind; the signature itself */
};

int d2d_efi_list(const uint8_t *value, size_t len, void (*on_certificate)(void *arg, const uint8_t *der, size_t len), void *arg,
		unsigned *others)
{
	/* EFI_CERT_X509_GUID, a5c059a1-94e4-4aa7-87b5-ab155c2bf072 */
	static const uint8_t x509[GUID] ALIGN1 = { 0xa1, 0x59, 0xc0, 0xa5, 0xe4, 0x94, 0xa7, 0x4a,
		0x87, 0xb5, 0xab, 0x15, 0x5c, 0x2b, 0xf0, 0x72 };

	while (len) {
		size_t size, header, entry, at;

		if (len < LIST)
			return -EBADMSG;
		size = d2d_le32(value + LIST_SIZE);
		header = d2d_le32(value + HEADER_SIZE);
		entry = d2d_le32(value + ENTRY_SIZE);
		if (size < LIST || size > len || header > size - LIST || entry <= GUID || (size - LIST - header) % entry)
			return -EBADMSG;
		for (at = LIST + header; at < size; at += entry) {
			if (memcmp(value, x509, GUID) == 0)
				on_certificate(arg, value + at + GUID, entry - GUID);
			else
				++*others;
		}
		value += size;
		len -= size;
	}
	return 0;
}

const uint8_t *d2d_efi_signed_value(const uint8_t *auth, size_t size, size_t *len)
{
	size_t signature;

	if (size < TIME + SIGNATURE)
		return NULL;
	signature = d2d_le32(auth + TIME);
	if (signature < SIGNATURE || signature > size - TIME)
		return NULL;
	*len = size - TIME - signature;
	return auth + TIME + signature;
}

char *d2d_efi_owner(const uint8_t *der, size_t len)
{
	/* The OID 2.5.4.3, common name; behind it a string: its type, its length below 128, its bytes. The name of the issuer comes
	 * first in a certificate, that of the owner last; extensions behind it have other OIDs. */
	static const uint8_t oid[] ALIGN1 = { 0x06, 0x03, 0x55, 0x04, 0x03 };
	enum { UTF8 = 0x0c, PRINTABLE = 0x13, IA5 = 0x16 };
	const uint8_t *p = der, *end = der + len, *name = NULL;

	while ((p = memmem(p, end - p, oid, sizeof(oid))) != NULL) {
		p += sizeof(oid);
		if (end - p >= 2 && (p[0] == UTF8 || p[0] == PRINTABLE || p[0] == IA5) && p[1] < 128 && p[1] <= end - p - 2)
			name = p + 1;
	}
	return name ? d2d_printable((const char *)name + 1, name[0]) : NULL;
}
