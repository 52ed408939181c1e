/*
 * Tokens in a LUKS2 header that say how a TPM unseals the key of a slot. Their form is that of systemd-cryptenroll: it is
 * described in the comments of systemd's src/shared/tpm2-util.h, and its versions have added members to it.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_FEATURE_D2DUNLOCK_TPM) += d2d_tpm_token.o

#include <json-c/json.h>
#include <nettle/base64.h>
#include "d2d_tpm_private.h"

#define DECLINED "d2d-declined"	/* our own member */

enum {
	BLOB_MAX = 2048,	/* bytes */
	SALT_MAX = 256,
	SLOTS = 32,		/* of LUKS2 */
	PLAIN = JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE,
};

static const struct { const char *name; uint16_t number; } banks[] = {
	{ "sha1", 0x04 }, { "sha256", TPM_SHA256 }, { "sha384", 0x0c }, { "sha512", 0x0d },
};

/* What systemd can also make a key depend on. */
static const struct { const char *member, *what; } others[] = {
	{ "tpm2_pubkey", "a signed policy (--tpm2-public-key=)" },
	{ "tpm2_pcrlock", "systemd-pcrlock" },
	{ "tpm2_pcrlock_nv", "systemd-pcrlock" },
};

/* Decodes a member in base64 of at most MAX bytes. Returns its length, 0 if there is none, or -EBADMSG. The caller frees *DATA. */
static int get_base64(struct json_object *o, const char *key, uint8_t **data, size_t max)
{
	const char *text = d2d_json_text(o, key);
	struct base64_decode_ctx ctx;
	size_t len = text ? strlen(text) : 0, size = BASE64_DECODE_LENGTH(len);

	*data = NULL;
	if (!text)
		return json_object_object_get_ex(o, key, NULL) ? -EBADMSG : 0;
	if (!len || len / 4 * 3 > max + 2)
		return -EBADMSG;
	*data = xmalloc(size);
	base64_decode_init(&ctx);
	if (!base64_decode_update(&ctx, &size, *data, len, text) || !base64_decode_final(&ctx) || size > max || !size)
		return -EBADMSG;
	return size;
}

static bool is_set(struct json_object *o, const char *key)
{
	struct json_object *value;

	return json_object_object_get_ex(o, key, &value) && !json_object_is_type(value, json_type_null)
		&& !(json_object_is_type(value, json_type_boolean) && !json_object_get_boolean(value));
}

/* Returns the PCRs that the token names, or -EBADMSG. */
static int get_pcrs(struct json_object *o, uint32_t *pcrs)
{
	struct json_object *list;
	size_t i, n = d2d_json_array(o, "tpm2-pcrs", &list);

	*pcrs = 0;
	for (i = 0; i < n; i++) {
		struct json_object *one = json_object_array_get_idx(list, i);
		int64_t pcr = json_object_is_type(one, json_type_int) ? json_object_get_int64(one) : -1;

		if (pcr < 0 || pcr >= D2D_TPM_REGISTERS)
			return -EBADMSG;
		*pcrs |= 1u << pcr;
	}
	return 0;
}

static int get_bank(struct json_object *o, uint16_t *bank)
{
	const char *name = d2d_json_text(o, "tpm2-pcr-bank");
	unsigned i;

	*bank = TPM_SHA256;
	if (!name)
		return 0;
	for (i = 0; i < ARRAY_SIZE(banks); i++)
		if (strcmp(banks[i].name, name) == 0) {
			*bank = banks[i].number;
			return 0;
		}
	return -ENOTSUP;
}

/* Reads the key under which the object is sealed: either its algorithm, or what tpm2-tss writes about a key that the TPM keeps (a
 * handle, a name, and more that isn't needed). */
static int get_parent(struct json_object *o, struct d2d_tpm_token *token)
{
	const char *algorithm = d2d_json_text(o, "tpm2-primary-alg");
	struct d2d_tpm_buffer b;
	const uint8_t *name;
	uint8_t *srk;
	size_t name_len;
	int len = get_base64(o, "tpm2_srk", &srk, BLOB_MAX);

	token->primary = TPM_ECC;
	if (algorithm && strcmp(algorithm, "rsa") == 0)
		token->primary = TPM_RSA;
	else if (algorithm && strcmp(algorithm, "ecc") != 0)
		len = -EBADMSG;
	if (len > 0) {
		d2d_tpm_buffer_set(&b, srk, len);
		token->parent = d2d_tpm_get32(&b);
		name = d2d_tpm_get_sized(&b, &name_len);
		/* Handles of keys that a TPM keeps begin with 0x81. */
		if (name_len == D2D_TPM_NAME && token->parent >> 24 == 0x81)
			memcpy(token->parent_name, name, name_len);
		else
			len = -EBADMSG;
	}
	free(srk);
	return len < 0 ? len : 0;
}

static int get_slot(struct json_object *o)
{
	struct json_object *slots;
	const char *text = d2d_json_array(o, "keyslots", &slots) == 1 ? d2d_json_text_at(slots, 0) : NULL;
	unsigned slot = text && isdigit(text[0]) ? bb_strtou(text, NULL, 10) : SLOTS;

	return slot < SLOTS ? (int)slot : -EBADMSG;
}

/* Any other text than a digest is no answer of the user. */
static void get_declined(struct json_object *o, struct d2d_tpm_token *token)
{
	const char *text = d2d_json_text(o, DECLINED);

	if (text && strlen(text) == D2D_TPM_STATE - 1)
		strcpy(token->declined, text);
}

static int parse(struct json_object *o, struct d2d_tpm_token *token, char **why)
{
	struct json_object *blobs;
	unsigned i;
	int len;

	for (i = 0; i < ARRAY_SIZE(others); i++)
		if (is_set(o, others[i].member))
			return d2d_fail(-ENOTSUP, why, "its key also depends on %s, which is not supported", others[i].what);
	if (d2d_json_array(o, "tpm2-blob", &blobs))
		return d2d_fail(-ENOTSUP, why, "its key is sealed in several parts, which is not supported");
	token->slot = get_slot(o);
	if (token->slot < 0)
		return d2d_fail(-EBADMSG, why, "its token has no single key slot");
	token->pin = is_set(o, "tpm2-pin");
	if (get_pcrs(o, &token->pcrs) < 0)
		return d2d_fail(-EBADMSG, why, "its token has malformed PCRs");
	if (get_bank(o, &token->bank) < 0)
		return d2d_fail(-ENOTSUP, why, "its token names an unknown bank of PCRs");
	if (get_parent(o, token) < 0)
		return d2d_fail(-EBADMSG, why, "its token has a malformed storage key");
	get_declined(o, token);
	len = get_base64(o, "tpm2_salt", &token->salt, SALT_MAX);
	if (len < 0)
		return d2d_fail(-EBADMSG, why, "its token has a malformed salt");
	token->salt_len = len;
	len = get_base64(o, "tpm2-blob", &token->blob, BLOB_MAX);
	if (len <= 0)
		return d2d_fail(-EBADMSG, why, "its token has no sealed key");
	token->blob_len = len;
	return 0;
}

int d2d_tpm_token_parse(const char *json, struct d2d_tpm_token *token, char **why)
{
	struct json_object *o = json_tokener_parse(json);
	int r;

	memset(token, 0, sizeof(*token));
	if (json_object_is_type(o, json_type_object))
		r = parse(o, token, why);
	else
		r = d2d_fail(-EBADMSG, why, "its token is malformed");
	json_object_put(o);
	return r;
}

void d2d_tpm_token_clear(struct d2d_tpm_token *token)
{
	free(token->blob);
	free(token->salt);
	memset(token, 0, sizeof(*token));
}

static struct json_object *base64(const uint8_t *data, size_t len)
{
	char *text = xzalloc(BASE64_ENCODE_RAW_LENGTH(len) + 1);
	struct json_object *o;

	base64_encode_raw(text, len, data);
	o = json_object_new_string(text);
	free(text);
	return o;
}

/* Returns the policy that the public part of our own blob has, in hexadecimal digits: systemd wants it in the token, too. */
static struct json_object *policy(const struct d2d_tpm_token *token)
{
	char hex[2 * D2D_TPM_DIGEST + 1] = "";
	struct d2d_tpm_buffer b;
	const uint8_t *digest;
	size_t len;

	d2d_tpm_buffer_set(&b, token->blob, token->blob_len);
	d2d_tpm_get_sized(&b, &len);
	d2d_tpm_get(&b, 2 + 2 + 2 + 4);		/* its length, type, hash and attributes */
	digest = d2d_tpm_get_sized(&b, &len);
	if (digest && len == D2D_TPM_DIGEST)
		d2d_hex(hex, digest, len);
	return json_object_new_string(hex);
}

char *d2d_tpm_token_json(const struct d2d_tpm_token *token)
{
	struct json_object *o = json_object_new_object(), *slots = json_object_new_array(), *pcrs = json_object_new_array();
	char slot[sizeof(int) * 3 + 1], *text;
	int i;

	snprintf(slot, sizeof(slot), "%d", token->slot);
	json_object_array_add(slots, json_object_new_string(slot));
	for (i = 0; i < D2D_TPM_REGISTERS; i++)
		if (token->pcrs & (1u << i))
			json_object_array_add(pcrs, json_object_new_int(i));
	json_object_object_add(o, "type", json_object_new_string(D2D_TPM_TOKEN));
	json_object_object_add(o, "keyslots", slots);
	json_object_object_add(o, "tpm2-blob", base64(token->blob, token->blob_len));
	json_object_object_add(o, "tpm2-pcrs", pcrs);
	json_object_object_add(o, "tpm2-pcr-bank", json_object_new_string("sha256"));
	json_object_object_add(o, "tpm2-primary-alg", json_object_new_string("ecc"));
	json_object_object_add(o, "tpm2-policy-hash", policy(token));
	json_object_object_add(o, "tpm2-pin", json_object_new_boolean(token->pin));
	text = xstrdup(json_object_to_json_string_ext(o, PLAIN));
	json_object_put(o);
	return text;
}

char *d2d_tpm_token_decline(const char *json, const char *declined)
{
	struct json_object *o = json_tokener_parse(json);
	char *text = NULL;

	if (json_object_is_type(o, json_type_object)) {
		json_object_object_add(o, DECLINED, json_object_new_string(declined));
		text = xstrdup(json_object_to_json_string_ext(o, PLAIN));
	}
	json_object_put(o);
	return text;
}

char *d2d_tpm_pcrs_text(uint32_t pcrs)
{
	char text[D2D_TPM_REGISTERS * 3 + 1] = "";
	int i;

	for (i = 0; i < D2D_TPM_REGISTERS; i++)
		if (pcrs & (1u << i))
			sprintf(text + strlen(text), "%s%d", text[0] ? "+" : "", i);
	return xstrdup(text[0] ? text : "none");
}

void d2d_tpm_key(char *key, const uint8_t *secret, size_t len)
{
	base64_encode_raw(key, len, secret);
	key[BASE64_ENCODE_RAW_LENGTH(len)] = '\0';
}
