/*
 * d2dmeta: the metadata that a hypervisor or cloud gives to a virtual machine on a small disk (NoCloud, ConfigDrive): host name,
 * SSH keys, network, and user-data, which is a script or cloud-config.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//config:config D2DMETA
//config:	bool "d2dmeta"
//config:	default y
//config:	select D2D_LIBD2D_MOUNT
//config:	select LONG_OPTS
//config:	help
//config:	Reads metadata disks of virtual machines, NoCloud (label cidata) and
//config:	ConfigDrive (label config-2): host name, SSH keys, network, scripts,
//config:	and the simple keys of cloud-config. They are trusted like hooks.
//config:	libyaml takes 30 kB in the ISO.

//applet:IF_D2DMETA(APPLET(d2dmeta, BB_DIR_USR_BIN, BB_SUID_DROP))

//kbuild:lib-$(CONFIG_D2DMETA) += d2dmeta.o

//usage:#define d2dmeta_trivial_usage
//usage:       "[-R ROOT] [show] | load [DIR] | files | check FILE"
//usage:#define d2dmeta_full_usage "\n\n"
//usage:       "Show or read this machine's metadata disk (NoCloud, ConfigDrive)\n"
//usage:     "\n	show	Show what was read at boot, what was ignored, and what is wrong"
//usage:     "\n	load	Read the disk (label cidata or config-2, vfat or ISO 9660), or a"
//usage:     "\n		directory with its files, and write /run/d2d/metadata"
//usage:     "\n	files	Write the files of cloud-config's write_files"
//usage:     "\n	check	Look for mistakes in user-data, or show what a network-config (or"
//usage:     "\n		network_data.json) becomes as d2d/network"
//usage:     "\n	-R,--root ROOT	Use ROOT instead of /"
//usage:     "\n"
//usage:     "\nOf cloud-config, these keys are used: hostname, ssh_authorized_keys, write_files,\n"
//usage:       "bootcmd, runcmd, ntp. All of it happens at each boot. Metadata is trusted like an\n"
//usage:       "unsigned hook: beside an encrypted store it is refused.\n"
//usage:     "\nExit status: 0 done, 1 something is wrong or refused, 77 there is no metadata"
//usage:#define d2dmeta_example_usage
//usage:       "$ cloud-localds seed.img user-data && qemu-system-x86_64 -cdrom d2d.iso -hda seed.img\n"

#include "d2dmeta.h"

static int show(const struct d2dmeta *d)
{
	char *path = xasprintf("%s"D2D_METADATA"/"D2DMETA_REPORT, d->root), *text = xmalloc_open_read_close(path, NULL);
	bool wrong = text && (is_prefixed_with(text, "refused ") || strstr(text, "\nwrong "));

	free(path);
	if (!text) {
		puts("no metadata was read at boot");
		fflush_stdout_and_exit(D2D_EXIT_NOTHING);
	}
	fputs(text, stdout);
	free(text);
	fflush_stdout_and_exit(wrong ? EXIT_FAILURE : EXIT_SUCCESS);
}

int d2dmeta_main(int argc, char **argv) MAIN_EXTERNALLY_VISIBLE;
int d2dmeta_main(int argc UNUSED_PARAM, char **argv)
{
	static const char verbs[] ALIGN1 = "show\0load\0files\0check\0";
	enum { SHOW, LOAD, FILES, CHECK };
	struct d2dmeta d = { .root = "", .notes = { .file = "d2dmeta" } };
	const char *arg = NULL;
	int verb = SHOW;

	getopt32long(argv, "^" "+R:" "\0" "?3", "root\0" Required_argument "R", &d.root);
	argv += optind;
	if (argv[0]) {
		verb = index_in_strings(verbs, argv[0]);
		if (verb < 0)
			bb_error_msg_and_die("unknown verb '%s'", printable_string(argv[0]));
		arg = argv[1];
	}
	if ((arg && (verb == SHOW || verb == FILES || argv[2])) || (!arg && verb == CHECK))
		bb_show_usage();
	if (verb == SHOW)
		return show(&d);
	if (verb == CHECK)
		fflush_stdout_and_exit(d2dmeta_check(&d, arg));
	if (!d.root[0] && geteuid() != 0)
		bb_error_msg_and_die("%s: sudo d2d meta %s", bb_msg_you_must_be_root, argv[0]);
	umask(022);
	fflush_stdout_and_exit(verb == LOAD ? d2dmeta_load(&d, arg) : d2dmeta_files(&d));
}
