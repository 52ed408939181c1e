/*
 * Decides what this machine trusts: its trust mode, its keys, and whether it has an encrypted store (docs/security.md).
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_trust.o

#include <glob.h>
#include "d2d_trust.h"
#include "d2d_luks.h"

#define MODE_FILE "/etc/d2d/trust"
#define KEYS "/etc/d2d/keys"

enum { KEYS_MAX = 64, SETTLE_SECONDS = 10 };

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

/* ---- is there an encrypted store? ---- */

static bool is_encrypted_store(const struct d2d_volume *v)
{
	return strcmp(v->fstype, "crypto_LUKS") == 0
		&& (v->role == D2D_ROLE_STORE || (v->holder && strcmp(v->holder, D2D_STORE_MAPPING) == 0)
			|| strcmp(v->label, D2D_STORE_LABEL) == 0);
}

struct found {
	unsigned encrypted;	/* encrypted stores, open or not */
	unsigned stores;	/* volumes that are the store, or could be */
	unsigned closed_encrypted;	/* encrypted volumes among these that aren't open */
};

static void count(struct found *found, const struct d2d_volume *list, int n)
{
	int i;

	for (i = 0; i < n; i++) {
		bool encrypted = is_encrypted_store(&list[i]), store = list[i].role == D2D_ROLE_STORE;

		found->encrypted += encrypted;
		found->stores += store;
		found->closed_encrypted += encrypted && store;
	}
}

/* Counts stores among the volumes that d2dmount has listed and those that are attached now; the larger numbers count. */
static struct found count_stores(const struct d2d_trust *t)
{
	struct found known = { 0, 0, 0 }, now = { 0, 0, 0 };
	struct d2d_volume *list;
	int n;

	n = d2d_volumes_read_at(t->root, &list);
	count(&known, list, n);
	d2d_volumes_free(list, n);
	if (!t->root[0]) {
		n = d2d_volumes_scan(&list);
		if (n > 0) {
			d2d_mounts_find(list, n);
			d2d_roles_decide(list, n, NULL, t->spec);
			count(&now, list, n);
		} else if (n < 0) {
			now.encrypted = now.closed_encrypted = 1; /* if the scan fails, assume that there is an encrypted store */
		}
		d2d_volumes_free(list, n);
		/* The list may show the store as it was before it was opened, and so as its own rival: only the scan counts. */
		known.closed_encrypted = now.closed_encrypted;
	}
	known.encrypted = MAX(known.encrypted, now.encrypted);
	known.stores = MAX(known.stores, now.stores);
	return known;
}

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
	return count_stores(t).closed_encrypted == 0;
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
	bool encrypted = t->encrypted;

	d2d_trust_free(t);
	t->root = xstrdup(root);
	t->mode = MAX(image_mode(root), option_mode(hooks));
	t->spec = store && store[0] ? xstrdup(store) : NULL;
	t->encrypted = encrypted || exists(t, D2D_STORE_MAPPING);
	t->opened = exists(t, D2D_STORE_MAPPING) && (root[0] ? store_is_listed(root) : store_is_on(D2D_STORE_MAPPING));
	/* store_is_trusted() scans all volumes, so it is called only if the store has a directory d2d. */
	t->store = exists(t, D2D_STORE"/d2d") && store_is_trusted(t);
	if (ENABLE_FEATURE_D2DHOOK_SIGNED) {
		read_keys(t, KEYS);
		if (t->store)
			read_keys(t, D2D_STORE"/d2d/trust");
	}
}

/* For stages before 30-unlock, when devices may still be missing. Returns a reason to require signatures if the kernel's drivers
 * are modules, as no disk is known before they are loaded; else waits until USB devices have settled and returns NULL. */
static const char *wait_for_devices(const struct d2d_trust *t)
{
	char *pattern = xasprintf("%s/usr/lib/modules/*/modules.dep", t->root);
	bool modules;
	glob_t g;
	int fd;

	modules = glob(pattern, GLOB_NOSORT, NULL, &g) == 0;
	globfree(&g);
	free(pattern);
	if (modules)
		return "an encrypted store can't be ruled out, because the kernel's modules aren't loaded yet";

	fd = t->root[0] ? -1 : d2d_uevent_open();
	if (fd >= 0) {
		d2d_usb_settle(t->root, fd, SETTLE_SECONDS);
		close(fd);
	}
	return NULL;
}

/* Returns why hooks of STAGE need a signature, or NULL if they don't. */
static const char *required(struct d2d_trust *t, const char *stage)
{
	struct found found;
	const char *why;

	if (t->mode == D2D_TRUST_ANY)
		return NULL;
	if (t->mode >= D2D_TRUST_SIGNED)
		return t->kind == D2D_KIND_HOOKS ? "only signed hooks may run here"
			: t->kind == D2D_KIND_BIN ? "only signed scripts are offered here" : "only signed layers are used here";
	if (!t->encrypted) {
		why = strcmp(stage, "30") < 0 ? wait_for_devices(t) : NULL;
		if (why)
			return why;
		found = count_stores(t);
		if (!found.encrypted && t->spec && !found.stores)
			return "the store named by d2d.store= isn't there yet and may be encrypted";
		t->encrypted = found.encrypted != 0;
	}
	return t->encrypted ? "there is an encrypted store" : NULL;
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
	free(t->key);
	free(t->root);
	free(t->spec);
	free(t->stage);
	memset(t, 0, sizeof(*t));
}
