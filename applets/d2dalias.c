/*
 * d2dalias: writes a command for each tagged image, so that an image runs by its name, and runs it.
 *
 * An alias is a script with a marker in its second line; what has no marker is never touched. It holds nothing of the
 * image but its checked name: how the image wants to be run is read when it is run. How it gets its name stands in
 * libd2d/d2d_alias.c.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//config:config D2DALIAS
//config:	bool "d2dalias"
//config:	default y
//config:	select D2D_LIBD2D
//config:	select D2DIMPORT
//config:	select LONG_OPTS
//config:	help
//config:	Writes a command into /usr/local/bin for each image that Docker has,
//config:	and runs images as their labels say, within limits.

//applet:IF_D2DALIAS(APPLET(d2dalias, BB_DIR_USR_BIN, BB_SUID_DROP))

//kbuild:lib-$(CONFIG_D2DALIAS) += d2dalias.o

//usage:#define d2dalias_trivial_usage
//usage:       "[-d DIR] [-H SOCKET] [-s STORE] [-R ROOT] [list | add [IMAGE]... | remove [NAME]... | bin\n"
//usage:       "	| watch | run [-p] IMAGE [--] [ARG]... | -a IMAGE OPTION... | -n IMAGE | -l]"
//usage:#define d2dalias_full_usage "\n\n"
//usage:       "Commands for Docker's images: list them (default), write them, remove them.\n"
//usage:       "'add' without IMAGE writes all and removes those whose image is gone;\n"
//usage:       "'remove' without NAME removes all. Other files are never touched.\n"
//usage:       "'watch' adds now and whenever images change. 'run' is what a command does.\n"
//usage:       "'bin' offers the scripts in d2d/bin of medium, store and sticks as commands\n"
//usage:     "\n	-d DIR	Where they are (/usr/local/bin)"
//usage:     "\n	-H SOCKET	The engine's socket ($DOCKER_HOST or /var/run/docker.sock)"
//usage:     "\n	-s,--store STORE	For 'add': look into Docker's data-root STORE, no engine runs"
//usage:     "\n	-R,--root ROOT	Use ROOT/run in place of /run"
//usage:     "\n	-p,--print	Of 'run': only print the docker command line"
//usage:     "\n	-a,--allow	Allow IMAGE what it asks for and doesn't get by itself"
//usage:     "\n	-n,--deny	Take all of that back from IMAGE"
//usage:     "\n	-l,--allowed	Show what is allowed"
//usage:     "\n"
//usage:     "\nA command is named by a label of its image or the last part of the repository."
//usage:     "\nOf several images with one name 'latest' gets it, the others are NAME-TAG."
//usage:     "\nA container has no privileges, whatever labels say: see docs/aliases.md."
//usage:     "\n'run' exits with 125 when it can't, else with the program's exit code"

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
	struct d2dalias d = { .dir = "/usr/local/bin", .root = "" };
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
