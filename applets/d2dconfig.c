/*
 * d2dconfig: shows and changes the settings in d2d/config on the store. They are the options of the kernel command line
 * without the prefix "d2d.".
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//config:config D2DCONFIG
//config:	bool "d2dconfig"
//config:	default y
//config:	select D2D_LIBD2D
//config:	select LONG_OPTS
//config:	help
//config:	Shows, changes and applies the settings that are kept on the store:
//config:	options of the kernel command line, host name, time zone and
//config:	machine-id.

//applet:IF_D2DCONFIG(APPLET(d2dconfig, BB_DIR_USR_BIN, BB_SUID_DROP))

//kbuild:lib-$(CONFIG_D2DCONFIG) += d2dconfig.o

//usage:#define d2dconfig_trivial_usage
//usage:       "[-R ROOT] [-b | KEY=VALUE... | -d KEY...]"
//usage:#define d2dconfig_full_usage "\n\n"
//usage:       "Show the options in effect, or save options on the store. Each option is shown\n"
//usage:       "with the place it comes from\n"
//usage:     "\n	-d,--delete	Remove KEYs from d2d/config on the store"
//usage:     "\n	-b,--boot	Apply the settings of the store, as a hook does at boot"
//usage:     "\n	-R,--root ROOT	Use ROOT instead of /"
//usage:     "\n"
//usage:     "\nKEY is an option of the kernel command line without 'd2d.'. The command line\n"
//usage:       "takes precedence over the store. hostname and timezone (for example\n"
//usage:       "CET-1CEST,M3.5.0,M10.5.0/3) take effect at once, others at the next boot.\n"
//usage:     "Exit status: 0 done, 1 an option is not valid or can't be saved, 77 nothing to"
//usage:     "\ndo: there is no store (-b)"
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
