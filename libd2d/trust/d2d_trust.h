/*
 * libd2d, trust: decides which hooks, commands and layers are trusted: minisign keys and signatures, signed manifests, and whether
 * a signature is required.
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
	bool hashed;		/* algorithm "ED": sig signs the data's BLAKE2b-512 digest, not the data itself */
	uint8_t id[D2D_MINISIGN_ID], sig[64], global[64];
	size_t comment_len;
	uint8_t signed_comment[64 + D2D_MINISIGN_COMMENT];	/* sig and the trusted comment, which global signs */
};

/* Parse the text of a public key file and of a .minisig file. Return 0, or -EBADMSG if the text is not one. */
int d2d_minisign_key_parse(const char *text, size_t len, struct d2d_minisign_key *key);
int d2d_minisign_sig_parse(const char *text, size_t len, struct d2d_minisign_sig *sig);

/* Checks whether DATA and the trusted comment are signed by this key. Returns 0, -ENOKEY if the signature is by another key, or
 * -EKEYREJECTED if it is wrong. */
int d2d_minisign_verify(const struct d2d_minisign_sig *sig, const struct d2d_minisign_key *key, const void *data, size_t len);

/* ---- d2d_manifest.c: pure functions on memory ---- */

/* Writes the ID of a key as minisign shows it, 2 * D2D_MINISIGN_ID + 1 bytes at most. */
void d2d_minisign_id(char *text, const uint8_t *id);

/* The kinds of files on volumes that are trusted like hooks. Each has a signed manifest of its own. d2d_kind_dir() returns the
 * name of the directory below d2d/; settings of the engine are in d2d/ itself, and "settings" is only the word in their manifest.
 * d2d_kind_words() returns the word for such files in messages. d2d_kind_path() returns the directory itself, where DIR is a
 * volume's d2d/; the caller frees it. d2d_kind_at() returns the kind of the files in a directory of this name. */
enum { D2D_KIND_HOOKS, D2D_KIND_BIN, D2D_KIND_LAYERS, D2D_KIND_PLUGINS, D2D_KIND_SETTINGS };
const char *d2d_kind_dir(unsigned kind);
const char *d2d_kind_words(unsigned kind);
char *d2d_kind_path(unsigned kind, const char *dir);
unsigned d2d_kind_at(const char *name);

#define D2D_MANIFEST_MAX (1024 * 1024)

struct d2d_manifest {
	unsigned long long version;
	unsigned kind;			/* D2D_KIND_ */
	struct d2d_manifest_entry {
		char *path;		/* "STAGE/NAME", of other kinds than hooks "NAME" */
		uint8_t sha256[32];
		unsigned mode;		/* permission bits */
	} *entry;			/* in the order of strcmp() */
	unsigned n;
};

/* Parses a manifest. TEXT needs no '\0' at its end. Returns 0, or a negative errno; then *m is empty and *why is the reason, which
 * the caller frees. d2d_manifest_find() returns the entry of a path, which the manifest owns, or NULL. */
int d2d_manifest_parse(const char *text, size_t len, struct d2d_manifest *m, char **why);
void d2d_manifest_free(struct d2d_manifest *m);
struct d2d_manifest_entry *d2d_manifest_find(const struct d2d_manifest *m, const char *path);

/* Parses a version (1 to 2^53, decimal, without a leading zero). Returns 0 if it is invalid. */
unsigned long long d2d_manifest_version(const char *text, size_t len);

/* ---- d2d_encrypted.c: is there an encrypted volume? ---- */

/* Numbers of volumes, among those that d2dmount has listed and those that are attached now; the larger number counts. */
struct d2d_encrypted {
	unsigned luks;		/* LUKS volumes */
	unsigned encrypted;	/* encrypted stores, open or not */
	unsigned stores;	/* volumes that are the store, or could be */
	unsigned closed_encrypted;	/* encrypted volumes among these that aren't open now */
	unsigned inactive;	/* LVM volumes that could be activated, but are not */
};

/* STORE is the value of d2d.store=, or NULL. If the volumes can't be listed, they count as encrypted. */
struct d2d_encrypted d2d_encrypted_count(const char *root, const char *store);

enum { D2D_ENCRYPTED_NO, D2D_ENCRYPTED_MAYBE, D2D_ENCRYPTED_YES };
enum {
	D2D_ENCRYPTED_ANY = 1,		/* count every LUKS volume, not only those that this boot opens or has opened */
	D2D_ENCRYPTED_EARLY = 2,	/* drivers and devices may be missing: wait for devices, 10 seconds at most */
};

/* Returns whether the machine below ROOT ("" for /) has an encrypted volume; D2D_ENCRYPTED_MAYBE means that a device is missing
 * which could be one. The options d2d.luks=, d2d.header=, d2d.key= and d2d.unlock=required count as an encrypted volume. *WHY is
 * set to a static text, or to NULL if there is none. */
int d2d_encrypted(const char *root, const char *store, unsigned flags, const char **why);

/* ---- d2d_trust.c: the trust mode of this machine, its keys, and the versions of manifests ---- */

/* Trust modes; a higher value is stricter. */
enum { D2D_TRUST_ANY, D2D_TRUST_AUTO, D2D_TRUST_SIGNED, D2D_TRUST_BUILTIN };

struct d2d_trust {
	unsigned kind;		/* D2D_KIND_ */
	const char *copies;	/* directory below ROOT for verified copies; NULL: the default for hooks */
	char *root;		/* "" for / */
	int mode;		/* D2D_TRUST_ */
	char *spec;		/* value of d2d.store=, or NULL */
	const char *encrypted;	/* why an encrypted volume counts, which this process has seen; NULL if it has seen none */
	bool opened;		/* the mounted store is in an open LUKS volume */
	bool store;		/* the hooks and keys in the store are trusted */
	struct d2d_manifest own;	/* the image's own layers, which it has on its medium; by digest, without a signature */
	struct d2d_minisign_key *key;
	unsigned n_keys;
	struct d2d_hook_source {
		const char *name;
		unsigned rank;
		char *dir;
		struct d2d_manifest manifest;	/* empty if it is missing or invalid */
		char keyid[2 * D2D_MINISIGN_ID + 1];
		char *why;	/* why its files can't be verified, or NULL */
	} **source;
	unsigned n_sources;
	char *stage;		/* stage of the last call of d2d_trust_required() */
	const char *required;	/* and its result */
};

/* Determines the trust mode and reads the keys; to be called before each scan. *t is zeroed before the first call; kind and
 * copies may be set after it. The mode is that of the image below ROOT; HOOKS, the value of d2d.hooks=, can only make it
 * stricter. STORE is the value of d2d.store=. Both may be NULL. */
void d2d_trust_begin(struct d2d_trust *t, const char *root, const char *hooks, const char *store);
void d2d_trust_free(struct d2d_trust *t);

/* Returns why hooks of this stage need a signature, or NULL if they don't. In mode "auto" this may scan all volumes, and in a stage
 * before 30 it waits for devices. */
const char *d2d_trust_required(struct d2d_trust *t, const char *stage);

/* The same for files from SOURCE. Unless the mode is "any", those that came over the network need a signature, except for commands
 * and plugins: nobody has authenticated the server. */
#define D2D_SOURCE_NET "net"
const char *d2d_trust_required_of(struct d2d_trust *t, const char *stage, const char *source);

/* Read and store the highest version of a manifest that was accepted from a key (KEYID must not be ""). d2d_trust_version()
 * returns 0 if there is none. Versions are stored only in an encrypted store; both functions return -ENODEV if none is open. */
long long d2d_trust_version(const struct d2d_trust *t, const char *keyid);
int d2d_trust_set_version(const struct d2d_trust *t, const char *keyid, unsigned long long version);

#endif
