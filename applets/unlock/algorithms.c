/*
 * d2dunlock: names a hash or a cipher that a volume needs and this system lacks. libcryptsetup reports that as a damaged header
 * or as a key slot that can't be opened, which would make people restore a header that is fine.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DUNLOCK) += d2dunlock_algorithms.o

#include <json-c/json.h>
#include <linux/if_alg.h>
#include "d2dunlock.h"

enum {
	/* LUKS1 On-Disk Format Specification 1.2.3: fields of 32 bytes */
	LUKS1_CIPHER = 8,
	LUKS1_MODE = 40,
	LUKS1_HASH = 72,
	LUKS1_FIELD = 32,

	SALT = 32,		/* bytes */
	LUKS1_DIGEST = 20,	/* bytes; also allowed in LUKS2 */
};

/* The hashes of libcryptsetup's backend nettle, with the bytes of a digest. */
static const struct { const char *name; unsigned size; } hashes[] = {
	{ "sha1", 20 }, { "sha224", 28 }, { "sha256", 32 }, { "sha384", 48 }, { "sha512", 64 }, { "ripemd160", 20 },
	{ "sha3-224", 28 }, { "sha3-256", 32 }, { "sha3-384", 48 }, { "sha3-512", 64 },
};

/* Returns the bytes of a digest, 0 if the hash is unknown. */
static unsigned hash_size(const char *name)
{
	unsigned i;

	for (i = 0; i < ARRAY_SIZE(hashes); i++)
		if (strcmp(hashes[i].name, name) == 0)
			return hashes[i].size;
	return 0;
}

static char *lacking_hash(const char *name)
{
	return name && !hash_size(name) ? xasprintf("the hash %s", printable_string(name)) : NULL;
}

/* Asks the kernel for a cipher such as "aes-xts-plain64". A kernel that can't be asked counts as one that has it. */
static char *lacking_cipher(const char *spec)
{
	struct sockaddr_alg alg = { .salg_family = AF_ALG, .salg_type = "skcipher" };
	char *cipher, *mode, *name, *lacking = NULL;
	int fd;

	/* "capi:" is followed by the kernel's own name of any cipher. */
	if (!spec || is_prefixed_with(spec, "capi:"))
		return NULL;
	name = cipher = xstrdup(spec);
	strsep(&name, "-");
	mode = strsep(&name, "-");
	snprintf((char *)alg.salg_name, sizeof(alg.salg_name), "%s(%s)", mode ? mode : "cbc", cipher);
	free(cipher);
	fd = socket(AF_ALG, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return NULL;
	if (bind(fd, (struct sockaddr *)&alg, sizeof(alg)) != 0 && errno == ENOENT)
		lacking = xasprintf("the cipher %s", printable_string(spec));
	close(fd);
	return lacking;
}

/* ---- LUKS1 ---- */

/* Returns what is lacking for LUKS1, NULL if nothing is lacking or if it isn't LUKS1. */
static char *lacking_luks1(int fd)
{
	char head[LUKS1_HASH + LUKS1_FIELD + 1] = "", *cipher, *spec, *lacking;

	if (pread(fd, head, sizeof(head) - 1, 0) != sizeof(head) - 1 || memcmp(head, "LUKS\xba\xbe\0\1", 8) != 0)
		return NULL;
	lacking = lacking_hash(head + LUKS1_HASH);
	cipher = xstrndup(head + LUKS1_CIPHER, LUKS1_FIELD);
	spec = xasprintf("%s-%.*s", cipher, LUKS1_FIELD, head + LUKS1_MODE);
	if (!lacking)
		lacking = lacking_cipher(spec);
	free(spec);
	free(cipher);
	return lacking;
}

/* ---- LUKS2 ---- */

/* Returns the JSON of a LUKS2 header, or NULL. The caller calls json_object_put(). */
static struct json_object *read_json(int fd)
{
	struct json_object *o = NULL;
	struct d2d_luks2 luks;
	char *text;

	if (d2d_luks2_read(fd, &luks) > 0) {
		text = xstrndup((char *)luks.header + D2D_LUKS2_HEAD, luks.size - D2D_LUKS2_HEAD);
		o = json_tokener_parse(text);
		free(text);
	}
	d2d_luks2_free(&luks);
	return o;
}

/* Returns an object's member if that is an object, else NULL. */
static struct json_object *member(struct json_object *o, const char *key)
{
	struct json_object *value;

	return json_object_object_get_ex(o, key, &value) && json_object_is_type(value, json_type_object) ? value : NULL;
}

static char *lacking_for_slot(struct json_object *slot)
{
	char *lacking = lacking_hash(d2d_json_text(member(slot, "af"), "hash"));

	if (!lacking)
		lacking = lacking_hash(d2d_json_text(member(slot, "kdf"), "hash"));
	return lacking ? lacking : lacking_cipher(d2d_json_text(member(slot, "area"), "encryption"));
}

static char *lacking_for_digest(struct json_object *digest)
{
	return lacking_hash(d2d_json_text(digest, "hash"));
}

static char *lacking_for_segment(struct json_object *segment)
{
	return lacking_cipher(d2d_json_text(segment, "encryption"));
}

/* Returns the first result of CHECK for the members of o[KEY] that isn't NULL. */
static char *first_of(struct json_object *o, const char *key, char *(*check)(struct json_object *))
{
	struct json_object *list = member(o, key);
	char *found = NULL;

	if (list) {
		json_object_object_foreach(list, name, one) {
			(void)name;
			if (!found)
				found = check(one);
		}
	}
	return found;
}

static char *lacking_luks2(int fd)
{
	struct json_object *o = read_json(fd);
	char *lacking = first_of(o, "keyslots", lacking_for_slot);

	if (!lacking)
		lacking = first_of(o, "digests", lacking_for_digest);
	if (!lacking)
		lacking = first_of(o, "segments", lacking_for_segment);
	json_object_put(o);
	return lacking;
}

static int open_header(const struct unlock *u)
{
	return open(u->header ? u->header : u->dev, O_RDONLY | O_CLOEXEC);
}

/* Prints the message for what is lacking, and frees it. */
static bool say(const struct unlock *u, char *lacking)
{
	if (!lacking)
		return false;
	bb_error_msg("'%s' needs %s, which this system lacks; its header is not damaged: cryptsetup on another system opens it, and "
		"'cryptsetup reencrypt %s' converts it there",
		u->dev, lacking, is_prefixed_with(lacking, "the hash") ? "--hash sha256" : "--cipher aes-xts-plain64 --key-size 512");
	free(lacking);
	return true;
}

bool d2dunlock_say_lacking(const struct unlock *u)
{
	int fd = open_header(u);
	char *lacking = NULL;

	if (fd >= 0) {
		lacking = lacking_luks1(fd);
		if (!lacking)
			lacking = lacking_luks2(fd);
		close(fd);
	}
	return say(u, lacking);
}

/* ---- digests ---- */

/* Whether a text is BYTES bytes in base64. */
static bool is_base64(const char *text, unsigned bytes)
{
	size_t len = (bytes + 2) / 3 * 4, letters = len - (3 - bytes % 3) % 3;

	return text && strlen(text) == len && strcspn(text, "=") == letters
		&& strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/") == letters
		&& strspn(text + letters, "=") == len - letters;
}

/* libcryptsetup returns success without a comparison if these fields have other lengths: PBKDF2_digest_verify(). */
static char *malformed_digest(struct json_object *digest)
{
	const char *hash = d2d_json_text(digest, "hash"), *value = d2d_json_text(digest, "digest");

	if (hash && is_base64(d2d_json_text(digest, "salt"), SALT)
	 && (is_base64(value, LUKS1_DIGEST) || is_base64(value, hash_size(hash))))
		return NULL;
	return xstrdup("malformed");
}

int d2dunlock_refuse_digest(const struct unlock *u)
{
	struct json_object *o;
	int fd, r = -EINVAL;
	char *malformed;

	if (strcmp(crypt_get_type(u->cd), CRYPT_LUKS2) != 0)
		return 0;
	fd = open_header(u);
	o = fd < 0 ? NULL : read_json(fd);
	if (!say(u, first_of(o, "digests", lacking_for_digest))) {
		malformed = first_of(o, "digests", malformed_digest);
		if (!o || malformed)
			bb_error_msg("any passphrase would seem to open '%s': the digest of its volume key is malformed", u->dev);
		else
			r = 0;
		free(malformed);
	}
	json_object_put(o);
	if (fd >= 0)
		close(fd);
	return r;
}
