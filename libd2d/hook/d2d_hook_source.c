/*
 * Reads and checks the signed manifests of directories of hooks.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_hook_source.o

#include "d2d_hook.h"

/* Checks that the manifest TEXT is signed by one of our keys and sets src->keyid to the ID of the key that signed it. Returns
 * NULL, or the reason why the signature isn't accepted; the caller frees that. */
static char *check_signature(const struct d2d_trust *t, struct d2d_hook_source *src, const char *text, size_t len)
{
	char *path = concat_path_file(src->dir, "manifest.minisig"), *minisig, *why = NULL;
	struct d2d_minisign_sig sig;
	int err = 0, parsed = -EBADMSG;
	size_t sig_len;
	unsigned i;

	err = d2d_file_read(path, D2D_MINISIGN_MAX, &minisig, &sig_len);
	free(path);
	if (err < 0)
		return xasprintf("its manifest.minisig %s", d2d_file_error(err));
	parsed = d2d_minisign_sig_parse(minisig, sig_len, &sig);
	free(minisig);
	if (parsed < 0)
		return xstrdup("its manifest.minisig is not a valid minisign signature");

	d2d_minisign_id(src->keyid, sig.id);
	err = -ENOKEY;
	/* Try all keys: several keys can have the same ID, because whoever makes a key can choose it. */
	for (i = 0; i < t->n_keys && err; i++) {
		int tried = d2d_minisign_verify(&sig, &t->key[i], text, len);

		err = tried == -ENOKEY ? err : tried;
	}
	if (err == -ENOKEY)
		why = xasprintf("its manifest is signed with the unknown key %s", src->keyid);
	else if (err < 0)
		why = xstrdup("its manifest doesn't match its signature");
	return why;
}

/* Refuses a manifest that is older than one seen before with the same key, so that an old signed volume can't be replayed.
 * Returns NULL, or the reason; the caller frees it. */
static char *check_version(const struct d2d_trust *t, const struct d2d_hook_source *src)
{
	long long seen = d2d_trust_version(t, src->keyid);

	if (seen == -ENODEV)
		return NULL;
	if (seen < 0)
		return xasprintf("can't read the last version of key %s from the store: %s", src->keyid, strerror(-seen));
	if (src->manifest.version < (unsigned long long)seen)
		return xasprintf("its manifest has version %llu, but version %lld was seen before", src->manifest.version, seen);
	return NULL;
}

static void read_manifest(const struct d2d_trust *t, struct d2d_hook_source *src)
{
	char *path = concat_path_file(src->dir, "manifest"), *text, *wrong;
	size_t len;
	int err = d2d_file_read(path, D2D_MANIFEST_MAX, &text, &len);

	free(path);
	if (err < 0) {
		src->why = err == -ENOENT ? xstrdup("not signed") : xasprintf("its manifest %s", d2d_file_error(err));
		return;
	}
	/* Check the signature before parsing, so that the parser sees only signed text. */
	src->why = check_signature(t, src, text, len);
	if (!src->why && d2d_manifest_parse(text, len, &src->manifest, &wrong) < 0) {
		src->why = xasprintf("its manifest is malformed: %s", wrong);
		free(wrong);
	}
	if (!src->why && src->manifest.kind != t->kind)
		src->why = xasprintf("its manifest is for %s", d2d_kind_words(src->manifest.kind));
	if (!src->why)
		src->why = check_version(t, src);
	free(text);
	if (src->why)
		d2d_manifest_free(&src->manifest);
}

static bool is_sidecar(const struct d2d_manifest *m, const char *path)
{
	size_t len = strlen(path);
	char *hook;
	bool yes;

	if (len < 5 || strcmp(path + len - 4, ".d2d") != 0)
		return false;
	hook = xstrndup(path, len - 4);
	yes = d2d_manifest_find(m, hook) != NULL;
	free(hook);
	return yes;
}

/* Adds files that are in the manifest but missing to LIST as refused hooks, where signatures are required: a removed hook may
 * have been essential. A missing sidecar isn't added, because verifying its hook reports it. */
static void add_missing(struct d2d_trust *t, struct d2d_hooks *list, const struct d2d_hook_source *src)
{
	unsigned i;

	for (i = 0; i < src->manifest.n; i++) {
		const char *path = src->manifest.entry[i].path, *name = t->kind ? path : strchr(path, '/') + 1;
		char *file = concat_path_file(src->dir, path), *stage;
		struct d2d_hook *hook;
		struct stat st;

		if (lstat(file, &st) < 0 && errno == ENOENT && (t->kind || !is_sidecar(&src->manifest, path))) {
			stage = t->kind ? xstrdup(d2d_kind_dir(t->kind)) : xstrndup(path, name - 1 - path);
			if (d2d_trust_required_of(t, stage, src->name)) {
				hook = d2d_hooks_found(list, stage, name, file, "is in the manifest, but missing");
				hook->source = src->name;
				hook->rank = src->rank;
			}
			free(stage);
		}
		free(file);
	}
}

void d2d_trust_source(struct d2d_trust *t, struct d2d_hooks *list, const char *dir, const char *name, unsigned rank)
{
	struct d2d_hook_source *src;

	if (strcmp(name, "builtin") == 0 || access(dir, F_OK) != 0)
		return;
	src = xzalloc(sizeof(*src));
	src->name = name;
	src->rank = rank;
	src->dir = xstrdup(dir);
	t->source = xrealloc_vector(t->source, 2, t->n_sources);
	t->source[t->n_sources++] = src;
	if (!ENABLE_FEATURE_D2DHOOK_SIGNED) {
		src->why = xstrdup("this image can't check signatures");
		return;
	}
	read_manifest(t, src);
	if (!t->store || strcmp(name, "store") != 0)
		add_missing(t, list, src);
}
