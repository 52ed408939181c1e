/*
 * luks-store KEYFILE: encrypts stdin to stdout like dm-crypt's aes-xts-plain64 with a key of 64 bytes and sectors of
 * 512 bytes: each sector by itself, with the sector number as the tweak. So a LUKS volume can be filled on a host whose
 * kernel has no dm-crypt.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <nettle/xts.h>

#define SECTOR 512
#define SECTORS 128	/* read and written at once */

/* "plain64": the sector number as little-endian in the first half of the tweak. */
static void set_tweak(uint8_t *tweak, uint64_t sector)
{
	int i;

	for (i = 0; i < 8; i++)
		tweak[i] = sector >> (8 * i);
}

int main(int argc, char **argv)
{
	static uint8_t buf[SECTOR * SECTORS];
	uint8_t key[64], tweak[XTS_BLOCK_SIZE] = { 0 };
	struct xts_aes256_key xts;
	uint64_t sector = 0;
	size_t i, n;
	FILE *file;

	if (argc != 2)
		errx(2, "usage: luks-store KEYFILE <PLAIN >ENCRYPTED");
	file = fopen(argv[1], "r");
	if (!file)
		err(1, "can't open '%s'", argv[1]);
	if (fread(key, 1, sizeof(key), file) != sizeof(key) || getc(file) != EOF)
		errx(1, "'%s' is not a key of %zu bytes", argv[1], sizeof(key));
	fclose(file);
	xts_aes256_set_encrypt_key(&xts, key);

	while ((n = fread(buf, 1, sizeof(buf), stdin)) > 0) {
		if (n % SECTOR)
			errx(1, "the input is not a multiple of %d bytes", SECTOR);
		for (i = 0; i < n; i += SECTOR) {
			set_tweak(tweak, sector++);
			xts_aes256_encrypt_message(&xts, tweak, SECTOR, buf + i, buf + i);
		}
		if (fwrite(buf, 1, n, stdout) != n)
			err(1, "can't write");
	}
	if (ferror(stdin) || fflush(stdout) != 0)
		err(1, "can't read or write");
	return 0;
}
