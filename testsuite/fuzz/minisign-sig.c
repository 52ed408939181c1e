/*
 * A signature file of minisign, and its verification with one key and one text.
 * needs: d2d_minisign.c
 * libs: -lsodium
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#include "fuzz.h"

/* The secret key with which corpus/minisign-sig/legacy and hashed were signed was deleted. */
static const char key_text[] = "untrusted comment: public key\nRWTteKWEPSUJkmG3zOEqhdFZdEFG4EcnZfxauw1EM7sND5COjBw9vEUF\n";
static const char signed_text[] = "version 1\n";
static const char comment[] = "made for a test";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct d2d_minisign_sig sig;
	struct d2d_minisign_key key;
	int err = d2d_minisign_sig_parse((const char *)data, size, &sig);

	CHECK(err == 0 || err == -EBADMSG);
	if (err)
		return 0;
	CHECK(sig.comment_len <= D2D_MINISIGN_COMMENT);

	CHECK(d2d_minisign_key_parse(key_text, strlen(key_text), &key) == 0);
	err = d2d_minisign_verify(&sig, &key, signed_text, strlen(signed_text));
	CHECK(err == 0 || err == -ENOKEY || err == -EKEYREJECTED);
	/* Without the secret key, nobody can make another valid signature. */
	CHECK(err || (sig.comment_len == strlen(comment) &&
		memcmp(sig.signed_comment + sizeof(sig.sig), comment, strlen(comment)) == 0));
	/* The signature is not valid for another text. */
	CHECK(d2d_minisign_verify(&sig, &key, comment, strlen(comment)) < 0);
	return 0;
}
