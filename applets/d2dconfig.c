/*
 * d2dconfig: the settings that stay, in the store's d2d/config: the options of the kernel command line without "d2d.".
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//config:config D2DCONFIG
//config:	bool "d2dconfig"
//config:	default y
//config:	select D2D_LIBD2D
//config:	select LONG_OPTS
//config:	help
//config:	Reads the settings that the store keeps (options of the command
//config:	line, host name, time zone, machine-id), shows them, changes them.

//applet:IF_D2DCONFIG(APPLET(d2dconfig, BB_DIR_USR_BIN, BB_SUID_DROP))

//kbuild:lib-$(CONFIG_D2DCONFIG) += d2dconfig.o

//usage:#define d2dconfig_trivial_usage
//usage:       "[-R ROOT] [-b | KEY=VALUE... | -d KEY...]"
//usage:#define d2dconfig_full_usage "\n\n"
//usage:       "Show the options in effect and where each comes from, or keep some on the store\n"
//usage:     "\n	-d,--delete	Take KEYs out of the store's d2d/config"
//usage:     "\n	-b,--boot	Take over what the store keeps (a hook does that at boot)"
//usage:     "\n	-R,--root ROOT	Below a folder that plays the root"
//usage:     "\n"
//usage:     "\nKEY is an option of the kernel command line without 'd2d.', which wins over the store.\n"
//usage:       "hostname and timezone (CET-1CEST,M3.5.0,M10.5.0/3) count at once, others from the next boot.\n"
//usage:     "Exit code: 0 done, 1 something is wrong with a line, or it could not be kept, 77 there is\n"
//usage:       "no store (-b)"
//usage:#define d2dconfig_example_usage
//usage:       "$ sudo d2d config hostname=web\n"

#include "d2dconfig.h"

enum { OPT_d = 1 << 0, OPT_b = 1 << 1 };

int d2dconfig_main(int argc, char **argv) MAIN_EXTERNALLY_VISIBLE;
int d2dconfig_main(int argc UNUSED_PARAM, char **argv)
{
	static const char longopts[] ALIGN1 =
		"delete\0" No_argument       "d"
		"boot\0"   No_argument       "b"
		"root\0"   Required_argument "R"
		;
	struct d2dconfig c = { .root = "" };
	unsigned opt = getopt32long(argv, "^" "dbR:" "\0" "d--b:b--d", longopts, &c.root);

	argv += optind;
	if (((opt & OPT_d) && !argv[0]) || ((opt & OPT_b) && argv[0]))
		bb_show_usage();
	if (opt & OPT_b)
		return d2dconfig_apply(&c);
	if (argv[0])
		return d2dconfig_change(&c, argv, opt & OPT_d);
	d2dconfig_show(&c);
	fflush_stdout_and_exit_SUCCESS();
}
