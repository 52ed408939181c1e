/*
 * d2dinstall -b DIR: installs the system beside another one, into a directory of its file system, and lets its GRUB
 * start it.
 *
 * The directory holds up to two systems, a/ and b/, and entry.cfg, by which GRUB finds them. A new system replaces the
 * older of the two: the older one is taken out of entry.cfg first, and the new one is entered only after it was read
 * back from the disk. So entry.cfg names only complete systems, whenever power fails. It is created before the first
 * system and removed last: a directory that has an a/ or b/ but no entry.cfg is not ours.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//config:config FEATURE_D2DINSTALL_BESIDE
//config:	bool "Install beside another system, into a directory"
//config:	default y
//config:	depends on D2DINSTALL
//config:	select FEATURE_D2DINSTALL_ISO
//config:	help
//config:	Provides 'd2dinstall -b DIR', for a machine that has its own GRUB.

//kbuild:lib-$(CONFIG_FEATURE_D2DINSTALL_BESIDE) += d2dinstall_beside.o

#include "d2dinstall.h"

#define HEAD "# Made by d2dinstall -b, which replaces it as a whole.\n# systems: "
#define ENTRY "entry.cfg"

enum { SLACK = D2D_MIB, NAMES_MAX = 1000 };

struct beside {
	struct install_place place;
	struct install_source src;
	uint64_t needs;
	smallint is_ours;	/* the directory holds an entry.cfg that d2dinstall has made */
	char now, older;	/* systems that entry.cfg names: 'a', 'b', or '-' for none */
	char other;		/* slot for the new system */
};

/* The installation that undo() removes if it fails; NULL: nothing to undo. */
static struct beside *to_undo;

static char *in_dir(const struct beside *b, const char *name)
{
	return concat_path_file(b->place.dir, name);
}

/* ---- content of the directory ---- */

static void read_entry(struct beside *b)
{
	char *path = in_dir(b, ENTRY), *text, *at;
	size_t len;
	int r = d2d_file_read(path, D2D_MIB, &text, &len);

	b->now = b->older = '-';
	if (r == -ENOENT)
		return;
	at = r < 0 ? NULL : is_prefixed_with(text, HEAD);
	if (!at || !at[0] || !strchr("ab-", at[0]) || !at[1] || !strchr("ab-", at[1]))
		bb_error_msg_and_die("'%s' was not made by d2dinstall: nothing has changed", path);
	b->is_ours = 1;
	b->now = at[0];
	b->older = at[1];
	free(text);
	free(path);
}

static NORETURN void refuse_foreign(const char *dir, const char *name)
{
	bb_error_msg_and_die("'%s' holds '%s', which is not part of debian2docker: name an empty or a new directory", dir,
		printable_string(name));
}

/* Returns the bytes that the system in a slot takes; dies if the slot holds a file that is not ours. */
static uint64_t slot_size_checked(const char *dir)
{
	static const char ours[] ALIGN1 = "vmlinuz\0initramfs.img\0base.sqfs\0slot.cfg\0";
	char **names;
	uint64_t size = 0;
	int i, n = d2d_dir_list(dir, NAMES_MAX, &names);

	if (n < 0)
		bb_error_msg_and_die("can't read '%s': %s", dir, strerror(-n));
	for (i = 0; i < n; i++) {
		char *path = concat_path_file(dir, names[i]);
		struct stat st;

		if (index_in_strings(ours, names[i]) < 0 || lstat(path, &st) != 0 || !S_ISREG(st.st_mode))
			refuse_foreign(dir, names[i]);
		size += st.st_blocks * 512;
		free(path);
	}
	d2d_dir_list_free(names, n);
	return size;
}

/* d2d_file_save() leaves a temporary file of this form if it is interrupted. */
static bool is_leftover(const char *name)
{
	const char *number = is_prefixed_with(name, ENTRY".");

	return number && strcmp(number + strspn(number, "0123456789"), "~") == 0;
}

/* The variant lean reads its base system from this directory at boot. The kernel command line names the file, so the
 * path must be a single plain word, and the image's kernel must be able to mount the file system. */
static void refuse_lean(const struct install_place *p)
{
	const char *rest = p->path + strspn(p->path, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/+");

	if (!d2d_volume_is_ext(&p->volume) && strcmp(p->volume.fstype, "vfat") != 0)
		bb_error_msg_and_die("the variant lean keeps its base system on the medium, "
			"so the file system must be ext4 or vfat, not %s",
			p->volume.fstype);
	if (*rest)
		bb_error_msg_and_die("the variant lean passes '%s' on the kernel command line: name a directory without '%c'",
			p->path, *rest);
}

/* The directory may also be the d2d/ of a medium (docs/media.md); the files of a medium are left alone. */
static void check_directory(struct beside *b)
{
	static const char media[] ALIGN1 = ENTRY"\0images\0hooks\0bin\0layers\0keymaps\0keys\0early.img\0";
	uint64_t freed = 0;
	char **names = NULL;
	int i, n = 0;

	read_entry(b);
	b->other = b->now == 'a' ? 'b' : 'a';
	if (!b->place.is_new)
		n = d2d_dir_list(b->place.dir, NAMES_MAX, &names);
	if (n < 0)
		bb_error_msg_and_die("can't read '%s': %s", b->place.dir, strerror(-n));
	for (i = 0; i < n; i++) {
		char *path = in_dir(b, names[i]);
		struct stat st;

		if (b->is_ours && (strcmp(names[i], "a") == 0 || strcmp(names[i], "b") == 0)
		 && lstat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
			uint64_t size = slot_size_checked(path);

			if (names[i][0] == b->other)
				freed = size;
		} else if (!is_leftover(names[i]) && index_in_strings(media, names[i]) < 0)
			refuse_foreign(b->place.dir, names[i]);
		free(path);
	}
	d2d_dir_list_free(names, n);

	b->needs = b->src.size + SLACK;
	if (b->place.room + freed < b->needs)
		bb_error_msg_and_die("'%s' has too little room: %u MiB are free, the system needs %u", b->place.dev,
			(unsigned)((b->place.room + freed) / D2D_MIB), (unsigned)((b->needs + D2D_MIB - 1) / D2D_MIB));
}

/* ---- what GRUB reads ---- */

/* Returns the version that the slot.cfg of a system names, for the menu ("" if none). The caller frees it. */
static char *version_of(const struct beside *b, char slot)
{
	char *path = xasprintf("%s/%c/slot.cfg", b->place.dir, slot), *text = xmalloc_open_read_close(path, NULL);
	char *at = text ? strstr(text, "version=\"") : NULL;
	char *version;

	at = at ? at + strlen("version=\"") : (char *)"";
	version = xstrndup(at, strspn(at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.+~-_"));
	free(text);
	free(path);
	return version;
}

static char *entry_of(const struct beside *b, char slot, const char *id, const char *word)
{
	const char *uuid = b->place.volume.uuid, *top = b->place.path;
	char *version, *entry;

	if (slot == '-')
		return xstrdup("");
	version = version_of(b, slot);
	entry = xasprintf("\nmenuentry 'debian2docker %s%s' --id %s {\n"
		"	search --no-floppy --fs-uuid --set=root %s\n"
		"	source ($root)'%s/%c/slot.cfg'\n"
		"	echo \"debian2docker $version needs $needs MiB of memory. Loading ...\"\n"
		"	linux ($root)'%s/%c/vmlinuz' d2d.medium=%s $options\n"
		"	initrd ($root)'%s/%c/initramfs.img'\n"
		"}\n", version, word, id, uuid, top, slot, top, slot, uuid, top, slot);
	free(version);
	return entry;
}

static int write_entry(const struct beside *b, char now, char older)
{
	char *path = in_dir(b, ENTRY), *first = entry_of(b, now, "d2d", ""),
		*second = entry_of(b, older, "d2d-previous", " (previous)");
	char *text = xasprintf(HEAD"%c%c\n%s%s", now, older, first, second);
	int r;

	/* FAT doesn't keep the order of writes: the files must be on the disk before entry.cfg names them. */
	r = d2d_disk_settle(b->place.dir);
	if (r == 0)
		r = d2d_file_write(path, text);
	free(text);
	free(second);
	free(first);
	free(path);
	return r;
}

/* Returns the lines that the machine's own GRUB menu needs. The insmod lines are there because GRUB loads the driver of
 * a file system automatically only for the one that holds GRUB's own files. */
static char *menu_lines(const struct beside *b)
{
	const char *fs = b->place.volume.fstype;

	return xasprintf("insmod part_gpt\ninsmod part_msdos\ninsmod %s\n"
		"unset d2d\nsearch --no-floppy --fs-uuid --set=d2d %s\n"
		"if [ -n \"$d2d\" -a -f ($d2d)'%s/"ENTRY"' ]; then\n	source ($d2d)'%s/"ENTRY"'\nfi\n",
		d2d_volume_is_ext(&b->place.volume) ? "ext2" : strcmp(fs, "vfat") == 0 ? "fat" : fs, b->place.volume.uuid,
		b->place.path, b->place.path);
}

/* ---- installing ---- */

static void remove_slot(const struct beside *b, char slot)
{
	char *dir = xasprintf("%s/%c", b->place.dir, slot);

	d2dinstall_slot_remove(b->place.dir, slot);
	rmdir(dir);
	free(dir);
}

static void remove_leftovers(const struct beside *b)
{
	char **names;
	int i, n = d2d_dir_list(b->place.dir, NAMES_MAX, &names);

	for (i = 0; i < n; i++) {
		char *path = in_dir(b, names[i]);

		if (is_leftover(names[i]))
			unlink(path);
		free(path);
	}
	d2d_dir_list_free(names, MAX(n, 0));
}

/* Removes the files of the failed installation. entry.cfg doesn't name them, so the earlier system still starts. */
static void undo(void)
{
	struct beside *b = to_undo;
	char *entry;

	if (!b)
		return;
	to_undo = NULL;
	remove_slot(b, b->other);
	if (b->is_ours)
		return;
	entry = in_dir(b, ENTRY);
	unlink(entry);
	free(entry);
	if (b->place.is_new)
		rmdir(b->place.dir);
}

static void consent(const struct beside *b, unsigned opt, const char *menu)
{
	const struct install_place *p = &b->place;
	char *disk = d2d_disk_of(p->dev), *sysfs = xasprintf("/sys/class/block/%s", bb_basename(disk));
	char *model = d2d_sysfs_read(sysfs, "device/model");

	printf("%s: on %s (%s", p->dir, p->dev, p->volume.fstype);
	if (p->volume.label[0])
		printf(" \"%s\"", printable_string(p->volume.label));
	printf("), %s of %s", make_human_readable_str(p->volume.size, 1, 0),
		model && model[0] ? printable_string(trim(model)) : "a disk");
	printf(". %u MiB are free, %u are needed\n", (unsigned)(p->room / D2D_MIB), (unsigned)((b->needs + D2D_MIB - 1) / D2D_MIB));
	printf("To be done: the system of %s goes into its directory %c", b->src.dev, b->other);
	if (b->now != '-')
		printf("; the one in directory %c stays as \"previous\"", b->now);
	if (menu)
		printf("; lines for it go into %s", menu);
	printf(". Partitions and boot loader stay as they are\n");
	d2dinstall_confirm("directory", bb_basename(p->dir), opt);
	free(model);
	free(sysfs);
	free(disk);
}

static void write_system(struct beside *b)
{
	char sha256[INSTALL_FILES][DIGEST_SIZE];
	int r = 0;

	/* A signal counts as a failure, so that undo() removes a half-written system. */
	d2dinstall_catch_signals();
	if (b->place.is_new && mkdir(b->place.dir, 0755) != 0)
		bb_perror_msg_and_die("can't create directory '%s'", b->place.dir);
	/* Without an entry.cfg of ours, everything that is written to the directory is removed on failure. */
	to_undo = b->is_ours ? NULL : b;
	die_func = undo;
	remove_leftovers(b);
	r = write_entry(b, b->now, '-');
	/* The older system may be overwritten only when entry.cfg on the disk doesn't name it any more. */
	if (r == 0)
		r = d2d_disk_settle(b->place.dir);
	if (r == 0) {
		to_undo = b;
		d2dinstall_slot_write(b->place.dir, b->place.path, b->other, &b->src, sha256);
		d2dinstall_slot_verify(b->place.dir, b->other, &b->src, sha256);
		r = write_entry(b, b->other, b->now);
	}
	if (r == 0) {
		/* entry.cfg names the new system now, so it must not be removed any more. */
		to_undo = NULL;
		r = d2d_disk_settle(b->place.dir);
	}
	if (r < 0)
		bb_error_msg_and_die("can't write '%s/"ENTRY"': %s", b->place.dir, strerror(-r));
}

int d2dinstall_beside(const char *dir, const char *iso, const char *menu, unsigned opt)
{
	struct beside b = { 0 };
	char *lines, *name, *text = NULL;

	d2dinstall_place(&b.place, dir);
	if (b.place.read_only && !(opt & INSTALL_DRY_RUN))
		bb_error_msg_and_die("'%s' is read-only: mount -o remount,rw %s", b.place.dir, b.place.where);
	/* Check the menu file before the ISO is mounted: the directory of the menu may be missing. */
	lines = menu_lines(&b);
	name = xasprintf("d2dinstall %s%s", b.place.volume.uuid, b.place.path);
	if (menu)
		text = d2dinstall_menu_insert(menu, name, lines);
	d2dinstall_source(&b.src, iso, false);
	if (d2dinstall_secureboot())
		bb_simple_error_msg_and_die("this machine has Secure Boot on, and the GRUB of the other system doesn't start this kernel: "
			"use a disk or a stick of its own; nothing has changed");
	if (b.src.is_signed)
		printf("The signatures of %s are left out: the GRUB of the other system doesn't verify them\n", b.src.dev);
	b.src.is_signed = 0;
	if (b.src.is_lean)
		refuse_lean(&b.place);
	check_directory(&b);
	consent(&b, opt, menu);

	write_system(&b);
	if (menu)
		d2dinstall_menu_save(menu, text);
	printf("The system is in %s", b.place.dir);
	if (menu)
		printf(": restart, and choose it in the boot menu\n");
	else
		printf(". To show it in the boot menu, add these lines to the custom.cfg of the machine's own GRUB\n"
			"(/boot/grub/custom.cfg or /boot/grub2/custom.cfg; -g FILE writes them there):\n\n%s", lines);
	free(text);
	free(name);
	free(lines);
	return EXIT_SUCCESS;
}
