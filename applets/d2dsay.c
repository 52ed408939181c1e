/*
 * d2dsay: prints lines on all consoles of the kernel. Scripts use it for what the person at the machine has to see, on the screen
 * as well as on a serial line. It needs nothing but /dev and /sys, so it also works early in the boot and at shutdown.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//config:config D2DSAY
//config:	bool "d2dsay"
//config:	default y
//config:	select D2D_LIBD2D
//config:	select LONG_OPTS
//config:	help
//config:	Prints lines on all consoles. The scripts of the boot need it.

//applet:IF_D2DSAY(APPLET(d2dsay, BB_DIR_USR_BIN, BB_SUID_DROP))

//kbuild:lib-$(CONFIG_D2DSAY) += d2dsay.o

//usage:#define d2dsay_trivial_usage
//usage:       "[-p PREFIX] [LINE]..."
//usage:#define d2dsay_full_usage "\n\n"
//usage:       "Print lines on all consoles. If no LINE is given, the lines of stdin are printed\n"
//usage:       "as they come. Control characters are printed as '?'\n"
//usage:     "\n	-p,--prefix PREFIX	Print PREFIX in front of each line"
//usage:     "\n"
//usage:     "\nExit status: 0 success, 1 a line could not be printed on any console"
//usage:#define d2dsay_example_usage
//usage:       "$ sudo d2d say 'This machine restarts at 18:00'\n"

#include "d2d_util.h"

/* Returns false if no console took the line. */
static bool say(const char *prefix, const char *line)
{
	char *text = xasprintf("%s%s\n", prefix, line), *p;
	bool done;

	for (p = text; p[1]; p++)
		if (((unsigned char)*p < ' ' && *p != '\t') || *p == 0x7f)
			*p = '?';
	done = d2d_consoles_write(text) > 0;
	free(text);
	return done;
}

int d2dsay_main(int argc, char **argv) MAIN_EXTERNALLY_VISIBLE;
int d2dsay_main(int argc UNUSED_PARAM, char **argv)
{
	const char *prefix = "";
	bool done = true;
	char *line;

	getopt32long(argv, "p:", "prefix\0" Required_argument "p", &prefix);
	argv += optind;
	if (argv[0]) {
		for (; *argv; argv++)
			done &= say(prefix, *argv);
	} else {
		while ((line = xmalloc_fgetline(stdin)) != NULL) {
			done &= say(prefix, line);
			free(line);
		}
	}
	return done ? EXIT_SUCCESS : EXIT_FAILURE;
}
