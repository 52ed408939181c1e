/*
 * Writes tar-split.json.gz: what Docker keeps of a layer's archive in addition to the unpacked files, so that 'docker save'
 * and 'docker push' can reproduce the archive byte for byte. The file is a gzip of JSON lines:
 * {"type":2,"payload":BASE64,"position":N} is a piece of the archive that is not file content, and
 * {"type":1,"name":NAME,"size":SIZE,"payload":CRC,"position":N} stands for the content of a file, with its CRC-64 (ISO 3309).
 * The JSON is formatted exactly as Go's encoder formats it.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DIMPORT) += d2d_tarsplit.o

#include <zlib.h>
#include "d2d_tarsplit.h"

enum {
	OUT = 32 * 1024,
	IN = 3 * 1024,		/* bytes that are encoded at once; a multiple of 3, so that base64 adds no padding in between */
};

struct d2d_tarsplit {
	z_stream z;
	int fd, err;
	unsigned position;
	bool inside;		/* a line of type 2 is begun and not ended yet */
	size_t n_in;
	uint64_t crc;
	unsigned char in[IN], out[OUT];
};

static void write_out(struct d2d_tarsplit *ts)
{
	ssize_t len = OUT - ts->z.avail_out;

	errno = EIO;
	if (len && !ts->err && full_write(ts->fd, ts->out, len) != len)
		ts->err = -errno;
	ts->z.next_out = ts->out;
	ts->z.avail_out = OUT;
}

static void put(struct d2d_tarsplit *ts, const void *text, size_t len)
{
	ts->z.next_in = (void *)text;
	ts->z.avail_in = len;
	while (ts->z.avail_in && !ts->err) {
		deflate(&ts->z, Z_NO_FLUSH);
		if (!ts->z.avail_out)
			write_out(ts);
	}
}

static void puts_split(struct d2d_tarsplit *ts, const char *text)
{
	put(ts, text, strlen(text));
}

static void put_base64(struct d2d_tarsplit *ts, const void *bytes, size_t len)
{
	char text[(IN + 2) / 3 * 4 + 1];

	bb_uuencode(text, bytes, len, bb_uuenc_tbl_base64);
	put(ts, text, (len + 2) / 3 * 4);
}

/* ---- CRC-64 ----
 * The CRC is a remainder modulo the polynomial x^64 + x^4 + x^3 + x + 1 over GF(2), so x^64 equals x^4 + x^3 + x + 1. Repeated
 * squaring of it gives four terms again: x^512 equals x^32 + x^24 + x^8 + 1. Therefore shifts suffice, without tables or
 * special CPU instructions: they process eight bytes at once, or eight times eight bytes in parallel. The bits are mirrored:
 * a multiplication by x is a shift to the right.
 */

/* A vector of 128 bits, which every x86-64 CPU supports (SSE2). */
typedef uint64_t wide __attribute__((vector_size(16)));

/* The bits W that a shift to the right has dropped, times x^64. */
#define DROPPED(w) ((w) ^ (w) >> 1 ^ (w) >> 3 ^ (w) >> 4)

static ALWAYS_INLINE uint64_t times_x64(uint64_t v)
{
	uint64_t w = v << 63 ^ v << 61 ^ v << 60;

	return DROPPED(v) ^ DROPPED(w);
}

static ALWAYS_INLINE wide times_x512(wide v)
{
	wide w = v << 56 ^ v << 40 ^ v << 32;

	return v ^ v >> 8 ^ v >> 24 ^ v >> 32 ^ DROPPED(w);
}

enum { LANES = 64 / sizeof(wide) };

uint64_t d2d_crc64(uint64_t crc, const void *buf, size_t len)
{
	const unsigned char *p = buf;
	uint64_t x;
	wide lane[LANES], next;
	unsigned i;

	crc = ~crc;
	if (len >= sizeof(lane)) {
		memcpy(lane, p, sizeof(lane));
		lane[0][0] ^= crc;
		while (p += sizeof(lane), (len -= sizeof(lane)) >= sizeof(lane)) {
			for (i = 0; i < LANES; i++) {
				memcpy(&next, p + i * sizeof(next), sizeof(next));
				lane[i] = times_x512(lane[i]) ^ next;
			}
		}
		crc = 0;
		for (i = 0; i < LANES * 2; i++)
			crc = times_x64(crc ^ lane[i / 2][i % 2]);
	}
	for (; len >= 8; len -= 8, p += 8) {
		move_from_unaligned_long(x, p);
		crc = times_x64(crc ^ x);
	}
	for (; len; len--) {
		x = (crc ^ *p++) << 56;
		crc = crc >> 8 ^ DROPPED(x);
	}
	return ~crc;
}

void d2d_tarsplit_content(struct d2d_tarsplit *ts, const void *buf, size_t len)
{
	ts->crc = d2d_crc64(ts->crc, buf, len);
}

/* ---- lines ---- */

static void end_line(struct d2d_tarsplit *ts)
{
	char text[sizeof(",\"position\":}\n") + sizeof(int) * 3];

	sprintf(text, ",\"position\":%u}\n", ts->position++);
	puts_split(ts, text);
}

void d2d_tarsplit_raw(void *arg, const void *buf, size_t len)
{
	struct d2d_tarsplit *ts = arg;
	size_t n;

	if (len && !ts->inside) {
		puts_split(ts, "{\"type\":2,\"payload\":\"");
		ts->inside = true;
	}
	for (; len; len -= n, buf = (const char *)buf + n) {
		n = MIN(len, IN - ts->n_in);
		memcpy(ts->in + ts->n_in, buf, n);
		ts->n_in += n;
		if (ts->n_in == IN) {
			put_base64(ts, ts->in, IN);
			ts->n_in = 0;
		}
	}
}

void d2d_tarsplit_end_raw(struct d2d_tarsplit *ts)
{
	if (!ts->inside)
		return;
	put_base64(ts, ts->in, ts->n_in);
	ts->n_in = 0;
	ts->inside = false;
	puts_split(ts, "\"");
	end_line(ts);
}

/* Go's encoder also escapes <, > and &, and the line separators U+2028 and U+2029. */
static void put_string(struct d2d_tarsplit *ts, const char *s)
{
	static const char short_ones[] ALIGN1 = "\b\f\n\r\t\"\\", letters[] ALIGN1 = "bfnrt\"\\";
	char text[8];
	const char *p;
	int n;

	for (; *s; s += n) {
		n = d2d_utf8_len((const void *)s);
		p = strchr(short_ones, *s);
		if (p) {
			sprintf(text, "\\%c", letters[p - short_ones]);
			puts_split(ts, text);
		} else if ((unsigned char)*s < ' ' || strchr("<>&", *s)) {
			sprintf(text, "\\u%04x", *s);
			puts_split(ts, text);
		} else if (memcmp(s, "\xe2\x80\xa8", n) == 0 || memcmp(s, "\xe2\x80\xa9", n) == 0) {
			sprintf(text, "\\u202%x", s[2] & 0xf);
			puts_split(ts, text);
		} else {
			put(ts, s, n);
		}
	}
}

void d2d_tarsplit_file(struct d2d_tarsplit *ts, const char *name, off_t size)
{
	char text[sizeof(",\"size\":") + sizeof(off_t) * 3];
	uint64_t crc = SWAP_BE64(ts->crc);

	d2d_tarsplit_end_raw(ts);
	puts_split(ts, "{\"type\":1");
	if (!d2d_is_utf8(name)) {
		size_t len = strlen(name), n;

		puts_split(ts, ",\"name_raw\":\"");
		for (; len; len -= n, name += n) {
			n = MIN(len, IN);
			put_base64(ts, name, n);
		}
		puts_split(ts, "\"");
	} else if (name[0]) {
		puts_split(ts, ",\"name\":\"");
		put_string(ts, name);
		puts_split(ts, "\"");
	}
	if (size) {
		sprintf(text, ",\"size\":%llu", (unsigned long long)size);
		puts_split(ts, text);
		puts_split(ts, ",\"payload\":\"");
		put_base64(ts, &crc, sizeof(crc));
		puts_split(ts, "\"");
	} else {
		puts_split(ts, ",\"payload\":null");
	}
	ts->crc = 0;
	end_line(ts);
}

struct d2d_tarsplit *d2d_tarsplit_open(int fd)
{
	struct d2d_tarsplit *ts = xzalloc(sizeof(*ts));

	ts->fd = fd;
	if (deflateInit2(&ts->z, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		bb_die_memory_exhausted();
	ts->z.next_out = ts->out;
	ts->z.avail_out = OUT;
	return ts;
}

int d2d_tarsplit_close(struct d2d_tarsplit *ts)
{
	int r;

	d2d_tarsplit_end_raw(ts);
	do {
		r = deflate(&ts->z, Z_FINISH);
		write_out(ts);
	} while (r == Z_OK && !ts->err);
	deflateEnd(&ts->z);
	r = ts->err;
	free(ts);
	return r;
}
