/*
 * Checks the two copies of a LUKS2 header. Each copy has a checksum, and the volume can be opened as long as one of
 * them is intact.
 *
 * LUKS2 On-Disk Format Specification 1.1.3, chapter 2.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DUNLOCK) += d2d_luks_copies.o

#include "d2d_luks.h"
#include <nettle/sha2.h>

enum {
	BINARY = 4096,		/* bytes of the binary header; the JSON area follows */
	SMALLEST = 0x4000,
	LARGEST = 0x400000,

	AT_SIZE = 8,
	AT_ALGORITHM = 72,
	AT_OFFSET = 256,
	AT_SUM = 448,
	SUM_FIELD = 64,
};

static uint64_t be64(const uint8_t *p)
{
	uint64_t n;

	memcpy(&n, p, sizeof(n));
	return be64toh(n);
}

static int is_size(uint64_t size)
{
	return size >= SMALLEST && size <= LARGEST && (size & (size - 1)) == 0;
}

/* Returns the size of the header copy that begins at this offset if the copy is intact, else 0. */
static uint64_t whole_copy(int fd, off_t at, const char *magic)
{
	uint8_t *header = xmalloc(BINARY), sum[SHA256_DIGEST_SIZE], found[SHA256_DIGEST_SIZE];
	struct sha256_ctx ctx;
	uint64_t size = 0;

	if (pread(fd, header, BINARY, at) != BINARY || memcmp(header, magic, 6) != 0)
		goto out;
	size = be64(header + AT_SIZE);
	if (!is_size(size) || be64(header + AT_OFFSET) != (uint64_t)at) {
		size = 0;
		goto out;
	}
	/* Other checksum algorithms can't be checked here, so such a copy counts as intact; libcryptsetup writes no
	 * other than SHA-256. */
	if (strncmp((char *)header + AT_ALGORITHM, "sha256", 7) != 0)
		goto out;
	memcpy(found, header + AT_SUM, sizeof(found));
	memset(header + AT_SUM, 0, SUM_FIELD);
	header = xrealloc(header, size);
	sha256_init(&ctx);
	if (pread(fd, header + BINARY, size - BINARY, at + BINARY) != (ssize_t)(size - BINARY)) {
		size = 0;
		goto out;
	}
	sha256_update(&ctx, size, header);
	sha256_digest(&ctx, sizeof(sum), sum);
	if (memcmp(sum, found, sizeof(sum)) != 0)
		size = 0;
 out:
	free(header);
	return size;
}

int d2d_luks_copies(const char *path)
{
	uint8_t begin[AT_SIZE];
	uint64_t size;
	int whole = 0, fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (pread(fd, begin, sizeof(begin), 0) == sizeof(begin) && memcmp(begin, "LUKS\xba\xbe\0\1", 8) == 0) {
		close(fd);
		return D2D_LUKS_FIRST | D2D_LUKS_SECOND;
	}
	size = whole_copy(fd, 0, "LUKS\xba\xbe");
	if (size)
		whole |= D2D_LUKS_FIRST;
	/* The second copy begins where the first one ends. If the first is damaged, try every valid size. */
	for (size = size ? size : SMALLEST; size <= LARGEST; size *= 2) {
		if (whole_copy(fd, size, "SKUL\xba\xbe") == size) {
			whole |= D2D_LUKS_SECOND;
			break;
		}
		if (whole & D2D_LUKS_FIRST)
			break;
	}
	close(fd);
	return whole;
}
