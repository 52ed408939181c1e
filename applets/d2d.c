/*
 * d2d: the front door. "d2d VERB" runs the applet d2dVERB; alone it tells how the system stands.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//config:config D2D
//config:	bool "d2d"
//config:	default y
//config:	select D2D_LIBD2D
//config:	help
//config:	'd2d VERB' runs d2dVERB; alone, d2d tells how the system stands.

//applet:IF_D2D(APPLET(d2d, BB_DIR_USR_BIN, BB_SUID_DROP))

//kbuild:lib-$(CONFIG_D2D) += d2d.o

//usage:#define d2d_trivial_usage
//usage:       "[VERB [ARG]...]"
//usage:#define d2d_full_usage "\n\n"
//usage:       "Run the applet d2dVERB, or print the status of the system"

#include "libd2d.h"

int d2d_main(int argc, char **argv) MAIN_EXTERNALLY_VISIBLE;
int d2d_main(int argc UNUSED_PARAM, char **argv)
{
	if (!argv[1])
		return EXIT_SUCCESS;
	argv[1] = xasprintf("d2d%s", argv[1]);
	BB_EXECVP_or_die(argv + 1);
}
