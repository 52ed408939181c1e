/*
 * d2dinstall: opens and mounts the ISO to be installed.
 *
 * All mounts are made in a private mount namespace, on a tmpfs of this process, so that none is left behind however the
 * process ends.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_FEATURE_D2DINSTALL_ISO) += d2dinstall_source.o
#include <sched.h>
#include <sys/mount.h>
#include "d2dinstall.h"

#define TMP D2D_RUN"/install"

enum {
	/* The second partition entry of the MBR that iso/image makes: the FAT for UEFI. */
	MBR_ENTRY = 446 + 16,
};

char *d2dinstall_mount_point(const char *name)
{
	static smallint is_ours;
	char *path;

	if (!is_ours) {
		if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
			bb_simple_perror_msg_and_die("can't create a mount namespace");
		if (mkdir(TMP, 0700) != 0 && errno != EEXIST)
			bb_perror_msg_and_die("can't create directory '%s'", TMP);
		if (mount("install", TMP, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0700") != 0)
			bb_perror_msg_and_die("can't mount on '%s'", TMP);
		is_ours = 1;
	}
	path = concat_path_file(TMP, name);
	if (mkdir(path, 0700) != 0)
		bb_perror_msg_and_die("can't create directory '%s'", path);
	return path;
}

static void mount_part(const char *file, uint64_t offset, uint64_t size, const char *where, const char *fstype)
{
	char *loop = NULL;
	int fd = set_loop(&loop, file, offset, size, BB_LO_FLAGS_READ_ONLY | BB_LO_FLAGS_AUTOCLEAR);

	if (fd < 0)
		bb_error_msg_and_die("no loop device for '%s'", file);
	if (mount(loop, where, fstype, MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_SILENT, NULL) != 0)
		bb_perror_msg_and_die("'%s' is not a debian2docker ISO: can't mount its %s", file, fstype);
	close(fd);
	free(loop);
}

/* Returns the device of the ISO that was booted from; the caller frees it. Dies if the system was not booted from an
 * ISO. */
static char *booted_iso(void)
{
	struct d2d_volume *list;
	char *dev = NULL;
	int i, n = d2d_volumes_read(&list);

	for (i = 0; i < n; i++)
		if (list[i].role == D2D_ROLE_MEDIUM && strcmp(list[i].fstype, "iso9660") == 0)
			dev = xstrdup(list[i].dev);
	d2d_volumes_free(list, MAX(n, 0));
	if (!dev)
		bb_simple_error_msg_and_die("this system was not booted from an ISO: name one with -i");
	return dev;
}

static void add_size(struct install_source *src, const char *name)
{
	char *path = concat_path_file(src->iso, name);
	struct stat st;

	if (lstat(path, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size == 0)
		bb_error_msg_and_die("'%s' is not a debian2docker ISO that can be installed: it has no /%s", src->dev, name);
	src->size += st.st_size;
	free(path);
}

static void mount_iso(struct install_source *src, bool whole)
{
	uint8_t mbr[D2D_SECTOR];
	uint32_t start, size;

	src->fd = xopen(src->dev, O_RDONLY | O_CLOEXEC);
	if (full_read(src->fd, mbr, sizeof(mbr)) != sizeof(mbr) || mbr[MBR_ENTRY + 4] != 0xef
	 || mbr[510] != 0x55 || mbr[511] != 0xaa)
		bb_error_msg_and_die("'%s' is not a debian2docker ISO", src->dev);
	move_from_unaligned32(start, mbr + MBR_ENTRY + 8);
	move_from_unaligned32(size, mbr + MBR_ENTRY + 12);

	src->iso = d2dinstall_mount_point("iso");
	mount_part(src->dev, 0, 0, src->iso, "iso9660");
	if (!whole)
		return;
	src->efi = d2dinstall_mount_point("efi");
	mount_part(src->dev, (uint64_t)SWAP_LE32(start) * D2D_SECTOR, (uint64_t)SWAP_LE32(size) * D2D_SECTOR, src->efi, "vfat");
}

void d2dinstall_source(struct install_source *src, const char *path, bool whole)
{
	struct stat st;
	char *base;

	memset(src, 0, sizeof(*src));
	src->fd = -1;
	src->dev = path ? xstrdup(path) : booted_iso();
	if (!whole && stat(src->dev, &st) == 0 && S_ISDIR(st.st_mode))
		src->iso = src->dev;
	else
		mount_iso(src, whole);
	add_size(src, "boot/vmlinuz");
	add_size(src, "boot/initramfs.img");
	add_size(src, "boot/grub/slot.cfg");
	if (whole)
		add_size(src, "boot/grub/disk.cfg");
	base = concat_path_file(src->iso, "boot/base.sqfs");
	src->is_lean = access(base, F_OK) == 0;
	if (src->is_lean)
		add_size(src, "boot/base.sqfs");
	free(base);
	base = concat_path_file(src->iso, "boot/vmlinuz.sig");
	src->is_signed = access(base, F_OK) == 0;
	if (src->is_signed) {
		add_size(src, "boot/vmlinuz.sig");
		add_size(src, "boot/initramfs.img.sig");
		add_size(src, INSTALL_EFI);
	}
	free(base);
}
