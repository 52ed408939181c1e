/*
 * Finds the LVM2 volume groups that the disks of this machine form, and which of their volumes can be used.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_FEATURE_D2DMOUNT_LVM) += d2d_lvm.o

#include <sys/sysmacros.h>
#include "d2d_lvm.h"

enum { SECTOR = 512 };

struct found {
	struct d2d_volume *volume;
	struct d2d_lvm_label label;
	const char *why;	/* why the disk can't be used; NULL if it can */
	struct d2d_lvm_group *group;	/* group whose metadata names this disk */
};

static bool is_disk(const struct d2d_volume *v)
{
	return !v->err && strcmp(v->fstype, "LVM2_member") == 0;
}

static const char *read_label(struct found *disk)
{
	int fd = open(disk->volume->dev, O_RDONLY | O_CLOEXEC);
	const char *why;
	off_t size;

	if (fd < 0)
		return "its label can't be read";
	size = lseek(fd, 0, SEEK_END);
	why = d2d_lvm_label_read(fd, size < 0 ? 0 : size, &disk->label);
	close(fd);
	return why;
}

bool d2d_lvm_is_off(void)
{
	char *option = d2d_option("lvm");
	bool off = option && strcmp(option, "no") == 0;

	free(option);
	return off;
}

/* ---- the newest metadata of each group ---- */

static void set_group_reason(struct d2d_lvm_group *g, const char *why)
{
	if (!g->why)
		g->why = xstrdup(why);
}

/* Adds a group, or keeps the newest copy if the group is known already: older copies are left on a disk that was
 * detached for a time, or if the power failed during an update. Takes over FRESH. */
static void add_group(struct d2d_lvm *lvm, struct d2d_lvm_group *fresh)
{
	unsigned i;

	for (i = 0; i < lvm->n; i++) {
		struct d2d_lvm_group *known = lvm->group[i];

		if (strcmp(known->id, fresh->id) != 0)
			continue;
		if (known->seqno == fresh->seqno && strcmp(known->text, fresh->text) != 0)
			set_group_reason(known, "two copies of its metadata differ");
		if (known->seqno < fresh->seqno) {
			lvm->group[i] = fresh;
			fresh = known;
		}
		d2d_lvm_group_free(fresh);
		return;
	}
	lvm->group = xrealloc_vector(lvm->group, 3, lvm->n);
	lvm->group[lvm->n++] = fresh;
}

static struct d2d_lvm_disk *disk_in(const struct d2d_lvm_group *g, const char *id)
{
	unsigned i;

	for (i = 0; i < g->n_disks; i++)
		if (strcmp(g->disk[i].id, id) == 0)
			return &g->disk[i];
	return NULL;
}

static void read_texts(struct d2d_lvm *lvm, struct found *disk)
{
	struct d2d_lvm_group *g;
	const char *why;
	unsigned i;

	for (i = 0; i < D2D_LVM_AREAS; i++) {
		if (!disk->label.text[i])
			continue;
		g = d2d_lvm_group_read(disk->label.text[i], disk->label.len[i], &why);
		if (g && !disk_in(g, disk->label.id)) {
			d2d_lvm_group_free(g);
			g = NULL;
			why = "its metadata is that of a group without this disk";
		}
		if (g)
			add_group(lvm, g);
		else
			disk->why = why;
	}
}

/* ---- disks of groups ---- */

/* The group's metadata must place the data where the disk's own label does, so that a volume can never overlap the
 * metadata. */
static bool has_room(const struct d2d_lvm_group *g, const struct d2d_lvm_disk *disk, const struct d2d_lvm_label *label)
{
	uint64_t start = disk->start * SECTOR;

	return start == label->data && disk->extents <= (label->data_end - start) / SECTOR / g->extent;
}

static void claim(struct d2d_lvm_group *g, struct found *disk)
{
	struct d2d_lvm_disk *member = disk_in(g, disk->label.id);

	if (!member)
		return;
	if (disk->group && disk->group != g) {
		set_group_reason(disk->group, "another group claims one of its disks, too");
		set_group_reason(g, "another group claims one of its disks, too");
	}
	disk->group = g;
	if (member->volume)
		set_group_reason(g, "one of its disks is there twice: one is a copy");
	else if (!has_room(g, member, &disk->label))
		set_group_reason(g, "its metadata doesn't fit its disks");
	member->volume = disk->volume;
}

static void check_missing_disks(struct d2d_lvm_group *g)
{
	unsigned i, missing = 0;

	for (i = 0; i < g->n_disks; i++)
		missing += !g->disk[i].volume;
	if (missing && !g->why)
		g->why = xasprintf("%u of its %u disks %s missing", missing, g->n_disks, missing == 1 ? "is" : "are");
}

static void check_equal_names(struct d2d_lvm *lvm)
{
	unsigned i, k;

	for (i = 0; i < lvm->n; i++)
		for (k = i + 1; k < lvm->n; k++)
			if (strcmp(lvm->group[i]->name, lvm->group[k]->name) == 0) {
				set_group_reason(lvm->group[i], "another group has the same name");
				set_group_reason(lvm->group[k], "another group has the same name");
			}
}

/* Marks the volumes that are mapped already, recognised by the name of their mapping. Hyphens are doubled in it, so
 * "my-vg" with "lv" and "my" with "vg-lv" have different names. */
static void mark_active_volumes(struct d2d_lvm_group *g)
{
	unsigned i;

	for (i = 0; i < g->n_volumes; i++) {
		char *path = concat_path_file("/dev/mapper", g->volume[i].name);

		g->volume[i].active = !g->volume[i].why && !g->why && access(path, F_OK) == 0;
		free(path);
	}
}

static void set_disk_reason(const struct found *disk)
{
	const struct d2d_lvm_group *g = disk->group;
	struct d2d_volume *v = disk->volume;

	/* The reason already names the device that holds this disk. */
	if (v->holder)
		return;
	if (disk->why && !g)
		d2d_role_set(v, v->role, "part of an LVM group, but %s", disk->why);
	else if (!g)
		d2d_role_set(v, v->role, "part of an LVM group that is not here");
	else if (g->why)
		d2d_role_set(v, v->role, "part of the LVM group %s, which isn't activated: %s", g->name, g->why);
	else
		d2d_role_set(v, v->role, "part of the LVM group %s", g->name);
}

void d2d_lvm_find(struct d2d_lvm *lvm, struct d2d_volume *list, int n)
{
	struct found *disk = xzalloc(sizeof(*disk) * (n + 1));
	unsigned k, n_disks = 0;
	int i;

	memset(lvm, 0, sizeof(*lvm));
	for (i = 0; i < n; i++) {
		if (!is_disk(&list[i]))
			continue;
		disk[n_disks].volume = &list[i];
		disk[n_disks].why = read_label(&disk[n_disks]);
		read_texts(lvm, &disk[n_disks++]);
	}
	for (k = 0; k < lvm->n; k++) {
		for (i = 0; i < (int)n_disks; i++)
			if (disk[i].label.id[0])
				claim(lvm->group[k], &disk[i]);
		check_missing_disks(lvm->group[k]);
	}
	check_equal_names(lvm);
	for (k = 0; k < lvm->n; k++)
		mark_active_volumes(lvm->group[k]);
	for (i = 0; i < (int)n_disks; i++) {
		set_disk_reason(&disk[i]);
		d2d_lvm_label_clear(&disk[i].label);
	}
	free(disk);
}

void d2d_lvm_free(struct d2d_lvm *lvm)
{
	unsigned i;

	for (i = 0; i < lvm->n; i++)
		d2d_lvm_group_free(lvm->group[i]);
	free(lvm->group);
	memset(lvm, 0, sizeof(*lvm));
}

static void add_row(struct d2d_volume *v, const struct d2d_lvm_group *g, const struct d2d_lvm_volume *lv, bool off)
{
	memset(v, 0, sizeof(*v));
	v->dev = concat_path_file("/dev/mapper", lv->name);
	v->name = xstrdup(lv->name);
	v->fstype = xstrdup("");
	v->uuid = xstrdup("");
	v->label = xstrdup("");
	v->size = d2d_lvm_size(g, lv) * SECTOR;
	if (g->why)
		d2d_role_set(v, D2D_ROLE_NONE, "LVM: its group isn't activated: %s", g->why);
	else if (lv->why)
		d2d_role_set(v, D2D_ROLE_NONE, "LVM: %s", lv->why);
	else
		d2d_role_set(v, D2D_ROLE_NONE, "LVM: %s", off ? "d2d.lvm=no" : "not activated yet, d2dmount does it");
}

int d2d_lvm_add_rows(const struct d2d_lvm *lvm, struct d2d_volume **list, int n, bool off)
{
	unsigned i, k;

	for (i = 0; i < lvm->n; i++)
		for (k = 0; k < lvm->group[i]->n_volumes; k++) {
			const struct d2d_lvm_volume *lv = &lvm->group[i]->volume[k];

			if (lv->active || lv->hidden)
				continue;
			*list = xrealloc(*list, sizeof(**list) * (n + 1));
			add_row(*list + n++, lvm->group[i], lv, off);
		}
	return n;
}

char *d2d_lvm_target(const struct d2d_lvm_group *g, const struct d2d_lvm_piece *piece, bool names)
{
	const struct d2d_lvm_disk *disk = &g->disk[piece->disk];
	unsigned long long at = disk->start + piece->at * g->extent;
	struct stat st;

	if (names || stat(disk->volume->dev, &st) != 0)
		return xasprintf("%s %llu", disk->volume->dev, at);
	return xasprintf("%u:%u %llu", major(st.st_rdev), minor(st.st_rdev), at);
}
