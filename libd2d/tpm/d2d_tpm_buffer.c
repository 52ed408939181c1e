/*
 * Commands and answers of a TPM as bytes. No function reads or writes beyond the end of a buffer, whatever its content.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_FEATURE_D2DUNLOCK_TPM) += d2d_tpm_buffer.o

#include "d2d_tpm_private.h"

void d2d_tpm_put(struct d2d_tpm_buffer *b, const void *data, size_t len)
{
	if (b->bad || len > sizeof(b->data) - b->len) {
		b->bad = true;
		return;
	}
	if (len)
		memcpy(b->data + b->len, data, len);
	b->len += len;
}

void d2d_tpm_put8(struct d2d_tpm_buffer *b, unsigned n)
{
	uint8_t byte = n;

	d2d_tpm_put(b, &byte, sizeof(byte));
}

void d2d_tpm_put16(struct d2d_tpm_buffer *b, unsigned n)
{
	uint16_t big = htons(n);

	d2d_tpm_put(b, &big, sizeof(big));
}

void d2d_tpm_put32(struct d2d_tpm_buffer *b, uint32_t n)
{
	uint32_t big = htonl(n);

	d2d_tpm_put(b, &big, sizeof(big));
}

void d2d_tpm_put_sized(struct d2d_tpm_buffer *b, const void *data, size_t len)
{
	if (len > UINT16_MAX)
		b->bad = true;
	d2d_tpm_put16(b, len);
	d2d_tpm_put(b, data, len);
}

const uint8_t *d2d_tpm_get(struct d2d_tpm_buffer *b, size_t len)
{
	const uint8_t *data = b->data + b->at;

	if (b->bad || len > b->len - b->at) {
		b->bad = true;
		return NULL;
	}
	b->at += len;
	return data;
}

/* Returns a number of up to four bytes. */
static uint32_t get_number(struct d2d_tpm_buffer *b, size_t len)
{
	const uint8_t *p = d2d_tpm_get(b, len);
	uint32_t n = 0;

	while (p && len--)
		n = n << 8 | *p++;
	return n;
}

unsigned d2d_tpm_get8(struct d2d_tpm_buffer *b)
{
	return get_number(b, 1);
}

unsigned d2d_tpm_get16(struct d2d_tpm_buffer *b)
{
	return get_number(b, 2);
}

uint32_t d2d_tpm_get32(struct d2d_tpm_buffer *b)
{
	return get_number(b, 4);
}

const uint8_t *d2d_tpm_get_sized(struct d2d_tpm_buffer *b, size_t *len)
{
	const uint8_t *data;

	*len = d2d_tpm_get16(b);
	data = d2d_tpm_get(b, *len);
	if (!data)
		*len = 0;
	return data;
}

void d2d_tpm_buffer_set(struct d2d_tpm_buffer *b, const void *data, size_t len)
{
	b->len = b->at = 0;
	b->bad = false;
	d2d_tpm_put(b, data, len);
}

void d2d_tpm_command(struct d2d_tpm_buffer *b, unsigned tag, uint32_t code)
{
	b->len = b->at = 0;
	b->bad = false;
	d2d_tpm_put16(b, tag);
	d2d_tpm_put32(b, 0);	/* the length */
	d2d_tpm_put32(b, code);
}

void d2d_tpm_no_password(struct d2d_tpm_buffer *b)
{
	d2d_tpm_put32(b, 9);
	d2d_tpm_put32(b, TPM_PASSWORD);
	d2d_tpm_put16(b, 0);	/* no nonce */
	d2d_tpm_put8(b, 0);
	d2d_tpm_put16(b, 0);
}

void d2d_tpm_put_pcrs(struct d2d_tpm_buffer *b, unsigned bank, uint32_t pcrs)
{
	d2d_tpm_put32(b, 1);
	d2d_tpm_put16(b, bank);
	d2d_tpm_put8(b, 3);
	d2d_tpm_put8(b, pcrs & 0xff);
	d2d_tpm_put8(b, pcrs >> 8 & 0xff);
	d2d_tpm_put8(b, pcrs >> 16 & 0xff);
}
