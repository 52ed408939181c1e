/*
 * d2dinstall: refuses what Secure Boot would refuse at the next start, and writes the GRUB that UEFI starts.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_FEATURE_D2DINSTALL_ISO) += d2dinstall_secure.o

#include "d2dinstall.h"
#include "d2d_efi.h"

bool d2dinstall_secureboot(void)
{
	return ENABLE_D2D_SECUREBOOT && d2d_secureboot("") == D2D_SECUREBOOT_ON;
}

void d2dinstall_refuse_unsigned(const struct install_source *src)
{
	if (!src->is_signed && d2dinstall_secureboot())
		bb_error_msg_and_die("'%s' isn't signed, and this machine has Secure Boot on: the firmware would not start it; "
			"nothing has changed", src->dev);
}

bool d2dinstall_slot_is_signed(const char *top, char slot)
{
	char *path = xasprintf("%s/%c/"INSTALL_GRUB, top, slot);
	bool there = access(path, F_OK) == 0;

	free(path);
	return there;
}

static void settle(const char *top)
{
	int r = d2d_disk_settle(top);

	if (r < 0)
		bb_error_msg_and_die("can't write '%s': %s", top, strerror(-r));
}

void d2dinstall_efi_write(const char *from, const char *top)
{
	char *new = concat_path_file(top, "EFI/BOOT/NEW"), *to = concat_path_file(top, INSTALL_EFI);

	if (copy_file(from, new, FILEUTILS_FORCE) != 0)
		xfunc_die();
	settle(top);
	xrename(new, to);
	settle(top);
	free(to);
	free(new);
}
