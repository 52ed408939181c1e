/*
 * d2ddisplay: writes a picture as a PNG file.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DDISPLAY) += d2ddisplay_png.o

#include <zlib.h>
#include "d2ddisplay.h"

enum { CHUNK = 32 * 1024 };	/* bytes of a piece of compressed data */

static void put_be32(uint8_t *to, uint32_t value)
{
	value = htonl(value);
	memcpy(to, &value, sizeof(value));
}

/* Writes a chunk: its length, its type, the data, and the CRC of both. */
static int write_chunk(int fd, const char *type, const void *data, size_t len)
{
	uint8_t head[8], sum[4];

	put_be32(head, len);
	memcpy(head + 4, type, 4);
	put_be32(sum, crc32(crc32(0, head + 4, 4), data, len));
	if (full_write(fd, head, sizeof(head)) != sizeof(head) || full_write(fd, data, len) != (ssize_t)len
	 || full_write(fd, sum, sizeof(sum)) != sizeof(sum))
		return -errno;
	return 0;
}

/* Compresses LEN bytes (at the end with FLUSH Z_FINISH) and writes each piece that is complete as a chunk. */
static int pack(int fd, z_stream *z, uint8_t *out, const uint8_t *in, size_t len, int flush)
{
	int r;

	z->next_in = (uint8_t *)in;
	z->avail_in = len;
	for (;;) {
		r = deflate(z, flush);
		if (r != Z_OK && r != Z_STREAM_END && r != Z_BUF_ERROR)
			return -EIO;
		if (z->avail_out && r != Z_STREAM_END)
			return 0;
		if (write_chunk(fd, "IDAT", out, CHUNK - z->avail_out) < 0)
			return -errno;
		z->next_out = out;
		z->avail_out = CHUNK;
		if (r == Z_STREAM_END)
			return 0;
	}
}

int d2ddisplay_png(int fd, unsigned width, unsigned height, int (*row)(void *arg, uint8_t *rgb), void *arg)
{
	static const uint8_t magic[] = { 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n' };
	/* 8 bits of red, green and blue each, not interlaced */
	uint8_t head[13] = { [8] = 8, [9] = 2 }, *out = xmalloc(CHUNK);
	size_t size = 1 + 3 * (size_t)width;
	uint8_t *line = xzalloc(size);	/* its first byte is the filter: none */
	z_stream z = { .next_out = out, .avail_out = CHUNK };
	unsigned y;
	int r;

	put_be32(head, width);
	put_be32(head + 4, height);
	r = full_write(fd, magic, sizeof(magic)) == sizeof(magic) ? 0 : -errno;
	if (r == 0)
		r = write_chunk(fd, "IHDR", head, sizeof(head));
	if (r == 0 && deflateInit(&z, Z_DEFAULT_COMPRESSION) != Z_OK)
		r = -ENOMEM;
	for (y = 0; r == 0 && y < height; y++) {
		r = row(arg, line + 1);
		if (r == 0)
			r = pack(fd, &z, out, line, size, Z_NO_FLUSH);
	}
	if (r == 0)
		r = pack(fd, &z, out, NULL, 0, Z_FINISH);
	deflateEnd(&z);
	if (r == 0)
		r = write_chunk(fd, "IEND", "", 0);
	free(line);
	free(out);
	return r;
}
