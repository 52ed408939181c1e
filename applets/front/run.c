/*
 * d2d: the arguments that d2d and d2d-host have in common. Finds and runs the applet of a verb.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D) += d2dfront_run.o
//kbuild:lib-$(CONFIG_D2DHOST) += d2dfront_run.o

#include "d2dfront.h"
#include "d2d_version.h"	/* made by iso/busybox/unpack */

/* Returns the name of the applet of a verb, which the caller frees. Dies if there is no such applet. */
static char *applet_of(const char *verb)
{
	char *name = xasprintf("d2d%s", verb), *nearest;

	if (isalpha(verb[0]) && find_applet_by_name(name) >= 0)
		return name;
	nearest = d2dfront_nearest_verb(verb);
	if (nearest)
		bb_error_msg_and_die("unknown verb '%s': did you mean '%s'?", printable_string(verb), nearest);
	bb_error_msg_and_die("unknown verb '%s': '%s help' lists all verbs", printable_string(verb), applet_name);
}

static void help(const char *verb) NORETURN;
static void help(const char *verb)
{
	char *applet, *text;

	if (verb) {
		applet = applet_of(verb);
		text = d2dfront_usage(applet);
		if (!text)
			bb_error_msg_and_die("no help for '%s'", verb);
		fputs_stdout(text);
	} else {
		d2dfront_help();
	}
	fflush_stdout_and_exit_SUCCESS();
}

void d2dfront_run(char **argv)
{
	char *name;

	if (!argv[1])
		return;
	/* Busybox handles "--help" before it calls the applet; see wrap.c. */
	if (strcmp(argv[1], "help") == 0)
		help(argv[2]);
	if (strcmp(argv[1], "--version") == 0) {
		puts("debian2docker "D2D_VERSION);
		fflush_stdout_and_exit_SUCCESS();
	}
	if (argv[1][0] == '-')
		return;
	name = applet_of(argv[1]);
	argv[1] = name;
	/* Don't use exec(), so that a verb also works if no symbolic links to busybox are installed. */
	run_applet_no_and_exit(find_applet_by_name(name), name, argv + 1);
}
