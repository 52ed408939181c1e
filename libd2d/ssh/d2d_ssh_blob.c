/*
 * Public keys of SSH as bytes and in base64.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_ssh_blob.o

#include "d2d_ssh_private.h"
#include "d2d_archive.h"

enum {
	ED25519 = 32,		/* bytes of a public key */
	RSA_MIN = 1024, RSA_MAX = 16384,	/* bits; dropbear accepts no shorter key */
};

static const struct {
	const char *type, *name, *curve;
	size_t point;		/* bytes of a public key on the curve */
	bool token;		/* on a security key */
} types[] = {
	{ "ssh-ed25519", "ED25519", NULL, 0, false },
	{ "ssh-rsa", "RSA", NULL, 0, false },
	{ "ecdsa-sha2-nistp256", "ECDSA", "nistp256", 65, false },
	{ "ecdsa-sha2-nistp384", "ECDSA", "nistp384", 97, false },
	{ "ecdsa-sha2-nistp521", "ECDSA", "nistp521", 133, false },
	{ "sk-ssh-ed25519@openssh.com", "ED25519-SK", NULL, 0, true },
	{ "sk-ecdsa-sha2-nistp256@openssh.com", "ECDSA-SK", "nistp256", 65, true },
};

bool d2d_ssh_string(struct d2d_ssh_span *from, struct d2d_ssh_span *string)
{
	size_t len;

	if (from->len < 4)
		return false;
	len = (size_t)from->p[0] << 24 | from->p[1] << 16 | from->p[2] << 8 | from->p[3];
	if (len > from->len - 4)
		return false;
	string->p = from->p + 4;
	string->len = len;
	from->p += 4 + len;
	from->len -= 4 + len;
	return true;
}

bool d2d_ssh_is(const struct d2d_ssh_span *string, const char *text)
{
	return string->len == strlen(text) && memcmp(string->p, text, string->len) == 0;
}

bool d2d_ssh_number(const struct d2d_ssh_span *string, unsigned *bits)
{
	const uint8_t *p = string->p;
	size_t len = string->len;
	uint8_t top;

	if (!len || len > RSA_MAX / 8 + 1 || (p[0] & 0x80))
		return false;
	if (!p[0]) {
		/* A zero is only in front of a byte that would look like a sign. */
		if (len == 1 || !(p[1] & 0x80))
			return false;
		p++;
		len--;
	}
	*bits = len * 8;
	for (top = p[0]; !(top & 0x80); top <<= 1)
		--*bits;
	return true;
}

static const char *rsa_error(struct d2d_ssh_span *rest)
{
	struct d2d_ssh_span e, n;
	unsigned bits;

	if (!d2d_ssh_string(rest, &e) || !d2d_ssh_string(rest, &n) || !d2d_ssh_number(&e, &bits) || !d2d_ssh_number(&n, &bits))
		return "the key is damaged";
	return bits < RSA_MIN ? "an RSA key of less than 1024 bits isn't safe" : NULL;
}

/* Checks a key on an elliptic curve. */
static const char *point_error(unsigned i, struct d2d_ssh_span *rest)
{
	struct d2d_ssh_span s;
	bool ok;

	if (types[i].curve)
		ok = d2d_ssh_string(rest, &s) && d2d_ssh_is(&s, types[i].curve)
			&& d2d_ssh_string(rest, &s) && s.len == types[i].point && s.p[0] == 4;
	else
		ok = d2d_ssh_string(rest, &s) && s.len == ED25519;
	/* The name of the application for which the security key signs. */
	if (ok && types[i].token)
		ok = d2d_ssh_string(rest, &s) && s.len;
	return ok ? NULL : "the key is damaged";
}

const char *d2d_ssh_blob_error(struct d2d_ssh_blob *blob)
{
	struct d2d_ssh_span rest = { blob->data, blob->len }, type;
	const char *why;
	unsigned i;

	if (!d2d_ssh_string(&rest, &type))
		return "the key is damaged";
	if (d2d_ssh_is(&type, "ssh-dss"))
		return "DSA keys aren't accepted any more: make a new key with 'ssh-keygen -t ed25519'";
	for (i = 0; i < ARRAY_SIZE(types); i++)
		if (d2d_ssh_is(&type, types[i].type))
			break;
	if (i == ARRAY_SIZE(types))
		return "a key of this type isn't accepted";
	blob->type = types[i].type;
	why = i == 1 ? rsa_error(&rest) : point_error(i, &rest);
	return why ? : rest.len ? "the key is damaged" : NULL;
}

/* Returns the value of a character of base64, or -1. */
static int digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (isdigit(c))
		return c - '0' + 52;
	return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;
}

const char *d2d_ssh_blob_decode(struct d2d_ssh_blob *blob, const char *text, size_t len)
{
	unsigned bits = 0, n = 0;
	size_t i;

	blob->len = 0;
	while (len && text[len - 1] == '=' && n++ < 2)
		len--;
	if (len % 4 == 1 || (n && (len + n) % 4))
		return "the key is incomplete";
	if (len > D2D_SSH_BLOB_MAX / 3 * 4)
		return "the key is too long";
	for (i = 0, n = 0; i < len; i++) {
		int value = digit(text[i]);

		if (value < 0)
			return "the key is damaged";
		bits = (bits << 6 | value) & 0xfff;
		n += 6;
		if (n >= 8) {
			n -= 8;
			blob->data[blob->len++] = bits >> n;
		}
	}
	if (bits & ((1 << n) - 1))
		return "the key is incomplete";
	return d2d_ssh_blob_error(blob);
}

char *d2d_ssh_base64(const struct d2d_ssh_blob *blob)
{
	char *text = xzalloc((blob->len + 2) / 3 * 4 + 1);

	bb_uuencode(text, blob->data, blob->len, bb_uuenc_tbl_base64);
	return text;
}

char *d2d_ssh_fingerprint(const struct d2d_ssh_blob *blob)
{
	uint8_t digest[SHA256_DIGEST_SIZE];
	char text[(sizeof(digest) + 2) / 3 * 4 + 1] = "";
	sha256_ctx_t ctx;

	sha256_begin(&ctx);
	sha256_hash(&ctx, blob->data, blob->len);
	sha256_end(&ctx, digest);
	bb_uuencode(text, digest, sizeof(digest), bb_uuenc_tbl_base64);
	*strchrnul(text, '=') = '\0';
	return xasprintf("SHA256:%s", text);
}

const char *d2d_ssh_type_name(const char *type)
{
	unsigned i;

	for (i = 0; i < ARRAY_SIZE(types) - 1; i++)
		if (strcmp(types[i].type, type) == 0)
			break;
	return types[i].name;
}
