/*
 * d2dalias: writes a command (alias) for each tagged Docker image, and runs the image when the command is called.
 *
 * An alias is a shell script with a marker in its second line; files without the marker are never changed. The script contains
 * nothing from the image but its validated name, because the labels that say how to run the image are read at each run.
 * libd2d/alias/d2d_alias.c chooses the name of each command.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//config:config D2DALIAS
//config:	bool "d2dalias"
//config:	default y
//config:	select D2D_LIBD2D_MOUNT
//config:	select LONG_OPTS
//config:	help
//config:	Writes a command into /usr/local/bin for each image that Docker has.
//config:	The command runs the image with the options from its labels, as far
//config:	as these options are allowed.

//applet:IF_D2DALIAS(APPLET(d2dalias, BB_DIR_USR_BIN, BB_SUID_DROP))

//kbuild:lib-$(CONFIG_D2DALIAS) += d2dalias.o

//usage:#define d2dalias_trivial_usage
//usage:       "[-d DIR] [-H SOCKET] [-s STORE] [-R ROOT] [list | add [IMAGE]... |\n"
//usage:       "	remove [NAME]... | bin | watch | run [-p] [-L LABEL] [-c NAME [-t]\n"
//usage:       "	[-o]] IMAGE [--] [ARG]... |\n"
//usage:       "	-a IMAGE OPTION... | -n IMAGE | -l]"
//usage:#define d2dalias_full_usage "\n\n"
//usage:       "Manage the commands (aliases) that run Docker images by their names.\n"
//usage:       "'list' (default) prints them. 'add' writes the commands for the given images;\n"
//usage:       "without IMAGE, for all images, and removes commands whose image is gone.\n"
//usage:       "'remove' removes the given commands; without NAME, all. Files that d2dalias did\n"
//usage:       "not write are never changed. 'watch' does 'add' now and whenever images change.\n"
//usage:       "'run' starts an image; the commands call it. 'bin' offers the scripts in d2d/bin\n"
//usage:       "of medium, store and payload volumes as commands\n"
//usage:     "\n	-d DIR	Directory of the commands (/usr/local/bin)"
//usage:     "\n	-H SOCKET	The engine's socket ($DOCKER_HOST or"
//usage:     "\n			/var/run/docker.sock)"
//usage:     "\n	-s,--store STORE	For 'add': read the images from Docker's"
//usage:     "\n			data-root STORE, without an engine"
//usage:     "\n	-R,--root ROOT	Use ROOT/run instead of /run"
//usage:     "\n	-p,--print	For 'run': only print the docker command line"
//usage:     "\n	-L,--label LABEL	For 'run': the container has this label, by which the"
//usage:     "\n			caller finds it again"
//usage:     "\n	-c,--create NAME	For 'run': only make the container NAME, for 'd2d autostart':"
//usage:     "\n			with a terminal (-t,--tty), by the image's own labels and files"
//usage:     "\n			of the store alone (-o,--own)"
//usage:     "\n	-a,--allow	Allow IMAGE these options, if its labels ask for them"
//usage:     "\n	-n,--deny	Withdraw all options that were allowed for IMAGE"
//usage:     "\n	-l,--allowed	List the allowed options of all images"
//usage:     "\n"
//usage:     "\nA command is named by a label of its image, else by the last part of the"
//usage:     "\nrepository name. If several images have the same name, the one tagged 'latest'"
//usage:     "\ngets it, and the others are called NAME-TAG. A container gets no privileges,"
//usage:     "\nunless they are allowed with -a (see docs/aliases.md)."
//usage:     "\nExit status of 'run': 125 if it can't start the image, else that of the program"

#include <dirent.h>
#include <json-c/json.h>
#include "d2dalias.h"

int d2dalias_main(int argc, char **argv) MAIN_EXTERNALLY_VISIBLE;
int d2dalias_main(int argc UNUSED_PARAM, char **argv)
{
	static const struct {
		char name[8];
		int (*verb)(struct d2dalias *d, char **argv);
	} verbs[] = {
		{ "list", d2dalias_list }, { "add", d2dalias_add }, { "remove", d2dalias_remove },
		{ "run", d2dalias_run }, { "watch", d2dalias_watch }, { "bin", d2dalias_bin },
	};
	enum { OPT_ALLOW = 1 << 3, OPT_DENY = 1 << 4, OPT_ALLOWED = 1 << 5 };
	struct d2dalias d = { .dir = D2D_ALIAS_DIR, .root = "" };
	char *where = NULL;
	unsigned opts, i;

	opts = getopt32long(argv, "^+" "d:H:R:anls:" "\0" "a--nl:n--al:l--an",
		"root\0" Required_argument "R" "allow\0" No_argument "a" "deny\0" No_argument "n"
		"allowed\0" No_argument "l" "store\0" Required_argument "s", &d.dir, &where, &d.root, &d.store);
	argv += optind;
	if (where)
		xsetenv("DOCKER_HOST", where[0] == '/' ? xasprintf("unix://%s", where) : where);
	if (opts & OPT_ALLOW)
		return d2dalias_allow(&d, argv);
	if (opts & OPT_DENY)
		return d2dalias_deny(&d, argv);
	if (opts & OPT_ALLOWED)
		return d2dalias_allowed(&d, argv);
	if (!*argv)
		return d2dalias_list(&d, argv);
	for (i = 0; i < ARRAY_SIZE(verbs); i++)
		if (strcmp(*argv, verbs[i].name) == 0)
			return verbs[i].verb(&d, argv + 1);
	bb_show_usage();
}
