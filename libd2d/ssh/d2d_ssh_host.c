/*
 * Host keys in the files of dropbear: the public key, followed by the private part, without a frame or a checksum.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_ssh_host.o

#include "d2d_ssh_private.h"

enum { ED25519 = 32 };	/* bytes of a private or public key */

/* Whether all of *REST are N positive numbers. */
static bool numbers(struct d2d_ssh_span *rest, unsigned n)
{
	struct d2d_ssh_span number;
	unsigned bits;

	while (n-- > 0)
		if (!d2d_ssh_string(rest, &number) || !d2d_ssh_number(&number, &bits))
			return false;
	return !rest->len;
}

static void put_string(struct d2d_ssh_blob *blob, const void *p, size_t len)
{
	uint8_t *to = blob->data + blob->len;

	to[0] = to[1] = 0;
	to[2] = len >> 8;
	to[3] = len;
	memcpy(to + 4, p, len);
	blob->len += 4 + len;
}

bool d2d_ssh_host_key(const void *file, size_t len, struct d2d_ssh_blob *blob)
{
	struct d2d_ssh_span rest = { file, len }, type, s;

	blob->len = 0;
	if (len > D2D_SSH_BLOB_MAX || !d2d_ssh_string(&rest, &type))
		return false;
	if (d2d_ssh_is(&type, "ssh-ed25519")) {
		/* One string with both parts, the private one first. */
		if (!d2d_ssh_string(&rest, &s) || s.len != 2 * ED25519 || rest.len)
			return false;
		put_string(blob, type.p, type.len);
		put_string(blob, s.p + ED25519, ED25519);
		return !d2d_ssh_blob_error(blob);
	}
	/* The other types begin with the public key: two strings behind the type. */
	if (!d2d_ssh_string(&rest, &s) || !d2d_ssh_string(&rest, &s))
		return false;
	blob->len = len - rest.len;
	memcpy(blob->data, file, blob->len);
	if (d2d_ssh_blob_error(blob))
		return false;
	return d2d_ssh_is(&type, "ssh-rsa") ? numbers(&rest, 3) : numbers(&rest, 1);
}
