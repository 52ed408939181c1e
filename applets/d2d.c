/*
 * d2d: the command for users to start with. "d2d VERB" runs the applet d2dVERB; without a verb, d2d prints the status of this
 * system, what to do about problems, and next steps.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//config:config D2D
//config:	bool "d2d"
//config:	default y
//config:	select D2D_LIBD2D_PROBE
//config:	help
//config:	'd2d VERB' runs d2dVERB; without a verb, d2d prints the status of
//config:	the system.

//applet:IF_D2D(APPLET(d2d, BB_DIR_USR_BIN, BB_SUID_DROP))

//kbuild:lib-$(CONFIG_D2D) += d2d.o

//usage:#define d2d_trivial_usage
//usage:       "[-s | -l] | VERB [ARG]... | help [VERB] | --version"
//usage:#define d2d_full_usage "\n\n"
//usage:       "Print the status of this debian2docker system, or run the applet d2dVERB\n"
//usage:     "\n	-s	Print the status in one line, as at the end of the boot"
//usage:     "\n	-l	Print what somebody needs to know who has just logged in"
//usage:     "\n"
//usage:     "\n'd2d import FILE' is the same as 'd2dimport FILE'. 'd2d help' lists all verbs."
//usage:     "\n"
//usage:     "\nExit status: 1 if the status shows a problem (-l: if something is missing)"

#include "d2dfront.h"

enum { OPT_s = 1 << 0, OPT_l = 1 << 1 };

int d2d_main(int argc, char **argv) MAIN_EXTERNALLY_VISIBLE;
int d2d_main(int argc UNUSED_PARAM, char **argv)
{
	unsigned opt;

	d2dfront_run(argv);
	opt = getopt32(argv, "^" "sl" "\0" "=0:s--l:l--s");
	return opt & OPT_l ? d2dfront_login() : d2dfront_status(opt & OPT_s);
}
