/*
 * d2dsecureboot: shows whether the firmware starts only what the user has signed, and gives it the user's keys.
 *
 * This file holds the options; the parts are in applets/secureboot/.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//config:config D2DSECUREBOOT
//config:	bool "d2dsecureboot"
//config:	default y
//config:	depends on D2D_SECUREBOOT
//config:	select D2D_LIBD2D
//config:	select LONG_OPTS
//config:	help
//config:	Shows the state of UEFI Secure Boot, and writes keys into the
//config:	firmware.

//applet:IF_D2DSECUREBOOT(APPLET(d2dsecureboot, BB_DIR_USR_BIN, BB_SUID_DROP))

//kbuild:lib-$(CONFIG_D2DSECUREBOOT) += d2dsecureboot.o

//usage:#define d2dsecureboot_trivial_usage
//usage:       "[-R ROOT] [-q] | [-R ROOT] [-yn] enroll [DIR] | [-R ROOT] [-yn] revoke FILE"
//usage:#define d2dsecureboot_full_usage "\n\n"
//usage:       "Show the state of UEFI Secure Boot, or give the firmware your keys\n"
//usage:     "\nWithout a verb: whether it is on, the certificates that the firmware trusts, and"
//usage:     "\nwhether the kernel is locked.\n"
//usage:     "\nenroll: write the keys of the medium (EFI/keys), or those in DIR, into the"
//usage:     "\nfirmware, which must be in setup mode: its menu deletes the keys that are there."
//usage:     "\nCertificates that are in db and KEK stay there. From the next start on, the"
//usage:     "\nfirmware starts only what is signed. Firmware whose menu reads files needs no"
//usage:     "\nenroll: it takes EFI/keys/db.cer, KEK.cer and PK.cer, PK last.\n"
//usage:     "\nrevoke: add FILE, made by 'make revoke', to the programs that the firmware doesn't"
//usage:     "\nstart any more, such as the GRUB of an older signed system.\n"
//usage:     "\n	-q,--quiet	Print nothing; only the exit status says whether it is on"
//usage:     "\n	-y,--yes	Don't ask for confirmation"
//usage:     "\n	-n,--dry-run	Show what would be written, and write nothing"
//usage:     "\n	-R,--root ROOT	Use ROOT instead of /"
//usage:     "\n"
//usage:     "\nExit status: 0 shown, done, or on (-q); 1 failed, not confirmed, or not on (-q)"
//usage:#define d2dsecureboot_example_usage
//usage:       "$ d2d secureboot\n"
//usage:       "state     on\n"
//usage:       "PK        web: PK for Secure Boot\n"
//usage:       "lockdown  integrity\n"

#include "d2dsecureboot.h"

int d2dsecureboot_main(int argc, char **argv) MAIN_EXTERNALLY_VISIBLE;
int d2dsecureboot_main(int argc UNUSED_PARAM, char **argv)
{
	static const char longopts[] ALIGN1 =
		"quiet\0"   No_argument       "q"
		"yes\0"     No_argument       "y"
		"dry-run\0" No_argument       "n"
		"root\0"    Required_argument "R"
		;
	struct d2dsecureboot d = { .root = "" };

	d.opt = getopt32long(argv, "^" "qynR:" "\0" "?2:q--yn:y--q:n--q", longopts, &d.root);
	argv += optind;
	if (strcmp(d.root, "/") == 0)
		d.root = "";
	if (!argv[0]) {
		if (d.opt & (OPT_y | OPT_n))
			bb_show_usage();
		if (d.opt & OPT_q)
			return d2d_secureboot(d.root) == D2D_SECUREBOOT_ON ? EXIT_SUCCESS : EXIT_FAILURE;
		return d2dsecureboot_show(&d);
	}
	if (strcmp(argv[0], "revoke") == 0 && argv[1])
		return d2dsecureboot_revoke(&d, argv[1]);
	if (strcmp(argv[0], "enroll") != 0 || (d.opt & OPT_q))
		bb_show_usage();
	return d2dsecureboot_enroll(&d, argv[1]);
}
