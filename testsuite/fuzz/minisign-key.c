/*
 * A public key file of minisign.
 * needs: d2d_minisign.c
 * libs: -lsodium
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct d2d_minisign_key key;
	int err = d2d_minisign_key_parse((const char *)data, size, &key);

	CHECK(err == 0 || err == -EBADMSG);
	return 0;
}
