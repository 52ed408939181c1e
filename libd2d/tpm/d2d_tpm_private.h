/*
 * libd2d, tpm: commands and answers as bytes, keys, and sessions that hide secrets from whoever listens between TPM and processor.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2D_TPM_PRIVATE_H
#define D2D_TPM_PRIVATE_H 1

#include "d2d_tpm.h"

enum {
	TPM_NO_SESSIONS = 0x8001,
	TPM_SESSIONS = 0x8002,

	TPM_CREATE_PRIMARY = 0x131,
	TPM_PCR_EVENT = 0x13c,
	TPM_CREATE = 0x153,
	TPM_LOAD = 0x157,
	TPM_UNSEAL = 0x15e,
	TPM_FLUSH_CONTEXT = 0x165,
	TPM_POLICY_AUTH_VALUE = 0x16b,
	TPM_READ_PUBLIC = 0x173,
	TPM_START_AUTH_SESSION = 0x176,
	TPM_PCR_READ = 0x17e,
	TPM_POLICY_PCR = 0x17f,
	TPM_POLICY_GET_DIGEST = 0x189,

	TPM_OWNER = 0x40000001,
	TPM_NULL = 0x40000007,
	TPM_PASSWORD = 0x40000009,

	TPM_RSA = D2D_TPM_ALGORITHM_RSA,
	TPM_AES = 0x06,
	TPM_KEYED_HASH = 0x08,
	TPM_SHA256 = 0x0b,
	TPM_NONE = 0x10,
	TPM_ECC = D2D_TPM_ALGORITHM_ECC,
	TPM_CFB = 0x43,
	TPM_P256 = 3,

	TPM_BUFFER = 4096,	/* bytes; the kernel's limit, too */
	TPM_NONCE = 32,
	TPM_COORDINATE = 32,	/* bytes of a coordinate on P-256 */
};

/* ---- d2d_tpm_buffer.c: numbers are big-endian, sized bytes have their length in two bytes before them ---- */

/* Writing beyond the end, and reading more than there is, sets BAD and does nothing else; what is read then is 0 or NULL. */
struct d2d_tpm_buffer {
	uint8_t data[TPM_BUFFER];
	size_t len, at;
	bool bad;
};

void d2d_tpm_put(struct d2d_tpm_buffer *b, const void *data, size_t len);
void d2d_tpm_put8(struct d2d_tpm_buffer *b, unsigned n);
void d2d_tpm_put16(struct d2d_tpm_buffer *b, unsigned n);
void d2d_tpm_put32(struct d2d_tpm_buffer *b, uint32_t n);
void d2d_tpm_put_sized(struct d2d_tpm_buffer *b, const void *data, size_t len);

const uint8_t *d2d_tpm_get(struct d2d_tpm_buffer *b, size_t len);
unsigned d2d_tpm_get8(struct d2d_tpm_buffer *b);
unsigned d2d_tpm_get16(struct d2d_tpm_buffer *b);
uint32_t d2d_tpm_get32(struct d2d_tpm_buffer *b);
const uint8_t *d2d_tpm_get_sized(struct d2d_tpm_buffer *b, size_t *len);

/* Makes a buffer of bytes, to read them. */
void d2d_tpm_buffer_set(struct d2d_tpm_buffer *b, const void *data, size_t len);

/* Begins a command. */
void d2d_tpm_command(struct d2d_tpm_buffer *b, unsigned tag, uint32_t code);

/* Adds the authorization of an object that has no password. */
void d2d_tpm_no_password(struct d2d_tpm_buffer *b);

/* Adds a list of one selection of PCRs. */
void d2d_tpm_put_pcrs(struct d2d_tpm_buffer *b, unsigned bank, uint32_t pcrs);

/* ---- d2d_tpm_device.c ---- */

/* Sends a command, whose length is set here, and waits for the answer, which is read behind its header. Returns the TPM's response
 * code in *CODE. A TPM that doesn't answer gives -ETIMEDOUT. */
int d2d_tpm_transmit(struct d2d_tpm *tpm, struct d2d_tpm_buffer *command, struct d2d_tpm_buffer *reply, uint32_t *code);

/* ---- d2d_tpm_command.c ---- */

/* Does a command. WHAT names it in the reason for a failure. */
int d2d_tpm_run(struct d2d_tpm *tpm, struct d2d_tpm_buffer *command, struct d2d_tpm_buffer *reply, const char *what, char **why);

/* Returns 0, or -EPROTO if the answer was malformed. */
int d2d_tpm_checked(const struct d2d_tpm_buffer *reply, const char *what, char **why);

/* Ends a session, or unloads an object. Errors are ignored: the kernel does it, too, when the device is closed. */
void d2d_tpm_flush(struct d2d_tpm *tpm, uint32_t handle);

/* ---- d2d_tpm_parent.c: the storage root key ---- */

struct d2d_tpm_parent {
	uint32_t handle;
	bool transient;		/* must be flushed */
	bool is_point;		/* it is a key on P-256, and the coordinates are set */
	uint8_t x[TPM_COORDINATE], y[TPM_COORDINATE];
	size_t x_len, y_len;
	uint8_t name[D2D_TPM_NAME];
};

/* Derives the key from the TPM's seed, which is the same each time until the TPM is cleared. ALGORITHM is D2D_TPM_ALGORITHM_. */
int d2d_tpm_primary(struct d2d_tpm *tpm, struct d2d_tpm_parent *key, unsigned algorithm, char **why);

/* Gets the key under which a token is sealed. */
int d2d_tpm_parent(struct d2d_tpm *tpm, struct d2d_tpm_parent *key, const struct d2d_tpm_token *token, char **why);
void d2d_tpm_parent_end(struct d2d_tpm *tpm, struct d2d_tpm_parent *key);

/* Computes the name of a public area, -EBADMSG if its name isn't a SHA-256. */
int d2d_tpm_name(uint8_t *name, const uint8_t *area, size_t len);

/* ---- d2d_tpm_ecdh.c ---- */

/* Agrees with the owner of a key on a secret. Sets *SALT to it (D2D_TPM_DIGEST bytes) and POINT to what the owner needs. */
int d2d_tpm_agree(const struct d2d_tpm_parent *key, uint8_t *salt, struct d2d_tpm_buffer *point);

/* ---- d2d_tpm_session.c ---- */

struct d2d_tpm_session {
	uint32_t handle;	/* 0: none */
	uint8_t key[D2D_TPM_DIGEST];
	uint8_t theirs[TPM_NONCE];	/* the TPM's last nonce */
};

enum { D2D_TPM_HMAC = 0, D2D_TPM_POLICY = 1 };

/* Begins a session whose key only this TPM can know. */
int d2d_tpm_session(struct d2d_tpm *tpm, struct d2d_tpm_session *s, unsigned type, const struct d2d_tpm_parent *key, char **why);
void d2d_tpm_session_end(struct d2d_tpm *tpm, struct d2d_tpm_session *s);

struct d2d_tpm_secured {
	uint32_t code, handle;		/* the command, and the object that it uses */
	const uint8_t *name;		/* of that object, D2D_TPM_NAME bytes */
	const uint8_t *auth;		/* its authorization value */
	size_t auth_len;
	struct d2d_tpm_buffer *parameters;	/* the first is encrypted if HIDES is true */
	bool hides;
	bool reveals;			/* the first parameter of the answer is encrypted */
	const char *what;
};

/* Does a command with a session, which ends by that, and checks that the answer is the TPM's. Sets REPLY to the parameters. */
int d2d_tpm_secure(struct d2d_tpm *tpm, struct d2d_tpm_session *s, struct d2d_tpm_secured *c,
		struct d2d_tpm_buffer *reply, char **why);

#endif
