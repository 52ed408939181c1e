/*
 * d2dreset: back to how it was when new: the settings alone, or all that the store holds.
 *
 * Only ever touches the volume that is mounted as the store, or the one that is named.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//config:config D2DRESET
//config:	bool "d2dreset"
//config:	default y
//config:	depends on D2DINSTALL
//config:	help
//config:	Factory reset: settings alone (--soft), or a new store (--hard).

//applet:IF_D2DRESET(APPLET(d2dreset, BB_DIR_USR_BIN, BB_SUID_DROP))

//kbuild:lib-$(CONFIG_D2DRESET) += d2dreset.o

//usage:#define d2dreset_trivial_usage
//usage:       "[-yn] -s | [-yn] -H [DEVICE] | -c"
//usage:#define d2dreset_full_usage "\n\n"
//usage:       "Make this system as it was when new\n"
//usage:     "\n	-s,--soft	Forget the settings, what images were allowed, and what is in"
//usage:     "\n			the home folder; keep images, containers, volumes, and what"
//usage:     "\n			was put into other folders of d2d/"
//usage:     "\n	-H,--hard	Make the store anew: all that is in it is gone. Stops Docker"
//usage:     "\n			and unmounts the store first; whoever works in a home folder on"
//usage:     "\n			it is logged out. With DEVICE: that one"
//usage:     "\n	-c,--console	Before the store is mounted: ask on all consoles whether it is to"
//usage:     "\n			be made anew (the boot menu's \"Reset\")"
//usage:     "\n	-y,--yes	Don't ask"
//usage:     "\n	-n,--dry-run	Show what would go, write nothing"
//usage:     "\n"
//usage:     "\nExit status: 0 done, 1 failed or not wanted, 77 nothing to do (-c)"

#include "d2dreset.h"

enum {
	OPT_SOFT = 1 << 2,
	OPT_HARD = 1 << 3,
	OPT_CONSOLE = 1 << 4,
};

int d2dreset_main(int argc, char **argv) MAIN_EXTERNALLY_VISIBLE;
int d2dreset_main(int argc UNUSED_PARAM, char **argv)
{
	static const char longopts[] ALIGN1 =
		"yes\0"     No_argument "y"
		"dry-run\0" No_argument "n"
		"soft\0"    No_argument "s"
		"hard\0"    No_argument "H"
		"console\0" No_argument "c"
		;
	unsigned opt = getopt32long(argv, "^" "ynsHc" "\0" "?1:s--Hc:H--sc:c--snyH:n--c:y--c", longopts);

	if (!(opt & (OPT_SOFT | OPT_HARD | OPT_CONSOLE)) || (!(opt & OPT_HARD) && argv[optind]))
		bb_show_usage();
	if (geteuid() != 0)
		bb_error_msg_and_die("%s: sudo d2d reset ...", bb_msg_you_must_be_root);
	if (opt & OPT_CONSOLE)
		return d2dreset_console();
	/* The device that is held isn't to be one of them. */
	bb_sanitize_stdio();
	/* behind the answer a passphrase may come */
	setvbuf(stdin, NULL, _IONBF, 0);
	return opt & OPT_SOFT ? d2dreset_soft(opt) : d2dreset_hard(argv[optind], opt);
}
