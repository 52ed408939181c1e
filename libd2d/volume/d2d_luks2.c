/*
 * Checks the two copies of a LUKS2 header. Each copy has a checksum, and the volume can be opened as long as one of
 * them is intact. The second copy also identifies a volume whose beginning was overwritten.
 *
 * LUKS2 On-Disk Format Specification 1.1.3, chapter 2.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D_PROBE) += d2d_luks2.o

#include "d2d_volume.h"
#include <nettle/sha2.h>

enum {
	SMALLEST = 0x4000,
	LARGEST = 0x400000,

	AT_SIZE = 8,
	AT_SEQUENCE = 16,	/* number of the change; the copy with the greater number is newer */
	AT_LABEL = 24,
	AT_ALGORITHM = 72,
	AT_UUID = 168,
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

static bool is_size(uint64_t size)
{
	return size >= SMALLEST && size <= LARGEST && (size & (size - 1)) == 0;
}

static bool is_head(const uint8_t *head, off_t at)
{
	uint64_t size = be64(head + AT_SIZE);

	return memcmp(head, at ? "SKUL\xba\xbe\0\2" : "LUKS\xba\xbe\0\2", 8) == 0
		&& is_size(size) && be64(head + AT_OFFSET) == (uint64_t)at && (!at || size == (uint64_t)at);
}

/* Returns the copy of the header at an offset if its checksum is correct, else NULL. The caller frees it. */
static uint8_t *read_copy(int fd, off_t at, size_t *size)
{
	uint8_t *copy = xmalloc(D2D_LUKS2_HEAD), sum[SHA256_DIGEST_SIZE], found[SHA256_DIGEST_SIZE];
	struct sha256_ctx ctx;

	if (pread(fd, copy, D2D_LUKS2_HEAD, at) != D2D_LUKS2_HEAD || !is_head(copy, at))
		goto bad;
	*size = be64(copy + AT_SIZE);
	copy = xrealloc(copy, *size);
	if (pread(fd, copy, *size, at) != (ssize_t)*size)
		goto bad;
	/* Other checksum algorithms can't be checked here, so such a copy counts as intact; libcryptsetup writes no
	 * other than SHA-256. */
	if (strncmp((char *)copy + AT_ALGORITHM, "sha256", 7) != 0)
		return copy;
	memcpy(found, copy + AT_SUM, sizeof(found));
	memset(copy + AT_SUM, 0, SUM_FIELD);
	sha256_init(&ctx);
	sha256_update(&ctx, *size, copy);
	sha256_digest(&ctx, sizeof(sum), sum);
	if (memcmp(sum, found, sizeof(sum)) == 0)
		return copy;
 bad:
	free(copy);
	return NULL;
}

static void set(struct d2d_luks2 *luks, off_t at, uint8_t *copy, size_t size)
{
	luks->copies |= at ? D2D_LUKS_SECOND : D2D_LUKS_FIRST;
	if (luks->header && be64(copy + AT_SEQUENCE) <= be64(luks->header + AT_SEQUENCE)) {
		free(copy);
		return;
	}
	free(luks->header);
	luks->header = copy;
	luks->size = size;
	safe_strncpy(luks->label, (char *)copy + AT_LABEL, sizeof(luks->label));
	safe_strncpy(luks->uuid, (char *)copy + AT_UUID, sizeof(luks->uuid));
}

int d2d_luks2_read(int fd, struct d2d_luks2 *luks)
{
	uint8_t *copy;
	size_t size;
	off_t at;

	memset(luks, 0, sizeof(*luks));
	copy = read_copy(fd, 0, &size);
	if (copy)
		set(luks, 0, copy, size);
	/* The second copy begins where the first one ends. If the first is damaged, try every valid size. */
	for (at = luks->size ? luks->size : SMALLEST; at <= LARGEST; at *= 2) {
		copy = read_copy(fd, at, &size);
		if (copy) {
			set(luks, at, copy, size);
			break;
		}
		if (luks->copies)
			break;
	}
	return luks->copies;
}

void d2d_luks2_free(struct d2d_luks2 *luks)
{
	free(luks->header);
	luks->header = NULL;
}

char *d2d_luks2_repair(const char *dev)
{
	return xasprintf(ENABLE_FEATURE_D2DUNLOCK_MANAGE ? "d2dunlock repair %s" : "cryptsetup repair %s", dev);
}
