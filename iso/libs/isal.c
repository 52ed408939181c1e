/*
 * What ISA-L's inflate needs of the library's other parts: assembler code for this processor, or the library's C code. Its own
 * choice between them comes with all variants of all its functions.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#include "igzip_lib.h"
#include "igzip_checksums.h"

int decode_huffman_code_block_stateless_base(struct inflate_state *state, uint8_t *start);
int decode_huffman_code_block_stateless_01(struct inflate_state *state, uint8_t *start);
int decode_huffman_code_block_stateless_04(struct inflate_state *state, uint8_t *start);
int decode_huffman_code_block_stateless(struct inflate_state *state, uint8_t *start);
uint32_t crc32_gzip_refl_base(uint32_t seed, const uint8_t *buf, uint64_t len);
uint32_t crc32_gzip_refl_by8(uint32_t seed, const uint8_t *buf, uint64_t len);
uint32_t crc32_gzip_refl(uint32_t seed, const uint8_t *buf, uint64_t len);
uint32_t adler32_base(uint32_t seed, uint8_t *buf, uint32_t len);

int decode_huffman_code_block_stateless(struct inflate_state *state, uint8_t *start)
{
	if (__builtin_cpu_supports("bmi2"))
		return decode_huffman_code_block_stateless_04(state, start);
	if (__builtin_cpu_supports("sse4.1"))
		return decode_huffman_code_block_stateless_01(state, start);
	return decode_huffman_code_block_stateless_base(state, start);
}

uint32_t crc32_gzip_refl(uint32_t seed, const uint8_t *buf, uint64_t len)
{
	if (__builtin_cpu_supports("sse4.1") && __builtin_cpu_supports("pclmul"))
		return crc32_gzip_refl_by8(seed, buf, len);
	return crc32_gzip_refl_base(seed, buf, len);
}

/* only zlib's format has this checksum */
uint32_t isal_adler32(uint32_t seed, const unsigned char *buf, uint64_t len)
{
	return adler32_base(seed, (uint8_t *)buf, len);
}
