/*
 * d2dinstall: a folder as GRUB sees it: on which file system it lies, and how it is called from the top of that.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_FEATURE_D2DINSTALL_BESIDE) += d2dinstall_place.o
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include "d2dinstall.h"

/* proc(5), /proc/PID/mountinfo: what is mounted there, and which folder of it is its top (a bind mount, a subvolume). */
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

/* The number of the mount on which a descriptor lies; of two on one another that is the one that is seen. */
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
		bb_simple_error_msg_and_die("can't tell on which file system the folder lies");
}

/* The device, as the kernel calls it. Btrfs has numbers of its own: there the mount's source says it. */
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
		bb_error_msg_and_die("'%s' is on no disk: mount its file system first", dir);
	dev = xasprintf("/dev/%s", bb_basename(link));
	free(link);
	free(path);
	return dev;
}

static void refuse_mapped(const char *name, const char *dir)
{
	char *path = xasprintf("/sys/class/block/%s", name), *uuid = d2d_sysfs_read(path, "dm/uuid");

	if (uuid && is_prefixed_with(uuid, "CRYPT-"))
		bb_error_msg_and_die("'%s' is on an encrypted volume: GRUB can't read what is there", dir);
	if (uuid || is_prefixed_with(name, "dm-") || is_prefixed_with(name, "md"))
		bb_error_msg_and_die("'%s' is on LVM or RAID: only a folder of a plain partition or disk will do", dir);
	free(path);
}

static void refuse_unreadable(const struct d2d_volume *v, const char *dir)
{
	static const char known[] ALIGN1 = "ext2\0ext3\0ext4\0vfat\0exfat\0xfs\0btrfs\0ntfs\0";

	if (!v->fstype[0] || index_in_strings(known, v->fstype) < 0)
		bb_error_msg_and_die("'%s' is on a file system (%s) that GRUB can't read: ext2, ext3, ext4, vfat, exfat, xfs, btrfs and ntfs will do",
			dir, v->fstype[0] ? v->fstype : "unknown");
	if (!v->uuid[0] || v->uuid[strspn(v->uuid, "0123456789abcdefABCDEF-")])
		bb_error_msg_and_die("the file system of '%s' has no UUID by which GRUB could find it", dir);
}

/* In single quotes of GRUB's scripts all stands for itself but these; patterns and what isn't ASCII depend on its version. It
 * puts the kernel's name before the kernel's options, with a quote as \", in which the kernel doesn't see the backslash. */
static void refuse_unquotable(const char *path)
{
	const char *p;

	for (p = path; *p; p++)
		if (*p < ' ' || *p > '~' || strchr("'\"\\*?", *p))
			bb_error_msg_and_die("'%s' has a character in its name that can't stand in GRUB's menu", printable_string(path));
}

/* Of a folder that isn't there the one that it is to be made in, and its name. */
static char *parent_of(char *dir, const char **name)
{
	char *slash = strrchr(dir, '/');

	*name = slash ? slash + 1 : dir;
	if (DOT_OR_DOTDOT(*name))
		bb_error_msg_and_die("'%s' is not there", dir);
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
	/* The mount's top in the file system, and what follows behind where that is seen. */
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
		bb_error_msg_and_die("'%s' is the top of what is mounted there: name a folder in it, '%s/d2d'", p->dir, p->dir);
	if (fstatvfs(fd, &room) != 0)
		bb_perror_msg_and_die("can't look at '%s'", p->dir);
	p->room = (uint64_t)room.f_bavail * room.f_frsize;
	p->read_only = (room.f_flag & ST_RDONLY) != 0;
	close(fd);
	free(fd_path);
	free(dir);
}
