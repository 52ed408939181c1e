/*
 * d2dstick: writes an ISO to a stick and adds a store behind it, in one go. It adds nothing of its own: d2diso makes the ISO
 * when files or settings are to be added, and d2dinstall writes it, asks first, verifies, and makes the store.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//config:config D2DSTICK
//config:	bool "d2dstick"
//config:	default n
//config:	depends on D2DISO && FEATURE_D2DINSTALL_WRITE
//config:	select LONG_OPTS
//config:	help
//config:	Writes an ISO with further files, and a store, to a stick
//config:	(docs/remaster.md). It is meant for the machine on which media are
//config:	made ('make host').

//applet:IF_D2DSTICK(APPLET(d2dstick, BB_DIR_USR_BIN, BB_SUID_DROP))

//kbuild:lib-$(CONFIG_D2DSTICK) += d2dstick.o

//usage:#define d2dstick_trivial_usage
//usage:       "[-yn" IF_FEATURE_D2DINSTALL_LUKS("e] [-B FILE") "] [-rp] [-a WHAT]...\n"
//usage:       "	[-s KEY=VALUE]... [-k WORD]... [-t TEXT] [-T SEC] [-d ENTRY] ISO DISK"
//usage:#define d2dstick_full_usage "\n\n"
//usage:       "Write an ISO and a store to a stick: what is on DISK is overwritten up to the end\n"
//usage:       "of the ISO, and a store gets the rest. A store of an earlier ISO is kept. Without -y\n"
//usage:       "it asks first. DISK is a device, or an image file\n"
//usage:     "\n	-y,--yes	Don't ask for confirmation"
//usage:     "\n	-n,--dry-run	Show what would be done, write nothing"
//usage:	IF_FEATURE_D2DINSTALL_LUKS(
//usage:     "\n	-e,--encrypt	Encrypt the store: ask twice for its passphrase (without"
//usage:     "\n			a terminal, read it from the next line of stdin)"
//usage:     "\n	-B,--backup FILE	Save a backup of the LUKS header in a new FILE"
//usage:	)
//usage:     "\n	-a,--add WHAT	Add files and settings to the ISO, as 'd2d-host iso' does; it"
//usage:     "\n	-r -p -s -k -t -T -d	describes these options"
//usage:     "\n"
//usage:     "\nExit status: 0 done, 1 failed or not confirmed"
//usage:#define d2dstick_example_usage
//usage:       "$ sudo d2d-host stick d2d.iso /dev/sdX -a web.tar -s hostname=web\n"

#include "d2d_util.h"
#include "d2d_iso.h"

enum {
	OPT_y = 1 << 0,
	OPT_n = 1 << 1,
	OPT_r = 1 << 2,
	OPT_p = 1 << 3,
	OPT_e = 1 << 4,
};

/* A command line that is put together. */
struct args {
	const char **arg;
	unsigned n;
};

static void add(struct args *a, const char *arg)
{
	a->arg = xrealloc_vector(a->arg, 4, a->n);
	a->arg[a->n++] = arg;
	/* xrealloc_vector() has zeroed the next one. */
}

static void add_option(struct args *a, const char *option, const char *value)
{
	if (!value)
		return;
	add(a, option);
	add(a, value);
}

static void add_list(struct args *a, const char *option, const llist_t *list)
{
	for (; list; list = list->link)
		add_option(a, option, list->data);
}

/* Runs another applet in a child process. Returns its exit status. */
static int run(struct args *a)
{
	int status;
	pid_t pid;

	fflush_all();
	pid = xfork();
	if (pid == 0) {
		bb_signals((1 << SIGHUP) | (1 << SIGINT) | (1 << SIGTERM), SIG_DFL);
		applet_name = a->arg[0];
		run_applet_no_and_exit(find_applet_by_name(a->arg[0]), a->arg[0], (char **)a->arg);
	}
	while (safe_waitpid(pid, &status, WNOHANG) == 0) {
		/* A signal from the terminal has reached the child, too; one from elsewhere hasn't. */
		if (bb_got_signal)
			kill(pid, bb_got_signal);
		usleep(50000);
	}
	free(a->arg);
	return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE;
}

int d2dstick_main(int argc, char **argv) MAIN_EXTERNALLY_VISIBLE;
int d2dstick_main(int argc UNUSED_PARAM, char **argv)
{
	static const char longopts[] ALIGN1 =
		"yes\0"      No_argument       "y"
		"dry-run\0"  No_argument       "n"
		"replace\0"  No_argument       "r"
		"password\0" No_argument       "p"
		IF_FEATURE_D2DINSTALL_LUKS("encrypt\0" No_argument "e" "backup\0" Required_argument "B")
		D2D_ISO_NAMES
		;
	struct d2d_iso_options o = { .what = NULL };
	char *backup = NULL, *dir = NULL, *iso;
	struct args make = { NULL, 0 }, install = { NULL, 0 };
	const char *tmp = getenv("TMPDIR");
	unsigned opt;
	int status = EXIT_SUCCESS;

	opt = getopt32long(argv, "^" "ynrp" IF_FEATURE_D2DINSTALL_LUKS("eB:") D2D_ISO_LETTERS "\0" "=2", longopts,
		IF_FEATURE_D2DINSTALL_LUKS(&backup,) D2D_ISO_VALUES(&o));
	argv += optind;
	iso = argv[0];
	bb_signals((1 << SIGHUP) | (1 << SIGINT) | (1 << SIGTERM), record_signo);
	if (o.what || o.set || o.words || o.title || o.timeout || o.entry || (opt & OPT_p)) {
		dir = xasprintf("%s/d2dstick.XXXXXX", tmp && tmp[0] == '/' ? tmp : "/var/tmp");
		if (!mkdtemp(dir))
			bb_perror_msg_and_die("can't make a directory in '%s'", dirname(dir));
		iso = concat_path_file(dir, bb_basename(argv[0]));
		add(&make, "d2diso");
		if (opt & OPT_r)
			add(&make, "-r");
		if (opt & OPT_p)
			add(&make, "-p");
		add_list(&make, "-a", o.what);
		add_list(&make, "-s", o.set);
		add_list(&make, "-k", o.words);
		add_option(&make, "-t", o.title);
		add_option(&make, "-T", o.timeout);
		add_option(&make, "-d", o.entry);
		add_option(&make, "-o", iso);
		add(&make, "--");
		add(&make, argv[0]);
		status = run(&make);
	}
	add(&install, "d2dinstall");
	add(&install, "-s");
	if (opt & OPT_y)
		add(&install, "-y");
	if (opt & OPT_n)
		add(&install, "-n");
	if (ENABLE_FEATURE_D2DINSTALL_LUKS && (opt & OPT_e))
		add(&install, "-e");
	add_option(&install, "-B", backup);
	add_option(&install, "-i", iso);
	add(&install, "--");
	add(&install, argv[1]);
	if (status == EXIT_SUCCESS && !bb_got_signal)
		status = run(&install);
	if (dir)
		d2d_remove_tree(dir);
	if (bb_got_signal)
		kill_myself_with_sig(bb_got_signal);
	return status;
}
