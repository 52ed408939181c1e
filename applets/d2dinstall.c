/*
 * d2dinstall: makes a home for the system and for Docker's data.
 *
 * Nothing is written before whoever is asked has typed the name of the disk, or has said --yes.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//config:config D2DINSTALL
//config:	bool "d2dinstall"
//config:	default y
//config:	depends on D2DMOUNT
//config:	select D2D_LIBD2D
//config:	help
//config:	Adds a store for Docker's data to the stick that carries the ISO.

//applet:IF_D2DINSTALL(APPLET(d2dinstall, BB_DIR_USR_BIN, BB_SUID_DROP))

//kbuild:lib-$(CONFIG_D2DINSTALL) += d2dinstall.o d2dinstall_ask.o d2dinstall_stick.o

//usage:#define d2dinstall_trivial_usage
//usage:       "-s [-yn] [DISK]"
//usage:#define d2dinstall_full_usage "\n\n"
//usage:       "Add a store for Docker's data behind the ISO, in all the room that is left\n"
//usage:       "on the stick or disk that was booted from, or on DISK (an image of one\n"
//usage:       "will do). A store of an earlier ISO that is still there is taken back.\n"
//usage:     "\n	-s,--same-stick	Do that"
//usage:     "\n	-y,--yes	Don't ask"
//usage:     "\n	-n,--dry-run	Show what would be done, write nothing"
//usage:     "\n"
//usage:     "\nExit code: 0 done, 1 failed or not wanted"

#include "d2dinstall.h"

int d2dinstall_main(int argc, char **argv) MAIN_EXTERNALLY_VISIBLE;
int d2dinstall_main(int argc UNUSED_PARAM, char **argv)
{
	static const char longopts[] ALIGN1 =
		"yes\0"        No_argument "y"
		"dry-run\0"    No_argument "n"
		"same-stick\0" No_argument "s"
		;
	unsigned opt = getopt32long(argv, "^" "yns" "\0" "?1", longopts);

	if (!(opt & INSTALL_STICK))
		bb_show_usage();
	return d2dinstall_stick(argv[optind], opt);
}
