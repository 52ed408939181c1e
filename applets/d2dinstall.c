/*
 * d2dinstall: makes a home for the system and for Docker's data.
 *
 * Nothing is written before whoever is asked has typed the name of the disk, or has said --yes.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//config:config D2DINSTALL
//config:	bool "d2dinstall"
//config:	default y
//config:	depends on D2DMOUNT
//config:	select D2D_LIBD2D
//config:	help
//config:	Adds a store for Docker's data to the stick that carries the ISO.
//config:
//config:config FEATURE_D2DINSTALL_DISK
//config:	bool "Install to a whole disk, with two slots for updates"
//config:	default y
//config:	depends on D2DINSTALL
//config:	select MKFS_VFAT
//config:	help
//config:	'd2dinstall DISK' and 'd2dinstall update'. Needs sfdisk in the
//config:	image (D2D_BASE_SFDISK).

//config:config FEATURE_D2DINSTALL_LUKS
//config:	bool "Encrypted stores"
//config:	default y
//config:	depends on D2DINSTALL && FEATURE_D2DUNLOCK_MANAGE
//config:	help
//config:	'd2dinstall -e', and d2dreset of a store that is encrypted.
//config:
//config:config FEATURE_D2DINSTALL_ISO
//config:	bool
//config:	default y
//config:	depends on FEATURE_D2DINSTALL_DISK || FEATURE_D2DINSTALL_BESIDE
//config:	select LOSETUP

//applet:IF_D2DINSTALL(APPLET(d2dinstall, BB_DIR_USR_BIN, BB_SUID_DROP))

//kbuild:lib-$(CONFIG_D2DINSTALL) += d2dinstall.o

//usage:#define d2dinstall_trivial_usage
//usage:       "-s [-yn" IF_FEATURE_D2DINSTALL_LUKS("e] [-B FILE") "] [DISK]"
//usage:	IF_FEATURE_D2DINSTALL_DISK(" | [-yn" IF_FEATURE_D2DINSTALL_LUKS("e] [-B FILE") "] [-i ISO] DISK | [-yn] update ISO | good")
//usage:	IF_FEATURE_D2DINSTALL_BESIDE(" | -b DIR [-yn] [-i ISO] [-g FILE]")
//usage:#define d2dinstall_full_usage "\n\n"
//usage:       "Make a home for Docker's data, and for the system\n"
//usage:     "\n-s: a store behind the ISO, in all the room that is left on the stick or disk"
//usage:     "\nthat was booted from, or on DISK (an image of one will do). A store of an"
//usage:     "\nearlier ISO that is still there is taken back."
//usage:	IF_FEATURE_D2DINSTALL_DISK(
//usage:     "\nDISK: system and store on a whole disk, all of which is overwritten. It starts"
//usage:     "\nby BIOS and by UEFI. What the ISO has in d2d/ comes along."
//usage:     "\nupdate: the system of an ISO (a file or a device) into the slot of such a disk"
//usage:     "\nthat isn't running. It is tried once; when Docker answers there ('good', said"
//usage:     "\nby a hook) it stays, else the old one is started again. The store stays.\n"
//usage:	)
//usage:	IF_FEATURE_D2DINSTALL_BESIDE(
//usage:     "\n-b DIR: the system into a folder of a mounted file system, beside the system that is"
//usage:     "\nthere and started by its GRUB. Partitions and boot loader stay as they are. Once"
//usage:     "\nmore is an update; the system before it stays in the menu.\n"
//usage:	)
//usage:     "\n	-s,--same-stick	See above"
//usage:	IF_FEATURE_D2DINSTALL_ISO(
//usage:     "\n	-i,--iso ISO	Install this one, not what was booted from"
//usage:	)
//usage:	IF_FEATURE_D2DINSTALL_BESIDE(
//usage:     "\n			(-b takes a folder with its files, too)"
//usage:     "\n	-b,--beside DIR	See above"
//usage:     "\n	-g,--grub FILE	Put the lines that GRUB needs into this custom.cfg, or in the"
//usage:     "\n			place of those that -g has put there"
//usage:	)
//usage:	IF_FEATURE_D2DINSTALL_LUKS(
//usage:     "\n	-e,--encrypt	An encrypted store: asks for its passphrase (twice; without a"
//usage:     "\n			terminal it is the next line of stdin)"
//usage:     "\n	-B,--backup FILE	Keep its header in a new FILE, for the day when it is damaged"
//usage:	)
//usage:     "\n	-y,--yes	Don't ask whether that is wanted"
//usage:     "\n	-n,--dry-run	Show what would be done, write nothing"
//usage:     "\n"
//usage:     "\nExit code: 0 done, 1 failed or not wanted"

#include "d2dinstall.h"

int d2dinstall_main(int argc, char **argv) MAIN_EXTERNALLY_VISIBLE;
int d2dinstall_main(int argc UNUSED_PARAM, char **argv)
{
	static const char longopts[] ALIGN1 =
		"yes\0"        No_argument "y"
		"dry-run\0"    No_argument "n"
		"same-stick\0" No_argument "s"
		"encrypt\0"    No_argument "e"
		"backup\0"     Required_argument "B"
		IF_FEATURE_D2DINSTALL_ISO("iso\0" Required_argument "i")
		IF_FEATURE_D2DINSTALL_BESIDE("beside\0" Required_argument "b")
		IF_FEATURE_D2DINSTALL_BESIDE("grub\0" Required_argument "g")
		;
	const char *iso = NULL, *backup = NULL, *beside = NULL, *menu = NULL;
	unsigned opt = getopt32long(argv, "^" "ynseB:" IF_FEATURE_D2DINSTALL_ISO("i:") IF_FEATURE_D2DINSTALL_BESIDE("b:g:") "\0"
		"?2:B?e" IF_FEATURE_D2DINSTALL_ISO(":s--i:i--s") IF_FEATURE_D2DINSTALL_BESIDE(":b--se:s--b:e--b:g?b"), longopts, &backup
		IF_FEATURE_D2DINSTALL_ISO(, &iso) IF_FEATURE_D2DINSTALL_BESIDE(, &beside, &menu));
	char **arg = argv + optind;
	struct install_key *key = NULL;

	if (opt & INSTALL_ENCRYPT) {
		if (!ENABLE_FEATURE_D2DINSTALL_LUKS || (arg[0] && arg[1]))
			bb_show_usage();
		key = d2dinstall_key(backup);
		/* behind the answer comes the passphrase */
		setvbuf(stdin, NULL, _IONBF, 0);
	}
	if (opt & INSTALL_STICK) {
		if (arg[0] && arg[1])
			bb_show_usage();
		return d2dinstall_stick(arg[0], key, opt);
	}
	if (ENABLE_FEATURE_D2DINSTALL_BESIDE && beside) {
		if (arg[0])
			bb_show_usage();
		return d2dinstall_beside(beside, iso, menu, opt);
	}
#if ENABLE_FEATURE_D2DINSTALL_DISK
	if (arg[0] && strcmp(arg[0], "update") == 0 && arg[1])
		return d2dinstall_update(arg[1], opt);
	if (arg[0] && strcmp(arg[0], "good") == 0 && !arg[1] && !key)
		return d2dinstall_good();
	if (arg[0] && !arg[1])
		return d2dinstall_disk(arg[0], iso, key, opt);
#endif
	bb_show_usage();
}
