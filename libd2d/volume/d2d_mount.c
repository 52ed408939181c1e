/*
 * Mounts volumes according to their role, and finds out which volumes are mounted. Nothing here writes to a volume,
 * except e2fsck to the store.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D_MOUNT) += d2d_mount.o

#include <sys/mount.h>
#include <sys/swap.h>
#include "d2d_volume_private.h"

#define E2FSCK "/usr/sbin/e2fsck"

/* The kernel's name of each file system, and its mount options in addition to those of all read-only volumes. */
static const struct fs {
	const char *fstype;
	const char *type, *data;
	/* Even a read-only mount may write to the device, to replay a journal or to mark the file system. A read-only
	 * loop device prevents this. */
	smallint sealed;
} kinds[] = {
	/* File names are in UTF-8, and every file is executable, whatever the umask of this process is. */
	{ "vfat", "vfat", "utf8,umask=022", 0 },
	{ "exfat", "exfat", "iocharset=utf8,umask=022", 0 },
	{ "iso9660", "iso9660", "iocharset=utf8", 0 },
	{ "squashfs", "squashfs", NULL, 0 },
	{ "xfs", "xfs", "norecovery", 1 },
	{ "btrfs", "btrfs", "rescue=nologreplay", 1 },
	{ "ntfs", "ntfs3", "iocharset=utf8,umask=022", 1 },
	/* noload: don't replay the journal. */
	{ "", "ext4", "noload", 0 },
};

static const struct fs *kind_of(const struct d2d_volume *v)
{
	const struct fs *fs = kinds;

	while (fs->fstype[0] && strcmp(fs->fstype, v->fstype) != 0)
		fs++;
	return fs;
}

static bool needs_loop(const struct d2d_volume *v)
{
	return v->partitioned || v->is_file || kind_of(v)->sealed;
}

/* ---- what is mounted? ---- */

char *d2d_loop_file(const char *loop)
{
	char *dir, *file;

	if (!is_prefixed_with(loop, "/dev/loop"))
		return NULL;
	dir = xasprintf("/sys/class/block/%s", bb_basename(loop));
	file = d2d_sysfs_read(dir, "loop/backing_file");
	free(dir);
	return file;
}

/* Whether two paths are equal or lead to the same block device. */
static bool is_same(const char *dev, const char *other)
{
	struct stat st, its;

	if (strcmp(dev, other) == 0)
		return true;
	return *dev == '/' && *other == '/' && stat(dev, &st) == 0 && S_ISBLK(st.st_mode)
		&& stat(other, &its) == 0 && S_ISBLK(its.st_mode) && st.st_rdev == its.st_rdev;
}

/* Returns where a device is mounted, by itself or through a loop device over it, or NULL; the caller frees it. D2D_ISO counts only
 * if it is mounted nowhere else. */
static char *mount_point_of(const char *dev)
{
	FILE *mounts = setmntent("/proc/mounts", "r");
	char *where = NULL;
	struct mntent *m;

	while (mounts && (!where || strcmp(where, D2D_ISO) == 0) && (m = getmntent(mounts)) != NULL) {
		char *below = d2d_loop_file(m->mnt_fsname);

		if (is_same(m->mnt_fsname, dev) || (below && is_same(below, dev))) {
			free(where);
			where = xstrdup(m->mnt_dir);
		}
		free(below);
	}
	if (mounts)
		endmntent(mounts);
	return where;
}

void d2d_mounts_find(struct d2d_volume *list, int n)
{
	int i;

	for (i = 0; i < n; i++)
		if (!list[i].mountpoint)
			list[i].mountpoint = mount_point_of(list[i].dev);
}

char *d2d_mounted_on(const char *dir)
{
	FILE *mounts = setmntent("/proc/mounts", "r");
	char *dev = NULL;
	struct mntent *m;

	/* The last one covers those before it. */
	while (mounts && (m = getmntent(mounts)) != NULL) {
		if (strcmp(m->mnt_dir, dir) == 0) {
			free(dev);
			dev = xstrdup(m->mnt_fsname);
		}
	}
	if (mounts)
		endmntent(mounts);
	return dev;
}

char *d2d_iso_volume(void)
{
	char *dev = d2d_mounted_on(D2D_ISO), *below = dev ? d2d_loop_file(dev) : NULL;

	if (!below)
		return dev;
	free(dev);
	return below;
}

/* ---- mounting ---- */

char *d2d_mount_target(const struct d2d_volume *v)
{
	if (v->role == D2D_ROLE_PAYLOAD)
		return concat_path_file(D2D_PAYLOAD, v->name);
	return xstrdup(v->role == D2D_ROLE_STORE ? D2D_STORE : D2D_MEDIUM);
}

static const char *mount_options_of(const struct d2d_volume *v)
{
	return v->role == D2D_ROLE_STORE ? "errors=remount-ro" : kind_of(v)->data;
}

char *d2d_mount_command(const struct d2d_volume *v)
{
	const char *data = mount_options_of(v);
	char *target = d2d_mount_target(v);
	char *command = xasprintf("mount -t %s -o %s%s%s%s %s %s", kind_of(v)->type,
		v->role == D2D_ROLE_STORE ? "rw" : "ro,nosuid,nodev", needs_loop(v) ? ",loop" : "",
		data ? "," : "", data ? data : "", v->dev, target);

	free(target);
	return command;
}

static int fail(struct d2d_volume *v, int err, const char *what)
{
	d2d_role_set(v, v->role, "%s: %s", what, strerror(-err));
	return err;
}

/* Mounts DEV, the volume or a loop device over it. TARGET, which is malloc'ed, becomes its mount point. */
static int do_mount(struct d2d_volume *v, const char *dev, char *target)
{
	unsigned long flags = v->role == D2D_ROLE_STORE ? 0 : MS_RDONLY | MS_NOSUID | MS_NODEV;

	if (mount(dev, target, kind_of(v)->type, flags | MS_SILENT, mount_options_of(v)) != 0) {
		int err = -errno;

		rmdir(target);
		free(target);
		return err;
	}
	free(v->mountpoint);
	v->mountpoint = target;
	return 0;
}

/* While a whole disk is mounted, its partitions can't be mounted, and one of them may be the store. A mount through a
 * loop device does not block them. */
static int mount_by_loop(struct d2d_volume *v, char *target)
{
	char *loop = NULL;
	int r, fd = set_loop(&loop, v->dev, 0, 0, BB_LO_FLAGS_READ_ONLY | BB_LO_FLAGS_AUTOCLEAR);

	if (fd < 0)
		return v->partitioned ? do_mount(v, v->dev, target) : -errno;
	r = do_mount(v, loop, target);
	close(fd);
	free(loop);
	return r;
}

int d2d_mount(struct d2d_volume *v)
{
	char *target = d2d_mount_target(v);
	int r = needs_loop(v) ? mount_by_loop(v, target) : do_mount(v, v->dev, target);

	if (r == -ENODEV)
		d2d_role_set(v, v->role, "this kernel can't mount %s", v->fstype);
	else if (r == -EUCLEAN && v->role == D2D_ROLE_STORE)
		d2d_role_set(v, v->role, "damaged: 'e2fsck -f %s' repairs it and asks before each change", v->dev);
	else if (r < 0)
		fail(v, r, "can't mount it");
	return r;
}

/* The kernel doesn't mount a device read-write while it is mounted read-only, and e2fsck doesn't check a mounted one. So a store is
 * mounted through a read-only loop device, which doesn't count. */
int d2d_mount_for_iso(struct d2d_volume *v)
{
	int role = v->role, r;

	v->role = D2D_ROLE_NONE;
	if (role == D2D_ROLE_STORE || needs_loop(v))
		r = mount_by_loop(v, xstrdup(D2D_ISO));
	else
		r = do_mount(v, v->dev, xstrdup(D2D_ISO));
	v->role = role;
	return r;
}

/* Exit status of e2fsck(8): 1 and 2 mean that all errors were corrected, 4 that errors are left, and all others that
 * there was no check. */
static int judge_e2fsck(struct d2d_volume *v, int code)
{
	char *repair;

	if (code >= 0 && code < 4)
		return code != 0;
	repair = d2d_ext_repair(v->dev);
	if (code > 0 && code < 8)
		d2d_role_set(v, v->role,
			"damaged, and e2fsck -p can't repair it: '%s' does so and asks before each change", repair);
	else
		d2d_role_set(v, v->role, "e2fsck -p can't check it (%d): '%s' shows why", code, repair);
	free(repair);
	return -EUCLEAN;
}

/* Without e2fsck, the store may be mounted only if it is marked clean: it was unmounted properly, or only its journal
 * has to be replayed. */
static int judge_state(struct d2d_volume *v, int fd)
{
	struct d2d_ext ext;

	if (d2d_ext_read(fd, D2D_EXT_AT, &ext) == 0 && ext.state == D2D_EXT_CLEAN)
		return 0;
	d2d_role_set(v, v->role, "was not unmounted cleanly, and there is no "E2FSCK" to check it");
	return -EUCLEAN;
}

int d2d_store_check(struct d2d_volume *v)
{
	char *argv[] = { (char *)E2FSCK, (char *)"-p", v->dev, NULL };
	int r = 0, read_only = 0, fd = open(v->dev, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return fail(v, -errno, "can't write to it");
	ioctl(fd, BLKROGET, &read_only);
	if (read_only)
		r = fail(v, -EROFS, "can't write to it");
	else if (access(E2FSCK, X_OK) != 0)
		r = judge_state(v, fd);
	close(fd);
	return r < 0 || access(E2FSCK, X_OK) != 0 ? r : judge_e2fsck(v, spawn_and_wait(argv));
}

int d2d_swap_on(struct d2d_volume *v)
{
	if (swapon(v->dev, 0) == 0)
		return 1;
	return errno == EBUSY ? 0 : fail(v, -errno, "can't swap to it");
}

/* ---- payloads ---- */

static void unmount_payload(const char *path)
{
	umount2(path, MNT_DETACH);
	rmdir(path);
}

void d2d_payload_check_directory(struct d2d_volume *v)
{
	char *dir = concat_path_file(v->mountpoint, "d2d");
	struct stat st;

	if (stat(dir, &st) == 0 && S_ISDIR(st.st_mode)) {
		d2d_role_set(v, v->role, "%s, has a directory d2d/", v->removable ? "removable" : "labelled");
	} else {
		d2d_role_set(v, D2D_ROLE_NONE, "has no directory d2d/");
		unmount_payload(v->mountpoint);
		free(v->mountpoint);
		v->mountpoint = mount_point_of(v->dev);
		if (v->mountpoint && strcmp(v->mountpoint, D2D_ISO) == 0)
			d2d_role_set(v, D2D_ROLE_NONE, D2D_HOLDS_ISO);
	}
	free(dir);
}

void d2d_payloads_drop_gone(const struct d2d_volume *list, int n)
{
	DIR *dir = opendir(D2D_PAYLOAD);
	struct dirent *de;
	int i;

	if (!dir)
		return;
	while ((de = readdir(dir)) != NULL) {
		char *path = concat_subpath_file(D2D_PAYLOAD, de->d_name);

		for (i = 0; path && i < n; i++)
			if (list[i].mountpoint && strcmp(list[i].mountpoint, path) == 0)
				break;
		if (path && i == n)
			unmount_payload(path);
		free(path);
	}
	closedir(dir);
}
