/*
 * Identifies the content of a volume: file system, UUID and label. All data that is read here is untrusted.
 *
 * busybox's volume_id reads vfat, ext and LUKS1. Everything else is read here, because volume_id's readers of exFAT and
 * NTFS follow any offset that the volume contains.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D_PROBE) += d2d_probe.o

#include <sys/mount.h>
#include "d2d_volume_private.h"
#include "../util-linux/volume_id/volume_id_internal.h"

enum {
	HEAD_SIZE = 0x11000,	/* bytes; includes the superblock of btrfs */

	/* LUKS2 On-Disk Format Specification 2.1: the binary header */
	LUKS_VERSION = 6,
	LUKS2_LABEL = 24,
	LUKS2_LABEL_SIZE = 48,

	/* ECMA-119 8.4: the primary volume descriptor, in logical sector 16; positions in the standard count from 1 */
	ISO_PVD = 0x8000,
	ISO_LABEL = ISO_PVD + 40,
	ISO_LABEL_SIZE = 32,
	ISO_CREATED = ISO_PVD + 813,
	ISO_MODIFIED = ISO_PVD + 830,

	FAT_CLUSTER_SECTORS = 13,

	NTFS_SERIAL = 0x48,
};

/* The other types are recognised by their magic bytes. Most have a UUID of 16 bytes and a label. Members of LVM and
 * RAID are recognised, too, because they must not be used as volumes of their own. */
static const struct magic {
	uint32_t offset;
	uint32_t uuid, label;		/* offsets; 0: none */
	uint16_t label_len;
	uint16_t len;
	const char *bytes;
	const char *fstype;
} magics[] = {
	{ 0, 32, 108, 12, 4, "XFSB", "xfs" },
	{ 0, 0, 0, 0, 4, "hsqs", "squashfs" },
	{ 0x3, 0, 0, 0, 8, "NTFS    ", "ntfs" },
	{ 0x3, 0, 0, 0, 8, "-FVE-FS-", "BitLocker" },
	{ 0x20, 0, 0, 0, 4, "NXSB", "apfs" },
	{ 0x400, 0, 0, 0, 4, "H+\0\4", "hfsplus" },
	{ 0x400, 0, 0, 0, 4, "HX\0\5", "hfsplus" },
	{ 0x1018, 0, 0, 0, 8, "\xc6\x85\x73\xf6\x4e\x1a\x45\xca", "bcache" },
	{ 0x1018, 0, 0, 0, 8, "\xc6\x85\x73\xf6\x66\xce\x90\xa9", "bcachefs" },
	{ 0x8000, 0, 0, 0, 4, "JFS1", "jfs" },
	{ 0x8001, 0, 0, 0, 5, "BEA01", "udf" },
	{ 0x10034, 0, 0, 0, 6, "ReIsEr", "reiserfs" },
	{ 0x18, 0, 0, 0, 8, "LVM2 001", "LVM2_member" },
	{ 0x218, 0, 0, 0, 8, "LVM2 001", "LVM2_member" },
	{ 0x418, 0, 0, 0, 8, "LVM2 001", "LVM2_member" },
	{ 0x618, 0, 0, 0, 8, "LVM2 001", "LVM2_member" },
	{ 0x400, 0, 0, 0, 4, "\x10\x20\xf5\xf2", "f2fs" },
	{ 0x400, 0x430, 0x440, 16, 4, "\xe2\xe1\xf5\xe0", "erofs" },
	{ 0xff6, 0x40c, 0x41c, 16, 10, "SWAPSPACE2", "swap" },
	{ 0x1000, 0, 0, 0, 4, "\xfc\x4e\x2b\xa9", "linux_raid_member" },
	{ 0x10040, 0x10020, 0x1012b, 256, 8, "_BHRfS_M", "btrfs" },
	{ 0, 0, 0, 0, sizeof(D2D_FORMATME_B2D) - 1, D2D_FORMATME_B2D, "format-me" },
	{ 0, 0, 0, 0, sizeof(D2D_FORMATME_D2D) - 1, D2D_FORMATME_D2D, "format-me" },
};

static int has(const uint8_t *head, size_t offset, const char *bytes, size_t len)
{
	return memcmp(head + offset, bytes, len) == 0;
}

static void set(struct d2d_volume *v, const char *fstype, const char *uuid, const char *label)
{
	free(v->fstype);
	free(v->uuid);
	free(v->label);
	v->fstype = xstrdup(fstype);
	v->uuid = xstrdup(uuid);
	v->label = xstrdup(label);
}

/* Converts a date to a UUID. GRUB's "probe --fs-uuid" and libblkid use the modification date (8.4.27) as UUID; xorriso
 * sets it from --modification-date. libblkid falls back on the creation date (8.4.26). Both are 16 digits (8.4.26.1).
 * Returns 0 if the date is not set or invalid. */
static int iso_date(char uuid[23], const uint8_t *date)
{
	static const char form[] ALIGN1 = "dddd-dd-dd-dd-dd-dd-dd";
	int i, sum = 0;

	for (i = 0; form[i]; i++) {
		uuid[i] = form[i];
		if (form[i] != 'd')
			continue;
		if (!isdigit(*date))
			return 0;
		sum += *date - '0';
		uuid[i] = *date++;
	}
	uuid[i] = '\0';
	return sum;
}

static void set_iso(struct d2d_volume *v, const uint8_t *head)
{
	char label[ISO_LABEL_SIZE + 1], uuid[23];

	safe_strncpy(label, (const char *)head + ISO_LABEL, sizeof(label));
	trim(label);
	if (!iso_date(uuid, head + ISO_MODIFIED) && !iso_date(uuid, head + ISO_CREATED))
		uuid[0] = '\0';
	set(v, "iso9660", uuid, label);
}

off_t d2d_raid_superblock(int fd)
{
	off_t size = lseek(fd, 0, SEEK_END);
	off_t at[] = { (size & ~(off_t)0xffff) - 0x10000, (size - 0x2000) & ~(off_t)0xfff };
	char magic[D2D_RAID_MAGIC];
	unsigned i;

	for (i = 0; i < ARRAY_SIZE(at); i++)
		if (at[i] > 0 && pread(fd, magic, sizeof(magic), at[i]) == sizeof(magic)
		 && memcmp(magic, "\xfc\x4e\x2b\xa9", sizeof(magic)) == 0)
			return at[i];
	return 0;
}

/* Returns "linux_raid_member" for one half of a RAID mirror, else FSTYPE. Such a half looks like the file system on the
 * mirror, but it must not be used alone. */
static const char *or_raid(const struct volume_id *id, const char *fstype)
{
	return d2d_raid_superblock(id->fd) ? "linux_raid_member" : fstype;
}

static void set_magic(struct d2d_volume *v, const struct magic *m, const uint8_t *head)
{
	char uuid[37] = "", *label = xstrndup((const char *)head + m->label, m->label_len);

	if (m->uuid)
		d2d_uuid_text(uuid, head + m->uuid);
	/* As blkid does, use the serial number of NTFS as UUID. Its label is stored in a file and is not read, so an
	 * NTFS volume on a fixed disk counts as unlabelled. */
	else if (strcmp(m->fstype, "ntfs") == 0)
		sprintf(uuid, "%016llX", (unsigned long long)d2d_le64(head + NTFS_SERIAL));
	set(v, m->fstype, uuid, label);
	free(label);
}

/* Sets what an intact copy of a LUKS2 header says. Returns false if there is none. */
static bool probe_luks2(struct d2d_volume *v, const struct volume_id *id, const char *path)
{
	struct d2d_luks2 luks;
	int copies = d2d_luks2_read(id->fd, &luks);

	if (copies) {
		set(v, or_raid(id, "crypto_LUKS"), luks.uuid, luks.label);
		if (copies != (D2D_LUKS_FIRST | D2D_LUKS_SECOND))
			v->repair = d2d_luks2_repair(path);
	}
	d2d_luks2_free(&luks);
	return copies != 0;
}

/* Whether the beginning of a device was made by something else than LUKS, such as fdisk. Such a device may have been a LUKS volume
 * before, and the second copy of its header may still be there. */
static bool has_boot_sector(const uint8_t *head)
{
	return (head[510] == 0x55 && head[511] == 0xaa) || has(head, 512, "EFI PART", 8);
}

static void probe_head(struct d2d_volume *v, struct volume_id *id, const uint8_t *head, const char *path)
{
	const struct magic *m;

	if (volume_id_probe_luks(id) == 0) {
		char label[LUKS2_LABEL_SIZE + 1] = "";

		/* In LUKS1 these bytes belong to the name of the cipher. */
		if (head[LUKS_VERSION] == 0 && head[LUKS_VERSION + 1] == 2) {
			if (probe_luks2(v, id, path))
				return;
			safe_strncpy(label, (const char *)head + LUKS2_LABEL, sizeof(label));
		}
		set(v, or_raid(id, "crypto_LUKS"), id->uuid, label);
		return;
	}
	if (has(head, 3, "EXFAT   ", 8)) {
		set(v, "exfat", "", "");
		d2d_exfat_read(v, id->fd, head);
		return;
	}
	/* volume_id divides by this byte after it has found the string "FAT". */
	if (head[FAT_CLUSTER_SECTORS] != 0 && volume_id_probe_vfat(id) == 0) {
		set(v, "vfat", id->uuid, id->label);
		return;
	}
	if (volume_id_probe_ext(id) == 0) {
		set(v, or_raid(id, id->type), id->uuid, id->label);
		return;
	}
	if (head[ISO_PVD] == 1 && has(head, ISO_PVD + 1, "CD001", 5)) {
		set_iso(v, head);
		return;
	}
	for (m = magics; m < magics + ARRAY_SIZE(magics); m++) {
		if (has(head, m->offset, m->bytes, m->len)) {
			set_magic(v, m, head);
			return;
		}
	}
	if (!has_boot_sector(head))
		probe_luks2(v, id, path);
}

/* Searches for a backup superblock of ext, so that a store whose superblock was overwritten is not mistaken for an
 * empty disk. */
static void probe_copy(struct d2d_volume *v, int fd, const char *path)
{
	struct d2d_ext ext;

	if (d2d_ext_copy(fd, &ext)) {
		set(v, "", ext.uuid, ext.label);
		v->repair = d2d_ext_repair(path);
	}
}

int d2d_volume_probe(const char *path, struct d2d_volume *v)
{
	struct volume_id *id;
	struct stat st;
	uint8_t *head;
	int fd, err = 0;

	set(v, "", "", "");
	free(v->repair);
	v->repair = NULL;
	/* Check the type before open(), which would block on a FIFO. */
	if (stat(path, &st) != 0)
		return -errno;
	if (!S_ISBLK(st.st_mode) && !S_ISREG(st.st_mode))
		return -ENOTBLK;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;

	id = volume_id_open_node(fd);
	head = xzalloc(HEAD_SIZE);
	if (full_read(fd, head, HEAD_SIZE) < 0)
		err = -errno;
	else
		probe_head(v, id, head, path);
	if (!err && !v->fstype[0])
		probe_copy(v, fd, path);
	free(head);
	v->size = lseek(fd, 0, SEEK_END);
	free_volume_id(id);	/* closes fd */
	return err;
}
