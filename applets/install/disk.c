/*
 * d2dinstall DISK: installs on a whole disk: a GPT with a BIOS boot partition, a FAT for UEFI that holds GRUB's menu
 * and two slots, and the store.
 *
 * Power may fail at any time. So the disk is blanked first, and the boot code is written last, after all files that it
 * starts were read back: BOOTX64.EFI for UEFI, the code in the MBR for BIOS.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_FEATURE_D2DINSTALL_DISK) += d2dinstall_disk.o
#include <sys/mount.h>
#include "d2dinstall.h"

#define SFDISK "/usr/sbin/sfdisk"

enum {
	BIOS_PART = 1, EFI_PART, STORE_PART,

	/* From 260 MiB on, mkfs.vfat uses clusters of 4 KiB, and so makes a FAT32. */
	EFI_MIN_MIB = 320,

	/* GRUB, grub-core/boot/i386/pc: boot.S, in the MBR, holds the sector number of diskboot.S, and diskboot.S that
	 * of the rest of the core image. The core image for a CD begins with cdboot.S, 2048 bytes. For the ISO, xorriso
	 * fills in these numbers (iso/image). */
	MBR_CODE = 440,
	MBR_CORE = 0x1b0,
	CDBOOT = 2048,
	DISKBOOT_REST = CDBOOT + 500,
	CORE_MAX = D2D_MIB,
};

struct target {
	struct d2d_disk disk;
	struct install_source src;
	uint64_t folder;	/* bytes that the d2d/ of the ISO takes */
	unsigned efi_mib, store_mib;
	char *top;		/* mount point of the FAT */
	char *efi;		/* device of the FAT */
	char *uuid;
};

/* ---- checks, sizes ---- */

/* Refuses a target disk that carries the ISO to be installed, by whatever path it was named. An ISO that is a file
 * needs no check: its file system is mounted, and d2dinstall_refuse_used() refuses a disk with a mounted volume. */
static void refuse_source(const struct target *t)
{
	char *dev = xmalloc_realpath(t->src.dev), *disk;
	struct stat st;

	if (!dev || stat(dev, &st) != 0)
		bb_perror_msg_and_die("can't open '%s'", t->src.dev);
	disk = d2d_disk_of(dev);
	if (S_ISBLK(st.st_mode) && strcmp(disk, t->disk.dev) == 0)
		bb_error_msg_and_die("'%s' contains the ISO that is to be installed", t->disk.dev);
	free(disk);
	free(dev);
}

static void plan_sizes(struct target *t)
{
	unsigned mib = t->disk.size / D2D_MIB;

	/* The FAT has room for two slots, and half as much again for larger systems to come. */
	t->folder = d2dinstall_folder_size(&t->src);
	t->efi_mib = MAX(EFI_MIN_MIB, (t->src.size * 3 + t->folder) / D2D_MIB + 32);
	/* 1 MiB each for the partition table, its backup at the end of the disk, and the BIOS boot partition. */
	if (mib < t->efi_mib + 3 + STORE_MIN_MIB)
		bb_error_msg_and_die("'%s' is too small: it has %u MiB, system and store need %u", t->disk.dev, mib,
			t->efi_mib + 3 + STORE_MIN_MIB);
	t->store_mib = mib - t->efi_mib - 3;
}

/* ---- the partition table ---- */

static void make_blank(const struct target *t)
{
	void *zeros = xzalloc(D2D_MIB);
	int r = d2d_disk_write(&t->disk, 0, zeros, D2D_MIB);

	if (r == 0)
		r = d2d_disk_write(&t->disk, t->disk.size - D2D_MIB, zeros, D2D_MIB);
	if (r < 0)
		bb_error_msg_and_die("can't write to '%s': %s", t->disk.dev, strerror(-r));
	free(zeros);
}

static void make_table(const struct target *t)
{
	char *argv[] = { (char *)SFDISK, (char *)"-q", (char *)"--wipe", (char *)"always", (char *)"--wipe-partitions",
		(char *)"always", t->disk.dev, NULL };
	char *script = xasprintf("label: gpt\n"
		"start=1MiB, size=1MiB, type=21686148-6449-6E6F-744E-656564454649, name=D2D-BIOS\n"
		"size=%uMiB, type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B, name=D2D-BOOT\n"
		"size=%uMiB, type=0FC63DAF-8483-4772-8E79-3D69D8477DE4, name="D2D_STORE_LABEL"\n", t->efi_mib, t->store_mib);
	int fd = memfd_create("script", 0);

	if (fd < 0)
		bb_simple_perror_msg_and_die("memfd_create");
	xwrite_str(fd, script);
	xlseek(fd, 0, SEEK_SET);
	xmove_fd(fd, STDIN_FILENO);
	if (spawn_and_wait(argv) != 0)
		bb_error_msg_and_die("can't make partitions on '%s'", t->disk.dev);
	free(script);
}

/* ---- the FAT ---- */

static void make_fat(struct target *t)
{
	char *argv[] = { (char *)"mkfs.vfat", (char *)"-n", (char *)"D2D-BOOT", NULL, NULL };
	struct d2d_volume v = { 0 };

	t->efi = d2d_disk_partition(&t->disk, EFI_PART);
	argv[3] = t->efi;
	if (spawn_and_wait(argv) != 0 || d2d_volume_probe(t->efi, &v) < 0 || strcmp(v.fstype, "vfat") != 0 || !v.uuid[0])
		bb_error_msg_and_die("can't make a FAT on '%s'", t->efi);
	t->uuid = xstrdup(v.uuid);
	d2d_volume_clear(&v);
}

static void mount_fat(struct target *t, unsigned long flags)
{
	unsigned tries = 100;

	if (!t->top)
		t->top = d2dinstall_mount_point("disk");
	/* The process that waits for USB sticks sees a new volume and mounts it for a moment to look inside, and
	 * meanwhile mount() fails with EBUSY. */
	while (mount(t->efi, t->top, "vfat", flags | MS_NOSUID | MS_NODEV | MS_NOEXEC, "utf8") != 0) {
		if (errno != EBUSY || --tries == 0)
			bb_perror_msg_and_die("can't mount '%s'", t->efi);
		usleep(100000);
	}
}

static void unmount_fat(struct target *t)
{
	if (umount(t->top) != 0)
		bb_perror_msg_and_die("can't write '%s'", t->efi);
}

static void put_text(const struct target *t, const char *name, const char *text)
{
	char *path = concat_path_file(t->top, name);
	int r = d2d_make_parent_dirs(path);

	if (r == 0)
		r = d2d_file_write(path, text);
	if (r < 0)
		bb_error_msg_and_die("can't write '%s': %s", path, strerror(-r));
	free(path);
}

/* Copies what GRUB loads behind the initramfs: the cpio header in front of d2d/early.img (iso/image), and public keys that
 * were added to the ISO ('d2d-host iso'). */
static void put_behind(const struct target *t)
{
	static const char names[] ALIGN1 = "boot/early.cpio\0" "boot/keys.img\0";
	const char *name;

	for (name = names; *name; name += strlen(name) + 1) {
		char *from = concat_path_file(t->src.iso, name), *to = concat_path_file(t->top, name);

		if (access(from, F_OK) == 0 && copy_file(from, to, 0) != 0)
			xfunc_die();
		free(to);
		free(from);
	}
}

static void put_menu(const struct target *t)
{
	char *from = concat_path_file(t->src.iso, "boot/grub/disk.cfg"), *menu = xmalloc_xopen_read_close(from, NULL);
	struct install_env env = { .good = 'a' };
	char *text = xasprintf("set medium=%s\n%s", t->uuid, menu);
	int r;

	put_text(t, "boot/grub/grub.cfg", text);
	free(text);
	text = xasprintf("search --set=root --fs-uuid %s\nset prefix=($root)/boot/grub\nconfigfile /boot/grub/grub.cfg\n", t->uuid);
	put_text(t, "EFI/BOOT/grub.cfg", text);
	r = d2dinstall_env_write(t->top, &env);
	if (r < 0)
		bb_error_msg_and_die("can't write GRUB's environment: %s", strerror(-r));
	free(text);
	free(menu);
	free(from);
}

/* Creates the directory of the other slot now. If power fails while a directory is created on a FAT, the entry that is
 * left may be unusable, and then no update could write to this slot. */
static void make_other(const struct target *t)
{
	char *dir = concat_path_file(t->top, "b");

	if (mkdir(dir, 0755) != 0)
		bb_perror_msg_and_die("can't create directory '%s'", dir);
	free(dir);
}

/* ---- boot code ---- */

static void settle(const struct target *t)
{
	int r = d2d_disk_settle(t->top);

	if (r < 0)
		bb_error_msg_and_die("can't write '%s': %s", t->efi, strerror(-r));
}

static void set_sector(char *at, uint64_t sector)
{
	sector = SWAP_LE64(sector);
	memcpy(at, &sector, sizeof(sector));
}

static void put_bios(const struct target *t)
{
	char *path = concat_path_file(t->src.iso, "boot/grub/bios.img");
	size_t len = CORE_MAX;
	char *core = xmalloc_xopen_read_close(path, &len), mbr[D2D_SECTOR];
	int r;

	if (len <= CDBOOT + D2D_SECTOR || len >= CORE_MAX)
		bb_error_msg_and_die("'%s' is not a GRUB core image", path);
	set_sector(core + DISKBOOT_REST, (D2D_MIB + CDBOOT) / D2D_SECTOR + 1);
	r = d2d_disk_write(&t->disk, D2D_MIB, core, len);
	if (r == 0 && pread(t->disk.fd, mbr, sizeof(mbr), 0) != sizeof(mbr))
		r = -EIO;
	if (r == 0 && pread(t->src.fd, mbr, MBR_CODE, 0) != MBR_CODE)
		r = -EIO;
	set_sector(mbr + MBR_CORE, (D2D_MIB + CDBOOT) / D2D_SECTOR);
	if (r == 0)
		r = d2d_disk_write(&t->disk, 0, mbr, sizeof(mbr));
	if (r < 0)
		bb_error_msg_and_die("can't write to '%s': %s", t->disk.dev, strerror(-r));
	free(core);
	free(path);
}

int d2dinstall_disk(const char *path, const char *iso, struct install_key *key, unsigned opt)
{
	char *plan, *efi, sha256[INSTALL_FILES][DIGEST_SIZE];
	struct target t = { 0 };
	int r = 0;

	d2dinstall_open(&t.disk, path, opt);
	if (t.disk.is_file)
		bb_error_msg_and_die("'%s' is not a disk", path);
	d2dinstall_refuse_used(&t.disk);
	d2dinstall_source(&t.src, iso, true);
	refuse_source(&t);
	d2dinstall_refuse_unsigned(&t.src);
	plan_sizes(&t);
	d2dinstall_folder_check(&t.src);
	plan = xasprintf("ALL OF IT IS OVERWRITTEN: a new partition table, %u MiB for the system%s, "
		"%u MiB for the store (ext4 \""D2D_STORE_LABEL"\")",
		t.efi_mib, t.folder ? " and the ISO's d2d/" : "", t.store_mib);
	d2dinstall_consent(&t.disk, opt, plan);
	free(plan);
	if (ENABLE_FEATURE_D2DINSTALL_LUKS && key)
		r = d2dinstall_key_ask(key, false, 0);
	if (r < 0)
		bb_error_msg_and_die("%s: nothing has changed", d2dinstall_key_error(r));

	/* The user may have taken long to answer. */
	d2dinstall_refuse_used(&t.disk);
	make_blank(&t);
	make_table(&t);
	make_fat(&t);
	mount_fat(&t, 0);
	d2dinstall_slot_write(t.top, "", 'a', &t.src, sha256);
	if (t.folder)
		d2dinstall_folder_write(&t.src, t.top);
	make_other(&t);
	put_menu(&t);
	put_behind(&t);
	unmount_fat(&t);
	mount_fat(&t, MS_RDONLY);
	d2dinstall_slot_verify(t.top, 'a', &t.src, sha256);
	if (t.folder)
		d2dinstall_folder_verify(&t.src, t.top);
	unmount_fat(&t);
	/* From here on a signal doesn't kill this process, so that an encrypted store is never left open. */
	d2dinstall_catch_signals();
	if (d2dinstall_make_store(&t.disk, STORE_PART, 0, (uint64_t)t.store_mib * D2D_MIB, key) < 0)
		bb_error_msg_and_die("can't make a store on '%s'", t.disk.dev);
	mount_fat(&t, 0);
	settle(&t);
	efi = concat_path_file(t.src.efi, INSTALL_EFI);
	d2dinstall_efi_write(efi, t.top);
	free(efi);
	unmount_fat(&t);
	put_bios(&t);
	if (ENABLE_FEATURE_D2DINSTALL_LUKS)
		d2dinstall_key_wipe(key);
	printf("The system is on %s: restart, and boot from it\n", t.disk.dev);
	return EXIT_SUCCESS;
}
