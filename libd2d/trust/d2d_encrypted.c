/*
 * Decides whether this machine has an encrypted volume, or may have one that nobody can see yet. The trust mode "auto" and the
 * rescue shell depend on the answer (docs/security.md), so that in doubt there is one.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_encrypted.o

#include <glob.h>
#include "d2d_trust.h"
#include "d2d_luks.h"
#include "d2d_lvm.h"

enum {
	SETTLE_SECONDS = 10,	/* longest time to wait for devices */
	QUIET_MS = 500,		/* a controller that finds its disks reports them at shorter intervals */
};

/* ---- the volumes ---- */

static bool is_luks(const struct d2d_volume *v)
{
	return strcmp(v->fstype, "crypto_LUKS") == 0;
}

static bool is_encrypted_store(const struct d2d_volume *v)
{
	return is_luks(v) && (v->role == D2D_ROLE_STORE || (v->holder && strcmp(v->holder, D2D_STORE_MAPPING) == 0)
		|| strcmp(v->label, D2D_STORE_LABEL) == 0);
}

static void count(struct d2d_encrypted *found, const struct d2d_volume *list, int n)
{
	int i;

	for (i = 0; i < n; i++) {
		bool encrypted = is_encrypted_store(&list[i]), store = list[i].role == D2D_ROLE_STORE;

		found->luks += is_luks(&list[i]);
		found->encrypted += encrypted;
		found->stores += store;
		found->closed_encrypted += encrypted && store;
	}
}

/* Returns how many LVM volumes could be activated, but are not, so that nobody knows what they contain. */
static unsigned count_inactive(const char *root, struct d2d_volume *list, int n)
{
	unsigned i, k, inactive = 0;
	struct d2d_lvm lvm = { 0 };

	if (!ENABLE_FEATURE_D2DMOUNT_LVM || root[0] || d2d_lvm_is_off())
		return 0;
	d2d_lvm_find(&lvm, list, n);
	for (i = 0; i < lvm.n; i++)
		for (k = 0; !lvm.group[i]->why && k < lvm.group[i]->n_volumes; k++)
			inactive += !lvm.group[i]->volume[k].why && !lvm.group[i]->volume[k].active;
	d2d_lvm_free(&lvm);
	return inactive;
}

static bool exists(const char *root, const char *name)
{
	char *path = xasprintf("%s%s", root, name);
	struct stat st;
	bool there = lstat(path, &st) == 0;

	free(path);
	return there;
}

struct d2d_encrypted d2d_encrypted_count(const char *root, const char *store)
{
	struct d2d_encrypted known = { 0 }, now = { 0 };
	struct d2d_volume *list;
	int n;

	n = d2d_volumes_read_at(root, &list);
	count(&known, list, n);
	d2d_volumes_free(list, n);
	/* A directory ROOT, as in tests, may have no devices. */
	if (root[0] && !exists(root, "/sys/class/block"))
		return known;

	n = d2d_volumes_recall(root, &list);
	if (n < 0) {
		now.luks = now.encrypted = now.closed_encrypted = 1; /* assume the worst */
	} else {
		now.inactive = count_inactive(root, list, n);
		if (!root[0])
			d2d_mounts_find(list, n);
		d2d_roles_decide(list, n, NULL, store);
		count(&now, list, n);
		d2d_volumes_free(list, n);
	}
	now.luks = MAX(known.luks, now.luks);
	now.encrypted = MAX(known.encrypted, now.encrypted);
	now.stores = MAX(known.stores, now.stores);
	/* The list may show the store as it was before it was opened, and so as its own rival: only the scan counts for
	 * closed_encrypted. */
	return now;
}

/* ---- devices that are not there yet ---- */

/* Whether the kernel's drivers are modules that 20-devices/10-coldplug has not loaded yet: no disk may be known then. */
static bool lacks_drivers(const char *root)
{
	char *pattern = xasprintf("%s/usr/lib/modules/*/modules.dep", root);
	bool modules;
	glob_t g;

	modules = glob(pattern, GLOB_NOSORT, NULL, &g) == 0;
	globfree(&g);
	free(pattern);
	return modules && !exists(root, D2D_COLDPLUGGED);
}

/* Waits until USB devices have settled and no other disk has appeared for a while. */
static void settle(const char *root)
{
	unsigned long long end = monotonic_ms() + SETTLE_SECONDS * 1000ULL;
	int fd = root[0] ? -1 : d2d_uevent_open();

	if (fd < 0)
		return;
	d2d_usb_settle(root, fd, SETTLE_SECONDS);
	while (monotonic_ms() < end && d2d_uevent_wait(fd, "block", QUIET_MS) > 0)
		continue;
	close(fd);
}

/* ---- the answer ---- */

/* Returns why the options say that there is an encrypted volume, even if its disk is absent or looks like random data, or
 * NULL if they don't. */
static const char *options_say(const char *root)
{
	static const char names[] ALIGN1 = "luks\0header\0key\0unlock\0";
	static const char *const why[] = {
		"d2d.luks= names encrypted volumes",
		"d2d.header= names the header of an encrypted volume",
		"d2d.key= names the key of an encrypted volume",
		"d2d.unlock=required expects an encrypted volume",
	};
	const char *name, *said = NULL;
	unsigned i = 0;

	for (name = names; *name && !said; name += strlen(name) + 1, i++) {
		char *value = d2d_option_at(root, name);

		if (value && value[0] && (strcmp(name, "unlock") != 0 || strcmp(value, "required") == 0))
			said = why[i];
		free(value);
	}
	return said;
}

int d2d_encrypted(const char *root, const char *store, unsigned flags, const char **why)
{
	struct d2d_encrypted found;

	*why = options_say(root);
	if (*why)
		return D2D_ENCRYPTED_YES;
	*why = "there is an encrypted store";
	if (exists(root, D2D_STORE_MAPPING) || exists(root, D2D_UNLOCKED))
		return D2D_ENCRYPTED_YES;
	*why = "an encrypted volume is open";
	if (d2d_luks_any_open(root))
		return D2D_ENCRYPTED_YES;

	*why = "an encrypted store can't be ruled out, because the kernel's modules aren't loaded yet";
	if (flags & D2D_ENCRYPTED_EARLY) {
		if (lacks_drivers(root))
			return D2D_ENCRYPTED_MAYBE;
		settle(root);
	}
	found = d2d_encrypted_count(root, store);
	*why = "there is an encrypted store";
	if (found.encrypted)
		return D2D_ENCRYPTED_YES;
	*why = "there is an encrypted volume";
	if (found.luks && (flags & D2D_ENCRYPTED_ANY))
		return D2D_ENCRYPTED_YES;
	*why = "the store named by d2d.store= isn't there yet and may be encrypted";
	if (store && !found.stores)
		return D2D_ENCRYPTED_MAYBE;
	*why = "an LVM volume that isn't active may be encrypted";
	if (found.inactive)
		return D2D_ENCRYPTED_MAYBE;
	*why = NULL;
	return D2D_ENCRYPTED_NO;
}
