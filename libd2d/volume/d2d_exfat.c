/*
 * Reads the serial number and the label of an exFAT volume. The label is an entry of the root directory: exFAT file
 * system specification, 3.1 and 7.3.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_exfat.o

#include "d2d_volume_private.h"

enum {
	HEAP = 0x58,		/* offset of the cluster heap, in sectors */
	ROOT = 0x60,		/* first cluster of the root directory; clusters are numbered from 2 */
	SERIAL = 0x64,
	SECTOR_SHIFT = 0x6c,	/* 9 to 12 */
	CLUSTER_SHIFT = 0x6d,	/* at most 25 minus the sector shift */
	ENTRIES = 16,		/* directory entries to search: the label is one of the first */
	ENTRY_SIZE = 32,
	LABEL_ENTRY = 0x83,
	LABEL_MAX = 11,
};

/* Sets the label from a directory entry. Each UTF-16 unit that is not printable ASCII becomes '?'. */
static void set_label(struct d2d_volume *v, const uint8_t *entry)
{
	char label[LABEL_MAX + 1];
	unsigned i, n = MIN(entry[1], LABEL_MAX);

	for (i = 0; i < n; i++) {
		unsigned c = d2d_le16(entry + 2 + 2 * i);

		label[i] = c >= ' ' && c < 0x7f ? c : '?';
	}
	label[n] = '\0';
	free(v->label);
	v->label = xstrdup(label);
}

void d2d_exfat_read(struct d2d_volume *v, int fd, const uint8_t *head)
{
	const uint8_t *n = head + SERIAL;
	unsigned sector = head[SECTOR_SHIFT], cluster = head[CLUSTER_SHIFT], i;
	uint32_t root = d2d_le32(head + ROOT);
	uint8_t dir[ENTRIES * ENTRY_SIZE];

	free(v->uuid);
	v->uuid = xasprintf("%02X%02X-%02X%02X", n[3], n[2], n[1], n[0]);
	if (sector < 9 || sector > 12 || cluster > 25 - sector || root < 2)
		return;
	if (pread(fd, dir, sizeof(dir),
			((off_t)d2d_le32(head + HEAP) << sector) + ((off_t)(root - 2) << (sector + cluster))) != sizeof(dir))
		return;
	for (i = 0; i < sizeof(dir) && dir[i]; i += ENTRY_SIZE)
		if (dir[i] == LABEL_ENTRY)
			set_label(v, dir + i);
}
