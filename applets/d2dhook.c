/*
 * d2dhook: runs the hooks of the boot, lists which hooks would run, checks them, and shows the report of a boot
 * (docs/hooks.md).
 *
 * This file holds the main function; each verb has its own file applets/hook/VERB.c.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//config:config D2DHOOK
//config:	bool "d2dhook"
//config:	default y
//config:	select D2D_LIBD2D_MOUNT
//config:	select LONG_OPTS
//config:	help
//config:	Runs the hooks of the boot from the image, the medium, the store
//config:	and USB sticks, stage by stage, with logs, time limits and a report.

//config:config FEATURE_D2DHOOK_SIGNED
//config:	bool "Signed hooks"
//config:	default y
//config:	depends on D2DHOOK
//config:	help
//config:	Verifies manifests of hooks that were signed with minisign
//config:	(needs libsodium, linked statically). Without this feature, an image
//config:	that requires signatures runs only its own hooks.

//applet:IF_D2DHOOK(APPLET(d2dhook, BB_DIR_USR_BIN, BB_SUID_DROP))

//kbuild:lib-$(CONFIG_D2DHOOK) += d2dhook.o

//usage:#define d2dhook_trivial_usage
//usage:       "run [-R ROOT] [-j N] [DIR]... | list [-R ROOT] [DIR]... |\n"
//usage:       "	check [-R IMAGE] DIR | manifest [-V N] DIR |\n"
//usage:       "	report [-R ROOT] [-J] [FILE] | chart [-R ROOT] [FILE] | unsigned [-R ROOT]"
//usage:#define d2dhook_full_usage "\n\n"
//usage:       "Run the hooks of the boot, check hooks, show the report of a boot.\n"
//usage:       "'run' runs the hooks NN-stage/NN-name of the boot, 'list' shows which hooks\n"
//usage:       "would run. 'check' checks a directory of hooks, 'manifest' prints its manifest,\n"
//usage:       "to be signed with minisign. 'report' shows the last boot as a table, 'chart' as\n"
//usage:       "an SVG picture. 'unsigned' ends with 0 if hooks of the store run without a\n"
//usage:       "signature, else with 1 after printing why not\n"
//usage:     "\n	-R,--root ROOT	Use ROOT/usr/lib/d2d/hooks and ROOT/run/d2d;"
//usage:     "\n			'check' also looks for interpreters below ROOT"
//usage:     "\n	-j,--jobs N	Run up to N hooks in parallel (default: one per CPU)"
//usage:     "\n	-V,--version N	Version of the manifest, which must be higher than"
//usage:     "\n			that of the last one (default: seconds since 1970)"
//usage:     "\n	-J,--json	Print the report as JSON"
//usage:     "\n	DIR		Use only the hooks in DIR; of several DIRs, the last has"
//usage:     "\n			precedence"
//usage:     "\n	FILE		Report to show (default: ROOT/run/d2d/report.json)"
//usage:     "\n"
//usage:     "\nExit status: 0 success, 1 hooks failed ('list': would fail; 'check': errors"
//usage:     "\nfound), 2 a critical hook failed (if there is a rescue shell, the other stages"
//usage:     "\nran after it), 3 wrong usage, or d2dhook itself failed"

#include "d2dhook.h"

enum { OPT_ROOT = 1 << 0, OPT_JSON = 1 << 3 };

/* Returns the real path of ROOT, or "" for /. */
static const char *root_path(const char *root)
{
	char *path = xmalloc_realpath(root);

	if (!path)
		bb_perror_msg_and_die("can't open '%s'", root);
	return strcmp(path, "/") == 0 ? "" : path;
}

int d2dhook_main(int argc, char **argv) MAIN_EXTERNALLY_VISIBLE;
int d2dhook_main(int argc UNUSED_PARAM, char **argv)
{
	static const char verbs[] ALIGN1 = "run\0list\0manifest\0check\0report\0chart\0unsigned\0";
	static int (*const verb_main[])(struct d2dhook *d) = {
		d2dhook_run, d2dhook_list, d2dhook_manifest, d2dhook_check, d2dhook_report, d2dhook_chart,
		d2dhook_unsigned
	};
	struct d2dhook d = { .root = "/" };
	int verb, jobs = d2d_cpus();
	const char *version = NULL;
	unsigned opts;

	xfunc_error_retval = EXIT_TROUBLE;
	verb = argv[1] ? index_in_strings(verbs, argv[1]) : -1;
	if (verb < 0)
		bb_show_usage();
	argv++;
	opts = getopt32long(argv, "^" "R:j:+V:J" "\0" "",
		"root\0" Required_argument "R" "jobs\0" Required_argument "j" "version\0" Required_argument "V"
		"json\0" No_argument "J", &d.root, &jobs, &version);
	if (jobs < 1)
		bb_simple_error_msg_and_die("-j needs a number above 0");
	d.jobs = jobs;
	d.json = opts & OPT_JSON;
	d.rooted = opts & OPT_ROOT;
	if (version) {
		d.version = d2d_manifest_version(version, strlen(version));
		if (!d.version)
			bb_simple_error_msg_and_die("-V needs a number from 1 to 2^53");
	}
	d.root = root_path(d.root);
	d.dirs = argv + optind;
	return verb_main[verb](&d);
}
