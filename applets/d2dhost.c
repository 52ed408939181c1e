/*
 * d2d-host: the front door of the program for other machines ('make host'), where there is no d2d to ask how the system
 * stands. "d2d-host VERB" runs the applet d2dVERB.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//config:config D2DHOST
//config:	bool "d2d-host"
//config:	default n
//config:	help
//config:	For 'make host', which makes out/d2d-host: our applets for any
//config:	Linux. An image has no use for it.

//applet:IF_D2DHOST(APPLET_ODDNAME(d2d-host, d2dhost, BB_DIR_USR_BIN, BB_SUID_DROP, d2dhost))

//kbuild:lib-$(CONFIG_D2DHOST) += d2dhost.o

//usage:#define d2dhost_trivial_usage
//usage:       "VERB [ARG]..."
//usage:#define d2dhost_full_usage "\n\n"
//usage:       "What debian2docker has for the machine on which its media are made:\n"
//usage:	IF_D2DIMPORT(
//usage:     "\n	import -S -o NAME.d2i FILE...	Make images that are mounted in place"
//usage:     "\n	import -n FILE...		What is in image files"
//usage:     "\n	import FILE...			Images into the running Docker, or its store"
//usage:	)
//usage:	IF_D2DIMAGES(
//usage:     "\n	images [-s DIR]			What was imported from where"
//usage:	)
//usage:     "\n"
//usage:     "\n'd2d-host VERB --help' tells more"

#include "libbb.h"

int d2dhost_main(int argc, char **argv) MAIN_EXTERNALLY_VISIBLE;
int d2dhost_main(int argc UNUSED_PARAM, char **argv)
{
	char *name;
	int applet;

	if (!argv[1]) {
		xfunc_error_retval = EXIT_SUCCESS;
		bb_show_usage();
	}
	name = xasprintf("d2d%s", argv[1]);
	applet = find_applet_by_name(name);
	if (applet < 0)
		bb_error_msg_and_die("no verb '%s': run d2d-host without arguments for a list", argv[1]);
	argv[1] = name;
	run_applet_no_and_exit(applet, name, argv + 1);
}
