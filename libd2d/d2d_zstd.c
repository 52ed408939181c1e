/*
 * Unpacks zstd, in the form of busybox's other unpackers.
 *
 * Docker's own must not be used: dockerd 26.1 gives the buffer of a zstd stream away while a goroutine still reads
 * from it, and now and then dies of that.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DIMPORT) += d2d_zstd.o

#include <zstd.h>
#include "d2d_import.h"
#include "bb_archive.h"

int d2d_is_zstd(int fd)
{
	static const uint8_t magic[4] = { 0x28, 0xb5, 0x2f, 0xfd };
	uint8_t head[sizeof(magic)];

	return pread(fd, head, sizeof(head), 0) == sizeof(head) && memcmp(head, magic, sizeof(magic)) == 0;
}

IF_DESKTOP(long long) int FAST_FUNC d2d_unpack_zstd(transformer_state_t *xstate)
{
	size_t in_max = ZSTD_DStreamInSize(), out_max = ZSTD_DStreamOutSize();
	ZSTD_inBuffer in = { .src = xmalloc(in_max) };
	ZSTD_outBuffer out = { .dst = xmalloc(out_max) };
	ZSTD_DStream *stream = ZSTD_createDStream();
	size_t left = 1;	/* 0 at the end of a frame */
	ssize_t n;

	while ((n = safe_read(xstate->src_fd, (void *)in.src, in_max)) > 0) {
		in.size = n;
		in.pos = 0;
		out.pos = 0;
		/* in the midst of a frame a full output buffer may mean that there is more to come out */
		while (in.pos < in.size || (left && out.pos == out_max)) {
			out.size = out_max;
			out.pos = 0;
			left = ZSTD_decompressStream(stream, &out, &in);
			if (ZSTD_isError(left)) {
				bb_error_msg("corrupted data: %s", ZSTD_getErrorName(left));
				return -1;
			}
			if (transformer_write(xstate, out.dst, out.pos) < 0)
				return -1;
		}
	}
	if (n < 0 || left) {
		bb_simple_error_msg("unexpected end of file");
		return -1;
	}
	return 0;
}
