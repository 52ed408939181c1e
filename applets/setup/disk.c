/*
 * d2dsetup: the page for the store and the installation. d2dinstall shows what is on the disk and asks for its name before it
 * writes anything.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DSETUP) += d2dsetup_disk.o

#include "d2dsetup.h"
#include "d2d_volume.h"

#define TITLE "Store or installation"

enum { DISKS_MAX = 64, SECTOR = 512 };

/* Reads a line of a file of the disk in sysfs; "" if there is none. The caller frees it. */
static char *property(const struct d2dsetup *s, const char *disk, const char *name)
{
	char *dir = xasprintf("%s/sys/block/%s", s->root, disk), *text = d2d_sysfs_read(dir, name), *line;

	line = d2d_printable(text ? text : "", text ? strcspn(text, "\n") : 0);
	trim(line);
	free(text);
	free(dir);
	return line;
}

/* Whether a disk can be written to as a whole, by its kernel name. Returns a line for the menu, which the caller frees, or NULL. */
static char *describe(const struct d2dsetup *s, const char *name)
{
	static const char others[] ALIGN1 = "loop\0""ram\0""zram\0""dm-\0""md\0""sr\0""fd\0";
	char *size, *read_only, *vendor, *model, *text = NULL;
	const char *p;

	for (p = others; *p; p += strlen(p) + 1)
		if (is_prefixed_with(name, p))
			return NULL;
	size = property(s, name, "size");
	read_only = property(s, name, "ro");
	vendor = property(s, name, "device/vendor");
	model = property(s, name, "device/model");
	if (strtoull(size, NULL, 10) && strcmp(read_only, "1") != 0)
		text = xasprintf("%-10s %8s  %.16s %.24s", name, make_human_readable_str(strtoull(size, NULL, 10), SECTOR, 0), vendor, model);
	free(model);
	free(vendor);
	free(read_only);
	free(size);
	return text;
}

/* Lets the user choose a disk. Returns its path in /dev, which the caller frees, or NULL. */
static char *choose_disk(const struct d2dsetup *s)
{
	char *dir = xasprintf("%s/sys/block", s->root), **names, *disk = NULL;
	const char *items[DISKS_MAX + 1], *name_of[DISKS_MAX];
	int i, k = 0, n = d2d_dir_list(dir, DISKS_MAX, &names), chosen = -1;

	for (i = 0; i < n; i++) {
		items[k] = describe(s, names[i]);
		if (items[k])
			name_of[k++] = names[i];
	}
	items[k] = NULL;
	if (k)
		chosen = d2dsetup_menu(TITLE, "The disk. What is on it is shown before anything is written.", "Back", items, 0);
	else
		d2dsetup_message(TITLE, "There is no disk.");
	if (chosen >= 0) {
		char *p;

		disk = xasprintf("/dev/%s", name_of[chosen]);
		/* sysfs writes '!' for a '/' in the name of a device. */
		for (p = disk; *p; p++)
			if (*p == '!')
				*p = '/';
	}
	while (k)
		free((char *)items[--k]);
	if (n >= 0)
		d2d_dir_list_free(names, n);
	free(dir);
	return disk;
}

void d2dsetup_disk(const struct d2dsetup *s)
{
	static const char *targets[] = { "A store on the stick or disk that was booted from", "System and store on a whole disk", NULL },
		*ways[] = { "Not encrypted", "Encrypted: each boot asks for a passphrase", NULL };
	const char *argv[] = { "d2dinstall", NULL, NULL, NULL }, **arg = argv + 1;
	char *disk = NULL;
	int target, way = 0;

	targets[1] = ENABLE_FEATURE_D2DINSTALL_DISK ? targets[1] : NULL;
	target = d2dsetup_menu(TITLE, "The store keeps Docker's images, containers and volumes, the home directory and the settings. "
		"Nothing is written before you have typed the name of the disk.", "Back", targets, 0);
	if (target < 0)
		return;
	if (target == 1) {
		disk = choose_disk(s);
		if (!disk)
			return;
	}
	if (ENABLE_FEATURE_D2DINSTALL_LUKS)
		way = d2dsetup_menu(TITLE, "Whether the store is encrypted:", "Back", ways, 0);
	if (way >= 0) {
		if (way == 1)
			*arg++ = "-e";
		*arg = disk ? disk : "-s";
		d2dsetup_terminal(s, argv);
	}
	free(disk);
}
