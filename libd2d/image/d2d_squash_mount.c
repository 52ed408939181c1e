/*
 * Mounts the layers of a .d2i file in place: a loop device is set up on the squashfs within the file.
 *
 * The mount point of a layer depends only on its chain ID. So the links in Docker's store are valid again as soon as the
 * medium is there again, even if the path of the file has changed. The kernel detaches the loop device when the layer is
 * unmounted.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DIMPORT) += d2d_squash_mount.o

#include <linux/mount.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include "d2d_image.h"

enum { SECTOR = 512, LOOP_MAJOR = 7 };

char *d2d_squash_mountpoint(const char *chain)
{
	/* for tests, which have no /run of their own */
	return concat_path_file(getenv("D2D_LAYERS") ?: D2D_RUN"/layers", chain);
}

static int mount_device(const char *device)
{
	int fs = syscall(SYS_fsopen, "squashfs", FSOPEN_CLOEXEC), fd = -1;

	if (fs < 0)
		return -errno;
	if (syscall(SYS_fsconfig, fs, FSCONFIG_SET_STRING, "source", device, 0) == 0
	 && syscall(SYS_fsconfig, fs, FSCONFIG_SET_FLAG, "ro", NULL, 0) == 0
	 && syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0
	) {
		fd = syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOSUID);
	}
	if (fd < 0)
		fd = -errno;
	close(fs);
	return fd;
}

int d2d_squash_open_root(struct d2d_archive *a, const struct d2d_image_layer *layer, char **why)
{
	char path[D2D_FD_PATH], *device = NULL, *wrong;
	off_t at;
	int loop, fd = d2d_archive_locate(a, layer->member, &at), r = 0;

	if (fd == -EPROTONOSUPPORT)
		return d2d_refuse(why, "compressed as a whole: such a file can't be mounted");
	if (fd < 0)
		return d2d_fail(fd, why, "can't open '%s': %s", layer->member->name, strerror(-fd));
	wrong = d2d_squashfs_check(fd, at, layer->member->size);
	if (!wrong) {
		d2d_fd_path(path, fd);
		loop = set_loop(&device, path, at, (layer->member->size + SECTOR - 1) & ~(off_t)(SECTOR - 1),
			BB_LO_FLAGS_READ_ONLY | BB_LO_FLAGS_AUTOCLEAR);
		r = loop < 0 ? -errno : mount_device(device);
		if (r < 0)
			wrong = loop < 0 ? xasprintf("no loop device: %s", strerror(-r)) : d2d_squashfs_error(fd, at, r);
		if (loop >= 0)
			close(loop);
		free(device);
	}
	if (wrong)
		r = d2d_refuse(why, "can't mount '%s': %s", layer->member->name, wrong);
	free(wrong);
	close(fd);
	return r;
}

/* Returns the device that is mounted on a layer's mount point, or 0 if there is none. */
static dev_t mounted(const char *mountpoint)
{
	char *above = concat_path_file(mountpoint, "..");
	struct stat st, up;
	dev_t dev = stat(mountpoint, &st) == 0 && stat(above, &up) == 0 && st.st_dev != up.st_dev ? st.st_dev : 0;

	free(above);
	return dev;
}

char *d2d_squash_source(const char *chain)
{
	char *mountpoint = d2d_squash_mountpoint(chain), *path, *file;
	dev_t dev = mounted(mountpoint);

	free(mountpoint);
	if (!dev)
		return NULL;
	if (major(dev) != LOOP_MAJOR)
		return xstrdup("");
	path = xasprintf("/sys/dev/block/%u:%u/loop/backing_file", LOOP_MAJOR, minor(dev));
	file = xmalloc_open_read_close(path, NULL);
	free(path);
	if (file)
		chomp(file);
	return file ?: xstrdup("?");
}

bool d2d_squash_is_mounted(const char *chain)
{
	char *file = d2d_squash_source(chain);
	/* If the volume that holds the backing file was unmounted, the path that the kernel shows doesn't lead to the file. */
	bool is_there = file && (!file[0] || access(file, F_OK) == 0);

	free(file);
	return is_there;
}

void d2d_squash_unmount(const char *chain)
{
	char *mountpoint = d2d_squash_mountpoint(chain);

	while (umount2(mountpoint, MNT_DETACH | UMOUNT_NOFOLLOW) == 0)
		continue;
	rmdir(mountpoint);
	free(mountpoint);
}

int d2d_squash_make_mountpoint(const char *chain)
{
	char *mountpoint = d2d_squash_mountpoint(chain), *slash = strrchr(mountpoint, '/');
	int r = d2d_make_parent_dirs(mountpoint);

	*slash = '\0';
	if (chmod(mountpoint, 0700) < 0)
		r = -errno;
	*slash = '/';
	if (r == 0 && mkdir(mountpoint, 0755) < 0 && errno != EEXIST)
		r = -errno;
	free(mountpoint);
	return r;
}

int d2d_squash_mount(struct d2d_archive *a, const struct d2d_image_layer *layer, char **why)
{
	char *mountpoint;
	int fd, r;

	if (d2d_squash_is_mounted(layer->chain))
		return 0;
	/* a mounted layer whose medium is gone would stay below the new one forever */
	d2d_squash_unmount(layer->chain);
	fd = d2d_squash_open_root(a, layer, why);
	if (fd < 0)
		return fd;
	mountpoint = d2d_squash_mountpoint(layer->chain);
	r = d2d_squash_make_mountpoint(layer->chain);
	if (r == 0 && syscall(SYS_move_mount, fd, "", AT_FDCWD, mountpoint, MOVE_MOUNT_F_EMPTY_PATH) < 0)
		r = -errno;
	if (r < 0)
		d2d_refuse(why, "can't mount on '%s': %s", mountpoint, strerror(-r));
	close(fd);
	free(mountpoint);
	return r;
}
