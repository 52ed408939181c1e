/*
 * Checks what starts an ISO: the boot images of a CD (El Torito), the code in the MBR, the FAT for UEFI, and the UUID by which
 * GRUB and the boot find the medium again.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D_ISO) += d2d_iso_boot.o

#include "d2d_iso.h"

#define BIOS_IMAGE "boot/grub/bios.img"
#define EFI_PROGRAM "EFI/BOOT/BOOTX64.EFI"
#define EFI_CONFIG "EFI/BOOT/grub.cfg"
#define MENU "boot/grub/grub.cfg"

enum {
	/* El Torito 1.0: the boot record is in block 17 and has the block of the catalog at byte 0x47. The catalog has entries of 32
	 * bytes: validation, the entry for BIOS, then a header and an entry for each further platform. */
	BOOT_RECORD = 17 * D2D_ISO_BLOCK,
	CATALOG = 0x47,
	ENTRY = 32,
	BOOTABLE = 0x88,
	PLATFORM_EFI = 0xef,

	/* The table that xorriso writes into the boot image for BIOS: at byte 8 the places of the ISO and of the image in blocks, its
	 * length, and the sum of its 32-bit words from byte 64 on. */
	INFO_PLACE = 12,
	INFO_LENGTH = 16,
	INFO_SUM = 20,
	INFO_END = 64,

	/* Where GRUB's code in the MBR has the sector from which it goes on, the second 2048 bytes of the boot image. */
	MBR_CORE = 0x1b0,

	IMAGE_MAX = 64 * 1024 * 1024,	/* bytes of a boot image */
};

static void fault(llist_t **faults, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void fault(llist_t **faults, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	llist_add_to_end(faults, d2d_vformat(format, args));
	va_end(args);
}

static void check_catalog(const struct d2d_iso *iso, const struct d2d_iso_file *image, llist_t **faults)
{
	uint8_t record[D2D_ISO_BLOCK], catalog[D2D_ISO_BLOCK];

	if (pread(iso->fd, record, sizeof(record), BOOT_RECORD) != sizeof(record)
	 || memcmp(record, "\0CD001\001EL TORITO SPECIFICATION", 30) != 0
	 || pread(iso->fd, catalog, sizeof(catalog), (off_t)d2d_le32(record + CATALOG) * D2D_ISO_BLOCK) != sizeof(catalog)) {
		fault(faults, "a CD doesn't boot: there is no catalog of boot images");
		return;
	}
	if (catalog[ENTRY] != BOOTABLE || (off_t)d2d_le32(catalog + ENTRY + 8) * D2D_ISO_BLOCK != image->at)
		fault(faults, "a CD doesn't boot with BIOS: its catalog doesn't name "BIOS_IMAGE);
	if (catalog[2 * ENTRY + 1] != PLATFORM_EFI || catalog[3 * ENTRY] != BOOTABLE
	 || (off_t)d2d_le32(catalog + 3 * ENTRY + 8) * D2D_ISO_BLOCK != iso->efi_at)
		fault(faults, "a CD doesn't boot with UEFI: its catalog doesn't name the FAT for UEFI");
}

/* Checks the boot image for BIOS by the checksum in it, and that the MBR names its place. */
static void check_bios(const struct d2d_iso *iso, const struct d2d_iso_file *image, llist_t **faults)
{
	uint32_t sum = 0;
	uint8_t mbr[512];
	const uint8_t *p;
	char *text;
	size_t len, i;

	if (d2d_iso_read(iso, image, IMAGE_MAX, &text, &len) < 0 || len < INFO_END || len % 4) {
		fault(faults, BIOS_IMAGE" is not a boot image");
		free(text);
		return;
	}
	p = (const uint8_t *)text;
	for (i = INFO_END; i < len; i += 4)
		sum += d2d_le32(p + i);
	if (d2d_le32(p + INFO_LENGTH) != len || d2d_le32(p + INFO_SUM) != sum)
		fault(faults, BIOS_IMAGE" is damaged: its checksum is wrong");
	else if ((off_t)d2d_le32(p + INFO_PLACE) * D2D_ISO_BLOCK != image->at)
		fault(faults, BIOS_IMAGE" doesn't know its place");
	if (pread(iso->fd, mbr, sizeof(mbr), 0) != sizeof(mbr) || (off_t)d2d_le64(mbr + MBR_CORE) * 512 != image->at + D2D_ISO_BLOCK)
		fault(faults, "a disk doesn't boot with BIOS: the MBR doesn't name "BIOS_IMAGE);
	free(text);
}

/* Checks that a file of the ISO is in the FAT, too: UEFI reads that. The files of so small a FAT lie in one piece. */
static void check_fat(const struct d2d_iso *iso, const char *fat, size_t size, const char *path, llist_t **faults)
{
	const struct d2d_iso_file *file = d2d_iso_regular(iso, path);
	char *text = NULL;
	size_t len;

	if (!file || d2d_iso_read(iso, file, IMAGE_MAX, &text, &len) < 0 || !len)
		fault(faults, "%s is missing, which UEFI needs", path);
	else if (!memmem(fat, size, text, len))
		fault(faults, "the FAT for UEFI has another %s", path);
	free(text);
}

/* Checks that a text file names the UUID behind these words. */
static void check_uuid(const struct d2d_iso *iso, const char *path, const char *before, llist_t **faults)
{
	const struct d2d_iso_file *file = d2d_iso_regular(iso, path);
	char *wanted = xasprintf("%s%s", before, iso->uuid), *text = NULL;
	size_t len;

	if (!file || d2d_iso_read(iso, file, D2D_ISO_TEXT_MAX, &text, &len) < 0)
		fault(faults, "%s is missing", path);
	else if (!strstr(text, wanted))
		fault(faults, "%s doesn't name the UUID %s: the boot would not find its medium", path, iso->uuid);
	free(text);
	free(wanted);
}

/* Checks what the signed GRUB needs. Its signatures are verified by the checksums only: nobody but GRUB has the key. */
static void check_signed(const struct d2d_iso *iso, const char *uuid, llist_t **faults)
{
	static const char needed[] ALIGN1 = "boot/vmlinuz.sig\0" "boot/initramfs.img.sig\0";
	char *name = xasprintf(".disk/%s.uuid", uuid);
	const char *path;

	for (path = needed; *path; path += strlen(path) + 1)
		if (!d2d_iso_regular(iso, path))
			fault(faults, "%s is missing: it doesn't start with UEFI", path);
	if (!d2d_iso_regular(iso, name))
		fault(faults, "%s is missing: the signed GRUB would not find its medium", name);
	free(name);
}

void d2d_iso_boot_check(const struct d2d_iso *iso, llist_t **faults)
{
	static const char needed[] ALIGN1 = "boot/vmlinuz\0" "boot/initramfs.img\0" "boot/early.cpio\0";
	const struct d2d_iso_file *image = d2d_iso_regular(iso, BIOS_IMAGE);
	char *fat, *is_signed = d2d_iso_info(iso, D2D_ISO_SECUREBOOT);
	const char *path;

	for (path = needed; *path; path += strlen(path) + 1)
		if (!d2d_iso_regular(iso, path))
			fault(faults, "%s is missing", path);
	check_uuid(iso, MENU, "d2d.medium=", faults);
	if (is_signed)
		check_signed(iso, is_signed, faults);
	else
		check_uuid(iso, EFI_CONFIG, ".disk/", faults);
	if (image) {
		check_catalog(iso, image, faults);
		check_bios(iso, image, faults);
	} else {
		fault(faults, BIOS_IMAGE" is missing");
	}
	fat = iso->efi_size <= IMAGE_MAX ? xmalloc(iso->efi_size) : NULL;
	if (!fat || pread(iso->fd, fat, iso->efi_size, iso->efi_at) != (ssize_t)iso->efi_size) {
		fault(faults, "can't read the FAT for UEFI");
	} else {
		check_fat(iso, fat, iso->efi_size, EFI_PROGRAM, faults);
		if (!is_signed)
			check_fat(iso, fat, iso->efi_size, EFI_CONFIG, faults);
	}
	free(is_signed);
	free(fat);
}
