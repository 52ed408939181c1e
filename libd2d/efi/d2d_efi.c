/*
 * Reads variables of the firmware, and whether Secure Boot is on.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_SECUREBOOT) += d2d_efi.o

#include "d2d_efi.h"

enum { ATTRIBUTES = 4 };	/* bytes in front of the value */

char *d2d_efi_path(const char *root, const char *name, const char *guid)
{
	return xasprintf("%s"D2D_EFIVARS"/%s-%s", root, name, guid);
}

int d2d_efi_read(const char *root, const char *name, const char *guid, char **value, size_t *len)
{
	char *path = d2d_efi_path(root, name, guid);
	int r = d2d_file_read(path, ATTRIBUTES + D2D_EFI_VALUE_MAX, value, len);

	free(path);
	if (r < 0)
		return r;
	if (*len < ATTRIBUTES) {
		free(*value);
		*value = NULL;
		return -EBADMSG;
	}
	*len -= ATTRIBUTES;
	memmove(*value, *value + ATTRIBUTES, *len + 1);
	return 0;
}

/* Returns the first byte of a variable of the firmware, or a negative errno. */
static int flag(const char *root, const char *name)
{
	char *value;
	size_t len;
	int r = d2d_efi_read(root, name, D2D_EFI_GLOBAL, &value, &len);

	if (r < 0)
		return r;
	r = len == 1 ? (uint8_t)value[0] : -EBADMSG;
	free(value);
	return r;
}

/* Whether there is UEFI, but nothing in the directory of its variables, because efivarfs isn't mounted there. */
static bool is_hidden(const char *root)
{
	char *dir = xasprintf("%s"D2D_EFIVARS, root), **names;
	int n = d2d_dir_list(dir, INT_MAX, &names);

	free(dir);
	if (n >= 0)
		d2d_dir_list_free(names, n);
	return n == 0 || (n < 0 && n != -ENOENT);
}

int d2d_secureboot(const char *root)
{
	int on = flag(root, "SecureBoot");

	if (on == -ENOENT)
		return is_hidden(root) ? D2D_SECUREBOOT_ON : D2D_SECUREBOOT_NONE;
	if (on)
		return D2D_SECUREBOOT_ON;
	return flag(root, "SetupMode") == 1 ? D2D_SECUREBOOT_SETUP : D2D_SECUREBOOT_OFF;
}
