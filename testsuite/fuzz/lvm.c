/*
 * LVM2: the structures on a disk, with corrected checksums, and the text of the metadata.
 * needs: d2d_lvm_label.c d2d_lvm_group.c d2d_lvm_text.c d2d_lvm_volume.c d2d_bytes.c d2d_text.c
 * libs: -ld2dcrypt -ljson-c -luuid -lnettle -lm
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#include <sys/mman.h>
#include "fuzz.h"
#include "d2d_lvm.h"

enum { DISK = 0x10000, LABEL = 512, AREAS = LABEL + 72, AREAS_LEN = 96, MDA = 4096, LOCATION = MDA + 24, LOCATION_LEN = 40 };

static uint32_t sum(const uint8_t *bytes, size_t len)
{
	uint32_t table[256];

	crc32_filltable(table, 0);
	return crc32_block_endian0(0xf597a6cf, bytes, len, table);
}

static void put(uint8_t *at, uint32_t n)
{
	at[0] = n;
	at[1] = n >> 8;
	at[2] = n >> 16;
	at[3] = n >> 24;
}

/* The first bytes of an input are the lists of areas and the position of the text; the rest is the text. */
static void read_disk(const uint8_t *data, size_t size)
{
	uint8_t *disk = xzalloc(DISK);
	struct d2d_lvm_label label;
	uint64_t at, len;
	const char *why;
	int i, fd = memfd_create("disk", MFD_CLOEXEC);

	memcpy(disk + LABEL, "LABELONE\1\0\0\0\0\0\0\0\0\0\0\0\040\0\0\0LVM2 001""0123456789abcdefghijklmnopqrstuv", 64);
	memcpy(disk + AREAS, data, AREAS_LEN);
	memcpy(disk + MDA + 4, " LVM2 x[5A%r0N*>\1", 17);
	memcpy(disk + LOCATION, data + AREAS_LEN, LOCATION_LEN);
	memcpy(disk + MDA + 512, data + AREAS_LEN + LOCATION_LEN, MIN(size - AREAS_LEN - LOCATION_LEN, DISK - MDA - 512));
	at = d2d_le64(disk + LOCATION + 16);
	len = d2d_le64(disk + LOCATION + 24);
	if (at < DISK - MDA && len <= DISK - MDA - at)
		put(disk + LOCATION + 32, sum(disk + MDA + at, len));
	put(disk + MDA, sum(disk + MDA + 4, 508));
	put(disk + LABEL + 16, sum(disk + LABEL + 20, 492));
	CHECK(full_write(fd, disk, DISK) == DISK);

	why = d2d_lvm_label_read(fd, DISK, &label);
	close(fd);
	CHECK(label.data <= label.data_end && label.data_end <= DISK);
	for (i = 0; i < D2D_LVM_AREAS; i++)
		CHECK(!label.text[i] || (label.len[i] < DISK && label.text[i][label.len[i]] == '\0'));
	CHECK(!why || is_printable(why));
	d2d_lvm_label_clear(&label);
	free(disk);
}

static void check_volume(const struct d2d_lvm_group *g, const struct d2d_lvm_volume *lv)
{
	uint64_t end = 0;
	unsigned i;

	CHECK(!lv->why || is_printable(lv->why));
	if (lv->why)
		return;
	CHECK(is_printable(lv->name) && !strchr(lv->name, '/') && !lv->hidden && lv->n_pieces && !is_prefixed_with(lv->name, "d2d-s"));
	for (i = 0; i < lv->n_pieces; i++) {
		const struct d2d_lvm_piece *p = &lv->piece[i];

		CHECK(p->start == end && p->count && p->disk < g->n_disks && p->at + p->count <= g->disk[p->disk].extents);
		end += p->count;
	}
	CHECK(d2d_lvm_size(g, lv) == end * g->extent);
}

static void read_text(const uint8_t *data, size_t size)
{
	char *text = xzalloc(size + 1);
	struct d2d_lvm_group *g;
	const char *why;
	unsigned i;

	memcpy(text, data, size);
	g = d2d_lvm_group_read(text, size, &why);
	CHECK(g ? !why : is_printable(why));
	if (g) {
		CHECK(is_printable(g->name) && (!g->why || is_printable(g->why)));
		for (i = 0; i < g->n_volumes; i++)
			check_volume(g, &g->volume[i]);
		d2d_lvm_group_free(g);
	}
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < AREAS_LEN + LOCATION_LEN)
		return 0;
	read_disk(data, size);
	read_text(data + AREAS_LEN + LOCATION_LEN, size - AREAS_LEN - LOCATION_LEN);
	return 0;
}
