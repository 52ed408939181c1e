/*
 * Opening a LUKS volume: key files, those that media bring along, a passphrase.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DUNLOCK) += d2dunlock_open.o

#include "d2dunlock.h"
#include <glob.h>

/* True when the key fits (and the volume is open), false when it doesn't; dies of anything else. */
static int try_key(struct unlock *u, const char *key, size_t len, const char *from)
{
	int r;

	u->said[0] = '\0';
	r = crypt_activate_by_passphrase(u->cd, (u->opt & OPT_C) ? NULL : u->name, CRYPT_ANY_SLOT, key, len,
			(u->opt & OPT_r) ? CRYPT_ACTIVATE_READONLY : 0);
	if (r == -EPERM)
		return 0;
	if (r == -ENOENT)
		bb_error_msg_and_die("'%s' has no key slot to open it with", u->dev);
	if (r == -ENOMEM)
		bb_error_msg_and_die("not enough memory for the key derivation that '%s' asks for", u->dev);
	if (r < 0)
		bb_error_msg_and_die("can't open '%s': %s", u->dev, d2dunlock_because(u, r));
	if (!(u->opt & OPT_q)) {
		if (u->opt & OPT_C)
			printf("%s: %s fits\n", u->dev, from);
		else
			printf("%s: open as /dev/mapper/%s by %s\n", u->dev, u->name, from);
	}
	return 1;
}

char *d2dunlock_read_file(struct unlock *u, const char *file, size_t *len)
{
	char *key = NULL;
	int r;

	u->said[0] = '\0';
	r = crypt_keyfile_device_read(u->cd, file, &key, len, 0, 0, 0);
	if (r < 0) {
		bb_error_msg("can't use key file '%s': %s", file, d2dunlock_because(u, r));
		return NULL;
	}
	if (!*len) {
		bb_error_msg("can't use key file '%s': it is empty", file);
		crypt_safe_free(key);
		return NULL;
	}
	return key;
}

char *d2dunlock_read_stdin(struct unlock *u, size_t *len)
{
	char *key;
	int r;

	u->said[0] = '\0';
	r = crypt_keyfile_device_read(u->cd, NULL, &key, len, 0, 0, CRYPT_KEYFILE_STOP_EOL);
	if (r < 0)
		bb_error_msg_and_die("can't read the passphrase from stdin: %s", d2dunlock_because(u, r));
	return key;
}

/* A key file that can't be used is told of and is no reason to stop. */
static int try_file(struct unlock *u, const char *file)
{
	size_t len;
	char *key = d2dunlock_read_file(u, file, &len);
	int fits;

	if (!key)
		return 0;
	fits = try_key(u, key, len, file);
	crypt_safe_free(key);
	if (!fits)
		bb_error_msg("key file '%s' doesn't fit '%s'", file, u->dev);
	return fits;
}

static int try_found_files(struct unlock *u)
{
	const char *uuid = crypt_get_uuid(u->cd);
	int fits = 0;
	unsigned i;
	char *by_uuid;
	glob_t g;

	/* It comes from the disk and becomes a part of a path. */
	if (!uuid || uuid[strspn(uuid, "0123456789abcdefABCDEF-")])
		uuid = "store";
	by_uuid = xasprintf("{"D2D_MEDIUM","D2D_PAYLOAD"/*}/d2d/keys/{%s,store}.key", uuid);
	if (glob(by_uuid, GLOB_BRACE, NULL, &g) == 0) {
		for (i = 0; !fits && i < g.gl_pathc; i++)
			fits = try_file(u, g.gl_pathv[i]);
	}
	globfree(&g);
	free(by_uuid);
	return fits;
}

static int try_stdin(struct unlock *u)
{
	size_t len;
	char *key = d2dunlock_read_stdin(u, &len);
	int fits = try_key(u, key, len, "passphrase");

	crypt_safe_free(key);
	if (!fits)
		bb_error_msg("wrong passphrase for '%s'", u->dev);
	return fits;
}

static int try_asking(struct unlock *u, unsigned tries, unsigned seconds)
{
	unsigned long long end = monotonic_sec() + seconds;
	char *prompt, *passphrase = crypt_safe_alloc(PASSPHRASE_SIZE);
	unsigned i;
	int r = 0, fits = 0;

	if (!passphrase)
		bb_die_memory_exhausted();
	prompt = xasprintf("\nPassphrase for %s (%s): ", u->dev, d2dunlock_label(u, u->name));

	for (i = 1; !fits && i <= tries; i++) {
		long left = seconds ? (long)(end - monotonic_sec()) : 0;

		r = seconds && left <= 0 ? -ETIMEDOUT : d2d_ask(prompt, passphrase, PASSPHRASE_SIZE, left);
		if (r < 0)
			break;
		fits = try_key(u, passphrase, r, "passphrase");
		crypt_safe_memzero(passphrase, PASSPHRASE_SIZE);
		if (!fits)
			d2d_tell(i < tries ? "wrong passphrase, try again\n" : "wrong passphrase, going on without\n");
	}
	crypt_safe_free(passphrase);
	free(prompt);

	if (r == -ETIMEDOUT) {
		d2d_tell("nobody answered, going on without\n");
		bb_error_msg("nobody gave the passphrase of '%s' within %u seconds", u->dev, seconds);
	} else if (r < 0) {
		bb_error_msg("can't ask for the passphrase of '%s': %s", u->dev, strerror(-r));
	} else if (!fits) {
		bb_error_msg("%u wrong passphrases for '%s'", tries, u->dev);
	}
	return fits;
}

/* True when it is open already under our name. */
static int is_open(struct unlock *u)
{
	char *name = d2d_luks_open_as(u->dev);

	if (name) {
		if (strcmp(name, u->name) != 0)
			bb_error_msg_and_die("'%s' is open already as /dev/mapper/%s", u->dev, name);
		if (!(u->opt & OPT_q))
			printf("%s: open already as /dev/mapper/%s\n", u->dev, name);
		free(name);
		return 1;
	}
	if (crypt_status(NULL, u->name) >= CRYPT_ACTIVE)
		bb_error_msg_and_die("/dev/mapper/%s is another volume", u->name);
	return 0;
}

int d2dunlock_open(struct unlock *u, llist_t *files, unsigned tries, unsigned seconds)
{
	const char *by = "key\n";
	int fits = 0;

	if (!(u->opt & OPT_C) && is_open(u))
		return EXIT_SUCCESS;

	d2dunlock_load(u);
	while (files && !fits)
		fits = try_file(u, llist_pop(&files));
	if (!fits)
		fits = try_found_files(u);
	if (!fits && (u->opt & OPT_i)) {
		fits = try_stdin(u);
	} else if (!fits && tries) {
		fits = try_asking(u, tries, seconds);
		by = "passphrase\n";
	} else if (!fits) {
		bb_error_msg("no key file opens '%s'", u->dev);
	}
	crypt_free(u->cd);
	/* A key can come with its volume on a stranger's stick; a passphrase that was typed can't. */
	if (fits && !(u->opt & OPT_C) && strcmp(bb_basename(D2D_STORE_MAPPING), u->name) == 0)
		d2d_file_write(D2D_UNLOCKED, by);
	return fits ? EXIT_SUCCESS : EXIT_NO_KEY;
}
