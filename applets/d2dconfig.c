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
//config:
//config:config FEATURE_D2DCONFIG_PASSWORD
//config:	bool "Console password on the store"
//config:	default y
//config:	depends on D2DCONFIG
//config:	select D2D_LIBD2D_MOUNT
//config:	select CHPASSWD
//config:	select CRYPTPW
//config:	help
//config:	Provides 'd2dconfig -p', which changes the password of docker and
//config:	root for good.
//config:
//config:config FEATURE_D2DCONFIG_WIFI
//config:	bool "Wireless networks on the store"
//config:	default y
//config:	depends on D2DCONFIG
//config:	help
//config:	Provides 'd2dconfig wifi=NAME', which asks for the passphrase of a
//config:	wireless network and keeps it for the layer wifi.

//applet:IF_D2DCONFIG(APPLET(d2dconfig, BB_DIR_USR_BIN, BB_SUID_DROP))

//kbuild:lib-$(CONFIG_D2DCONFIG) += d2dconfig.o

//usage:#define d2dconfig_trivial_usage
//usage:       "[-R ROOT] [-b | [-t] KEY=VALUE... | [-t] -d KEY..." IF_FEATURE_D2DCONFIG_PASSWORD(" | -p") "]"
//usage:#define d2dconfig_full_usage "\n\n"
//usage:       "Show the options in effect, or save options on the store. Each option is shown\n"
//usage:       "with the place it comes from\n"
//usage:     "\n	-d,--delete	Remove KEYs from d2d/config on the store"
//usage:     "\n	-t,--temporary	Without a store, set KEYs until the machine is switched off"
//usage:	IF_FEATURE_D2DCONFIG_PASSWORD(
//usage:     "\n	-p,--password	Ask twice for the console password of docker and root (without"
//usage:     "\n			a terminal, read it from stdin), and keep its hash on the store"
//usage:	)
//usage:     "\n	-b,--boot	Apply the settings of the store, as a hook does at boot"
//usage:     "\n	-R,--root ROOT	Use ROOT instead of /"
//usage:     "\n"
//usage:     "\nKEY is an option of the kernel command line without 'd2d.'. The command line\n"
//usage:       "takes precedence over the store. hostname, keymap and timezone (for example\n"
//usage:       "CET-1CEST,M3.5.0,M10.5.0/3) take effect at once, others at the next boot.\n"
//usage:	IF_FEATURE_D2DCONFIG_WIFI(
//usage:       "wifi=NAME asks for the passphrase of a wireless network (without a terminal, reads\n"
//usage:       "it from stdin) and keeps it for the layer wifi, in d2d/wifi on the store, which only\n"
//usage:       "root can read; -d wifi=NAME forgets it. wifi=no is an option: no wireless network\n"
//usage:	)
//usage:     "Exit status: 0 done, 1 an option is not valid or can't be saved, 77 nothing to"
//usage:     "\ndo: there is no store (-b)"
//usage:#define d2dconfig_example_usage
//usage:       "$ sudo d2d config hostname=web\n"

#include "d2dconfig.h"

enum { OPT_d = 1 << 0, OPT_t = 1 << 1, OPT_b = 1 << 2, OPT_p = 1 << 4 };

/* The store is mounted: what it keeps is used from now on. */
static int boot(const struct d2dconfig *c)
{
	int status = d2dconfig_apply(c);

	if (d2dconfig_keymap_apply(c) != 0)
		status = EXIT_FAILURE;
	if (ENABLE_FEATURE_D2DCONFIG_PASSWORD && d2dconfig_password_apply(c) != 0)
		status = EXIT_FAILURE;
	return status;
}

int d2dconfig_main(int argc, char **argv) MAIN_EXTERNALLY_VISIBLE;
int d2dconfig_main(int argc UNUSED_PARAM, char **argv)
{
	static const char longopts[] ALIGN1 =
		"delete\0" No_argument       "d"
		"temporary\0" No_argument    "t"
		"boot\0"   No_argument       "b"
		IF_FEATURE_D2DCONFIG_PASSWORD("password\0" No_argument "p")
		"root\0"   Required_argument "R"
		;
	struct d2dconfig c = { .root = "" };
	unsigned opt = getopt32long(argv, "^" "dtbR:" IF_FEATURE_D2DCONFIG_PASSWORD("p") "\0"
		"d--b:t--b:b--dt" IF_FEATURE_D2DCONFIG_PASSWORD(":d--p:t--p:b--p:p--dtb"), longopts, &c.root);

	argv += optind;
	if (((opt & (OPT_d | OPT_t)) && !argv[0]) || ((opt & (OPT_b | OPT_p)) && argv[0]))
		bb_show_usage();
	c.temporary = opt & OPT_t;
	if (opt & OPT_b)
		return boot(&c);
#if ENABLE_FEATURE_D2DCONFIG_PASSWORD
	if (opt & OPT_p)
		return d2dconfig_password(&c);
#endif
#if ENABLE_FEATURE_D2DCONFIG_WIFI
	if (argv[0] && !argv[1] && d2dconfig_is_network(argv[0]))
		return d2dconfig_wifi(&c, argv[0] + strlen("wifi="), opt & OPT_d);
#endif
	if (argv[0])
		return d2dconfig_change(&c, argv, opt & OPT_d);
	d2dconfig_show(&c);
	fflush_stdout_and_exit_SUCCESS();
}
