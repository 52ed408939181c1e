/*
 * d2dinstall -s -i: writes an ISO to a disk. The first sector, with the partition table and the code that starts GRUB, is left
 * to the caller, who writes it last: from a disk that was pulled out earlier nothing starts.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//config:config FEATURE_D2DINSTALL_WRITE
//config:	bool "Write an ISO and a store to a stick in one go"
//config:	default n
//config:	depends on D2DINSTALL
//config:	select FEATURE_D2DINSTALL_ISO
//config:	help
//config:	Provides 'd2dinstall -s -i ISO DISK', which 'd2d-host stick' uses.

//kbuild:lib-$(CONFIG_FEATURE_D2DINSTALL_WRITE) += d2dinstall_write.o
#include <linux/fs.h>
#include "d2dinstall.h"
#include "d2d_archive.h"

enum {
	PIECE = D2D_MIB,
	TABLE = 446,
	ENTRY = 16,
	ENTRIES = 4,
	PVD = 0x8000,
	PVD_BLOCKS = 80,
	BLOCK = 2048,
};

void d2dinstall_image_open(struct install_image *image, const char *path)
{
	uint8_t mbr[D2D_SECTOR], pvd[D2D_SECTOR];
	struct stat st;
	unsigned i;

	image->path = path;
	image->fd = xopen(path, O_RDONLY | O_CLOEXEC);
	xfstat(image->fd, &st, path);
	if (pread(image->fd, mbr, sizeof(mbr), 0) != sizeof(mbr) || pread(image->fd, pvd, sizeof(pvd), PVD) != sizeof(pvd)
	 || mbr[510] != 0x55 || mbr[511] != 0xaa || memcmp(pvd, "\001CD001", 6) != 0)
		bb_error_msg_and_die("'%s' is not a debian2docker ISO", printable_string(path));
	image->size = (uint64_t)d2d_le32(pvd + PVD_BLOCKS) * BLOCK;
	for (i = 0; i < ENTRIES; i++) {
		const uint8_t *e = mbr + TABLE + i * ENTRY;

		if (e[4])
			image->size = MAX(image->size, ((uint64_t)d2d_le32(e + 8) + d2d_le32(e + 12)) * D2D_SECTOR);
	}
	if (S_ISREG(st.st_mode) && (uint64_t)st.st_size < image->size)
		bb_error_msg_and_die("'%s' is truncated", printable_string(path));
}

static void obey(const struct d2d_disk *disk)
{
	if (bb_got_signal)
		bb_error_msg_and_die("interrupted: nothing starts from '%s' now", disk->dev);
}

/* Reads all but the first sector of FROM, writes it to the disk if TO is that, and computes its digest. */
static void copy(const struct d2d_disk *disk, int from, int to, uint64_t size, const char *what, uint8_t digest[32])
{
	char *piece = xmalloc(PIECE);
	int tty = isatty(STDERR_FILENO);
	uint64_t at = D2D_SECTOR;
	bb_progress_t bar;
	sha256_ctx_t ctx;

	sha256_begin(&ctx);
	bb_progress_init(&bar, what);
	while (at < size) {
		size_t len = MIN(size - at, PIECE - at % PIECE);

		obey(disk);
		if (pread(from, piece, len, at) != (ssize_t)len)
			bb_perror_msg_and_die("can't read %s", to < 0 ? disk->dev : "the ISO");
		sha256_hash(&ctx, piece, len);
		if (to >= 0 && pwrite(to, piece, len, at) != (ssize_t)len)
			bb_perror_msg_and_die("can't write to '%s'", disk->dev);
		at += len;
		if (tty)
			bb_progress_update(&bar, 0, at, size);
	}
	if (tty)
		bb_putchar_stderr('\n');
	bb_progress_free(&bar);
	sha256_end(&ctx, digest);
	free(piece);
}

void d2dinstall_image_settle(const struct d2d_disk *disk)
{
	unsigned tries = 50;

	/* A process that looks at new volumes may have one open for a moment. */
	while (!disk->is_file && ioctl(disk->fd, BLKRRPART) < 0 && errno == EBUSY && --tries)
		usleep(100000);
}

void d2dinstall_image_write(const struct install_image *image, const struct d2d_disk *disk)
{
	uint8_t written[32], read_back[32];
	char *zeros = xzalloc(D2D_SECTOR);
	int r = d2d_disk_write(disk, 0, zeros, D2D_SECTOR);

	if (r < 0)
		bb_error_msg_and_die("can't write to '%s': %s", disk->dev, strerror(-r));
	d2dinstall_image_settle(disk);
	copy(disk, image->fd, disk->fd, image->size, "writing", written);
	if (fsync(disk->fd) < 0)
		bb_perror_msg_and_die("can't write to '%s'", disk->dev);
	/* What is verified must come from the disk, not from the page cache. */
	posix_fadvise(disk->fd, 0, 0, POSIX_FADV_DONTNEED);
	copy(disk, disk->fd, -1, image->size, "verifying", read_back);
	if (memcmp(written, read_back, sizeof(written)) != 0)
		bb_error_msg_and_die("'%s' doesn't read back as it was written: it isn't usable", disk->dev);
	free(zeros);
}
