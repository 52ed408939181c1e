/*
 * d2dinstall -s: adds a store behind the ISO, on the medium that carries it, or to which it is written first.
 *
 * The ISO brings an MBR with two partitions, the ISO itself and the FAT for UEFI; the store becomes the third. The
 * partition table is one sector, which a disk writes atomically, and it is written last: a USB stick that is pulled out
 * earlier is unchanged. The store begins at a multiple of 64 MiB, so that the store is found in the same place when a
 * newer ISO is written over the old one. Behind a smaller ISO it begins at one of the following multiples.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DINSTALL) += d2dinstall_stick.o
#include "d2dinstall.h"

enum {
	STEP = 64 * D2D_MIB,
	/* 64 GiB: an ISO is never as large as that, and this search takes a slow stick or disk a few seconds. A search
	 * of all of 2 TiB would probe 32768 places, which takes minutes on a rotating disk. */
	STEPS = 1024,

	TABLE = 446,
	ENTRY = 16,
	ENTRIES = 4,
	OURS = 2,	/* index of the store's entry, counted from 0 */
	TYPE_LINUX = 0x83,

	/* ECMA-119 8.4: the primary volume descriptor, with the number of logical blocks (8.4.8) and the block size
	 * (8.4.12). */
	ISO_PVD = 0x8000,
	ISO_BLOCKS = 80,
	ISO_BLOCK_SIZE = 128,
};

struct stick {
	struct d2d_disk disk;
	uint8_t mbr[D2D_SECTOR];
	uint64_t start, size;	/* of the store, in bytes */
	smallint has_store;	/* a store exists and is used again */
};

static uint8_t *entry(struct stick *st, int i)
{
	return st->mbr + TABLE + i * ENTRY;
}

/* Returns where the ISO and its partitions end, in bytes; dies if FD, the disk or the ISO that is to be written to it,
 * isn't an ISO to which a store can be added. */
static uint64_t iso_end(struct stick *st, int fd)
{
	uint8_t pvd[D2D_SECTOR], next[D2D_SECTOR];
	uint64_t end;
	int i;

	if (pread(fd, st->mbr, D2D_SECTOR, 0) != D2D_SECTOR
	 || pread(fd, next, D2D_SECTOR, D2D_SECTOR) != D2D_SECTOR
	 || pread(fd, pvd, D2D_SECTOR, ISO_PVD) != D2D_SECTOR)
		bb_error_msg_and_die("can't read '%s'", st->disk.dev);
	if (st->mbr[510] != 0x55 || st->mbr[511] != 0xaa || memcmp(pvd, "\001CD001", 6) != 0)
		bb_error_msg_and_die("'%s' doesn't contain a debian2docker ISO", st->disk.dev);
	if (memcmp(next, "EFI PART", 8) == 0)
		bb_error_msg_and_die("'%s' has a GPT: d2dinstall can't add a partition to it", st->disk.dev);

	end = (uint64_t)d2d_le32(pvd + ISO_BLOCKS) * (pvd[ISO_BLOCK_SIZE] | pvd[ISO_BLOCK_SIZE + 1] << 8);
	for (i = 0; i < ENTRIES; i++) {
		const uint8_t *e = entry(st, i);
		uint64_t part = ((uint64_t)d2d_le32(e + 8) + d2d_le32(e + 12)) * D2D_SECTOR;

		if (e[4] && i >= OURS)
			bb_error_msg_and_die("'%s' has a partition %d behind the ISO already", st->disk.dev, i + 1);
		if (e[4] && part > end)
			end = part;
	}
	return end;
}

/* Probes the places where a store may begin, from START on. Returns the first with a known content and describes it in
 * THERE, or START if there is none. Places behind the first one aren't probed, because they may be part of its content,
 * such as a disk image in a file. */
static uint64_t find_content(const struct stick *st, uint64_t start, uint64_t limit, struct d2d_volume *there)
{
	uint64_t at = start;
	unsigned i;

	for (i = 0; i < STEPS && at < limit; i++, at += STEP) {
		int r = d2d_disk_probe(&st->disk, at, there);

		if (r < 0)
			bb_error_msg_and_die("can't read '%s': %s", st->disk.dev, strerror(-r));
		if (there->fstype[0])
			return at;
	}
	return start;
}

/* FD is the ISO. */
static void find_room(struct stick *st, int fd)
{
	struct d2d_volume there = { 0 };
	uint64_t needed, limit;

	st->start = (iso_end(st, fd) + STEP - 1) / STEP * STEP;
	needed = st->start + (uint64_t)STORE_MIN_MIB * D2D_MIB;
	if (st->disk.size < needed)
		bb_error_msg_and_die("'%s' is too small: it has %u MiB, the ISO and a store need %u", st->disk.dev,
			(unsigned)(st->disk.size / D2D_MIB), (unsigned)(needed / D2D_MIB));
	/* An MBR holds sector numbers of 32 bits. */
	limit = MIN(st->disk.size, (uint64_t)0xffffffff * D2D_SECTOR);
	/* A store that was made behind a larger ISO begins at a later multiple. */
	st->start = find_content(st, st->start, limit, &there);
	st->size = (limit - st->start) / D2D_MIB * D2D_MIB;

	st->has_store = strcmp(there.label, D2D_STORE_LABEL) == 0
		&& (d2d_volume_is_ext(&there) || strcmp(there.fstype, "crypto_LUKS") == 0);
	if (there.fstype[0] && !st->has_store)
		bb_error_msg_and_die("'%s' has something behind the ISO already, %u MiB from its start: %s", st->disk.dev,
			(unsigned)(st->start / D2D_MIB), there.fstype);
	d2d_volume_clear(&there);
}

static void write_entry(struct stick *st)
{
	uint8_t *e = entry(st, OURS);
	uint32_t start = SWAP_LE32((uint32_t)(st->start / D2D_SECTOR)), size = SWAP_LE32((uint32_t)(st->size / D2D_SECTOR));
	int r;

	/* The CHS addresses get the values that mean "use the LBA fields". */
	memcpy(e, "\0\376\377\377\203\376\377\377", 8);
	e[4] = TYPE_LINUX;
	memcpy(e + 8, &start, 4);
	memcpy(e + 12, &size, 4);
	r = d2d_disk_write(&st->disk, 0, st->mbr, D2D_SECTOR);
	if (r < 0)
		bb_error_msg_and_die("can't write to '%s': %s", st->disk.dev, strerror(-r));
}

/* Returns the disk that carries the medium; the caller frees it. Dies if there is no medium, or if it is an ISO in a file. */
static char *booted_disk(void)
{
	struct d2d_volume *list;
	char *disk = NULL;
	int i, n = d2d_volumes_read(&list);

	for (i = 0; i < n; i++)
		if (list[i].role == D2D_ROLE_MEDIUM)
			disk = d2d_disk_of(list[i].dev);
	d2d_volumes_free(list, MAX(n, 0));
	if (!disk)
		bb_simple_error_msg_and_die("the medium that was booted from is unknown: name a disk");
	if (is_prefixed_with(disk, "/dev/loop"))
		bb_simple_error_msg_and_die("the ISO that was booted from is a file on a disk, not a stick that it was written to: name a disk");
	return disk;
}

/* Asks for the passphrase if a new store is to be encrypted; dies if none is given. */
static void ask_key(const struct stick *st, struct install_key *key)
{
	int r;

	if (!ENABLE_FEATURE_D2DINSTALL_LUKS || !key || st->has_store)
		return;
	r = d2dinstall_key_ask(key, false, 0);
	if (r < 0)
		bb_error_msg_and_die("%s: nothing has changed", d2dinstall_key_error(r));
}

/* Removes an unfinished store: its first MiB, because the next run would take it for a complete store, and its
 * partition in the kernel, which would be in the way of the next run. The partition may be busy for a moment, while the
 * process that waits for USB sticks looks into it. */
static NORETURN void give_up(const struct stick *st)
{
	void *zeros = xzalloc(D2D_MIB);
	unsigned tries = 50;

	while (d2d_disk_partition_drop(&st->disk, OURS + 1) == -EBUSY && --tries)
		usleep(100000);
	d2d_disk_write(&st->disk, st->start, zeros, D2D_MIB);
	bb_error_msg_and_die("can't make a store on '%s'", st->disk.dev);
}

static char *plan(const struct stick *st, const struct install_image *image)
{
	char *store = xasprintf("%s, %u MiB behind the ISO, becomes partition %u", st->has_store ? "the existing store"
		: "a new store (ext4 \""D2D_STORE_LABEL"\")", (unsigned)(st->size / D2D_MIB), OURS + 1), *text;

	if (image->path)
		text = xasprintf("THE PARTITION TABLE AND THE FIRST %u MiB ARE OVERWRITTEN by '%s'; %s",
			(unsigned)((image->size + D2D_MIB - 1) / D2D_MIB), printable_string(image->path), store);
	else
		text = xasprintf("%s; all else stays as it is", store);
	free(store);
	return text;
}

int d2dinstall_stick(const char *path, const char *iso, struct install_key *key, unsigned opt)
{
	struct install_image image = { .fd = -1 };
	struct stick st = { 0 };
	char *text, *booted = NULL;
	int r;

	if (!path)
		path = booted = booted_disk();
	d2dinstall_open(&st.disk, path, opt);
	free(booted);
	if (ENABLE_FEATURE_D2DINSTALL_WRITE && iso) {
		d2dinstall_refuse_used(&st.disk);
		d2dinstall_image_open(&image, iso);
	}
	find_room(&st, iso ? image.fd : st.disk.fd);
	if (key && st.has_store)
		bb_error_msg_and_die("'%s' has a store already: without -e it is used again as it is", st.disk.dev);
	if (key && st.disk.is_file)
		bb_error_msg_and_die("'%s' is not a disk: a store in a file can't be encrypted", st.disk.dev);
	text = plan(&st, &image);
	d2dinstall_consent(&st.disk, opt, text);
	free(text);
	ask_key(&st, key);

	d2dinstall_catch_signals();
	if (ENABLE_FEATURE_D2DINSTALL_WRITE && iso) {
		/* The user may have taken long to answer. */
		d2dinstall_refuse_used(&st.disk);
		d2dinstall_image_write(&image, &st.disk);
	}
	r = d2d_disk_partition_add(&st.disk, OURS + 1, st.start, st.size);
	if (r < 0)
		bb_error_msg_and_die("can't add a partition to '%s': %s", st.disk.dev, strerror(-r));
	if (!st.has_store && d2dinstall_make_store(&st.disk, OURS + 1, st.start, st.size, key) < 0)
		give_up(&st);
	write_entry(&st);
	if (ENABLE_FEATURE_D2DINSTALL_WRITE && iso)
		d2dinstall_image_settle(&st.disk);
	if (ENABLE_FEATURE_D2DINSTALL_LUKS)
		d2dinstall_key_wipe(key);
	printf("The store is on %s: it is used from the next boot on\n", st.disk.dev);
	d2d_disk_close(&st.disk);
	return EXIT_SUCCESS;
}
