/*
 * d2dinstall -b DIR: the system beside another one: in a folder of its file system, started by its GRUB.
 *
 * The folder holds up to two systems, a/ and b/, and entry.cfg, by which GRUB finds them. A new system goes to where the older
 * one is, which entry.cfg forgets before; it learns of the new one when that was read back. So whenever power fails it names
 * none but whole ones. It comes first and goes last: a folder with an a/ or b/ and without it isn't ours.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//config:config FEATURE_D2DINSTALL_BESIDE
//config:	bool "Install beside another system, into a folder"
//config:	default y
//config:	depends on D2DINSTALL
//config:	help
//config:	'd2dinstall -b DIR': for a machine that has its own GRUB.

//kbuild:lib-$(CONFIG_FEATURE_D2DINSTALL_BESIDE) += d2dinstall_beside.o

#include "d2dinstall.h"

#define HEAD "# Made by d2dinstall -b, which replaces it as a whole.\n# systems: "
#define ENTRY "entry.cfg"

enum { SLACK = D2D_MIB, NAMES_MAX = 1000 };

struct beside {
	struct install_place place;
	struct install_source src;
	uint64_t needs;
	smallint is_ours;	/* there is an entry.cfg of ours */
	char now, older;	/* the systems that it names: 'a', 'b', or '-' */
	char other;		/* where the new one goes */
};

/* What is to be undone when it fails. */
static struct beside *begun;

static char *in_dir(const struct beside *b, const char *name)
{
	return concat_path_file(b->place.dir, name);
}

/* ---- what is there ---- */

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
	bb_error_msg_and_die("'%s' holds what is not of debian2docker, '%s': name a folder that is empty or isn't there", dir, printable_string(name));
}

/* Counts what a system there takes. */
static uint64_t look_at_slot(const char *dir)
{
	static const char ours[] ALIGN1 = "vmlinuz\0initramfs.img\0base.sqfs\0slot.cfg\0";
	char **names;
	uint64_t size = 0;
	int i, n = d2d_folder(dir, NAMES_MAX, &names);

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
	d2d_folder_free(names, n);
	return size;
}

/* Cut short, d2d_file_save() leaves one of these. */
static bool is_leftover(const char *name)
{
	const char *number = is_prefixed_with(name, ENTRY".");

	return number && strcmp(number + strspn(number, "0123456789"), "~") == 0;
}

/* What it keeps there it has to find when it runs: by a word of the kernel's command line, with what its kernel can mount. */
static void refuse_lean(const struct install_place *p)
{
	const char *rest = p->path + strspn(p->path, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/+");

	if (!d2d_volume_is_ext(&p->volume) && strcmp(p->volume.fstype, "vfat") != 0)
		bb_error_msg_and_die("the base system of the variant lean stays on the medium, and ext4 or vfat are needed for it, not %s", p->volume.fstype);
	if (*rest)
		bb_error_msg_and_die("the base system of the variant lean is found by '%s': name a folder without '%c'", p->path, *rest);
}

/* The folder may be a medium's d2d/ as well, docs/media.md: what that has is left alone. */
static void look_inside(struct beside *b)
{
	static const char media[] ALIGN1 = ENTRY"\0images\0hooks\0bin\0layers\0keymaps\0keys\0early.img\0";
	uint64_t freed = 0;
	char **names = NULL;
	int i, n = 0;

	read_entry(b);
	b->other = b->now == 'a' ? 'b' : 'a';
	if (!b->place.is_new)
		n = d2d_folder(b->place.dir, NAMES_MAX, &names);
	if (n < 0)
		bb_error_msg_and_die("can't read '%s': %s", b->place.dir, strerror(-n));
	for (i = 0; i < n; i++) {
		char *path = in_dir(b, names[i]);
		struct stat st;

		if (b->is_ours && (strcmp(names[i], "a") == 0 || strcmp(names[i], "b") == 0) && lstat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
			uint64_t size = look_at_slot(path);

			if (names[i][0] == b->other)
				freed = size;
		} else if (!is_leftover(names[i]) && index_in_strings(media, names[i]) < 0)
			refuse_foreign(b->place.dir, names[i]);
		free(path);
	}
	d2d_folder_free(names, n);

	b->needs = b->src.size + SLACK;
	if (b->place.room + freed < b->needs)
		bb_error_msg_and_die("'%s' has too little room: %u MiB are free, the system needs %u", b->place.dev,
			(unsigned)((b->place.room + freed) / D2D_MIB), (unsigned)((b->needs + D2D_MIB - 1) / D2D_MIB));
}

/* ---- what GRUB reads ---- */

/* The version that a system's slot.cfg tells, for the menu; the caller frees it. */
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
	char *path = in_dir(b, ENTRY), *first = entry_of(b, now, "d2d", ""), *second = entry_of(b, older, "d2d-previous", " (previous)");
	char *text = xasprintf(HEAD"%c%c\n%s%s", now, older, first, second);
	int r;

	/* FAT has no order of its own: what is named must be there before. */
	r = d2d_disk_settle(b->place.dir);
	if (r == 0)
		r = d2d_file_write(path, text);
	free(text);
	free(second);
	free(first);
	free(path);
	return r;
}

/* What the machine's own menu needs. GRUB loads a file system's driver by itself only where its own files lie. */
static char *menu_lines(const struct beside *b)
{
	const char *fs = b->place.volume.fstype;

	return xasprintf("insmod part_gpt\ninsmod part_msdos\ninsmod %s\n"
		"unset d2d\nsearch --no-floppy --fs-uuid --set=d2d %s\n"
		"if [ -n \"$d2d\" -a -f ($d2d)'%s/"ENTRY"' ]; then\n	source ($d2d)'%s/"ENTRY"'\nfi\n",
		d2d_volume_is_ext(&b->place.volume) ? "ext2" : strcmp(fs, "vfat") == 0 ? "fat" : fs, b->place.volume.uuid,
		b->place.path, b->place.path);
}

/* ---- the work ---- */

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
	int i, n = d2d_folder(b->place.dir, NAMES_MAX, &names);

	for (i = 0; i < n; i++) {
		char *path = in_dir(b, names[i]);

		if (is_leftover(names[i]))
			unlink(path);
		free(path);
	}
	d2d_folder_free(names, MAX(n, 0));
}

/* Ours, and unnamed by now; the system that was there runs as before. */
static void undo(void)
{
	struct beside *b = begun;
	char *entry;

	if (!b)
		return;
	begun = NULL;
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
	printf("), %s of %s", make_human_readable_str(p->volume.size, 1, 0), model && model[0] ? printable_string(trim(model)) : "a disk");
	printf(". %u MiB are free, %u are needed\n", (unsigned)(p->room / D2D_MIB), (unsigned)((b->needs + D2D_MIB - 1) / D2D_MIB));
	printf("To be done: the system of %s goes into its folder %c", b->src.dev, b->other);
	if (b->now != '-')
		printf("; the one in folder %c stays as \"previous\"", b->now);
	if (menu)
		printf("; lines for it go into %s", menu);
	printf(". Partitions and boot loader stay as they are\n");
	d2dinstall_agree("folder", bb_basename(p->dir), opt);
	free(model);
	free(sysfs);
	free(disk);
}

static void write_system(struct beside *b)
{
	char sha256[INSTALL_FILES][DIGEST_SIZE];
	int r = 0;

	/* Interrupted is failed: nothing half-written stays. */
	d2dinstall_note_signals();
	if (b->place.is_new && mkdir(b->place.dir, 0755) != 0)
		bb_perror_msg_and_die("can't create directory '%s'", b->place.dir);
	/* A new folder goes as a whole. */
	begun = b->is_ours ? NULL : b;
	die_func = undo;
	remove_leftovers(b);
	r = write_entry(b, b->now, '-');
	/* What is replaced must not be named any more, on the disk neither: until then it stays. */
	if (r == 0)
		r = d2d_disk_settle(b->place.dir);
	if (r == 0) {
		begun = b;
		d2dinstall_slot_write(b->place.dir, b->place.path, b->other, &b->src, sha256);
		d2dinstall_slot_verify(b->place.dir, b->other, &b->src, sha256);
		r = write_entry(b, b->other, b->now);
	}
	if (r == 0) {
		/* The new one is named: from here on it stays. */
		begun = NULL;
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
		bb_error_msg_and_die("'%s' can't be written to: mount -o remount,rw %s", b.place.dir, b.place.where);
	/* Before the mounts of the ISO: a name of the file may need a folder that isn't there. */
	lines = menu_lines(&b);
	name = xasprintf("d2dinstall %s%s", b.place.volume.uuid, b.place.path);
	if (menu)
		text = d2dinstall_menu_with(menu, name, lines);
	d2dinstall_source(&b.src, iso, false);
	if (b.src.is_lean)
		refuse_lean(&b.place);
	look_inside(&b);
	consent(&b, opt, menu);

	write_system(&b);
	if (menu)
		d2dinstall_menu_save(menu, text);
	printf("The system is in %s", b.place.dir);
	if (menu)
		printf(": restart, and choose it in the menu\n");
	else
		printf(". Its entry comes into the menu by these lines in the custom.cfg of the machine's GRUB\n"
			"(/boot/grub/custom.cfg, /boot/grub2/custom.cfg of its own system; -g FILE writes them there):\n\n%s", lines);
	free(text);
	free(name);
	free(lines);
	return EXIT_SUCCESS;
}
