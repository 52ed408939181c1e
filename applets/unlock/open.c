/*
 * d2dunlock: opens LUKS volumes by the first key that fits: the TPM's, a key file, a key file on another volume, or a passphrase.
 * While it asks for the passphrase, it also tries key files on a USB stick that is plugged in.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DUNLOCK) += d2dunlock_open.o

#include "d2dunlock.h"

/* Tries a part of a file as the key. A file that can't be used, or whose key doesn't fit, is only reported. */
static void try_part(struct unlock *u, int fd, const char *shown, uint64_t offset, size_t size)
{
	size_t len;
	char *key = d2dunlock_read_part(u, fd, shown, &len, offset, size);

	if (!key)
		return;
	if (!d2dunlock_try_key(u, CRYPT_ANY_SLOT, key, len, shown, "key\n") && u->state == UNLOCK_CLOSED)
		bb_error_msg("key file '%s' doesn't fit '%s'", shown, u->dev);
	crypt_safe_free(key);
}

/* Returns the UUID of the volume, NULL if it holds unexpected characters. It comes from the disk and becomes part of
 * paths. */
static const char *clean_uuid(const struct unlock *u)
{
	const char *uuid = crypt_get_uuid(u->cd);

	return uuid && uuid[0] && !uuid[strspn(uuid, "0123456789abcdefABCDEF-")] ? uuid : NULL;
}

static void try_found_file(struct unlock *u, const char *dir, const char *name)
{
	char *path = xasprintf("d2d/keys/%s.key", name), *shown = concat_path_file(dir, path);
	int fd = d2d_open_in(dir, path);

	if (fd != -ENOENT && fd != -ENOTDIR)
		try_part(u, fd, shown, 0, 0);
	free(shown);
	free(path);
}

/* Looks on volumes only: a key that everybody in the network can read is none. */
static void try_found_files(struct unlock *u)
{
	llist_t *dirs = d2d_volume_dirs(""), *dir;

	for (dir = dirs; dir; dir = dir->link) {
		if (u->state == UNLOCK_CLOSED && clean_uuid(u))
			try_found_file(u, dir->data, clean_uuid(u));
		if (u->state == UNLOCK_CLOSED)
			try_found_file(u, dir->data, "store");
	}
	llist_free(dirs, free);
}

/* ---- keys on volumes that aren't mounted ---- */

/* Tries a file on a volume as the key. A missing file is reported only if it is the NAMED place. */
static void try_on_volume(struct unlock *u, struct d2d_volume *v, const char *path, const struct d2d_place *named)
{
	char *shown = xasprintf("%s of %s", path, v->dev);
	int fd = d2d_volume_file_open(v, path);

	if (fd >= 0 || named)
		try_part(u, fd, shown, named ? named->offset : 0, named ? named->size : 0);
	free(shown);
}

static void try_keys_on(struct opening *o, struct d2d_volume *v, bool plugged)
{
	struct unlock *u;

	for (u = o->volume; u < o->volume + o->n; u++) {
		char *path;

		if (u->state == UNLOCK_CLOSED && o->place && d2d_place_is_on(o->place, v))
			try_on_volume(u, v, o->place->path, o->place);
		if (u->state != UNLOCK_CLOSED || !plugged || !v->removable)
			continue;
		path = xasprintf("d2d/keys/%s.key", clean_uuid(u) ? : "store");
		try_on_volume(u, v, path, NULL);
		free(path);
		if (u->state == UNLOCK_CLOSED)
			try_on_volume(u, v, "d2d/keys/store.key", NULL);
	}
}

/* Returns the device of the first volume that is still closed, NULL if there is none. */
static const char *first_closed(const struct opening *o)
{
	int i;

	for (i = 0; i < o->n; i++)
		if (o->volume[i].state == UNLOCK_CLOSED)
			return o->volume[i].dev;
	return NULL;
}

static int all_done(const struct opening *o)
{
	return !first_closed(o);
}

/* Tries the keys on volumes that did not exist at the last call. PLUGGED: also d2d/keys/ on removable volumes. */
static void scan_new_volumes(struct opening *o, bool plugged)
{
	llist_t *names = NULL;
	struct d2d_volume *list;
	int i, n = d2d_volumes_recall("", &list);

	if (n < 0)
		return;
	d2d_mounts_find(list, n);
	for (i = 0; i < n; i++) {
		if (!llist_find_str(o->seen, list[i].name))
			try_keys_on(o, &list[i], plugged);
		llist_add_to(&names, xstrdup(list[i].name));
	}
	llist_free(o->seen, free);
	o->seen = names;
	d2d_volumes_free(list, n);
}

/* Looks for volumes that another process has opened: 'd2d unlock' on another terminal, or by SSH (d2d.ssh=early). */
static void notice_opened(struct opening *o)
{
	struct unlock *u;

	for (u = o->volume; u < o->volume + o->n; u++) {
		int lock;

		if (u->state != UNLOCK_CLOSED || !d2dunlock_opened_elsewhere(u))
			continue;
		o->elsewhere = true;
		/* That process holds the lock until it has recorded what opened the store, which the caller depends on. */
		lock = d2dunlock_lock(u);
		if (lock >= 0)
			close(lock);
	}
}

static int on_uevent(void *arg)
{
	struct opening *o = arg;

	if (d2d_uevent_wait(o->uevents, "block", 0) > 0) {
		notice_opened(o);
		scan_new_volumes(o, true);
	}
	return all_done(o);
}

/* ---- passphrases ---- */

/* Tries a passphrase on all volumes that are still closed. Returns how many it opens. */
static int try_passphrase(struct opening *o, const char *key, size_t len)
{
	struct unlock *u;
	int fits = 0;

	for (u = o->volume; u < o->volume + o->n; u++) {
		bool typed_here = !(u->opt & (OPT_i | OPT_N));

		if (u->state != UNLOCK_CLOSED
		 || !d2dunlock_try_key(u, CRYPT_ANY_SLOT, key, len, "passphrase", typed_here ? "passphrase\n" : "key\n"))
			continue;
		fits++;
		/* Whoever gives a passphrase from elsewhere doesn't see the question. */
		if (ENABLE_FEATURE_D2DUNLOCK_TPM && typed_here && u->tpm_changed && !(u->opt & (OPT_C | OPT_r)))
			d2dunlock_offer_seal(u, key, len);
	}
	return fits;
}

/* Returns the names of the closed volumes, such as "/dev/sda2 (D2D-STORE), /dev/sdb1 (BACKUP)". The caller frees it. */
static char *names(const struct opening *o)
{
	const struct unlock *u;
	char *text = xstrdup("");

	for (u = o->volume; u < o->volume + o->n; u++) {
		char *more;

		if (u->state != UNLOCK_CLOSED)
			continue;
		more = xasprintf("%s%s%s (%s)", text, text[0] ? ", " : "", u->dev, d2dunlock_label(u, u->name));
		free(text);
		text = more;
	}
	return text;
}

static void try_stdin(struct opening *o)
{
	size_t len;
	char *key = d2dunlock_read_stdin(o->volume, &len);

	try_passphrase(o, key, len);
	crypt_safe_free(key);
	if (!all_done(o))
		bb_error_msg("wrong passphrase for '%s'", first_closed(o));
}

/* Whether a PIN would make the TPM open a volume that is still closed. */
static bool takes_pin(const struct opening *o)
{
	const struct unlock *u;

	for (u = o->volume; ENABLE_FEATURE_D2DUNLOCK_TPM && u < o->volume + o->n; u++)
		if (u->state == UNLOCK_CLOSED && u->tpm_pin)
			return true;
	return false;
}

/* Tries a PIN. Returns how many volumes it opens. */
static int try_pin(struct opening *o, const char *pin)
{
	struct unlock *u;
	int fits = 0;

	for (u = o->volume; u < o->volume + o->n; u++)
		if (u->state == UNLOCK_CLOSED && u->tpm_pin)
			fits += d2dunlock_try_tpm(u, pin) == 0;
	return fits;
}

/* Asks for a passphrase, or for a PIN. Returns its length, 0 if there is no PIN, -ECANCELED if key files have opened all volumes
 * meanwhile, or another negative errno. */
static int ask_once(struct opening *o, char *answer, long seconds, bool pin)
{
	struct d2d_ask_event other = { o->uevents, on_uevent, o, pin };
	char *closed = names(o), *prompt;
	int r;

	prompt = xasprintf(pin ? "\nPIN for %s, or Enter for the passphrase: " : "\nPassphrase for %s: ", closed);
	r = d2d_ask_or_event(prompt, answer, PASSPHRASE_SIZE, seconds, pin || o->uevents >= 0 ? &other : NULL);
	free(prompt);
	free(closed);
	return r;
}

/* Asks until all volumes are open, or nothing more is to be tried. END is a time as by monotonic_sec(), or 0. Returns a
 * negative errno if asking has failed. */
static int ask_until(struct opening *o, char *answer, unsigned long long end, bool pin)
{
	const char *what = pin ? "PIN" : "passphrase";
	unsigned wrong = 0;
	int r = 0;

	while (!all_done(o) && wrong < o->tries && (!pin || takes_pin(o))) {
		long left = end ? (long)(end - monotonic_sec()) : 0;
		int fits;

		r = end && left <= 0 ? -ETIMEDOUT : ask_once(o, answer, left, pin);
		if (r < 0 || (r == 0 && pin))
			break;
		fits = pin ? try_pin(o, answer) : try_passphrase(o, answer, r);
		crypt_safe_memzero(answer, PASSPHRASE_SIZE);
		/* After a refusal that isn't about the PIN, d2dunlock_try_tpm() has said so. */
		if (!fits && !all_done(o) && (!pin || takes_pin(o))) {
			char *text = xasprintf("wrong %s, %s\n", what, ++wrong < o->tries ? "try again" : "giving up");

			d2d_console_write(text);
			free(text);
		}
	}
	return r < 0 ? r : 0;
}

static void ask(struct opening *o)
{
	unsigned long long end = o->seconds ? monotonic_sec() + o->seconds : 0;
	char *answer = crypt_safe_alloc(PASSPHRASE_SIZE);
	int r = 0;

	if (!answer)
		bb_die_memory_exhausted();
	if (takes_pin(o))
		r = ask_until(o, answer, end, true);
	if (r == 0 && !all_done(o))
		r = ask_until(o, answer, end, false);
	crypt_safe_free(answer);

	if (r == -ECANCELED) {
		d2d_console_write(o->elsewhere ? "opened by another process\n" : "opened by a key file\n");
	} else if (r == -ETIMEDOUT) {
		d2d_console_write("nobody answered, giving up\n");
		bb_error_msg("nobody entered the passphrase of '%s' within %u seconds", first_closed(o), o->seconds);
	} else if (r < 0) {
		bb_error_msg("can't ask for the passphrase of '%s': %s", first_closed(o), strerror(-r));
	} else if (!all_done(o)) {
		bb_error_msg("%u wrong passphrases for '%s'", o->tries, first_closed(o));
	}
}

/* ---- opening ---- */

/* Whether the volume is open already: under u->name, or under any name if u->name is NULL. Dies if it is open under
 * another name, or if another volume has the name. */
static int is_open(const struct unlock *u)
{
	char *name = d2d_luks_open_as(u->dev);

	if (name) {
		if (u->name && strcmp(name, u->name) != 0)
			bb_error_msg_and_die("'%s' is open already as /dev/mapper/%s", u->dev, name);
		if (!(u->opt & OPT_q))
			printf("%s: open already as /dev/mapper/%s\n", u->dev, name);
		free(name);
		return 1;
	}
	if (u->name && crypt_status(NULL, u->name) >= CRYPT_ACTIVE)
		bb_error_msg_and_die("/dev/mapper/%s is another volume", u->name);
	return 0;
}

static void begin(struct unlock *u)
{
	if (!(u->opt & OPT_C) && is_open(u)) {
		u->state = UNLOCK_OPEN;
		return;
	}
	u->state = d2dunlock_load(u) == 0 ? UNLOCK_CLOSED : UNLOCK_BROKEN;
	if (u->state == UNLOCK_CLOSED)
		d2dunlock_warn_damaged(u);
	if (u->state == UNLOCK_CLOSED && !u->name) {
		if (clean_uuid(u))
			u->name = xasprintf("luks-%s", clean_uuid(u));
		else
			u->state = UNLOCK_BROKEN;
	}
}

int d2dunlock_open(struct opening *o)
{
	struct unlock *u;
	llist_t *file;
	int code = EXIT_SUCCESS;

	for (u = o->volume; u < o->volume + o->n; u++) {
		begin(u);
		if (ENABLE_FEATURE_D2DUNLOCK_TPM && u->state == UNLOCK_CLOSED && !o->files && !(u->opt & OPT_i))
			d2dunlock_try_tpm(u, NULL);
		for (file = o->files; file && u->state == UNLOCK_CLOSED; file = file->link)
			try_part(u, d2dunlock_open_file(file->data), file->data, 0, 0);
		if (u->state == UNLOCK_CLOSED)
			try_found_files(u);
	}
	/* Subscribe to uevents before the first scan, so that no device is missed. */
	o->uevents = o->place || o->watch ? d2d_uevent_open() : -1;
	if ((o->place || o->watch) && !all_done(o))
		scan_new_volumes(o, false);

	if (!all_done(o)) {
		if (o->volume->opt & OPT_i)
			try_stdin(o);
		else if (o->tries)
			ask(o);
		else
			bb_error_msg("no key file opens '%s'", first_closed(o));
	}
	for (u = o->volume; u < o->volume + o->n; u++) {
		crypt_free(u->cd);
		if (u->state == UNLOCK_OPEN && u->unrecorded)
			code = EXIT_UNRECORDED;
		if (u->state == UNLOCK_OPEN)
			continue;
		if (!u->further)
			code = u->state == UNLOCK_BROKEN ? EXIT_FAILURE : EXIT_NO_KEY;
		else if (!code)
			code = EXIT_OTHERS;
	}
	return code;
}
