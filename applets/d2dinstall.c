/*
 * d2dinstall: installs the system on a disk, and makes a store for Docker's data.
 *
 * Nothing is written until the user has typed the name of the disk or has given --yes.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//config:config D2DINSTALL
//config:	bool "d2dinstall"
//config:	default y
//config:	select D2D_LIBD2D_MOUNT
//config:	select LONG_OPTS
//config:	help
//config:	Adds a store for Docker's data to the USB stick that carries the
//config:	ISO.
//config:
//config:config FEATURE_D2DINSTALL_DISK
//config:	bool "Install to a whole disk, with two slots for updates"
//config:	default y
//config:	depends on D2DINSTALL
//config:	select MKFS_VFAT
//config:	select FEATURE_D2DINSTALL_ISO
//config:	help
//config:	Provides 'd2dinstall DISK' and 'd2dinstall update'. Needs sfdisk
//config:	in the image (D2D_BASE_SFDISK).

//config:config FEATURE_D2DINSTALL_LUKS
//config:	bool "Encrypted stores"
//config:	default y
//config:	depends on D2DINSTALL && FEATURE_D2DUNLOCK_MANAGE
//config:	help
//config:	Provides 'd2dinstall -e', and lets d2dreset handle an encrypted
//config:	store.
//config:
//config:config FEATURE_D2DINSTALL_ISO
//config:	bool
//config:	default n
//config:	select LOSETUP

//applet:IF_D2DINSTALL(APPLET(d2dinstall, BB_DIR_USR_BIN, BB_SUID_DROP))

//kbuild:lib-$(CONFIG_D2DINSTALL) += d2dinstall.o

//usage:#define d2dinstall_trivial_usage
//usage:       "-s [-yn" IF_FEATURE_D2DINSTALL_LUKS("e] [-B FILE") "] [DISK]"
//usage:	IF_FEATURE_D2DINSTALL_WRITE(" | -s -i ISO [-yn" IF_FEATURE_D2DINSTALL_LUKS("e] [-B FILE") "] DISK")
//usage:	IF_FEATURE_D2DINSTALL_DISK(" | [-yn" IF_FEATURE_D2DINSTALL_LUKS("e] [-B FILE") "] [-i ISO] DISK"
//usage:		" | [-yn] update ISO | good")
//usage:	IF_FEATURE_D2DINSTALL_BESIDE(" | -b DIR [-yn] [-i ISO] [-g FILE]")
//usage:#define d2dinstall_full_usage "\n\n"
//usage:       "Install the system on a disk, and make a store for Docker's data\n"
//usage:     "\n-s: add a store behind the ISO. It takes all the free space of the USB stick or"
//usage:     "\ndisk that was booted from, or of DISK (a device or an image file). If the store"
//usage:     "\nof an earlier ISO is still there, it is kept and used again."
//usage:	IF_FEATURE_D2DINSTALL_DISK(
//usage:     "\nDISK: install system and store on a whole disk; everything on it is overwritten."
//usage:     "\nThe disk boots with BIOS and with UEFI. The ISO's directory d2d/ is copied, too."
//usage:     "\nupdate: install the system of ISO (a file or a device) on such a disk, into the"
//usage:     "\none of its two slots that isn't running. The new system is booted once, on"
//usage:     "\ntrial. If Docker answers there, a hook runs 'd2dinstall good', and the new system"
//usage:     "\nstays; else the next boot uses the old one again. The store is not changed.\n"
//usage:	)
//usage:	IF_FEATURE_D2DINSTALL_BESIDE(
//usage:     "\n-b DIR: install the system into a directory of a mounted file system, beside the"
//usage:     "\nsystem of this machine, and start it from that system's GRUB. The partitions and"
//usage:     "\nthe boot loader stay as they are. Run it again to update; the previous system"
//usage:     "\nstays in the menu.\n"
//usage:	)
//usage:     "\n	-s,--same-stick	See above"
//usage:	IF_FEATURE_D2DINSTALL_ISO(
//usage:     "\n	-i,--iso ISO	Install this ISO, not the one that was booted from"
//usage:	)
//usage:	IF_FEATURE_D2DINSTALL_WRITE(
//usage:     "\n			(with -s: write it to DISK before)"
//usage:	)
//usage:	IF_FEATURE_D2DINSTALL_BESIDE(
//usage:     "\n			(with -b also a directory with the files of an ISO)"
//usage:     "\n	-b,--beside DIR	See above"
//usage:     "\n	-g,--grub FILE	Write the lines that GRUB needs into this custom.cfg;"
//usage:     "\n			lines of an earlier -g are replaced"
//usage:	)
//usage:	IF_FEATURE_D2DINSTALL_LUKS(
//usage:     "\n	-e,--encrypt	Encrypt the store: ask twice for its passphrase (without"
//usage:     "\n			a terminal, read it from the next line of stdin)"
//usage:     "\n	-B,--backup FILE	Save a backup of the LUKS header in a new FILE"
//usage:	)
//usage:     "\n	-y,--yes	Don't ask for confirmation"
//usage:     "\n	-n,--dry-run	Show what would be done, write nothing"
//usage:     "\n"
//usage:     "\nExit status: 0 done, 1 failed or not confirmed"

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
		"?2:B?e" IF_NOT_FEATURE_D2DINSTALL_WRITE(IF_FEATURE_D2DINSTALL_ISO(":s--i:i--s"))
		IF_FEATURE_D2DINSTALL_BESIDE(":b--se:s--b:e--b:g?b"), longopts, &backup
		IF_FEATURE_D2DINSTALL_ISO(, &iso) IF_FEATURE_D2DINSTALL_BESIDE(, &beside, &menu));
	char **arg = argv + optind;
	struct install_key *key = NULL;

	if (opt & INSTALL_ENCRYPT) {
		if (!ENABLE_FEATURE_D2DINSTALL_LUKS || (arg[0] && arg[1]))
			bb_show_usage();
		key = d2dinstall_key(backup);
		/* The passphrase follows the answer on stdin, so no read may buffer more than its own line. */
		setvbuf(stdin, NULL, _IONBF, 0);
	}
	if (opt & INSTALL_STICK) {
		if (arg[0] ? arg[1] != NULL : iso != NULL)
			bb_show_usage();
		return d2dinstall_stick(arg[0], iso, key, opt);
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
