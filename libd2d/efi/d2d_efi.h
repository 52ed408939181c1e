/*
 * libd2d, efi: variables of the UEFI firmware (UEFI specification, "Variable Services" and "Secure Boot and Driver Signing"), as
 * the kernel's efivarfs shows them: a file NAME-GUID with 4 bytes of attributes, then the value.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2D_EFI_H
#define D2D_EFI_H 1

#include "d2d_util.h"

#define D2D_EFIVARS "/sys/firmware/efi/efivars"
#define D2D_EFI_GLOBAL "8be4df61-93ca-11d2-aa0d-00e098032b8c"	/* SecureBoot, SetupMode, PK, KEK */
#define D2D_EFI_DATABASE "d719b2cb-3d3a-4596-a3bc-dad00e67656f"	/* db, dbx */

/* On a disk made by d2dinstall: the GRUB that the firmware starts and, with signed slots, that of each slot, in its directory. The
 * first becomes the same as that of the running slot, when that has proved good. */
#define D2D_EFI_FIRST_GRUB "EFI/BOOT/BOOTX64.EFI"
#define D2D_EFI_SLOT_GRUB "grubx64.efi"

enum {
	D2D_EFI_GRUB_MAX = 16 * 1024 * 1024,	/* bytes */
	D2D_EFI_APPEND = 0x40,		/* attribute of a write: add to the lists that are there */
	D2D_EFI_AUTHENTICATED = 0x27,	/* kept, visible before and after the start of the system, signed with a time */
	D2D_EFI_VALUE_MAX = 1024 * 1024,
};

/* ---- d2d_efi.c ---- */

/* Returns the path of a variable; the caller frees it. */
char *d2d_efi_path(const char *root, const char *name, const char *guid);

/* Reads a variable: *len bytes and a '\0', which the caller frees. -ENOENT: there is no such variable, or no UEFI. */
int d2d_efi_read(const char *root, const char *name, const char *guid, char **value, size_t *len);

/* Whether the firmware starts only what it trusts. In doubt, when there is UEFI but its variables can't be seen, it is on. */
enum {
	D2D_SECUREBOOT_NONE,	/* no UEFI, or one that knows no Secure Boot */
	D2D_SECUREBOOT_OFF,
	D2D_SECUREBOOT_SETUP,	/* there is no PK: everything is started, and keys can be written */
	D2D_SECUREBOOT_ON,
};
int d2d_secureboot(const char *root);

/* ---- d2d_efi_list.c: lists of certificates and digests, works on memory only ---- */

/* Calls ON_CERTIFICATE for each X.509 certificate in the value of PK, KEK, db or dbx, and counts other entries, such as digests, in
 * *OTHERS. Returns 0, or -EBADMSG if it isn't such a value. */
int d2d_efi_list(const uint8_t *value, size_t len, void (*on_certificate)(void *arg, const uint8_t *der, size_t len), void *arg,
		unsigned *others);

/* Returns the value in a file NAME.auth, behind its time and signature, and sets *len; NULL if it isn't such a file. */
const uint8_t *d2d_efi_signed_value(const uint8_t *auth, size_t size, size_t *len);

/* Returns the name (CN) of the owner of a certificate, printable, or NULL; the caller frees it. */
char *d2d_efi_owner(const uint8_t *der, size_t len);

#endif
