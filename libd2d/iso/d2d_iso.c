/*
 * Opens an ISO of debian2docker: reads its volume descriptor and partition table, and lists its files.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D_ISO) += d2d_iso.o

#include "d2d_iso.h"

enum {
	SECTOR = 512,
	/* The second entry of the partition table in the MBR: the FAT for UEFI (iso/image). */
	MBR_ENTRY = 446 + 16,
	TYPE_EFI = 0xef,

	/* ECMA-119 8.4: fields of the primary volume descriptor, as offsets in it. */
	PVD = 0x8000,
	PVD_LABEL = 40,
	PVD_BLOCKS = 80,
	PVD_PREPARER = 446,
	PVD_MODIFIED = 830,
};

/* Copies a field that is padded with blanks, as printable text. */
static void copy_field(char *to, const uint8_t *from, unsigned len)
{
	while (len && (from[len - 1] == ' ' || !from[len - 1]))
		len--;
	to[len] = '\0';
	while (len--)
		to[len] = from[len] >= ' ' && from[len] < 0x7f ? from[len] : '?';
}

/* Writes the date YYYYMMDDHHMMSScc with hyphens, as the kernel and GRUB show it. Returns false if it isn't a date. */
static bool set_uuid(char *uuid, const uint8_t *date)
{
	unsigned i;

	for (i = 0; i < 16; i++) {
		if (!isdigit(date[i]))
			return false;
		if (i >= 4 && i % 2 == 0)
			*uuid++ = '-';
		*uuid++ = date[i];
	}
	*uuid = '\0';
	return true;
}

static int read_head(struct d2d_iso *iso, char **why)
{
	uint8_t mbr[SECTOR], pvd[D2D_ISO_BLOCK];

	if (pread(iso->fd, mbr, sizeof(mbr), 0) != sizeof(mbr) || pread(iso->fd, pvd, sizeof(pvd), PVD) != sizeof(pvd)
	 || memcmp(pvd, "\001CD001", 6) != 0)
		return d2d_refuse(why, "it is not an ISO");
	copy_field(iso->label, pvd + PVD_LABEL, 32);
	copy_field(iso->preparer, pvd + PVD_PREPARER, 128);
	if (!set_uuid(iso->uuid, pvd + PVD_MODIFIED))
		return d2d_refuse(why, "it is not an ISO of debian2docker: it has no date of modification");
	iso->end = (off_t)d2d_le32(pvd + PVD_BLOCKS) * D2D_ISO_BLOCK;
	if (mbr[MBR_ENTRY + 4] != TYPE_EFI || mbr[510] != 0x55 || mbr[511] != 0xaa)
		return d2d_refuse(why, "it is not an ISO of debian2docker: it has no partition for UEFI");
	iso->efi_at = (off_t)d2d_le32(mbr + MBR_ENTRY + 8) * SECTOR;
	iso->efi_size = (off_t)d2d_le32(mbr + MBR_ENTRY + 12) * SECTOR;
	iso->end = MAX(iso->end, iso->efi_at + iso->efi_size);
	if (iso->end > iso->size)
		return d2d_refuse(why, "it is truncated: it has %llu bytes, and should have %llu", (unsigned long long)iso->size,
			(unsigned long long)iso->end);
	return 0;
}

/* Reads the version from the file that also names the UUID. */
static int read_version(struct d2d_iso *iso, char **why)
{
	char *path = xasprintf(".disk/%s.uuid", iso->uuid), *text = NULL;
	const struct d2d_iso_file *file = d2d_iso_regular(iso, path);
	const char *version;
	size_t len;
	int r = 0;

	if (!file || d2d_iso_read(iso, file, 256, &text, &len) < 0 || !(version = is_prefixed_with(text, "debian2docker ")))
		r = d2d_refuse(why, "it is not an ISO of debian2docker: it has no file '%s' that says so", path);
	else
		iso->version = d2d_printable(version, strcspn(version, "\n"));
	free(text);
	free(path);
	return r;
}

int d2d_iso_open(struct d2d_iso *iso, const char *path, char **why)
{
	struct stat st;
	int r;

	memset(iso, 0, sizeof(*iso));
	iso->path = xstrdup(path);
	iso->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (iso->fd < 0 || fstat(iso->fd, &st) < 0) {
		r = d2d_fail(-errno, why, "can't open it: %s", strerror(errno));
	} else if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode)) {
		r = d2d_refuse(why, "it is neither a file nor a disk");
	} else {
		iso->size = lseek(iso->fd, 0, SEEK_END);
		r = read_head(iso, why);
	}
	if (r == 0)
		r = d2d_iso_list(iso, why);
	if (r == 0)
		r = read_version(iso, why);
	if (r < 0)
		d2d_iso_close(iso);
	return r;
}

void d2d_iso_close(struct d2d_iso *iso)
{
	while (iso->n)
		free(iso->file[--iso->n].path);
	free(iso->file);
	free(iso->version);
	free(iso->path);
	if (iso->fd >= 0)
		close(iso->fd);
	memset(iso, 0, sizeof(*iso));
	iso->fd = -1;
}
