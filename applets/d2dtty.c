/*
 * d2dtty: starts a login on each console of the kernel, and asks terminals on serial lines for their size.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//config:config D2DTTY
//config:	bool "d2dtty"
//config:	default y
//config:	select D2D_LIBD2D_PROBE
//config:	select LONG_OPTS
//config:	select GETTY
//config:	help
//config:	Starts a login on each console that the kernel command line names,
//config:	and asks terminals on serial lines for their size.

//applet:IF_D2DTTY(APPLET(d2dtty, BB_DIR_USR_BIN, BB_SUID_DROP))

//kbuild:lib-$(CONFIG_D2DTTY) += d2dtty.o

//usage:#define d2dtty_trivial_usage
//usage:       "[-R ROOT] [list] | inittab | login TTY | size"
//usage:#define d2dtty_full_usage "\n\n"
//usage:       "List the consoles, or ask a terminal for its size\n"
//usage:     "\n	list	List the consoles that have a login, and who asked for each (default)"
//usage:     "\n	inittab	Print a line for init for each console that /etc/inittab lacks"
//usage:     "\n	login	Wait until /dev/TTY is a terminal, then log user docker in there (used"
//usage:     "\n		by init)"
//usage:     "\n	size	Ask the terminal on stdin for its size, as on a serial line, and tell"
//usage:     "\n		the kernel. As root, what is typed meanwhile isn't lost"
//usage:     "\n"
//usage:     "\n	-R,--root ROOT	Use ROOT instead of /, and print the command of 'login'"
//usage:     "\n"
//usage:     "\nA console is each console= of the kernel command line, and each that the kernel\n"
//usage:       "uses without being told; tty1, tty2 and ttyS0 have a login in any case.\n"
//usage:     "Exit status: 0 done, 1 failed, or the terminal doesn't answer (size)"

#include "d2dtty.h"

int d2dtty_main(int argc, char **argv) MAIN_EXTERNALLY_VISIBLE;
int d2dtty_main(int argc UNUSED_PARAM, char **argv)
{
	static const char verbs[] ALIGN1 = "list\0inittab\0login\0size\0";
	enum { LIST, INITTAB, LOGIN, SIZE };
	const char *root = "";
	int verb = LIST;

	getopt32long(argv, "^" "R:" "\0" "?2", "root\0" Required_argument "R", &root);
	argv += optind;
	if (argv[0])
		verb = index_in_strings(verbs, argv[0]);
	if (verb < 0 || (verb == LOGIN) != (argv[0] && argv[1]))
		bb_show_usage();
	switch (verb) {
	case LOGIN: return d2dtty_login(root, argv[1]);
	case SIZE: return d2dtty_size();
	case INITTAB: return d2dtty_inittab(root);
	default: return d2dtty_list(root);
	}
}
