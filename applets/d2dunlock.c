/*
 * d2dunlock: opens LUKS volumes, by a key file or by a passphrase that is asked for on every console, and manages their
 * keys.
 *
 * Opening only reads a LUKS header and never repairs one: libcryptsetup's automatic repair of a LUKS2 header is off,
 * because it would overwrite a file system that has replaced a LUKS volume whose second header is still there. Only
 * 'd2dunlock repair' turns it on.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//config:config D2DUNLOCK
//config:	bool "d2dunlock"
//config:	default y
//config:	select D2D_LIBD2D_MOUNT
//config:	help
//config:	Opens the encrypted store (LUKS1 or LUKS2) with a key file
//config:	or a passphrase.

//config:config FEATURE_D2DUNLOCK_MANAGE
//config:	bool "Manage LUKS volumes, their keys and headers"
//config:	default y
//config:	depends on D2DUNLOCK
//config:	select LONG_OPTS
//config:	help
//config:	Provides 'd2dunlock add-key' and others: lists, adds, changes and
//config:	removes keys, makes and erases volumes, saves and restores headers.

//config:config FEATURE_D2DUNLOCK_TPM
//config:	bool "Let a TPM 2.0 keep a key"
//config:	default y if D2D_SECUREBOOT
//config:	depends on FEATURE_D2DUNLOCK_MANAGE
//config:	help
//config:	Provides 'd2dunlock enroll-tpm' and 'remove-tpm', and opens
//config:	volumes with the keys that a TPM 2.0 keeps, in the form of
//config:	systemd-cryptenroll. The kernel needs D2D_KERNEL_TPM.

//applet:IF_D2DUNLOCK(APPLET(d2dunlock, BB_DIR_USR_BIN, BB_SUID_DROP))

//kbuild:lib-$(CONFIG_D2DUNLOCK) += d2dunlock.o

//usage:#define d2dunlock_trivial_usage
//usage:       "[-CDNiqr] [-k FILE]... [-K PLACE] [-H FILE] [-n NAME] [-t N] [-T SEC] [-w SEC] [DEVICE]... |\n"
//usage:       "	-c [-n NAME] | -l | -e [-R DIR]"
//usage:	IF_FEATURE_D2DUNLOCK_MANAGE(" |\n"
//usage:       "	list-keys DEVICE |\n"
//usage:       "	add-key | change-key [-fi] [-k FILE] [-I MS] DEVICE [NEWFILE] |\n"
//usage:       "	remove-key [-fi] [-k FILE] [-s SLOT] DEVICE |\n"
//usage:       "	format [-iy] [-L LABEL] [-I MS] DEVICE [NEWFILE] | erase [-y] DEVICE |\n"
//usage:       "	backup [-f] DEVICE FILE | restore [-fy] DEVICE FILE | repair [-fy] DEVICE"
//usage:	)
//usage:	IF_FEATURE_D2DUNLOCK_TPM(" |\n"
//usage:       "	enroll-tpm [-fi] [-k FILE] [-p|-n] [-S] [-P TPM] DEVICE |\n"
//usage:       "	remove-tpm [-f] [-s SLOT] DEVICE | -X [-P TPM]"
//usage:	)
//usage:#define d2dunlock_full_usage "\n\n"
//usage:       "Open a LUKS volume as /dev/mapper/NAME\n"
//usage:     "\nDEVICE is a path, UUID=X or LABEL=X. Without DEVICE: the volume that d2d.store="
//usage:     "\non the kernel command line names, else the LUKS volume labelled D2D-STORE; also"
//usage:     "\nthose that d2d.luks= names. All but the first become /dev/mapper/luks-UUID."
//usage:	IF_FEATURE_D2DUNLOCK_TPM(
//usage:     "\nWithout FILE, the TPM's key is tried first. If it needs a PIN, that is asked for"
//usage:     "\nafter the key files and before the passphrase."
//usage:	)
//usage:     "\nKeys are tried in this order: each FILE; d2d/keys/UUID.key and"
//usage:     "\nd2d/keys/store.key on the medium and payload volumes; PLACE; a passphrase, asked"
//usage:     "\nfor on the terminal or, without one, on all consoles at once, and tried on all"
//usage:     "\nvolumes. During the question, key files on a USB stick that is plugged in are"
//usage:     "\ntried, too (with PLACE or without DEVICE).\n"
//usage:     "\n	-k FILE	Key file (up to 8 MiB, used as it is)"
//usage:     "\n	-K PLACE	LABEL:PATH[:OFFSET[:SIZE]]: a key file on the volume"
//usage:     "\n			with this label or UUID; default without DEVICE:"
//usage:     "\n			d2d.key="
//usage:     "\n	-H FILE	The LUKS header is in FILE, not on DEVICE; default without"
//usage:     "\n		DEVICE: d2d.header="
//usage:     "\n	-D	Pass discards on to the device"
//usage:     "\n	-i	Don't ask; read the passphrase from stdin (one line)"
//usage:     "\n	-N	A passphrase counts like a key file, because somebody on the"
//usage:     "\n		network gives it: a store that it opens isn't trusted more"
//usage:     "\n	-n NAME	Name of the open volume (default: d2d-store)"
//usage:     "\n	-t N	Ask at most N times (default 3; 0: don't ask)"
//usage:     "\n	-T SEC	Stop asking and waiting after SEC seconds (default: never)"
//usage:     "\n	-w SEC	Without DEVICE: wait up to SEC seconds for the volume that"
//usage:     "\n		d2d.header= names (default: 0)"
//usage:     "\n	-r	Open read-only"
//usage:     "\n	-C	Only check whether a key fits"
//usage:     "\n	-q	Quiet"
//usage:     "\n	-c	Close NAME"
//usage:     "\n	-l	List LUKS volumes: device, version, UUID, label, name if open"
//usage:     "\n	-e	Print why this machine has, or may have, a LUKS volume; status 3 if"
//usage:     "\n		it has none. Waits for USB disks; 'd2d mount -L' has to come first"
//usage:     "\n	-R DIR	Look at DIR/sys, DIR/dev and DIR/run (with -e)"
//usage:	IF_FEATURE_D2DUNLOCK_TPM(
//usage:     "\n	-P TPM	Device of the TPM (default: /dev/tpmrm0)"
//usage:     "\n	-X	Keep the TPM from giving any key until the machine restarts; status"
//usage:     "\n		77 if there is no TPM"
//usage:	)
//usage:     "\n"
//usage:	IF_FEATURE_D2DUNLOCK_MANAGE(
//usage:     "\nTo add, change or remove a key, a key that fits is needed: a passphrase that is"
//usage:     "\nasked for, FILE (-k), or the first line of stdin (-i; the second line is the new"
//usage:     "\nkey). The new key is NEWFILE, or a passphrase that is asked for twice."
//usage:     "\nremove-key removes the key that is given or, with -s, the key in SLOT if another"
//usage:     "\nkey fits. format makes a LUKS2 volume, erase destroys all keys of a volume,"
//usage:     "\nbackup saves its header in a new file, restore writes the header back, repair"
//usage:     "\nrewrites a damaged copy of a LUKS2 header from the other copy."
//usage:     "\n"
//usage:     "\n	-f,--force	Remove the last key, too; go on if a copy of the header"
//usage:     "\n			is damaged; restore the header of another volume;"
//usage:     "\n			repair a volume that begins with something else"
//usage:     "\n	-i,--stdin	Read passphrases from stdin, one per line"
//usage:     "\n	-k,--key-file FILE	The key that fits"
//usage:     "\n	-s,--slot SLOT	The key slot to remove"
//usage:     "\n	-I,--iter-time MS	Time that a try of the new key takes (2000)"
//usage:     "\n	-L,--label LABEL	Label of the new volume (default: D2D-STORE)"
//usage:     "\n	-y,--yes	Don't ask for confirmation"
//usage:     "\n"
//usage:	)
//usage:	IF_FEATURE_D2DUNLOCK_TPM(
//usage:     "\nenroll-tpm lets the TPM 2.0 keep a key of DEVICE (LUKS2) as systemd-cryptenroll"
//usage:     "\ndoes. It opens the volume if Secure Boot's state and keys (PCR 7) are as now, and"
//usage:     "\nthe PIN is right, which -i reads from the second line of stdin. All other keys"
//usage:     "\nstay; a key that this TPM has kept before is replaced. remove-tpm removes all"
//usage:     "\nkeys that TPMs keep, or the one in SLOT."
//usage:     "\n"
//usage:     "\n	-p,--pin	With a PIN (the default)"
//usage:     "\n	-n,--no-pin	Without a PIN: the volume opens without a question"
//usage:     "\n	-S,--strict	Only if the boot loader (PCR 4) is the same, too: after"
//usage:     "\n			each update the passphrase is needed once"
//usage:     "\n	-P,--tpm TPM	Device of the TPM (default: /dev/tpmrm0)"
//usage:     "\n"
//usage:	)
//usage:     "\nExit status: 0 open, 1 error, 2 no key fits or nobody answered, 3 no LUKS"
//usage:     "\nvolume, 4 the first volume is open, but not all of the others, 5 the store is"
//usage:     "\nopen, but /run/d2d/unlocked could not be written"

#include "d2dunlock.h"
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>

static void keep_first_error(int level, const char *msg, void *u)
{
	char *said = ((struct unlock *)u)->said;

	if (level == CRYPT_LOG_ERROR && !said[0]) {
		safe_strncpy(said, msg, SAID_SIZE);
		said[strcspn(said, ".\n")] = '\0';
	}
}

/* Keeps passphrases and keys out of core files and debuggers. */
static void hide_memory(void)
{
	static const struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

/* Returns the value of a kernel option, NULL if it is empty or not given: an empty value cancels an earlier one. */
static char *option(const char *name)
{
	char *value = d2d_option(name);

	return value && value[0] ? value : NULL;
}

/* Returns the volumes to be opened: ARGV, or else the store and the volumes that d2d.luks= names. An entry NULL stands
 * for the volume that is labelled as a store. */
static llist_t *wanted(char **argv)
{
	llist_t *specs = NULL;
	char *more, *spec;

	while (*argv)
		llist_add_to_end(&specs, *argv++);
	if (specs)
		return specs;
	llist_add_to(&specs, option("store"));
	more = option("luks");
	while ((spec = strsep(&more, ",")) != NULL)
		if (*spec)
			llist_add_to_end(&specs, spec);
	return specs;
}

/* Whether the store is a volume that isn't there yet: LVM makes it of what is inside the other volumes, and the hook 30-unlock/10-luks
 * goes on with it when these are open. Whoever gives a passphrase by SSH has done all there is to do. */
static bool comes_later(const struct unlock *u, const llist_t *specs)
{
	const char *store = specs->data;

	return (u->opt & (OPT_i | OPT_N)) && !u->further && specs->link && store && store[0] == '/'
		&& access(store, F_OK) < 0 && errno == ENOENT;
}

/* Opens all volumes of SPECS and returns the exit status. A failure of another volume never hides that the store is open. */
static int open_volumes(struct unlock *u, struct opening *o, llist_t *specs)
{
	int store = EXIT_SUCCESS, others = EXIT_SUCCESS, code;

	for (; specs; specs = specs->link) {
		struct unlock *v;

		o->volume = xrealloc_vector(o->volume, 2, o->n);
		v = &o->volume[o->n];
		*v = *u;
		code = comes_later(u, specs) ? -1 : d2dunlock_choose(v, specs->data);
		if (!code)
			o->n++;
		else if (v->further)
			others = EXIT_OTHERS;
		else if (code > 0 && (!v->dev || !d2d_is_in_crypt(v->dev)))
			store = code;
		u->further = true;
		/* -n and -H apply to the first volume only. */
		u->name = u->header = NULL;
	}
	code = o->n ? d2dunlock_open(o) : EXIT_SUCCESS;
	if (store)
		return others || code ? EXIT_FAILURE : store;
	return code ? code : others;
}

static int open_main(struct unlock *u, char **argv)
{
	struct opening o = { .tries = 3, .uevents = -1 };
	char *place = NULL;
	unsigned patience = 0;
	struct d2d_place parsed;
	const char *root = NULL;

	u->opt = getopt32(argv, "^" "CiqrclDeNk:*n:t:+T:+K:H:w:+R:" IF_FEATURE_D2DUNLOCK_TPM("P:X") "\0"
		IF_FEATURE_D2DUNLOCK_TPM("P--cle:c--P:l--P:e--P:") "C--cle:T--cle:c--CTiklrtDKHe:i--clte:k--cle:"
		"l--CTckinrtDKHe:n--le:r--cle:t--cile:D--cle:K--cle:H--cle:q--e:w--e:e--CiqrclDkntTKHw",
			&o.files, &u->name, &o.tries, &o.seconds, &place, &u->header, &patience, &root
			IF_FEATURE_D2DUNLOCK_TPM(, &u->tpm));
	argv += optind;
	if ((argv[0] && ((u->opt & (OPT_c | OPT_l | OPT_e | OPT_X)) || (argv[1] && u->header))) || (root && !(u->opt & OPT_e)))
		bb_show_usage();
	if (ENABLE_FEATURE_D2DUNLOCK_TPM && (u->opt & OPT_X) && (u->opt & ~(OPT_X | OPT_P)))
		bb_show_usage();
	/* DEVICE may be a file of any user, so only the default needs root here. */
	if (!argv[0] && !root && geteuid() != 0)
		bb_error_msg_and_die("%s: sudo d2d unlock", bb_msg_you_must_be_root);
	if (ENABLE_FEATURE_D2DUNLOCK_TPM && (u->opt & OPT_X))
		return d2dunlock_block_tpm(u);
	if (u->opt & OPT_e)
		return d2dunlock_encrypted(root ? root : "");
	if (u->opt & OPT_l)
		return d2dunlock_list();
	if (u->opt & OPT_c)
		return d2dunlock_close(u);

	hide_memory();
	if (place) {
		if (d2dunlock_place(&parsed, place) < 0)
			xfunc_die();
		o.place = &parsed;
	}
	/* At boot, standard error is a log. */
	u->announce = !argv[0] && !isatty(STDERR_FILENO);
	if (!argv[0]) {
		char *header = option("header"), *key = option("key");

		o.watch = !(u->opt & OPT_i);
		/* A d2d.key= that can't be parsed must not prevent the question for a passphrase. */
		if (!o.place && key && d2dunlock_place(&parsed, key) == 0)
			o.place = &parsed;
		if (!u->header && header)
			u->header = d2dunlock_header(header, patience);
	}
	return open_volumes(u, &o, wanted(argv));
}

struct verb {
	int (*main)(struct unlock *u);
	unsigned options;		/* options that are allowed */
	uint8_t least, most;	/* number of arguments */
	bool needs_header;		/* needs a readable header */
	bool repairs;		/* libcryptsetup may rewrite a damaged copy of the header */
};

static int run_verb(struct unlock *u, const struct verb *verb)
{
	/* Two processes that change the same header at once would lose a key. */
	int r, lock = xopen(u->dev, O_RDONLY | O_CLOEXEC);

	if (flock(lock, LOCK_EX | LOCK_NB) != 0)
		bb_error_msg_and_die("'%s' is being changed by another process", u->dev);
	/* libcryptsetup itself locks the device when it may repair the header; a file in the same way as above. */
	if (verb->repairs)
		flock(lock, LOCK_UN);
	if (verb->needs_header && d2dunlock_load(u) < 0)
		return EXIT_FAILURE;
	r = verb->main(u);
	crypt_free(u->cd);
	close(lock);
	return r;
}

/* Runs a verb other than opening. All verbs share one set of options; each allows some of them. */
static int verb_main(struct unlock *u, char **argv, const struct verb *verb)
{
	int n, r;

	u->ms = D2D_LUKS_MS;
	u->label = D2D_STORE_LABEL;
	u->opt = getopt32long(argv, "^" "fik:s:+I:+yL:" IF_FEATURE_D2DUNLOCK_TPM("pnSP:") "\0" "-1:?2:i--k:k--i"
		IF_FEATURE_D2DUNLOCK_TPM(":p--n:n--p"),
		"force\0" No_argument "f" "stdin\0" No_argument "i" "key-file\0" Required_argument "k"
		"slot\0" Required_argument "s" "iter-time\0" Required_argument "I" "yes\0" No_argument "y"
		"label\0" Required_argument "L"
		IF_FEATURE_D2DUNLOCK_TPM("pin\0" No_argument "p" "no-pin\0" No_argument "n" "strict\0" No_argument "S"
			"tpm\0" Required_argument "P"),
		&u->key_file, &u->slot, &u->ms, &u->label IF_FEATURE_D2DUNLOCK_TPM(, &u->tpm)) << 8;
	argv += optind;
	n = string_array_len(argv);
	if ((u->opt & ~verb->options) || n < verb->least || n > verb->most)
		bb_show_usage();
	u->file = argv[1];
	hide_memory();
	if (verb->needs_header) {
		r = d2dunlock_choose(u, argv[0]);
	} else {
		r = d2dunlock_find(u, argv[0]);
	}
	return r ? r : run_verb(u, verb);
}

int d2dunlock_main(int argc, char **argv) MAIN_EXTERNALLY_VISIBLE;
int d2dunlock_main(int argc UNUSED_PARAM, char **argv)
{
	static const char names[] ALIGN1 =
		"add-key\0backup\0change-key\0" IF_FEATURE_D2DUNLOCK_TPM("enroll-tpm\0") "erase\0format\0list-keys\0remove-key\0"
		IF_FEATURE_D2DUNLOCK_TPM("remove-tpm\0") "repair\0restore\0";
	static const struct verb verbs[] = {
#if ENABLE_FEATURE_D2DUNLOCK_MANAGE
		{ d2dunlock_add_key, OPT_FORCE | OPT_STDIN | OPT_KEY | OPT_MS, 1, 2, 1, 0 },
		{ d2dunlock_backup, OPT_FORCE, 2, 2, 1, 0 },
		{ d2dunlock_change_key, OPT_FORCE | OPT_STDIN | OPT_KEY | OPT_MS, 1, 2, 1, 0 },
# if ENABLE_FEATURE_D2DUNLOCK_TPM
		{ d2dunlock_enroll_tpm, OPT_FORCE | OPT_STDIN | OPT_KEY | OPT_PIN | OPT_NO_PIN | OPT_STRICT | OPT_TPM, 1, 1, 1, 0 },
# endif
		{ d2dunlock_erase, OPT_YES, 1, 1, 1, 0 },
		{ d2dunlock_format, OPT_STDIN | OPT_MS | OPT_YES | OPT_LABEL, 1, 2, 0, 0 },
		{ d2dunlock_list_keys, 0, 1, 1, 1, 0 },
		{ d2dunlock_remove_key, OPT_FORCE | OPT_STDIN | OPT_KEY | OPT_SLOT, 1, 1, 1, 0 },
# if ENABLE_FEATURE_D2DUNLOCK_TPM
		{ d2dunlock_remove_tpm, OPT_FORCE | OPT_SLOT, 1, 1, 1, 0 },
# endif
		{ d2dunlock_repair, OPT_FORCE | OPT_YES, 1, 1, 0, 1 },
		{ d2dunlock_restore, OPT_FORCE | OPT_YES, 2, 2, 0, 0 },
#endif
	};
	char said[SAID_SIZE] = "";
	struct unlock u = { .name = "d2d-store", .said = said };
	int verb = argv[1] && ENABLE_FEATURE_D2DUNLOCK_MANAGE ? index_in_strings(names, argv[1]) : -1;

	crypt_set_log_callback(NULL, keep_first_error, &u);
	/* Without metadata locks, libcryptsetup doesn't repair headers: see the top of this file. */
	if (verb < 0 || !verbs[verb].repairs)
		crypt_metadata_locking(NULL, 0);
	return verb < 0 ? open_main(&u, argv) : verb_main(&u, argv + 1, &verbs[verb]);
}
