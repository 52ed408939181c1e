/*
 * d2d-host: the main applet of the program for other Linux machines ('make host'), which has no d2d applet because there is
 * no debian2docker system whose status d2d could show. "d2d-host VERB" runs the applet d2dVERB.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//config:config D2DHOST
//config:	bool "d2d-host"
//config:	default n
//config:	help
//config:	Needed for 'make host', which builds out/d2d-host: the applets of
//config:	debian2docker for any Linux machine. The image doesn't need it.

//applet:IF_D2DHOST(APPLET_ODDNAME(d2d-host, d2dhost, BB_DIR_USR_BIN, BB_SUID_DROP, d2dhost))

//kbuild:lib-$(CONFIG_D2DHOST) += d2dhost.o

//usage:#define d2dhost_trivial_usage
//usage:       "VERB [ARG]... | help [VERB] | --version"
//usage:#define d2dhost_full_usage "\n\n"
//usage:       "Tools of debian2docker for the machine on which media are made"
//usage:	IF_D2DIMPORT(
//usage:     "\n"
//usage:     "\n	import -S -o NAME.d2i FILE...	Make a file to be mounted in place"
//usage:     "\n	import -n FILE...		List the images in image files"
//usage:     "\n	import FILE...			Import images into Docker or its store"
//usage:	)
//usage:	IF_D2DISO(
//usage:     "\n	iso ISO -a WHAT... -o NEW	Make an ISO with further files and settings"
//usage:	)
//usage:	IF_D2DCHECK(
//usage:     "\n	check ISO			Verify an ISO, and list what would run at boot"
//usage:	)
//usage:	IF_D2DSTICK(
//usage:     "\n	stick ISO DISK -a WHAT...	Write an ISO and a store to a stick"
//usage:	)
//usage:	IF_D2DHOOK(
//usage:     "\n	hook check DIR			Check hooks; 'hook manifest' lists them to be signed"
//usage:	)
//usage:	IF_D2DPAYLOAD(
//usage:     "\n	payload index DIR		Write the index of hooks and images for a server"
//usage:	)
//usage:	IF_D2DIMAGES(
//usage:     "\n	images [-s DIR]			List imported images and their files"
//usage:	)

#include "d2dfront.h"

int d2dhost_main(int argc, char **argv) MAIN_EXTERNALLY_VISIBLE;
int d2dhost_main(int argc UNUSED_PARAM, char **argv)
{
	d2dfront_run(argv);
	if (argv[1])
		bb_show_usage();
	d2dfront_help();
	return EXIT_SUCCESS;
}
