/*
 * libd2d, trust: whom this machine trusts: minisign keys and signatures, signed manifests of hooks, commands and layers, and
 * whether a signature is required.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2D_TRUST_H
#define D2D_TRUST_H 1

#include "d2d_volume.h"

/* ---- d2d_minisign.c: pure functions on memory, with FEATURE_D2DHOOK_SIGNED ---- */

enum {
	D2D_MINISIGN_ID = 8,
	D2D_MINISIGN_COMMENT = 1024,	/* bytes of the trusted comment */
	D2D_MINISIGN_MAX = 4096,	/* bytes of a file that may be a key or a signature */
};

struct d2d_minisign_key {
	uint8_t id[D2D_MINISIGN_ID], key[32];
};

struct d2d_minisign_sig {
	bool hashed;		/* "ED": of the data's BLAKE2b-512, not of the data */
	uint8_t id[D2D_MINISIGN_ID], sig[64], global[64];
	size_t comment_len;
	uint8_t signed_comment[64 + D2D_MINISIGN_COMMENT];	/* what global signs: sig and the trusted comment */
};

/* The text of a public key file and of a .minisig file: 0, or -EBADMSG when it is anything else. */
int d2d_minisign_key_parse(const char *text, size_t len, struct d2d_minisign_key *key);
int d2d_minisign_sig_parse(const char *text, size_t len, struct d2d_minisign_sig *sig);

/* 0 when DATA and the trusted comment are signed by this key; -ENOKEY: by another one; -EKEYREJECTED: they are not. */
int d2d_minisign_verify(const struct d2d_minisign_sig *sig, const struct d2d_minisign_key *key, const void *data, size_t len);

/* ---- d2d_manifest.c: pure functions on memory ---- */

/* What the folders d2d/hooks, d2d/bin and d2d/layers of volumes hold, and what its own are called in words. */
enum { D2D_KIND_HOOKS, D2D_KIND_BIN, D2D_KIND_LAYERS };
const char *d2d_kind_dir(unsigned kind);
const char *d2d_kind_words(unsigned kind);

#define D2D_MANIFEST_MAX (1024 * 1024)

struct d2d_manifest {
	unsigned long long version;
	unsigned kind;			/* D2D_KIND_ */
	struct d2d_manifest_entry {
		char *path;		/* "STAGE/NAME", of a script "NAME" */
		uint8_t sha256[32];
		unsigned mode;		/* permission bits */
	} *entry;			/* in the order of strcmp() */
	unsigned n;
};

/* 0, or a negative errno, *why then says what is wrong (free it) and *m is empty. TEXT needs no '\0'. */
int d2d_manifest_parse(const char *text, size_t len, struct d2d_manifest *m, char **why);
void d2d_manifest_free(struct d2d_manifest *m);
struct d2d_manifest_entry *d2d_manifest_find(const struct d2d_manifest *m, const char *path);

/* A version (1 to 2^53, decimal, no leading zero), or 0 when it is none. */
unsigned long long d2d_manifest_version(const char *text, size_t len);

/* ---- d2d_trust.c: whom this machine trusts ---- */

/* The stricter the higher. */
enum { D2D_TRUST_ANY, D2D_TRUST_AUTO, D2D_TRUST_SIGNED, D2D_TRUST_BUILTIN };

struct d2d_trust {
	unsigned kind;		/* D2D_KIND_: what is judged */
	const char *copies;	/* the folder below ROOT where copies are made; NULL: that of hooks */
	char *root;		/* "" for / */
	int mode;		/* D2D_TRUST_ */
	char *spec;		/* of d2d.store=, or NULL */
	bool encrypted;		/* there is an encrypted store, or there was */
	bool opened;		/* the store is mounted from an opened LUKS volume */
	bool store;		/* and its hooks and keys are trusted */
	struct d2d_minisign_key *key;
	unsigned n_keys;
	struct d2d_hook_source {
		const char *name;
		unsigned rank;
		char *dir;
		struct d2d_manifest manifest;	/* empty when it is no good */
		char keyid[2 * D2D_MINISIGN_ID + 1];
		char *why;	/* why nothing of it can be verified, or NULL */
	} **source;
	unsigned n_sources;
	char *stage;		/* of the last d2d_trust_required(), and its answer */
	const char *required;
};

/* To be called before each scan, the first time with zeroes, after which kind and copies may be set: reads the mode of ROOT's image,
 * which HOOKS (d2d.hooks=) can only tighten, looks whether the STORE (d2d.store=) is open, and reads the keys. Both may be NULL. */
void d2d_trust_begin(struct d2d_trust *t, const char *root, const char *hooks, const char *store);
void d2d_trust_free(struct d2d_trust *t);

/* NULL when hooks without a signature may run in this stage, else why they may not. In mode "auto" that may look at
 * all volumes, and before 30-unlock it waits for USB to settle. */
const char *d2d_trust_required(struct d2d_trust *t, const char *stage);

/* The last version that was seen of the manifests signed by a key ("" is no name): 0 when none was, or a negative
 * errno. They are remembered in an encrypted store alone: -ENODEV when none is open. */
long long d2d_trust_version(const struct d2d_trust *t, const char *keyid);
int d2d_trust_set_version(const struct d2d_trust *t, const char *keyid, unsigned long long version);

#endif
