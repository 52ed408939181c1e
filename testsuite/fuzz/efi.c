/*
 * Lists of certificates and digests in the firmware's variables, and signed ones in files. The first byte chooses between both.
 * needs: d2d_efi_list.c d2d_bytes.c d2d_text.c
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#include "fuzz.h"
#include "d2d_efi.h"

struct bounds {
	const uint8_t *from, *to;
	unsigned n;
};

static void on_certificate(void *arg, const uint8_t *der, size_t len)
{
	struct bounds *b = arg;
	char *owner;

	CHECK(der >= b->from && der <= b->to && len <= (size_t)(b->to - der));
	b->n++;
	owner = d2d_efi_owner(der, len);
	CHECK(!owner || is_printable(owner));
	free(owner);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *value;
	size_t len;
	unsigned others = 0;
	struct bounds b;
	uint8_t *copy;

	if (!size)
		return 0;
	/* A buffer of its own, so that each byte behind it is noticed. */
	copy = xmalloc(size - 1 ? size - 1 : 1);
	memcpy(copy, data + 1, size - 1);
	value = copy;
	len = size - 1;
	if (data[0] & 1) {
		value = d2d_efi_signed_value(copy, size - 1, &len);
		CHECK(!value || (value >= copy && value + len == copy + size - 1));
	}
	if (value) {
		b = (struct bounds) { value, value + len, 0 };
		d2d_efi_list(value, len, on_certificate, &b, &others);
		/* Each entry has a GUID and at least one byte. */
		CHECK((b.n + others) * 17ULL <= len);
	}
	free(copy);
	return 0;
}
