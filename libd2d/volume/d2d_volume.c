/*
 * Lists the volumes of this machine, and reads and writes D2D_VOLUMES, the file in which d2dmount leaves this list for
 * other programs.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_volume.o

#include <glob.h>
#include "d2d_volume_private.h"

static const char role_names[] ALIGN1 = "none\0""medium\0""payload\0""store\0""swap\0";

const char *d2d_role_name(int role)
{
	return nth_string(role_names, role);
}

int d2d_role_named(const char *name)
{
	return index_in_strings(role_names, name);
}

bool d2d_volume_is_ext(const struct d2d_volume *v)
{
	return strlen(v->fstype) == 4 && is_prefixed_with(v->fstype, "ext");
}

/* ---- scan ---- */

static int is_true(const char *dir, const char *name)
{
	char *text = d2d_sysfs_read(dir, name);
	int is = text && strcmp(text, "1") == 0;

	free(text);
	return is;
}

static char *glob_first(const char *dir, const char *pattern)
{
	char *path = concat_path_file(dir, pattern), *first = NULL;
	glob_t g;

	if (glob(path, 0, NULL, &g) == 0)
		first = xstrdup(g.gl_pathv[0]);
	globfree(&g);
	free(path);
	return first;
}

/* Returns 1 for devices that are not probed: memory disks, loop devices and raw flash are never a medium, and an empty
 * floppy drive takes seconds to report that it is empty. */
static int is_skipped(const char *name)
{
	static const char prefixes[] ALIGN1 = "ram\0""loop\0""zram\0""fd\0""mtdblock\0";
	const char *p;

	for (p = prefixes; *p; p += strlen(p) + 1) {
		const char *number = is_prefixed_with(name, p);

		if (number && isdigit(*number))
			return 1;
	}
	/* The boot partitions of an eMMC hold firmware. */
	return is_prefixed_with(name, "mmcblk") && strstr(name, "boot");
}

/* Returns the path of a device node, which the caller frees. Without udev only the device mapper's own tools create
 * /dev/mapper/NAME, so it may be missing. */
static char *device_path(const char *root, const char *dir, const char *name)
{
	char *mapped = d2d_sysfs_read(dir, "dm/name"), *path, *p;

	if (mapped) {
		path = xasprintf("%s/dev/mapper/%s", root, mapped);
		free(mapped);
		if (access(path, F_OK) == 0)
			return path;
		free(path);
	}
	path = xasprintf("%s/dev/%s", root, name);
	/* In sysfs, '!' stands for '/': cciss!c0d0 is /dev/cciss/c0d0. */
	for (p = path + strlen(root); (p = strchr(p, '!')) != NULL;)
		*p = '/';
	return path;
}

static void read_sysfs_properties(struct d2d_volume *v, const char *dir)
{
	char *disk = xmalloc_realpath(dir), *holder, *type, *partition;

	if (!disk)
		return;
	holder = glob_first(dir, "holders/*");
	if (holder) {
		char *mapped = d2d_sysfs_read(holder, "dm/name");

		v->holder = mapped ? xasprintf("/dev/mapper/%s", mapped) : xasprintf("/dev/%s", bb_basename(holder));
		free(mapped);
		free(holder);
	}

	partition = concat_path_file(disk, "partition");
	if (access(partition, F_OK) == 0)
		dirname(disk);
	free(partition);
	type = d2d_sysfs_read(disk, "device/type");
	v->removable = is_true(disk, "removable") || strstr(disk, "/usb") || (type && strcmp(type, "SD") == 0);
	free(type);
	free(disk);

	partition = glob_first(dir, "*/partition");
	v->partitioned = partition != NULL;
	free(partition);
}

/* Probes the device NAME into *V, or takes what R says about it. Returns 1 if it belongs in the list, else 0. */
static int probe_device(const char *root, const char *name, struct d2d_recall *r, struct d2d_volume *v)
{
	char *dir = xasprintf("%s/sys/class/block/%s", root, name);
	char *size = d2d_sysfs_read(dir, "size");
	int worth = 0;

	memset(v, 0, sizeof(*v));
	if (size && strcmp(size, "0") != 0 && !is_true(dir, "hidden")) {
		v->name = xstrdup(name);
		v->dev = device_path(root, dir, name);
		v->err = r ? d2d_recall_probe(r, dir, v) : d2d_volume_probe(v->dev, v);
		v->size = strtoull(size, NULL, 10) * 512;
		read_sysfs_properties(v, dir);
		/* Leave out drives without a disc, and disks that have only partitions: those are listed themselves. */
		worth = v->err != -ENOMEDIUM && (v->err || v->fstype[0] || !v->partitioned);
		if (!worth)
			d2d_volume_clear(v);
	}
	free(size);
	free(dir);
	return worth;
}

static int by_name(const void *a, const void *b)
{
	return strverscmp(((const struct d2d_volume *)a)->name, ((const struct d2d_volume *)b)->name);
}

/* Adds the devices that are not in *SEEN yet. Returns how many devices are new, or a negative errno. */
static int scan_once(const char *root, llist_t **seen, struct d2d_recall *r, struct d2d_volume **list, int *n)
{
	char *path = concat_path_file(root[0] ? root : "/", "sys/class/block");
	DIR *dir = opendir(path);
	struct dirent *de;
	int found = 0;

	free(path);
	if (!dir)
		return -errno;
	while ((de = readdir(dir)) != NULL) {
		if (de->d_name[0] == '.' || is_skipped(de->d_name) || llist_find_str(*seen, de->d_name))
			continue;
		llist_add_to(seen, xstrdup(de->d_name));
		found++;
		*list = xrealloc_vector(*list, 4, *n);
		*n += probe_device(root, de->d_name, r, *list + *n);
	}
	closedir(dir);
	return found;
}

static int scan(const char *root, struct d2d_recall *recall, struct d2d_volume **list)
{
	llist_t *seen = NULL;
	int r, n = 0;

	*list = NULL;
	/* The first open() of a disk waits until the kernel has read its partition table, so new partitions may have
	 * appeared: repeat until there are none. */
	do
		r = scan_once(root, &seen, recall, list, &n);
	while (r > 0);
	llist_free(seen, free);
	if (r < 0) {
		d2d_volumes_free(*list, n);
		*list = NULL;
		return r;
	}
	if (n)
		qsort(*list, n, sizeof(**list), by_name);
	return n;
}

int d2d_volumes_scan_at(const char *root, struct d2d_volume **list)
{
	return scan(root, NULL, list);
}

int d2d_volumes_scan(struct d2d_volume **list)
{
	return scan("", NULL, list);
}

int d2d_volumes_recall(const char *root, struct d2d_volume **list)
{
	struct d2d_recall *recall = d2d_recall_begin(root);
	int n = scan(root, recall, list);

	d2d_recall_end(recall);
	return n;
}

int d2d_volumes_of_files(char **files, struct d2d_volume **list)
{
	int i, n = 0;

	while (files[n])
		n++;
	*list = xzalloc(sizeof(**list) * (n + 1));
	for (i = 0; i < n; i++) {
		struct d2d_volume *v = *list + i;

		v->dev = xstrdup(files[i]);
		v->name = xstrdup(bb_basename(files[i]));
		v->err = d2d_volume_probe(files[i], v);
	}
	return n;
}

void d2d_volume_clear(struct d2d_volume *v)
{
	free(v->dev);
	free(v->name);
	free(v->fstype);
	free(v->uuid);
	free(v->label);
	free(v->holder);
	free(v->mountpoint);
	free(v->why);
	free(v->repair);
	memset(v, 0, sizeof(*v));
}

void d2d_volumes_free(struct d2d_volume *list, int n)
{
	while (n > 0)
		d2d_volume_clear(&list[--n]);
	free(list);
}

/* ---- the file ---- */

enum { DEVICE, ROLE, FSTYPE, UUID, LABEL, MOUNTPOINT, WHY, FIELDS };

static char *field(const char *text)
{
	return xstrdup(strcmp(text, "-") == 0 ? "" : text);
}

static int parse_line(char *line, struct d2d_volume *v)
{
	char *fields[FIELDS];
	int i;

	for (i = 0; i < FIELDS; i++) {
		fields[i] = strsep(&line, "\t");
		if (!fields[i])
			return 0;
	}
	memset(v, 0, sizeof(*v));
	v->dev = xstrdup(fields[DEVICE]);
	v->name = xstrdup(bb_basename(v->dev));
	v->role = d2d_role_named(fields[ROLE]);
	if (v->role < 0)
		v->role = D2D_ROLE_NONE;
	v->fstype = field(fields[FSTYPE]);
	v->uuid = field(fields[UUID]);
	v->label = field(fields[LABEL]);
	if (strcmp(fields[MOUNTPOINT], "-") != 0)
		v->mountpoint = xstrdup(fields[MOUNTPOINT]);
	v->why = field(fields[WHY]);
	return 1;
}

int d2d_volumes_read_at(const char *root, struct d2d_volume **list)
{
	char *path = xasprintf("%s"D2D_VOLUMES, root);
	FILE *f = fopen_for_read(path);
	char *line;
	int n = 0;

	free(path);
	*list = NULL;
	if (!f)
		return -errno;
	while ((line = xmalloc_fgetline(f)) != NULL) {
		*list = xrealloc_vector(*list, 4, n);
		n += parse_line(line, *list + n);
		free(line);
	}
	fclose(f);
	return n;
}

int d2d_volumes_read(struct d2d_volume **list)
{
	return d2d_volumes_read_at("", list);
}

static int is_same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

void d2d_volumes_merge_saved(struct d2d_volume *list, int n, unsigned roles)
{
	struct d2d_volume *known, swap;
	int i, k, n_known = d2d_volumes_read(&known);

	for (i = 0; i < n; i++) {
		struct d2d_volume *v = &list[i];

		if (!v->err && (v->role == D2D_ROLE_NONE || (roles & (1 << v->role))))
			continue;
		for (k = 0; k < n_known; k++) {
			if (strcmp(v->dev, known[k].dev) != 0)
				continue;
			if (!v->err && (strcmp(v->uuid, known[k].uuid) != 0 || !is_same(v->mountpoint, known[k].mountpoint)))
				continue;
			swap = *v;
			*v = known[k];
			known[k] = swap;
			/* The file doesn't hold these fields. */
			v->size = swap.size;
			v->removable = swap.removable;
			v->partitioned = swap.partitioned;
			break;
		}
	}
	d2d_volumes_free(known, n_known);
}

static void put(FILE *f, const char *text, char end)
{
	if (!text || !text[0])
		text = "-";
	for (; *text; text++)
		fputc((unsigned char)*text < ' ' || *text == 0x7f ? '?' : *text, f);
	fputc(end, f);
}

int d2d_volumes_write(const struct d2d_volume *list, int n)
{
	static const char fresh[] ALIGN1 = D2D_VOLUMES".new";
	FILE *f = fopen(fresh, "we");
	int i, err;

	if (!f)
		return -errno;
	for (i = 0; i < n; i++) {
		put(f, list[i].dev, '\t');
		put(f, d2d_role_name(list[i].role), '\t');
		put(f, list[i].fstype, '\t');
		put(f, list[i].uuid, '\t');
		put(f, list[i].label, '\t');
		put(f, list[i].mountpoint, '\t');
		put(f, list[i].why, '\n');
	}
	errno = 0;
	err = ferror(f);
	if (fclose(f) != 0 || err || rename(fresh, D2D_VOLUMES) != 0) {
		err = errno ? -errno : -EIO;
		unlink(fresh);
		return err;
	}
	return 0;
}
