/*
 * Opens a file on a volume that is not mounted: the volume is mounted read-only for as long as the file is open, and
 * nobody else can see this mount.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D_MOUNT) += d2d_volume_file.o

#include <sys/file.h>
#include <sys/mount.h>
#include "d2d_volume.h"

int d2d_open_in(const char *dir, const char *path)
{
	int top = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC), fd;
	struct stat st;

	if (top < 0)
		return -errno;
	while (*path == '/')
		path++;
	fd = d2d_open_beneath(top, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	close(top);
	if (fd >= 0 && (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))) {
		close(fd);
		fd = -EINVAL;
	}
	return fd;
}

int d2d_volume_file_open(struct d2d_volume *v, const char *path)
{
	/* The lock is d2dmount's: without it, a d2dmount that runs at the same time would take our mount for one of its
	 * own. */
	int role = v->role, fd, lock;
	char *target;

	if (v->mountpoint)
		return d2d_open_in(v->mountpoint, path);
	if (v->err || v->holder || !v->fstype[0])
		return -ENODEV;

	lock = open(D2D_VOLUMES".lock", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	if (lock >= 0)
		flock(lock, LOCK_EX);
	v->role = D2D_ROLE_PAYLOAD;
	target = d2d_mount_target(v);
	fd = bb_make_directory(target, 0700, FILEUTILS_RECUR) == 0 ? d2d_mount(v) : -errno;
	if (fd == 0) {
		fd = d2d_open_in(target, path);
		/* The detached mount goes away when the file is closed. */
		umount2(target, MNT_DETACH);
		rmdir(target);
		free(v->mountpoint);
		v->mountpoint = NULL;
	}
	v->role = role;
	free(target);
	if (lock >= 0)
		close(lock);
	return fd;
}

int d2d_place_parse(const char *text, struct d2d_place *place)
{
	unsigned long long *number[] = { &place->offset, &place->size };
	const char *path = strchr(text, ':'), *end;
	unsigned i;

	memset(place, 0, sizeof(*place));
	if (!path || path == text)
		return -EINVAL;
	end = strchrnul(++path, ':');
	if (end == path)
		return -EINVAL;
	for (i = 0; i < ARRAY_SIZE(number) && *end; i++) {
		const char *digits = end + 1;

		end = strchrnul(digits, ':');
		if (end == digits || strspn(digits, "0123456789") != (size_t)(end - digits) || end - digits > 9)
			return -EINVAL;
		*number[i] = strtoull(digits, NULL, 10);
	}
	if (*end)
		return -EINVAL;
	place->volume = xstrndup(text, path - 1 - text);
	place->path = xstrndup(path, strchrnul(path, ':') - path);
	return 0;
}

bool d2d_place_is_on(const struct d2d_place *place, const struct d2d_volume *v)
{
	return !place->volume || strcmp(v->label, place->volume) == 0 || (v->uuid[0] && strcasecmp(v->uuid, place->volume) == 0);
}
