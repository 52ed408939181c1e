/*
 * SHA-256 (FIPS 180-4) for processors with AVX2 and BMI2, but without instructions for SHA-256: Intel's from Haswell (2013) to
 * Comet Lake (2020). Nettle, which does the work on all other processors, has no code for these. docs/decisions.md has the figures.
 *
 * The rounds of a block depend on each other, but its message schedule doesn't depend on them, so the schedules of two blocks
 * are computed at once in the two halves of AVX2's registers, in between the rounds of the first block.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_sha256.o

#include <immintrin.h>
#include <sys/platform/x86.h>
#include "d2d_archive.h"

#if __has_attribute(optimize)	/* not in clang, which builds the fuzz targets */
/* In this order: GCC 14 forgets the target at an "optimize" that comes after it. */
#define FAST __attribute__((optimize("O2"), target("avx2,bmi,bmi2")))
#else
#define FAST __attribute__((target("avx2,bmi,bmi2")))
#endif
#define INLINE FAST __attribute__((always_inline)) inline

enum { BLOCK = SHA256_BLOCK_SIZE };

static const uint32_t constants[64] __attribute__((aligned(16))) = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

#define ROTATE(x, n) ((x) >> (n) | (x) << (32 - (n)))

/* WK is the sum of the round's constant and its word of the message schedule. The majority of a, b and c needs b xor c, which is the
 * a xor b of the round before. */
#define ROUND(a, b, d, e, f, g, h, wk) do { \
	uint32_t a_xor_b = a ^ b; \
	h += wk; \
	h += e & f; \
	h += ~e & g; \
	h += ROTATE(e, 6) ^ ROTATE(e, 11) ^ ROTATE(e, 25); \
	d += h; \
	h += b ^ (a_xor_b & b_xor_c); \
	h += ROTATE(a, 2) ^ ROTATE(a, 13) ^ ROTATE(a, 22); \
	b_xor_c = a_xor_b; \
} while (0)

/* After each round the variables change places: a becomes b, b becomes c, and so on; after eight they are back. */
#define FOUR_ROUNDS(a, b, c, d, e, f, g, h, wk) do { \
	ROUND(a, b, d, e, f, g, h, (wk)[0]); \
	ROUND(h, a, c, d, e, f, g, (wk)[1]); \
	ROUND(g, h, b, c, d, e, f, (wk)[2]); \
	ROUND(f, g, a, b, c, d, e, (wk)[3]); \
} while (0)
#define FIRST_FOUR(wk) FOUR_ROUNDS(a, b, c, d, e, f, g, h, wk)
#define NEXT_FOUR(wk) FOUR_ROUNDS(e, f, g, h, a, b, c, d, wk)

#define BEGIN(s) (a = s[0], b = s[1], c = s[2], d = s[3], e = s[4], f = s[5], g = s[6], h = s[7], b_xor_c = b ^ c)
#define END(s) (s[0] += a, s[1] += b, s[2] += c, s[3] += d, s[4] += e, s[5] += f, s[6] += g, s[7] += h)

static INLINE __m256i rotate_all(__m256i x, unsigned n)
{
	return _mm256_or_si256(_mm256_srli_epi32(x, n), _mm256_slli_epi32(x, 32 - n));
}

/* Returns small sigma 1 of two words, which are in both halves of each 64 bits of X: so a shift of 64 bits rotates them. */
static INLINE __m256i sigma1(__m256i x)
{
	return _mm256_xor_si256(_mm256_srli_epi32(x, 10), _mm256_xor_si256(_mm256_srli_epi64(x, 17), _mm256_srli_epi64(x, 19)));
}

/* Returns the next four words of the message schedule, of both blocks. A to D are the last 16. */
static INLINE __m256i next_words(__m256i a, __m256i b, __m256i c, __m256i d)
{
	const __m256i low = _mm256_setr_epi32(0x03020100, 0x0b0a0908, -1, -1, 0x03020100, 0x0b0a0908, -1, -1);
	const __m256i high = _mm256_setr_epi32(-1, -1, 0x03020100, 0x0b0a0908, -1, -1, 0x03020100, 0x0b0a0908);
	__m256i x = _mm256_alignr_epi8(b, a, 4);

	x = _mm256_xor_si256(_mm256_srli_epi32(x, 3), _mm256_xor_si256(rotate_all(x, 7), rotate_all(x, 18)));
	x = _mm256_add_epi32(_mm256_add_epi32(a, _mm256_alignr_epi8(d, c, 4)), x);
	/* the last two of the four words depend on the first two */
	x = _mm256_add_epi32(x, _mm256_shuffle_epi8(sigma1(_mm256_shuffle_epi32(d, 0xfa)), low));
	return _mm256_add_epi32(x, _mm256_shuffle_epi8(sigma1(_mm256_shuffle_epi32(x, 0x50)), high));
}

static INLINE __m256i load(const uint8_t *first, const uint8_t *second)
{
	const __m256i big_endian = _mm256_setr_epi32(0x00010203, 0x04050607, 0x08090a0b, 0x0c0d0e0f,
			0x00010203, 0x04050607, 0x08090a0b, 0x0c0d0e0f);
	__m256i x = _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128((const void *)first)),
			_mm_loadu_si128((const void *)second), 1);

	return _mm256_shuffle_epi8(x, big_endian);
}

static INLINE void add_constants(uint32_t wk[8], __m256i words, unsigned i)
{
	__m128i k = _mm_load_si128((const void *)(constants + i));

	_mm256_store_si256((void *)wk, _mm256_add_epi32(words, _mm256_broadcastsi128_si256(k)));
}

FAST void d2d_sha256_avx2(uint32_t state[8], const uint8_t *p, size_t blocks)
{
	uint32_t wk[16][8] __attribute__((aligned(32)));	/* of four rounds each: four of the first block, four of the second */
	uint32_t a, b, c, d, e, f, g, h, b_xor_c;
	unsigned i;

	for (; blocks; blocks -= MIN(blocks, 2), p += 2 * BLOCK) {
		const uint8_t *second = blocks > 1 ? p + BLOCK : p;
		__m256i w0 = load(p, second), w4 = load(p + 16, second + 16), w8 = load(p + 32, second + 32),
			w12 = load(p + 48, second + 48);

		BEGIN(state);
		for (i = 0; i < 12; i += 4) {
			add_constants(wk[i], w0, 4 * i);
			add_constants(wk[i + 1], w4, 4 * i + 4);
			add_constants(wk[i + 2], w8, 4 * i + 8);
			add_constants(wk[i + 3], w12, 4 * i + 12);
			w0 = next_words(w0, w4, w8, w12);
			FIRST_FOUR(wk[i]);
			w4 = next_words(w4, w8, w12, w0);
			NEXT_FOUR(wk[i + 1]);
			w8 = next_words(w8, w12, w0, w4);
			FIRST_FOUR(wk[i + 2]);
			w12 = next_words(w12, w0, w4, w8);
			NEXT_FOUR(wk[i + 3]);
		}
		add_constants(wk[12], w0, 48);
		add_constants(wk[13], w4, 52);
		add_constants(wk[14], w8, 56);
		add_constants(wk[15], w12, 60);
		FIRST_FOUR(wk[12]);
		NEXT_FOUR(wk[13]);
		FIRST_FOUR(wk[14]);
		NEXT_FOUR(wk[15]);
		END(state);
		if (blocks == 1)
			break;
		BEGIN(state);
		for (i = 0; i < 16; i += 2) {
			FIRST_FOUR(wk[i] + 4);
			NEXT_FOUR(wk[i + 1] + 4);
		}
		END(state);
	}
}

#define HAS_SHA x86_cpu_active(x86_cpu_SHA)

bool d2d_sha256_has_avx2(void)
{
	return x86_cpu_active(x86_cpu_AVX2) && x86_cpu_active(x86_cpu_BMI1) && x86_cpu_active(x86_cpu_BMI2);
}

void d2d_sha256(struct sha256_ctx *ctx, const void *buf, size_t len)
{
	const uint8_t *p = buf;
	size_t blocks;

	if (len >= 2 * BLOCK && d2d_sha256_has_avx2() && !HAS_SHA) {
		if (ctx->index) {
			blocks = BLOCK - ctx->index;
			sha256_update(ctx, blocks, p);
			p += blocks;
			len -= blocks;
		}
		blocks = len / BLOCK;
		d2d_sha256_avx2(ctx->state, p, blocks);
		ctx->count += blocks;
		p += blocks * BLOCK;
		len -= blocks * BLOCK;
	}
	sha256_update(ctx, len, p);
}
