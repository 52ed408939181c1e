/*
 * Decides what this machine trusts: its trust mode, its keys, and whether the open store is trusted (docs/security.md).
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_trust.o

#include <glob.h>
#include "d2d_trust.h"
#include "d2d_luks.h"
#include "d2d_efi.h"

#define MODE_FILE "/etc/d2d/trust"
#define KEYS "/etc/d2d/keys"
#define LAYERS "/etc/d2d/layers"

enum { KEYS_MAX = 64 };

/* ---- trust mode ---- */

static int mode_named(const char *name)
{
	int mode = index_in_strings("any\0auto\0signed\0builtin\0", name);

	return mode < 0 ? D2D_TRUST_BUILTIN : mode;
}

/* Returns the trust mode of the image at ROOT. A directory that isn't an image has no mode file, which means "auto"; a file that
 * can't be read means the strictest mode. */
static int image_mode(const char *root)
{
	char *path = xasprintf("%s"MODE_FILE, root), *text;
	int mode, err;
	size_t len;

	err = d2d_file_read(path, 64, &text, &len);
	free(path);
	if (err < 0)
		return err == -ENOENT ? D2D_TRUST_AUTO : D2D_TRUST_BUILTIN;
	chomp(text);
	mode = mode_named(text);
	free(text);
	return mode;
}

/* Returns the mode of d2d.hooks=. "all" doesn't restrict the mode of the image. */
static int option_mode(const char *hooks)
{
	return !hooks || strcmp(hooks, "all") == 0 ? D2D_TRUST_ANY : mode_named(hooks);
}

/* ---- the open store ---- */

static bool exists(const struct d2d_trust *t, const char *name)
{
	char *path = xasprintf("%s%s", t->root, name);
	struct stat st;
	bool there = lstat(path, &st) == 0;

	free(path);
	return there;
}

/* Returns whether DEV is a dm-crypt device and the store is mounted from it. */
static bool store_is_on(const char *dev)
{
	struct stat store, st;

	return stat(D2D_STORE, &store) == 0 && stat(dev, &st) == 0 && S_ISBLK(st.st_mode) && store.st_dev == st.st_rdev
		&& d2d_is_crypt(dev);
}

/* Returns whether the store is mounted according to the list of volumes. Used for a directory ROOT, as in tests, where there are
 * no devices. */
static bool store_is_listed(const char *root)
{
	struct d2d_volume *list;
	int i, n = d2d_volumes_read_at(root, &list);
	bool mounted = false;

	for (i = 0; i < n; i++)
		if (strcmp(list[i].dev, D2D_STORE_MAPPING) == 0 && list[i].mountpoint && strcmp(list[i].mountpoint, D2D_STORE) == 0)
			mounted = true;
	d2d_volumes_free(list, n);
	return mounted;
}

static bool opened_by_passphrase(const struct d2d_trust *t)
{
	char *path = xasprintf("%s"D2D_UNLOCKED, t->root), *text;
	size_t len;
	bool yes = d2d_file_read(path, 64, &text, &len) == 0 && strcmp(text, "passphrase\n") == 0;

	free(text);
	free(path);
	return yes;
}

/* Returns whether hooks and keys of the open store are trusted. Anybody can make a USB stick with a LUKS volume that has the
 * store's label, and a key file for it. A store is therefore trusted only if there is no other encrypted store; and, in the
 * modes that always require signatures, only if it was opened by a passphrase, which its owner typed. */
static bool store_is_trusted(const struct d2d_trust *t)
{
	if (!t->opened)
		return false;
	if (t->mode >= D2D_TRUST_SIGNED && !opened_by_passphrase(t))
		return false;
	return d2d_encrypted_count(t->root, t->spec).closed_encrypted == 0;
}

/* ---- keys and versions ---- */

static void read_keys(struct d2d_trust *t, const char *dir)
{
	char *pattern = xasprintf("%s%s/*.pub", t->root, dir);
	glob_t g;
	size_t i;

	if (glob(pattern, 0, NULL, &g) == 0) {
		for (i = 0; i < g.gl_pathc && t->n_keys < KEYS_MAX; i++) {
			char *text;
			size_t len;

			if (d2d_file_read(g.gl_pathv[i], D2D_MINISIGN_MAX, &text, &len) < 0)
				continue;
			t->key = xrealloc_vector(t->key, 2, t->n_keys);
			if (d2d_minisign_key_parse(text, len, &t->key[t->n_keys]) == 0)
				t->n_keys++;
			free(text);
		}
	}
	globfree(&g);
	free(pattern);
}

/* Reads which layers on the medium belong to the image. Without a valid list there are none. */
static void read_layers(struct d2d_trust *t)
{
	char *path = xasprintf("%s"LAYERS, t->root), *text, *why = NULL;
	size_t len;

	if (d2d_file_read(path, D2D_MANIFEST_MAX, &text, &len) == 0) {
		if (d2d_manifest_parse(text, len, &t->own, &why) == 0 && t->own.kind != D2D_KIND_LAYERS)
			d2d_manifest_free(&t->own);
		free(text);
	}
	free(why);
	free(path);
}

static char *version_file(const struct d2d_trust *t, const char *keyid)
{
	return xasprintf("%s"D2D_STORE"/d2d/trust/%s%s%s.version", t->root, keyid, t->kind ? "." : "",
		t->kind ? d2d_kind_dir(t->kind) : "");
}

long long d2d_trust_version(const struct d2d_trust *t, const char *keyid)
{
	char *path, *text;
	long long version;
	size_t len;

	if (!t->opened)
		return -ENODEV;
	path = version_file(t, keyid);
	version = d2d_file_read(path, 64, &text, &len);
	if (version == 0) {
		chomp(text);
		version = d2d_manifest_version(text, strlen(text));
		if (!version)
			version = -EINVAL;
		free(text);
	}
	free(path);
	return version == -ENOENT ? 0 : version;
}

int d2d_trust_set_version(const struct d2d_trust *t, const char *keyid, unsigned long long version)
{
	char *path, *text;
	int err;

	if (!t->opened)
		return -ENODEV;
	path = version_file(t, keyid);
	text = xasprintf("%llu\n", version);
	err = d2d_make_parent_dirs(path);
	if (!err)
		err = d2d_file_write(path, text);
	free(text);
	free(path);
	return err;
}

void d2d_trust_begin(struct d2d_trust *t, const char *root, const char *hooks, const char *store)
{
	const char *encrypted = t->encrypted;

	d2d_trust_free(t);
	t->root = xstrdup(root);
	t->mode = MAX(image_mode(root), option_mode(hooks));
	/* Where the firmware and GRUB start only what is signed, the same holds for hooks. */
	if (ENABLE_D2D_SECUREBOOT && t->mode == D2D_TRUST_AUTO && d2d_secureboot(root) == D2D_SECUREBOOT_ON)
		t->mode = D2D_TRUST_SIGNED;
	t->spec = store && store[0] ? xstrdup(store) : NULL;
	t->encrypted = encrypted;
	t->opened = exists(t, D2D_STORE_MAPPING) && (root[0] ? store_is_listed(root) : store_is_on(D2D_STORE_MAPPING));
	/* store_is_trusted() scans all volumes, so it is called only if the store has a directory d2d. */
	t->store = exists(t, D2D_STORE"/d2d") && store_is_trusted(t);
	read_layers(t);
	if (ENABLE_FEATURE_D2DHOOK_SIGNED) {
		read_keys(t, KEYS);
		if (t->store)
			read_keys(t, D2D_STORE"/d2d/trust");
	}
}

/* Returns why hooks of STAGE need a signature, or NULL if they don't. */
static const char *required(struct d2d_trust *t, const char *stage)
{
	static const char *const only_signed[] = {
		[D2D_KIND_HOOKS] = "only signed hooks may run here",
		[D2D_KIND_BIN] = "only signed scripts are offered here",
		[D2D_KIND_LAYERS] = "only signed layers are used here",
		[D2D_KIND_PLUGINS] = "only signed plugins are offered here",
		[D2D_KIND_SETTINGS] = "only signed settings are used here",
	};
	const char *why;

	if (t->mode == D2D_TRUST_ANY)
		return NULL;
	if (t->mode >= D2D_TRUST_SIGNED)
		return only_signed[t->kind];
	/* Before 30-unlock, devices may still be missing. */
	if (!t->encrypted && d2d_encrypted(t->root, t->spec, strcmp(stage, "30") < 0 ? D2D_ENCRYPTED_EARLY : 0, &why)
			!= D2D_ENCRYPTED_YES)
		return why;
	/* What was seen once counts until this process ends. */
	if (!t->encrypted)
		t->encrypted = why;
	return t->encrypted;
}

const char *d2d_trust_required(struct d2d_trust *t, const char *stage)
{
	if (!t->stage || strcmp(t->stage, stage) != 0) {
		free(t->stage);
		t->stage = xstrdup(stage);
		t->required = required(t, stage);
	}
	return t->required;
}

const char *d2d_trust_required_of(struct d2d_trust *t, const char *stage, const char *source)
{
	const char *why = d2d_trust_required(t, stage);

	if (why || t->mode == D2D_TRUST_ANY || t->kind == D2D_KIND_BIN || t->kind == D2D_KIND_PLUGINS
			|| strcmp(source, D2D_SOURCE_NET) != 0)
		return why;
	return "it comes over the network from a d2d.payload= without #sha256=";
}

void d2d_trust_free(struct d2d_trust *t)
{
	while (t->n_sources) {
		struct d2d_hook_source *src = t->source[--t->n_sources];

		d2d_manifest_free(&src->manifest);
		free(src->dir);
		free(src->why);
		free(src);
	}
	free(t->source);
	d2d_manifest_free(&t->own);
	free(t->key);
	free(t->root);
	free(t->spec);
	free(t->stage);
	memset(t, 0, sizeof(*t));
}
