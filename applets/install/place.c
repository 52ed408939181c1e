/*
 * d2dinstall: describes a directory as GRUB sees it: the file system that holds it, and its path from the top of that
 * file system.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_FEATURE_D2DINSTALL_BESIDE) += d2dinstall_place.o
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include "d2dinstall.h"

/* A line of /proc/PID/mountinfo (proc(5)): TOP is the directory of the file system that is mounted (other than / for a
 * bind mount or a subvolume), WHERE its mount point, SOURCE the mounted device. */
struct mount_line {
	char *top, *where, *source;
	unsigned major, minor;
};

static char *unescape(const char *text)
{
	char *out = xmalloc(strlen(text) + 1);

	strcpy_and_process_escape_sequences(out, text);
	return out;
}

/* Returns the mount ID of a descriptor, -1 if unknown. Of mounts on top of each other, this is the visible one. */
static int mount_of(int fd)
{
	char *path = xasprintf("/proc/self/fdinfo/%d", fd), *info = xmalloc_open_read_close(path, NULL);
	char *line = info ? strstr(info, "mnt_id:") : NULL;
	int id = line ? atoi(line + strlen("mnt_id:")) : -1;

	free(info);
	free(path);
	return id;
}

static void read_mount(int fd, struct mount_line *m)
{
	FILE *mounts = xfopen_for_read("/proc/self/mountinfo");
	int id = mount_of(fd), found = 0;
	char *line;

	while (!found && (line = xmalloc_fgetline(mounts)) != NULL) {
		char *top, *where, *rest = strstr(line, " - "), *source = rest ? strchr(rest + 3, ' ') : NULL;
		int n;

		if (source && sscanf(line, "%d %*d %u:%u %ms %ms", &n, &m->major, &m->minor, &top, &where) == 5) {
			found = n == id;
			if (found) {
				m->top = unescape(top);
				m->where = unescape(where);
				source++;
				*strchrnul(source, ' ') = '\0';
				m->source = unescape(source);
			}
			free(top);
			free(where);
		}
		free(line);
	}
	fclose(mounts);
	if (!found)
		bb_simple_error_msg_and_die("can't find the mount of the directory");
}

/* Returns the device by its kernel name; the caller frees it. Btrfs uses device numbers of its own, so there the
 * mount's source names the device. */
static char *device_of(const struct mount_line *m, const char *dir)
{
	unsigned major = m->major, minor = m->minor;
	struct stat st;
	char *path, *link, *dev;

	if (!major && stat(m->source, &st) == 0 && S_ISBLK(st.st_mode)) {
		major = major(st.st_rdev);
		minor = minor(st.st_rdev);
	}
	path = xasprintf("/sys/dev/block/%u:%u", major, minor);
	link = xmalloc_readlink(path);
	if (!link)
		bb_error_msg_and_die("'%s' is not on a disk: mount its file system first", dir);
	dev = xasprintf("/dev/%s", bb_basename(link));
	free(link);
	free(path);
	return dev;
}

static void refuse_mapped(const char *name, const char *dir)
{
	char *path = xasprintf("/sys/class/block/%s", name), *uuid = d2d_sysfs_read(path, "dm/uuid");

	if (uuid && is_prefixed_with(uuid, "CRYPT-"))
		bb_error_msg_and_die("'%s' is on an encrypted volume: GRUB can't read it", dir);
	if (uuid || is_prefixed_with(name, "dm-") || is_prefixed_with(name, "md"))
		bb_error_msg_and_die("'%s' is on LVM or RAID: name a directory on a plain partition or disk", dir);
	free(path);
}

static void refuse_unreadable(const struct d2d_volume *v, const char *dir)
{
	static const char known[] ALIGN1 = "ext2\0ext3\0ext4\0vfat\0exfat\0xfs\0btrfs\0ntfs\0";

	if (!v->fstype[0] || index_in_strings(known, v->fstype) < 0)
		bb_error_msg_and_die("'%s' is on a file system (%s) that GRUB can't read: "
			"ext2, ext3, ext4, vfat, exfat, xfs, btrfs and ntfs are supported",
			dir, v->fstype[0] ? v->fstype : "unknown");
	if (!v->uuid[0] || v->uuid[strspn(v->uuid, "0123456789abcdefABCDEF-")])
		bb_error_msg_and_die("the file system of '%s' has no UUID by which GRUB could find it", dir);
}

/* Refuses a path that can't stand in single quotes in a GRUB script. Only the characters below are special there;
 * patterns and non-ASCII characters depend on GRUB's version. GRUB passes the path of the kernel in front of the
 * kernel's options, with a quote written as \", and the kernel doesn't understand that backslash. */
static void refuse_unquotable(const char *path)
{
	const char *p;

	for (p = path; *p; p++)
		if (*p < ' ' || *p > '~' || strchr("'\"\\*?", *p))
			bb_error_msg_and_die("'%s' has a character in its name that can't stand in a GRUB menu",
				printable_string(path));
}

/* Splits the path of a new directory: returns its parent directory, which the caller frees, and the last component in
 * *NAME. */
static char *parent_of(char *dir, const char **name)
{
	char *slash = strrchr(dir, '/');

	*name = slash ? slash + 1 : dir;
	if (DOT_OR_DOTDOT(*name))
		bb_error_msg_and_die("'%s' doesn't exist", dir);
	return slash ? xstrndup(dir, MAX(slash - dir, 1)) : xstrdup(".");
}

void d2dinstall_place(struct install_place *p, const char *path)
{
	struct mount_line m;
	const char *name = NULL;
	char *dir = xstrdup(path), *fd_path, *last = last_char_is(dir, '/'), *found;
	struct statvfs room;
	int r, fd;

	memset(p, 0, sizeof(*p));
	while (last && last != dir) {
		*last = '\0';
		last = last_char_is(dir, '/');
	}
	fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT) {
		p->is_new = 1;
		fd = open(parent_of(dir, &name), O_PATH | O_DIRECTORY | O_CLOEXEC);
	}
	if (fd < 0)
		bb_perror_msg_and_die("can't open '%s'", path);
	fd_path = xasprintf("/proc/self/fd/%d", fd);
	found = xmalloc_readlink(fd_path);
	if (!found)
		bb_perror_msg_and_die("can't open '%s'", path);
	p->dir = name ? concat_path_file(found, name) : found;
	refuse_unquotable(p->dir);

	read_mount(fd, &m);
	/* The path on the file system is the mounted directory, followed by the part of the path below the mount point. */
	p->path = concat_path_file(m.top, p->dir + (m.where[1] ? strlen(m.where) : 0));
	p->where = m.where;
	refuse_unquotable(p->path);
	p->dev = device_of(&m, p->dir);
	refuse_mapped(p->dev + strlen("/dev/"), p->dir);
	r = d2d_volume_probe(p->dev, &p->volume);
	if (r == -EACCES && geteuid() != 0)
		bb_error_msg_and_die("%s: sudo d2d install ...", bb_msg_you_must_be_root);
	if (r < 0)
		bb_error_msg_and_die("can't read '%s': %s", p->dev, strerror(-r));
	refuse_unreadable(&p->volume, p->dir);
	if (strcmp(p->dir, p->where) == 0)
		bb_error_msg_and_die("'%s' is a mount point: name a directory in it, such as '%s/d2d'", p->dir, p->dir);
	if (fstatvfs(fd, &room) != 0)
		bb_perror_msg_and_die("can't read the free space of '%s'", p->dir);
	p->room = (uint64_t)room.f_bavail * room.f_frsize;
	p->read_only = (room.f_flag & ST_RDONLY) != 0;
	close(fd);
	free(fd_path);
	free(dir);
}
