/*
 * Chooses the parameters of the key derivation function, which determine how much time and memory it takes to try a
 * passphrase.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_FEATURE_D2DUNLOCK_MANAGE) += d2d_luks_cost.o

#include "d2d_luks.h"
#include <libcryptsetup.h>

enum {
	MOST_KIB = 1024 * 1024,		/* libcryptsetup's default limit */
	LEAST_KIB = 1024,
	MOST_THREADS = 4,		/* LUKS2's limit */
	KEY_SIZE = 64,
};

/* Returns the memory limit of Argon2 in KiB: half of the RAM, so that this machine can open the volume again, but no
 * more than three quarters of what is available now. */
static uint32_t memory_limit(void)
{
	unsigned long total = 0, available = 0;
	char line[128];
	FILE *f = fopen_for_read("/proc/meminfo");

	while (f && fgets(line, sizeof(line), f)) {
		sscanf(line, "MemTotal: %lu", &total);
		sscanf(line, "MemAvailable: %lu", &available);
	}
	if (f)
		fclose(f);
	total = MIN(total / 2, available / 4 * 3);
	return MAX(MIN(total, (unsigned long)MOST_KIB), (unsigned long)LEAST_KIB);
}

int d2d_luks_measure(struct crypt_device *cd, unsigned ms, struct crypt_pbkdf_type *kdf)
{
	const char *type = cd ? crypt_get_type(cd) : NULL;
	int r;

	memset(kdf, 0, sizeof(*kdf));
	kdf->hash = "sha256";
	kdf->time_ms = ms;
	kdf->type = CRYPT_KDF_PBKDF2;
	if (!type || strcmp(type, CRYPT_LUKS1) != 0) {
		kdf->type = CRYPT_KDF_ARGON2ID;
		kdf->max_memory_kb = memory_limit();
		kdf->parallel_threads = MIN(d2d_cpus(), (unsigned)MOST_THREADS);
	}
	r = crypt_benchmark_pbkdf(cd, kdf, "passphrase", 10, "0123456789abcdef0123456789abcdef", 32, KEY_SIZE, NULL, NULL);
	if (r < 0)
		return r;
	/* Otherwise libcryptsetup would run its benchmark again for each new key slot, with a limit of 1 GiB. */
	kdf->flags |= CRYPT_PBKDF_NO_BENCHMARK;
	return cd ? crypt_set_pbkdf_type(cd, kdf) : 0;
}
