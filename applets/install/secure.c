/*
 * d2dinstall: refuses what Secure Boot would refuse at the next start.
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
