/*
 * libd2d, ssh: public keys of SSH, as lines of authorized_keys and as bytes, and dropbear's files of host keys. All functions work
 * on memory only.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2D_SSH_H
#define D2D_SSH_H 1

#include "d2d_util.h"

enum {
	D2D_SSH_BLOB_MAX = 3 * 1024,	/* bytes of a public key */
	D2D_SSH_LINE_MAX = 4196,	/* bytes of a line; dropbear reads 4200, and "==" may be added */
	D2D_SSH_FILE_MAX = 64 * 1024,	/* bytes of a file with keys */
};

/* ---- d2d_ssh_blob.c: a public key as bytes (RFC 4253, 6.6; RFC 5656; RFC 8709; OpenSSH's PROTOCOL.u2f) ---- */

struct d2d_ssh_blob {
	uint8_t data[D2D_SSH_BLOB_MAX];
	size_t len;
	const char *type;	/* "ssh-ed25519", not malloc'ed */
};

/* Checks blob->data as a public key and sets blob->type. Returns NULL, or why it isn't one that may log in. */
const char *d2d_ssh_blob_error(struct d2d_ssh_blob *blob);

/* Reads LEN characters of base64 into *BLOB: the usual alphabet and the one for URLs, with or without "=" at the end. Returns NULL,
 * or why it is no public key. */
const char *d2d_ssh_blob_decode(struct d2d_ssh_blob *blob, const char *text, size_t len);

/* Return the blob in base64, and its fingerprint as OpenSSH shows it: "SHA256:" and 43 characters. The caller frees them. */
char *d2d_ssh_base64(const struct d2d_ssh_blob *blob);
char *d2d_ssh_fingerprint(const struct d2d_ssh_blob *blob);

/* Returns the short name of a type, as OpenSSH shows it: "ED25519", "RSA", "ECDSA", "ED25519-SK", "ECDSA-SK". */
const char *d2d_ssh_type_name(const char *type);

/* ---- d2d_ssh_line.c: authorized_keys ---- */

struct d2d_ssh_key {
	struct d2d_ssh_blob blob;
	char *options;		/* "" if there are none */
	char *comment;		/* in printable ASCII, may be "" */
};

/* Parses a line of LEN bytes without its end. Returns 1 if it is a key, 0 for an empty line or a comment, or -EINVAL; then *why, a
 * static text, says what is wrong. The caller frees a key's texts with d2d_ssh_key_free(). */
int d2d_ssh_line(const char *line, size_t len, struct d2d_ssh_key *key, const char **why);
void d2d_ssh_key_free(struct d2d_ssh_key *key);

/* Returns the key as a line of authorized_keys with its end. The caller frees it. */
char *d2d_ssh_key_line(const struct d2d_ssh_key *key);

/* Calls FOUND for each key of a file, and WRONG for each other line that isn't empty or a comment; for a file that can't be read
 * as lines of text, calls WRONG once with LINE 0. Returns the number of keys. */
struct d2d_ssh_reader {
	void (*found)(void *arg, const struct d2d_ssh_key *key);
	void (*wrong)(void *arg, unsigned line, const char *why);
	void *arg;
};
unsigned d2d_ssh_file(const char *text, size_t len, const struct d2d_ssh_reader *reader);

/* ---- d2d_ssh_host.c: host keys as dropbear stores them ---- */

/* Sets *BLOB to the public part of a private key. Returns whether it is one of type ssh-ed25519, ssh-rsa or ecdsa-sha2-*. */
bool d2d_ssh_host_key(const void *file, size_t len, struct d2d_ssh_blob *blob);

#endif
