/*
 * d2dunlock: opens LUKS volumes, by key file or by a passphrase asked on every console, and manages their keys.
 *
 * Opening only ever reads a LUKS header, and nothing repairs one: libcryptsetup's repair of a LUKS2 header is off,
 * because it would write over whatever file system has replaced a LUKS volume whose second header is still there.
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

//config:config FEATURE_D2DUNLOCK_MANAGE
//config:	bool "Manage LUKS volumes: make, keys, headers"
//config:	default y
//config:	depends on D2DUNLOCK
//config:	select LONG_OPTS
//config:	help
//config:	'd2dunlock add-key' and others: lists, adds, changes and removes
//config:	keys, makes and erases volumes, keeps their headers in files.

//applet:IF_D2DUNLOCK(APPLET(d2dunlock, BB_DIR_USR_BIN, BB_SUID_DROP))

//kbuild:lib-$(CONFIG_D2DUNLOCK) += d2dunlock.o

//usage:#define d2dunlock_trivial_usage
//usage:       "[-CDiqr] [-k FILE]... [-K PLACE] [-H FILE] [-n NAME] [-t N] [-T SEC] [-w SEC] [DEVICE]... |\n"
//usage:       "	-c [-n NAME] | -l"
//usage:	IF_FEATURE_D2DUNLOCK_MANAGE(" |\n"
//usage:       "	list-keys DEVICE |\n"
//usage:       "	add-key | change-key [-fi] [-k FILE] [-I MS] DEVICE [NEWFILE] |\n"
//usage:       "	remove-key [-fi] [-k FILE] [-s SLOT] DEVICE |\n"
//usage:       "	format [-iy] [-L LABEL] [-I MS] DEVICE [NEWFILE] | erase [-y] DEVICE |\n"
//usage:       "	backup [-f] DEVICE FILE | restore [-fy] DEVICE FILE"
//usage:	)
//usage:#define d2dunlock_full_usage "\n\n"
//usage:       "Open a LUKS volume as /dev/mapper/NAME\n"
//usage:     "\nDEVICE is a path, UUID=X or LABEL=X; else what d2d.store= on the kernel"
//usage:     "\ncommand line names, else the LUKS volume labelled D2D-STORE; and those of"
//usage:     "\nd2d.luks=. All but the first become /dev/mapper/luks-UUID."
//usage:     "\nTried in turn: each FILE, d2d/keys/UUID.key and d2d/keys/store.key on"
//usage:     "\nthe medium and payload volumes, PLACE, a passphrase asked on the terminal,"
//usage:     "\nwithout one on all consoles at once. One passphrase is tried on all volumes."
//usage:     "\nUntil it is given, keys may come with a stick (with PLACE or without DEVICE).\n"
//usage:     "\n	-k FILE	Key file (up to 8 MiB, taken as it is)"
//usage:     "\n	-K PLACE	LABEL:PATH[:OFFSET[:SIZE]], a key file on the volume of this label"
//usage:     "\n		or UUID; default, without DEVICE: d2d.key="
//usage:     "\n	-H FILE	The header isn't on DEVICE but here; default, without DEVICE: that of"
//usage:     "\n		d2d.header="
//usage:     "\n	-D	Pass discards on to the device"
//usage:     "\n	-i	Read the passphrase from stdin (one line), don't ask"
//usage:     "\n	-n NAME	Default: d2d-store"
//usage:     "\n	-t N	Ask at most N times (default 3; 0: don't ask)"
//usage:     "\n	-T SEC	Stop asking and waiting after SEC seconds (default: never)"
//usage:     "\n	-w SEC	Wait so long for d2d.header='s volume, without DEVICE (default: 0)"
//usage:     "\n	-r	Open read-only"
//usage:     "\n	-C	Only check that the key fits"
//usage:     "\n	-q	Quiet"
//usage:     "\n	-c	Close NAME"
//usage:     "\n	-l	List LUKS volumes: device, version, UUID, label, name if open"
//usage:     "\n"
//usage:	IF_FEATURE_D2DUNLOCK_MANAGE(
//usage:     "\nKeys are added, changed and removed by a key that fits: asked for, in FILE (-k) or"
//usage:     "\non stdin (-i: its first line; the second is the new one). The new one is NEWFILE,"
//usage:     "\nor a passphrase asked for twice. remove-key removes the key that is given, or,"
//usage:     "\nwhen another fits, that of slot SLOT. format makes a LUKS2 volume, erase destroys"
//usage:     "\nall its keys, backup keeps its header in a new file, restore puts it back."
//usage:     "\n"
//usage:     "\n	-f,--force	Also the last key; also when a copy of the header is damaged;"
//usage:     "\n			also the header of another volume"
//usage:     "\n	-i,--stdin	Passphrases come from stdin, a line each"
//usage:     "\n	-k,--key-file FILE	The key that fits"
//usage:     "\n	-s,--slot SLOT	The key slot to remove"
//usage:     "\n	-I,--iter-time MS	What a try at the new key shall take (default 2000)"
//usage:     "\n	-L,--label LABEL	Default: D2D-STORE"
//usage:     "\n	-y,--yes	Don't ask before anything is lost"
//usage:     "\n"
//usage:	)
//usage:     "\nExit code: 0 open, 1 error, 2 no key fits or nobody answered, 3 no LUKS volume,"
//usage:     "\n4 the first is open, of the others not all"

#include "d2dunlock.h"
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>

static void keep_complaint(int level, const char *msg, void *u)
{
	char *said = ((struct unlock *)u)->said;

	if (level == CRYPT_LOG_ERROR && !said[0]) {
		safe_strncpy(said, msg, SAID_SIZE);
		said[strcspn(said, ".\n")] = '\0';
	}
}

/* Nothing that we read may end up in a core file or in the hands of a debugger. */
static void hide_memory(void)
{
	static const struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

/* Given empty, it cancels one that was given before. */
static char *option(const char *name)
{
	char *value = d2d_option(name);

	return value && value[0] ? value : NULL;
}

/* Those of the command line, else the store and what d2d.luks= names. */
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

/* The store's code counts: what is wrong with the others never hides that it is open. */
static int open_volumes(struct unlock *u, struct opening *o, llist_t *specs)
{
	int store = EXIT_SUCCESS, others = EXIT_SUCCESS, code;

	for (; specs; specs = specs->link) {
		struct unlock *v;

		o->volume = xrealloc_vector(o->volume, 2, o->n);
		v = &o->volume[o->n];
		*v = *u;
		code = d2dunlock_choose(v, specs->data);
		if (!code)
			o->n++;
		else if (v->further)
			others = EXIT_OTHERS;
		else if (!v->dev || !d2d_is_in_crypt(v->dev))
			store = code;
		u->further = true;
		/* They have what the first one was told. */
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

	u->opt = getopt32(argv, "^" "CiqrclDk:*n:t:+T:+K:H:w:+" "\0" "C--cl:T--cl:c--CTiklrtDKH:i--clt:k--cl:l--CTckinrtDKH:n--l:r--cl:t--cil:D--cl:K--cl:H--cl",
			&o.files, &u->name, &o.tries, &o.seconds, &place, &u->header, &patience);
	argv += optind;
	if (argv[0] && ((u->opt & (OPT_c | OPT_l)) || (argv[1] && u->header)))
		bb_show_usage();
	/* A file may be anybody's. */
	if (!argv[0] && geteuid() != 0)
		bb_error_msg_and_die("%s: sudo d2d unlock", bb_msg_you_must_be_root);
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
	if (!argv[0]) {
		char *header = option("header"), *key = option("key");

		o.watch = !(u->opt & OPT_i);
		/* One that can't be understood is no reason not to ask. */
		if (!o.place && key && d2dunlock_place(&parsed, key) == 0)
			o.place = &parsed;
		if (!u->header && header)
			u->header = d2dunlock_header(header, patience);
	}
	return open_volumes(u, &o, wanted(argv));
}

struct verb {
	int (*main)(struct unlock *u);
	unsigned takes;		/* options */
	uint8_t least, most;	/* arguments */
	bool loads;		/* wants a header that can be read */
};

static int run_verb(struct unlock *u, const struct verb *verb)
{
	/* Two that change the same header at once would lose a key. */
	int r, lock = xopen(u->dev, O_RDONLY | O_CLOEXEC);

	if (flock(lock, LOCK_EX | LOCK_NB) != 0)
		bb_error_msg_and_die("'%s' is being changed by somebody else", u->dev);
	if (verb->loads && d2dunlock_load(u) < 0)
		return EXIT_FAILURE;
	r = verb->main(u);
	crypt_free(u->cd);
	close(lock);
	return r;
}

/* A verb other than opening, which has the options that it takes of a common set. */
static int verb_main(struct unlock *u, char **argv, const struct verb *verb)
{
	int n, r;

	u->ms = D2D_LUKS_MS;
	u->label = D2D_STORE_LABEL;
	u->opt = getopt32long(argv, "^" "fik:s:+I:+yL:" "\0" "-1:?2:i--k:k--i",
		"force\0" No_argument "f" "stdin\0" No_argument "i" "key-file\0" Required_argument "k"
		"slot\0" Required_argument "s" "iter-time\0" Required_argument "I" "yes\0" No_argument "y"
		"label\0" Required_argument "L",
		&u->key_file, &u->slot, &u->ms, &u->label) << 8;
	argv += optind;
	n = string_array_len(argv);
	if ((u->opt & ~verb->takes) || n < verb->least || n > verb->most)
		bb_show_usage();
	u->file = argv[1];
	hide_memory();
	if (verb->loads) {
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
		"add-key\0backup\0change-key\0erase\0format\0list-keys\0remove-key\0restore\0";
	static const struct verb verbs[] = {
#if ENABLE_FEATURE_D2DUNLOCK_MANAGE
		{ d2dunlock_add_key, OPT_FORCE | OPT_STDIN | OPT_KEY | OPT_MS, 1, 2, 1 },
		{ d2dunlock_backup, OPT_FORCE, 2, 2, 1 },
		{ d2dunlock_change_key, OPT_FORCE | OPT_STDIN | OPT_KEY | OPT_MS, 1, 2, 1 },
		{ d2dunlock_erase, OPT_YES, 1, 1, 1 },
		{ d2dunlock_format, OPT_STDIN | OPT_MS | OPT_YES | OPT_LABEL, 1, 2, 0 },
		{ d2dunlock_list_keys, 0, 1, 1, 1 },
		{ d2dunlock_remove_key, OPT_FORCE | OPT_STDIN | OPT_KEY | OPT_SLOT, 1, 1, 1 },
		{ d2dunlock_restore, OPT_FORCE | OPT_YES, 2, 2, 0 },
#endif
	};
	char said[SAID_SIZE] = "";
	struct unlock u = { .name = "d2d-store", .said = said };
	int verb = argv[1] && ENABLE_FEATURE_D2DUNLOCK_MANAGE ? index_in_strings(names, argv[1]) : -1;

	crypt_set_log_callback(NULL, keep_complaint, &u);
	/* Without locks libcryptsetup repairs no header, see above. */
	crypt_metadata_locking(NULL, 0);
	return verb < 0 ? open_main(&u, argv) : verb_main(&u, argv + 1, &verbs[verb]);
}
