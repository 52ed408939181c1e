/*
 * d2diso: writes the new ISO beside its final place, checks that it is as bootable as the old one, and renames it.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DISO) += d2diso_write.o

#include <sys/mman.h>
#include <sys/statvfs.h>
#include "d2diso.h"

enum {
	INTERVAL = 50 * 1000,	/* microseconds between two looks at the size of the ISO */
	OVERHEAD = 512 * 1024,	/* bytes that directories and padding may take more than in the old ISO */
	PER_FILE = 2 * D2D_ISO_BLOCK + 512,
};

static void refuse_space(const struct d2diso *d, off_t size)
{
	char *dir = xstrdup(d->tmp);
	struct statvfs fs;

	if (statvfs(dirname(dir), &fs) == 0 && (off_t)fs.f_bavail * (off_t)fs.f_frsize < size)
		bb_error_msg_and_die("'%s' has too little room: the ISO needs about %llu MB, %llu MB are free", dir,
			(unsigned long long)size / 1000000, (unsigned long long)fs.f_bavail * fs.f_frsize / 1000000);
	free(dir);
}

static off_t expected_size(const struct d2diso *d)
{
	off_t size = d->iso.end + OVERHEAD;
	unsigned i;

	for (i = 0; i < d->n; i++)
		size += d->add[i].size + PER_FILE;
	return size;
}

/* Runs xorriso and shows how much it has written. */
static void run(struct d2diso *d, off_t size)
{
	int commands = d2diso_commands(d), messages = memfd_create("messages", MFD_CLOEXEC), status;
	pid_t pid = d2d_xorriso_start(commands, messages);
	struct d2diso_bar bar;
	char *why = NULL;
	struct stat st;

	d2diso_bar_begin(&bar, d, "writing", size);
	while (safe_waitpid(pid, &status, WNOHANG) == 0) {
		if (bb_got_signal) {
			kill(pid, SIGKILL);
			safe_waitpid(pid, &status, 0);
			d2diso_obey();
		}
		d2diso_bar_set(&bar, stat(d->tmp, &st) == 0 ? st.st_size : 0);
		usleep(INTERVAL);
	}
	d2diso_bar_end(&bar);
	close(commands);
	if (d2d_xorriso_end(status, messages, &why) < 0)
		bb_error_msg_and_die("can't write '%s': %s", printable_string(d->out), why);
	close(messages);
}

/* Writes the new UUID over the old one in the FAT for UEFI, whose grub.cfg names it. */
static void patch_fat(const struct d2diso *d, int fd)
{
	enum { TABLE = 446, ENTRY = 16, SECTOR = 512, FAT_MAX = 64 * 1024 * 1024 };
	uint8_t mbr[SECTOR];
	uint32_t at, size;
	char *fat, *p;

	if (pread(fd, mbr, sizeof(mbr), 0) != sizeof(mbr))
		bb_perror_msg_and_die("can't read '%s'", d->tmp);
	at = d2d_le32(mbr + TABLE + ENTRY + 8);
	size = d2d_le32(mbr + TABLE + ENTRY + 12);
	if (!size || size > FAT_MAX / SECTOR)
		bb_simple_error_msg_and_die("xorriso has not copied the FAT for UEFI");
	fat = xmalloc((size_t)size * SECTOR);
	if (pread(fd, fat, (size_t)size * SECTOR, (off_t)at * SECTOR) != (ssize_t)size * SECTOR)
		bb_perror_msg_and_die("can't read '%s'", d->tmp);
	for (p = fat; (p = memmem(p, fat + (size_t)size * SECTOR - p, d->iso.uuid, D2D_ISO_UUID)) != NULL; p += D2D_ISO_UUID)
		if (pwrite(fd, d->uuid, D2D_ISO_UUID, (off_t)at * SECTOR + (p - fat)) != D2D_ISO_UUID)
			bb_perror_msg_and_die("can't write '%s'", printable_string(d->out));
	free(fat);
}

/* Reads the new ISO as 'd2d-host check' does, except for the checksums. */
static void check(const struct d2diso *d)
{
	llist_t *faults = NULL;
	struct d2d_iso iso;
	char *why = NULL;

	if (d2d_iso_open(&iso, d->tmp, &why) < 0)
		bb_error_msg_and_die("xorriso has not written a usable ISO: %s", why);
	d2d_iso_boot_check(&iso, &faults);
	if (faults)
		bb_error_msg_and_die("xorriso has not written a usable ISO: %s", faults->data);
	d2d_iso_close(&iso);
}

void d2diso_write(struct d2diso *d)
{
	off_t size = expected_size(d);
	char *is_signed;
	mode_t mask = umask(0);
	int fd;

	umask(mask);
	d->tmp = xasprintf("%s.XXXXXX", d->out);
	fd = mkstemp(d->tmp);
	if (fd < 0) {
		int err = errno;

		free(d->tmp);
		d->tmp = NULL;
		errno = err;
		bb_perror_msg_and_die("can't write '%s'", printable_string(d->out));
	}
	refuse_space(d, size);
	run(d, size);
	/* The menu in a signed GRUB names the UUID, too, and nothing in there may change. */
	is_signed = d2d_iso_info(&d->iso, D2D_ISO_SECUREBOOT);
	if (!is_signed)
		patch_fat(d, fd);
	free(is_signed);
	/* Without fsync(), as cp does it: an ISO can be made again. */
	if (fchmod(fd, 0666 & ~mask) < 0)
		bb_perror_msg_and_die("can't write '%s'", printable_string(d->out));
	close(fd);
	check(d);
	if (rename(d->tmp, d->out) < 0)
		bb_perror_msg_and_die("can't rename '%s' to '%s'", d->tmp, printable_string(d->out));
	free(d->tmp);
	d->tmp = NULL;
}
