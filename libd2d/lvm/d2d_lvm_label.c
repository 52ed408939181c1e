/*
 * Reads the structures around LVM2's metadata on a disk: label, headers and checksums. Nothing is written, and none of
 * the data is trusted.
 *
 * The layout is that of lvm2 2.03: lib/label/label.h (label_header), lib/format_text/layout.h (pv_header, mda_header,
 * raw_locn), lib/format_text/format-text.c (where a text continues that reaches the end of its area).
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_FEATURE_D2DMOUNT_LVM) += d2d_lvm_label.o

#include "d2d_lvm.h"

enum {
	SECTOR = 512,
	LABEL_SECTORS = 4,	/* the label is in one of the first sectors */
	LABEL_SECTOR_AT = 8,
	LABEL_CRC_AT = 16,
	LABEL_CRC_FROM = 20,
	LABEL_OFFSET_AT = 20,
	LABEL_TYPE_AT = 24,
	LABEL_SIZE = 32,

	PV_SIZE_AT = 32,
	PV_AREAS_AT = 40,
	AREA_SIZE = 16,

	MDA_MAGIC_AT = 4,
	MDA_VERSION_AT = 20,
	MDA_START_AT = 24,
	MDA_SIZE_AT = 32,
	MDA_LOCATION_AT = 40,
	LOCATION_SIZE_AT = MDA_LOCATION_AT + 8,
	LOCATION_CRC_AT = MDA_LOCATION_AT + 16,
	LOCATION_FLAGS_AT = MDA_LOCATION_AT + 20,
	LOCATION_IGNORED = 1,

	/* Bytes. vgcreate makes areas of 1 MiB, and a text may take half of its area. */
	TEXT_MAX = 2 << 20,
};

static uint32_t checksum(const void *bytes, size_t len)
{
	uint32_t table[256];

	crc32_filltable(table, 0);
	return crc32_block_endian0(0xf597a6cf, bytes, len, table);
}

static bool read_at(int fd, uint64_t at, void *bytes, size_t len)
{
	return pread(fd, bytes, len, at) == (ssize_t)len;
}

static bool id_is_sound(const char *id)
{
	size_t len = strspn(id, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ!#");

	return len == D2D_LVM_ID && !id[len];
}

/* Returns whether an area lies within the disk and behind the sectors that may hold the label. */
static bool area_is_sound(uint64_t at, uint64_t len, uint64_t size)
{
	return at >= LABEL_SECTORS * SECTOR && at < size && len <= size - at;
}

/* Reads the text of one metadata area: a header of one sector, followed by a ring buffer. Returns NULL, also if the
 * area has no text, or why it can't be used. The caller frees *TEXT in either case. */
static const char *read_text(int fd, uint64_t at, uint64_t size, char **text, size_t *text_len)
{
	uint8_t head[SECTOR];
	uint64_t from, len, first;

	if (!read_at(fd, at, head, SECTOR))
		return "its metadata can't be read";
	if (d2d_le32(head) != checksum(head + MDA_MAGIC_AT, SECTOR - MDA_MAGIC_AT)
	 || memcmp(head + MDA_MAGIC_AT, " LVM2 x[5A%r0N*>", 16) != 0)
		return "the header of its metadata is damaged";
	if (d2d_le32(head + MDA_VERSION_AT) != 1 || d2d_le64(head + MDA_START_AT) != at || d2d_le64(head + MDA_SIZE_AT) != size)
		return "the header of its metadata belongs to another position";
	from = d2d_le64(head + MDA_LOCATION_AT);
	len = d2d_le64(head + LOCATION_SIZE_AT);
	if (!from || (d2d_le32(head + LOCATION_FLAGS_AT) & LOCATION_IGNORED))
		return NULL;
	if (from < SECTOR || from >= size || !len || len > TEXT_MAX || len > size - SECTOR)
		return "its metadata is at an invalid position";

	*text = xmalloc(len + 1);
	(*text)[len] = '\0';
	*text_len = len;
	first = MIN(len, size - from);
	if (!read_at(fd, at + from, *text, first) || !read_at(fd, at + SECTOR, *text + first, len - first))
		return "its metadata can't be read";
	return d2d_le32(head + LOCATION_CRC_AT) == checksum(*text, len) ? NULL : "its metadata is damaged";
}

/* Reads the next entry of a list of areas, its offset and size in bytes; returns false at the end of the list. */
static bool next_area(const uint8_t *sector, unsigned *at, uint64_t area[2])
{
	if (*at + AREA_SIZE > SECTOR)
		return false;
	area[0] = d2d_le64(sector + *at);
	area[1] = d2d_le64(sector + *at + 8);
	*at += AREA_SIZE;
	return area[0] != 0;
}

/* Reads the list of data areas, of which LVM makes only one, and the list of metadata areas. One good copy of the
 * metadata is enough. */
static const char *read_areas(int fd, const uint8_t *sector, unsigned at, uint64_t size, struct d2d_lvm_label *label)
{
	const char *why = NULL;
	uint64_t area[2];
	unsigned i;

	if (next_area(sector, &at, area)) {
		/* A length of 0 means the rest of the disk. */
		if (!area_is_sound(area[0], area[1], size))
			return "its data is at an invalid position";
		label->data = area[0];
		label->data_end = area[1] ? area[0] + area[1] : size;
		if (next_area(sector, &at, area))
			return "it has more than one data area";
	}
	for (i = 0; next_area(sector, &at, area); i++) {
		const char *wrong;

		if (i >= D2D_LVM_AREAS)
			return "it has too many metadata areas";
		if (!area_is_sound(area[0], area[1], size) || area[1] < 2 * SECTOR
		 || (area[0] < label->data && area[0] + area[1] > label->data))
			return "its metadata is at an invalid position";
		if (area[0] >= label->data)
			label->data_end = MIN(label->data_end, area[0]);
		wrong = read_text(fd, area[0], area[1], &label->text[i], &label->len[i]);
		if (wrong) {
			free(label->text[i]);
			label->text[i] = NULL;
			why = wrong;
		}
	}
	return label->text[0] || label->text[1] ? NULL : why;
}

const char *d2d_lvm_label_read(int fd, uint64_t size, struct d2d_lvm_label *label)
{
	uint8_t head[LABEL_SECTORS * SECTOR], *sector;
	unsigned n, at;

	memset(label, 0, sizeof(*label));
	if (size < sizeof(head) || !read_at(fd, 0, head, sizeof(head)))
		return "its label can't be read";
	for (n = 0; n < LABEL_SECTORS; n++) {
		sector = head + n * SECTOR;
		if (memcmp(sector, "LABELONE", 8) != 0 || memcmp(sector + LABEL_TYPE_AT, "LVM2 001", 8) != 0)
			continue;
		at = d2d_le32(sector + LABEL_OFFSET_AT);
		if (d2d_le64(sector + LABEL_SECTOR_AT) != n || at < LABEL_SIZE || at > SECTOR - PV_AREAS_AT
		 || d2d_le32(sector + LABEL_CRC_AT) != checksum(sector + LABEL_CRC_FROM, SECTOR - LABEL_CRC_FROM))
			return "its label is damaged";
		safe_strncpy(label->id, (char *)sector + at, sizeof(label->id));
		if (!id_is_sound(label->id)) {
			label->id[0] = '\0';
			return "its label is damaged";
		}
		if (d2d_le64(sector + at + PV_SIZE_AT) > size)
			return "it was made for a larger disk";
		return read_areas(fd, sector, at + PV_AREAS_AT, size, label);
	}
	return "it has no label";
}

void d2d_lvm_label_clear(struct d2d_lvm_label *label)
{
	unsigned i;

	for (i = 0; i < D2D_LVM_AREAS; i++)
		free(label->text[i]);
	memset(label, 0, sizeof(*label));
}
