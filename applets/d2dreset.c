/*
 * d2dreset: resets this system to its initial state: the settings, the console container, or everything that the store holds.
 *
 * Only the volume that is mounted as the store, or the one that the user names, is ever changed.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//config:config D2DRESET
//config:	bool "d2dreset"
//config:	default y
//config:	depends on D2DINSTALL
//config:	select D2D_LIBD2D_MOUNT
//config:	select LONG_OPTS
//config:	help
//config:	Factory reset: only the settings (--soft), a new store (--hard), or
//config:	the console container (--container).

//applet:IF_D2DRESET(APPLET(d2dreset, BB_DIR_USR_BIN, BB_SUID_DROP))

//kbuild:lib-$(CONFIG_D2DRESET) += d2dreset.o

//usage:#define d2dreset_trivial_usage
//usage:       "[-yn] -s | [-yn] -H [DEVICE] | [-yn] -C | -c"
//usage:#define d2dreset_full_usage "\n\n"
//usage:       "Reset this system to its initial state\n"
//usage:     "\n	-s,--soft	Remove the settings, the permissions of images, and the"
//usage:     "\n			content of the home directory; keep images, containers,"
//usage:     "\n			volumes, and the files in other directories of d2d/"
//usage:     "\n	-H,--hard	Recreate the store; everything in it is lost. Stops"
//usage:     "\n			Docker and unmounts the store first; users who work in"
//usage:     "\n			a home directory on it are logged out. With DEVICE:"
//usage:     "\n			recreate the store on that volume"
//usage:     "\n	-C,--container	Remove the console container (d2d.console=container)"
//usage:     "\n			and console-image:latest, and import the images of the"
//usage:     "\n			medium and of sticks again that are missing then"
//usage:     "\n	-c,--console	Before the store is mounted: ask on all consoles whether"
//usage:     "\n			to recreate it (entry \"Reset\" of the boot menu)"
//usage:     "\n	-y,--yes	Don't ask for confirmation"
//usage:     "\n	-n,--dry-run	Show what would be removed, write nothing"
//usage:     "\n"
//usage:     "\nExit status: 0 done, 1 failed or not confirmed, 77 nothing to do (-c)"

#include "d2dreset.h"

enum {
	OPT_SOFT = 1 << 2,
	OPT_HARD = 1 << 3,
	OPT_CONTAINER = 1 << 4,
	OPT_CONSOLE = 1 << 5,
};

int d2dreset_main(int argc, char **argv) MAIN_EXTERNALLY_VISIBLE;
int d2dreset_main(int argc UNUSED_PARAM, char **argv)
{
	static const char longopts[] ALIGN1 =
		"yes\0"     No_argument "y"
		"dry-run\0" No_argument "n"
		"soft\0"    No_argument "s"
		"hard\0"    No_argument "H"
		"container\0" No_argument "C"
		"console\0" No_argument "c"
		;
	unsigned opt = getopt32long(argv, "^" "ynsHCc" "\0" "?1:s--HCc:H--sCc:C--sHc:c--snyHC:n--c:y--c", longopts);

	if (!(opt & (OPT_SOFT | OPT_HARD | OPT_CONTAINER | OPT_CONSOLE)) || (!(opt & OPT_HARD) && argv[optind]))
		bb_show_usage();
	if (geteuid() != 0)
		bb_error_msg_and_die("%s: sudo d2d reset ...", bb_msg_you_must_be_root);
	if (opt & OPT_CONSOLE)
		return d2dreset_console();
	if (opt & OPT_CONTAINER)
		return d2dreset_container(opt);
	/* The descriptor of the device must not be one of 0 to 2. */
	bb_sanitize_stdio();
	/* A passphrase may follow the answer on stdin, so no read may buffer more than its own line. */
	setvbuf(stdin, NULL, _IONBF, 0);
	return opt & OPT_SOFT ? d2dreset_soft(opt) : d2dreset_hard(argv[optind], opt);
}
