/*
 * cut-disk LOG [IMAGE FROM TO [SEED]]: reconstructs what a disk holds after a power cut. LOG was written by QEMU's
 * driver blklogwrites in the format of the kernel's dm-log-writes
 * (Documentation/admin-guide/device-mapper/log-writes.rst): a sector with the number of entries, then for each entry a
 * sector and its data, if any.
 *
 * With LOG alone: prints a line for each entry, "NUMBER write|flush|discard SECTOR SECTORS". With an IMAGE: applies the
 * entries FROM to TO - 1 to it. With a SEED: simulates a cache that was never flushed: each entry is applied, or lost,
 * or only some of its sectors are written.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#include <endian.h>
#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <fcntl.h>
#include <unistd.h>

#define MAGIC 0x6a736677736872ULL

enum { SECTOR = 512, FLUSH = 1, DISCARD = 4, MARK = 8 };

struct super {
	uint64_t magic, version, entries;
	uint32_t sector;
};

struct entry {
	uint64_t sector, sectors, flags, len;
};

static void get(int fd, void *to, size_t len, off_t at)
{
	if (pread(fd, to, len, at) != (ssize_t)len)
		errx(1, "the log ends too early");
}

static const char *kind(const struct entry *e)
{
	if (e->flags & DISCARD)
		return "discard";
	return e->sectors ? "write" : e->flags & FLUSH ? "flush" : "mark";
}

/* A cache loses whole sectors. fate is 0 (written), 1 (lost) or 2 (each sector at random). */
static int is_lost(int fate)
{
	return fate == 1 || (fate == 2 && random() % 2);
}

static void redo(int log, off_t at, const struct entry *e, int image, int fate)
{
	static uint8_t data[SECTOR * 2048];
	uint64_t done = 0, n, i, j;

	while (done < e->sectors) {
		n = e->sectors - done;
		if (n > sizeof(data) / SECTOR)
			n = sizeof(data) / SECTOR;
		get(log, data, n * SECTOR, at + done * SECTOR);
		for (i = 0; i < n; i = j + 1) {
			for (j = i; j < n && !is_lost(fate); j++)
				;
			if (j > i && pwrite(image, data + i * SECTOR, (j - i) * SECTOR, (e->sector + done + i) * SECTOR) < 0)
				err(1, "can't write the image");
		}
		done += n;
	}
}

int main(int argc, char **argv)
{
	uint64_t i, entries, from = 0, to = UINT64_MAX;
	int log, image = -1;
	struct super super;
	struct entry e;
	off_t at = SECTOR;

	if (argc != 2 && argc != 5 && argc != 6)
		errx(2, "usage: cut-disk LOG [IMAGE FROM TO [SEED]]");
	log = open(argv[1], O_RDONLY);
	if (log < 0)
		err(1, "can't open '%s'", argv[1]);
	if (argc > 2) {
		image = open(argv[2], O_WRONLY);
		if (image < 0)
			err(1, "can't open '%s'", argv[2]);
		from = strtoull(argv[3], NULL, 10);
		to = strtoull(argv[4], NULL, 10);
	}
	if (argc > 5)
		srandom(strtoul(argv[5], NULL, 10));

	get(log, &super, sizeof(super), 0);
	if (le64toh(super.magic) != MAGIC || le32toh(super.sector) != SECTOR)
		errx(1, "'%s' is not a log with sectors of %d bytes", argv[1], SECTOR);
	entries = le64toh(super.entries);
	for (i = 0; i < entries && i < to; i++) {
		get(log, &e, sizeof(e), at);
		e.sector = le64toh(e.sector);
		e.sectors = le64toh(e.sectors);
		e.flags = le64toh(e.flags);
		at += SECTOR;
		if (image < 0)
			printf("%llu %s %llu %llu\n", (unsigned long long)i, kind(&e), (unsigned long long)e.sector, (unsigned long long)e.sectors);
		/* Discarded sectors may keep their content. */
		if (e.flags & DISCARD)
			continue;
		if (image >= 0 && i >= from)
			redo(log, at, &e, image, argc > 5 ? random() % 3 : 0);
		at += e.sectors * SECTOR;
	}
	return 0;
}
