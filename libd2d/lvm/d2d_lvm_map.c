/*
 * Maps LVM2's linear volumes with the kernel's device mapper, under the names that LVM uses. This changes only the
 * kernel's tables and writes to no disk.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_FEATURE_D2DMOUNT_LVM) += d2d_lvm_map.o

#include <glob.h>
#include <sys/mount.h>
#include "d2d_lvm_text.h"

/* lvm2 lib/activate/dev_manager.c, UUID_PREFIX */
#define PREFIX "LVM-"

enum {
	BUSY_TRIES = 10,
	BUSY_WAIT = 100000,	/* microseconds between two of them */
};

static int run(struct dm_task *task)
{
	int err = 0;

	if (!dm_task_run(task)) {
		err = -dm_task_get_errno(task);
		if (!err)
			err = -ENODEV;	/* the kernel has no device mapper */
	}
	dm_task_update_nodes();
	return err;
}

static bool disks_are_read_only(const struct d2d_lvm_group *g, const struct d2d_lvm_volume *lv)
{
	unsigned i;

	for (i = 0; i < lv->n_pieces; i++) {
		int read_only = 0, fd = open(g->disk[lv->piece[i].disk].volume->dev, O_RDONLY | O_CLOEXEC);

		if (fd >= 0) {
			ioctl(fd, BLKROGET, &read_only);
			close(fd);
		}
		if (read_only)
			return true;
	}
	return false;
}

static bool add_targets(struct dm_task *task, const struct d2d_lvm_group *g, const struct d2d_lvm_volume *lv)
{
	unsigned i;
	bool added = true;

	for (i = 0; added && i < lv->n_pieces; i++) {
		const struct d2d_lvm_piece *piece = &lv->piece[i];
		char *params = d2d_lvm_target(g, piece, false);

		added = dm_task_add_target(task, piece->start * g->extent, piece->count * g->extent, "linear", params);
		free(params);
	}
	return added;
}

static int create(const struct d2d_lvm_group *g, const struct d2d_lvm_volume *lv)
{
	struct dm_task *task = dm_task_create(DM_DEVICE_CREATE);
	char *uuid = xasprintf(PREFIX"%s%s", g->id, lv->id);
	int r = -ENOMEM;

	if (task && dm_task_set_name(task, lv->name) && dm_task_set_uuid(task, uuid) && add_targets(task, g, lv)
	 && (!(lv->read_only || disks_are_read_only(g, lv)) || dm_task_set_ro(task)))
		r = run(task);
	if (task)
		dm_task_destroy(task);
	free(uuid);
	return r;
}

int d2d_lvm_map(const struct d2d_lvm_group *g, struct d2d_lvm_volume *lv)
{
	int r;

	if (lv->active)
		return 0;
	d2d_lvm_silence_log();
	r = create(g, lv);
	dm_lib_release();
	if (r < 0) {
		lv->why = xasprintf("it can't be mapped: %s", strerror(-r));
		return r;
	}
	lv->active = 1;
	return 1;
}

/* ---- unmapping ---- */

/* Removes a mapping. Returns 0 or a negative errno, -EBUSY if the mapping is in use. DEFERRED: the kernel then removes it after its
 * last user has closed it. */
static int drop(const char *name, bool deferred)
{
	struct dm_task *task = dm_task_create(DM_DEVICE_REMOVE);
	int r = -ENOMEM;

	if (task && dm_task_set_name(task, name) && (!deferred || dm_task_deferred_remove(task)))
		r = run(task);
	if (task)
		dm_task_destroy(task);
	dm_lib_release();
	return r;
}

/* Returns whether a file system on a mapping is mounted, or another mapping uses it. */
static bool is_used(const char *dir, const char *name)
{
	char *holders = concat_path_file(dir, "holders/*"), *dev = concat_path_file("/dev/mapper", name);
	glob_t g;
	bool used = glob(holders, 0, NULL, &g) == 0 || find_mount_point(dev, 0) != NULL;

	globfree(&g);
	free(holders);
	free(dev);
	return used;
}

/* Returns whether a device that a mapping is built on is gone: its symbolic link in sysfs remains, but dangles. */
static bool lacks_disk(const char *dir)
{
	char *pattern = concat_path_file(dir, "slaves/*");
	bool lacks = false;
	glob_t g;
	size_t i;

	if (glob(pattern, 0, NULL, &g) == 0)
		for (i = 0; i < g.gl_pathc; i++)
			lacks |= access(g.gl_pathv[i], F_OK) != 0;
	globfree(&g);
	free(pattern);
	return lacks;
}

/* Unmounts payloads on a mapping whose disk is gone, because they are gone as well. */
static void unmount_payloads(const char *name)
{
	char *dev = concat_path_file("/dev/mapper", name);
	struct mntent *m;

	while ((m = find_mount_point(dev, 0)) != NULL && is_prefixed_with(m->mnt_dir, D2D_PAYLOAD"/")) {
		char *dir = xstrdup(m->mnt_dir);
		int r = umount2(dir, MNT_DETACH);

		rmdir(dir);
		free(dir);
		if (r != 0)
			break;
	}
	free(dev);
}

void d2d_lvm_unmap(bool gone)
{
	glob_t g;
	size_t i;
	unsigned tries;

	d2d_lvm_silence_log();
	if (glob("/sys/class/block/dm-*", 0, NULL, &g) == 0)
		for (i = 0; i < g.gl_pathc; i++) {
			char *uuid = d2d_sysfs_read(g.gl_pathv[i], "dm/uuid"), *name = d2d_sysfs_read(g.gl_pathv[i], "dm/name");

			if (uuid && name && is_prefixed_with(uuid, PREFIX) && (!gone || lacks_disk(g.gl_pathv[i]))) {
				if (gone)
					unmount_payloads(name);
				/* a program that scans all volumes has it open for a moment */
				for (tries = BUSY_TRIES; drop(name, gone) == -EBUSY && --tries && !is_used(g.gl_pathv[i], name);)
					usleep(BUSY_WAIT);
			}
			free(uuid);
			free(name);
		}
	globfree(&g);
}
