/*
 * d2dunlock: opens LUKS volumes, by key file or by a passphrase asked on every console.
 *
 * It only ever reads LUKS headers: libcryptsetup's repair of a LUKS2 header is off, because it would write over
 * whatever file system has replaced a LUKS volume whose second header is still there.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//config:config D2DUNLOCK
//config:	bool "d2dunlock"
//config:	default y
//config:	select D2D_LIBD2D
//config:	help
//config:	Opens the encrypted store (LUKS1 or LUKS2) with a key file
//config:	or a passphrase.

//applet:IF_D2DUNLOCK(APPLET(d2dunlock, BB_DIR_USR_BIN, BB_SUID_DROP))

//kbuild:lib-$(CONFIG_D2DUNLOCK) += d2dunlock.o

//usage:#define d2dunlock_trivial_usage
//usage:       "[-Ciqr] [-k FILE]... [-n NAME] [-t TRIES] [-T SEC] [DEVICE] | -c [-n NAME] | -l"
//usage:#define d2dunlock_full_usage "\n\n"
//usage:       "Open a LUKS volume as /dev/mapper/NAME\n"
//usage:     "\nDEVICE is a path, UUID=X or LABEL=X; else what d2d.store= on the kernel"
//usage:     "\ncommand line names, else the LUKS volume labelled D2D-STORE."
//usage:     "\nTried in turn: each FILE, d2d/keys/UUID.key and d2d/keys/store.key on"
//usage:     "\nthe medium and payload volumes, a passphrase asked on the terminal,"
//usage:     "\nwithout one on all consoles at once.\n"
//usage:     "\n	-k FILE	Key file (up to 8 MiB, taken as it is)"
//usage:     "\n	-i	Read the passphrase from stdin (one line), don't ask"
//usage:     "\n	-n NAME	Default: d2d-store"
//usage:     "\n	-t N	Ask at most N times (default 3; 0: don't ask)"
//usage:     "\n	-T SEC	Stop asking after SEC seconds (default: never)"
//usage:     "\n	-r	Open read-only"
//usage:     "\n	-C	Only check that the key fits"
//usage:     "\n	-q	Quiet"
//usage:     "\n	-c	Close NAME"
//usage:     "\n	-l	List LUKS volumes: device, version, UUID, label, name if open"
//usage:     "\n"
//usage:     "\nExit code: 0 open, 1 error, 2 no key fits or nobody answered, 3 no LUKS volume"

#include "libd2d.h"
#include <glob.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <libcryptsetup.h>

#define STORE_LABEL "D2D-STORE"

enum {
	EXIT_NO_KEY = 2,
	EXIT_NO_LUKS = 3,

	PASSPHRASE_SIZE = 1024,

	OPT_C = 1 << 0,
	OPT_i = 1 << 1,
	OPT_q = 1 << 2,
	OPT_r = 1 << 3,
	OPT_c = 1 << 4,
	OPT_l = 1 << 5,
};

struct unlock {
	unsigned opt;
	const char *name;
	char *dev;
	struct crypt_device *cd;
	char said[160];		/* libcryptsetup's first complaint: the one nearest to the cause */
};

static void keep_complaint(int level, const char *msg, void *u)
{
	char *said = ((struct unlock *)u)->said;

	if (level == CRYPT_LOG_ERROR && !said[0]) {
		safe_strncpy(said, msg, sizeof(((struct unlock *)u)->said));
		said[strcspn(said, ".\n")] = '\0';
	}
}

/* In libcryptsetup's words when it had some, for what its error codes don't tell apart. */
static const char *because(const struct unlock *u, int err)
{
	return u->said[0] ? u->said : strerror(-err);
}

/* ---- which volume ---- */

static int is_match(const struct d2d_volume *v, const char *spec)
{
	if (v->err)
		return 0;
	if (!spec)
		return strcmp(v->fstype, "crypto_LUKS") == 0 && strcmp(v->label, STORE_LABEL) == 0;
	if (is_prefixed_with(spec, "UUID="))
		return spec[5] && strcasecmp(v->uuid, spec + 5) == 0;
	return spec[6] && strcmp(v->label, spec + 6) == 0;
}

/* The device of a path, UUID=X or LABEL=X; of the volume labelled as a store without a spec; NULL when there is none. */
static char *find_device(const char *spec)
{
	struct d2d_volume *list;
	char *dev = NULL;
	int i, n;

	if (spec && !is_prefixed_with(spec, "UUID=") && !is_prefixed_with(spec, "LABEL="))
		return xstrdup(spec);

	n = d2d_volumes_scan(&list);
	if (n < 0)
		bb_error_msg_and_die("can't look for volumes: %s", strerror(-n));
	for (i = 0; i < n; i++) {
		if (!is_match(&list[i], spec))
			continue;
		if (!dev)
			dev = xstrdup(list[i].dev);
		else
			bb_error_msg("%s is called the same as %s and is left alone", list[i].dev, dev);
	}
	d2d_volumes_free(list, n);
	return dev;
}

static void load_header(struct unlock *u)
{
	const char *cipher;
	int r = crypt_init(&u->cd, u->dev);

	if (r < 0)
		bb_error_msg_and_die("can't open '%s': %s", u->dev, strerror(-r));
	r = crypt_load(u->cd, CRYPT_LUKS, NULL);
	if (r == -EINVAL)
		bb_error_msg_and_die("the LUKS header of '%s' is damaged or cut off", u->dev);
	if (r < 0)
		bb_error_msg_and_die("can't read the LUKS header of '%s': %s", u->dev, strerror(-r));
	/* It would open with any key, or with an empty one, and pass for what it isn't. */
	cipher = crypt_get_cipher(u->cd);
	if (!cipher || strstr(cipher, "null"))
		bb_error_msg_and_die("'%s' is not encrypted: its cipher is %s", u->dev, cipher ? cipher : "none");
}

static int list_volumes(void)
{
	struct d2d_volume *list;
	int i, n = d2d_volumes_scan(&list);

	if (n < 0)
		bb_error_msg_and_die("can't look for volumes: %s", strerror(-n));
	for (i = 0; i < n; i++) {
		struct crypt_device *cd = NULL;
		const char *type = NULL;
		char *name;

		if (list[i].err || strcmp(list[i].fstype, "crypto_LUKS") != 0)
			continue;
		if (crypt_init(&cd, list[i].dev) == 0 && crypt_load(cd, CRYPT_LUKS, NULL) == 0)
			type = crypt_get_type(cd);
		name = d2d_luks_open_as(list[i].dev);
		printf("%s %s %s %s %s\n", list[i].dev, type ? type : "damaged",
			list[i].uuid[0] ? printable_string(list[i].uuid) : "-",
			list[i].label[0] ? printable_string(list[i].label) : "-",
			name ? name : "-");
		free(name);
		crypt_free(cd);
	}
	d2d_volumes_free(list, n);
	return EXIT_SUCCESS;
}

static int close_volume(const struct unlock *u)
{
	int r = crypt_deactivate(NULL, u->name);

	if (r == -EBUSY)
		bb_error_msg_and_die("'%s' is in use", u->name);
	if (r < 0)
		bb_error_msg_and_die("can't close '%s': %s", u->name, because(u, r));
	return EXIT_SUCCESS;
}

/* ---- keys ---- */

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
		bb_error_msg_and_die("can't open '%s': %s", u->dev, because(u, r));
	if (!(u->opt & OPT_q)) {
		if (u->opt & OPT_C)
			printf("%s: %s fits\n", u->dev, from);
		else
			printf("%s: open as /dev/mapper/%s by %s\n", u->dev, u->name, from);
	}
	return 1;
}

/* A key file that can't be used is told of and is no reason to stop. */
static int try_file(struct unlock *u, const char *file)
{
	size_t len;
	char *key;
	int r, fits = 0;

	u->said[0] = '\0';
	r = crypt_keyfile_device_read(u->cd, file, &key, &len, 0, 0, 0);
	if (r < 0) {
		bb_error_msg("can't use key file '%s': %s", file, because(u, r));
		return 0;
	}
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
	char *key;
	int fits, r = crypt_keyfile_device_read(u->cd, NULL, &key, &len, 0, 0, CRYPT_KEYFILE_STOP_EOL);

	if (r < 0)
		bb_error_msg_and_die("can't read the passphrase from stdin: %s", because(u, r));
	fits = try_key(u, key, len, "passphrase");
	crypt_safe_free(key);
	if (!fits)
		bb_error_msg("wrong passphrase for '%s'", u->dev);
	return fits;
}

static int try_asking(struct unlock *u, unsigned tries, unsigned seconds)
{
	unsigned long long end = monotonic_sec() + seconds;
	const char *label = crypt_get_label(u->cd);
	char *prompt, *passphrase = crypt_safe_alloc(PASSPHRASE_SIZE);
	unsigned i;
	int r = 0, fits = 0;

	if (!passphrase)
		bb_die_memory_exhausted();
	label = label ? printable_string(label) : u->name;
	prompt = xasprintf("\nPassphrase for %s (%s): ", u->dev, label);

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

/* Nothing that we read may end up in a core file or in the hands of a debugger. */
static void hide_memory(void)
{
	static const struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
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

int d2dunlock_main(int argc, char **argv) MAIN_EXTERNALLY_VISIBLE;
int d2dunlock_main(int argc UNUSED_PARAM, char **argv)
{
	struct unlock u = { .name = "d2d-store" };
	unsigned tries = 3, seconds = 0;
	const char *by = "key\n";
	llist_t *files = NULL;
	char *spec;
	int r, fits = 0;

	u.opt = getopt32(argv, "^" "Ciqrclk:*n:t:+T:+" "\0" "?1:C--cl:T--cl:c--CTiklrt:i--clt:k--cl:l--CTckinrt:n--l:r--cl:t--cil",
			&files, &u.name, &tries, &seconds);
	spec = argv[optind];
	if (spec && (u.opt & (OPT_c | OPT_l)))
		bb_show_usage();
	/* A file may be anybody's. */
	if (!spec && geteuid() != 0)
		bb_error_msg_and_die("%s: sudo d2d unlock", bb_msg_you_must_be_root);
	crypt_set_log_callback(NULL, keep_complaint, &u);
	/* Without locks libcryptsetup repairs no header, see above. */
	crypt_metadata_locking(NULL, 0);
	if (u.opt & OPT_l)
		return list_volumes();
	if (u.opt & OPT_c)
		return close_volume(&u);

	hide_memory();
	if (!spec)
		spec = d2d_option("store");
	u.dev = find_device(spec);
	if (!u.dev) {
		bb_error_msg(spec ? "no volume %s" : "no LUKS volume labelled %s", spec ? spec : STORE_LABEL);
		return EXIT_NO_LUKS;
	}
	r = d2d_is_luks(u.dev);
	if (r < 0)
		bb_error_msg_and_die("can't open '%s': %s", u.dev, strerror(-r));
	if (!r) {
		bb_error_msg("'%s' is not a LUKS volume", u.dev);
		return EXIT_NO_LUKS;
	}
	if (!(u.opt & OPT_C) && is_open(&u))
		return EXIT_SUCCESS;

	load_header(&u);
	while (files && !fits)
		fits = try_file(&u, llist_pop(&files));
	if (!fits)
		fits = try_found_files(&u);
	if (!fits && (u.opt & OPT_i)) {
		fits = try_stdin(&u);
	} else if (!fits && tries) {
		fits = try_asking(&u, tries, seconds);
		by = "passphrase\n";
	} else if (!fits) {
		bb_error_msg("no key file opens '%s'", u.dev);
	}
	crypt_free(u.cd);
	/* A key can come with its volume on a stranger's stick; a passphrase that was typed can't. */
	if (fits && !(u.opt & OPT_C) && strcmp(bb_basename(D2D_STORE_MAPPING), u.name) == 0)
		d2d_file_write(D2D_UNLOCKED, by);
	return fits ? EXIT_SUCCESS : EXIT_NO_KEY;
}
