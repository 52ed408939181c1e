/*
 * d2dinstall update: a new system into the slot that isn't running, and back if it doesn't start.
 *
 * Nothing of the running slot is written to. GRUB learns of the new one when it was read back from the disk, and takes it
 * once, on trial; d2dinstall good, at the end of a boot in which Docker answers, makes it the one that is started.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_FEATURE_D2DINSTALL_DISK) += d2dinstall_update.o
#include <glob.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include "d2dinstall.h"

#define FSCK "/usr/sbin/fsck.fat"

enum { SLACK = D2D_MIB };	/* what files take beyond their size, slot.cfg and the folder */

struct slots {
	char *dev, *mnt;	/* the FAT with the slots, and where it is mounted for us */
	char running, other;
	struct install_env env;
};

/* What can be written to just now. */
static const struct slots *opened;

static int remount(const struct slots *s, unsigned long flags)
{
	return mount(NULL, s->mnt, NULL, MS_REMOUNT | MS_NOSUID | MS_NODEV | flags, NULL);
}

static void close_after_failure(void)
{
	/* The file that was being written would be in the way. */
	close_range(STDERR_FILENO + 1, ~0U, 0);
	if (opened)
		remount(opened, MS_RDONLY);
	opened = NULL;
}

/* Until close_medium(), or until this program dies. */
static void open_medium(const struct slots *s)
{
	d2dinstall_note_signals();
	die_func = close_after_failure;
	opened = s;
	if (remount(s, 0) != 0)
		bb_perror_msg_and_die("can't write to '%s'", s->dev);
}

static void close_medium(const struct slots *s)
{
	opened = NULL;
	if (remount(s, MS_RDONLY) != 0)
		bb_perror_msg_and_die("can't write to '%s'", s->dev);
}

/* The slots of the disk that was booted from; 0 when it has none. */
static int find_slots(struct slots *s)
{
	char *slot = d2d_option("slot");
	struct d2d_volume *list;
	int i, r, n;

	memset(s, 0, sizeof(*s));
	if (!slot || (strcmp(slot, "a") != 0 && strcmp(slot, "b") != 0))
		return 0;
	s->running = slot[0];
	s->other = slot[0] == 'a' ? 'b' : 'a';
	free(slot);

	n = d2d_volumes_read(&list);
	for (i = 0; i < n; i++)
		if (list[i].role == D2D_ROLE_MEDIUM && list[i].mountpoint)
			s->dev = xstrdup(list[i].dev);
	d2d_volumes_free(list, MAX(n, 0));
	if (!s->dev)
		bb_simple_error_msg_and_die("the disk that was booted from isn't mounted");
	s->mnt = xstrdup(D2D_MEDIUM);
	r = d2dinstall_env_read(s->mnt, &s->env);
	if (r < 0)
		bb_error_msg_and_die("can't read GRUB's environment on '%s': %s", s->dev, strerror(-r));
	return 1;
}

static void write_env(struct slots *s)
{
	int r = d2dinstall_env_write(s->mnt, &s->env);

	if (r < 0)
		bb_error_msg_and_die("can't write GRUB's environment on '%s': %s", s->dev, strerror(-r));
}

/* WHAT: proc_sys_vm(5), drop_caches. The medium stays mounted for others, so what is read must be made to come from the disk. */
static void drop_caches(const char *what)
{
	int fd = xopen("/proc/sys/vm/drop_caches", O_WRONLY | O_CLOEXEC);

	xwrite_str(fd, what);
	close(fd);
}

static void fresh_mount(struct slots *s)
{
	int r = d2d_disk_settle(s->mnt);

	if (r < 0)
		bb_error_msg_and_die("can't write to '%s': %s", s->dev, strerror(-r));
	drop_caches("1\n");
}

/* ---- what an update that was cut off has left: a FAT has no journal ---- */

/* fsck.fat(8) talks much and says by 1 that all was put right. */
static void repair(const struct slots *s)
{
	char *argv[] = { (char *)FSCK, (char *)"-a", s->dev, NULL };
	int out, code;

	if (access(FSCK, X_OK) != 0)
		return;
	fflush_all();
	out = dup(STDOUT_FILENO);
	if (out < 0)
		bb_simple_perror_msg_and_die("dup");
	xmove_fd(xopen(bb_dev_null, O_WRONLY), STDOUT_FILENO);
	code = spawn_and_wait(argv);
	xmove_fd(out, STDOUT_FILENO);
	if (code > 1 || code < 0)
		bb_error_msg_and_die("the FAT of '%s' is damaged, and fsck.fat can't put it right (%d): nothing has changed", s->dev, code);
	if (code == 1)
		printf("%s: fsck.fat has put it right\n", s->dev);
	/* Also of names and clusters. */
	drop_caches("3\n");
}

/* What fsck.fat makes of clusters that no file had. */
static void find_salvaged(const struct slots *s, glob_t *found)
{
	char *pattern = concat_path_file(s->mnt, "[Ff][Ss][Cc][Kk][0-9][0-9][0-9][0-9].[Rr][Ee][Cc]");

	if (glob(pattern, 0, NULL, found) != 0)
		found->gl_pathc = 0;
	free(pattern);
}

static bool is_among(const glob_t *found, const char *path)
{
	size_t i;

	for (i = 0; i < found->gl_pathc; i++)
		if (strcmp(found->gl_pathv[i], path) == 0)
			return true;
	return false;
}

/* Makes the FAT one that can be written to, without what was salvaged just now: half of a kernel is of use to nobody. */
static void open_for_writing(const struct slots *s)
{
	glob_t before, after;
	size_t i;

	find_salvaged(s, &before);
	repair(s);
	open_medium(s);
	find_salvaged(s, &after);
	for (i = 0; i < after.gl_pathc; i++)
		if (!is_among(&before, after.gl_pathv[i]))
			unlink(after.gl_pathv[i]);
}

/* After the repair, which may have found room. The other slot is the only way back, so it isn't emptied in vain. */
static void refuse_large(const struct slots *s, const struct install_source *src)
{
	uint64_t room, needs = src->size + SLACK;
	struct statvfs vfs;

	if (statvfs(s->mnt, &vfs) != 0)
		bb_perror_msg_and_die("can't read '%s'", s->dev);
	room = (uint64_t)vfs.f_bavail * vfs.f_frsize + d2dinstall_slot_size(s->mnt, s->other);
	if (room < needs)
		bb_error_msg_and_die("'%s' has too little room for it: slot %c can have %u MiB, the system needs %u; nothing has changed", s->dev,
			s->other, (unsigned)(room / D2D_MIB), (unsigned)((needs + D2D_MIB - 1) / D2D_MIB));
}

int d2dinstall_update(const char *iso, unsigned opt)
{
	char *plan, *disk, sha256[INSTALL_FILES][DIGEST_SIZE];
	struct install_source src;
	struct d2d_disk d;
	struct slots s;

	if (!find_slots(&s))
		bb_simple_error_msg_and_die("this system was not started from a disk that d2dinstall has made");
	if (s.env.good != s.running)
		bb_error_msg_and_die("slot %c is on trial; it is good once Docker answers ('d2d install good' says so, too)", s.running);
	d2dinstall_source(&src, iso, true);
	disk = d2d_disk_of(s.dev);
	d2dinstall_open(&d, disk, opt);
	plan = xasprintf("slot %c gets the system of %s; slot %c, which is running, and the store stay as they are%s",
		s.other, src.dev, s.running, d2dinstall_folder_size(&src) ? ", and so does d2d/: nothing of the ISO's is taken" : "");
	d2dinstall_consent(&d, opt, plan);

	open_for_writing(&s);
	refuse_large(&s, &src);
	s.env.good = s.running;
	s.env.trial = '\0';
	write_env(&s);
	d2dinstall_slot_write(s.mnt, "", s.other, &src, sha256);
	fresh_mount(&s);
	d2dinstall_slot_verify(s.mnt, s.other, &src, sha256);
	s.env.trial = s.other;
	write_env(&s);
	close_medium(&s);
	printf("Slot %c is tried at the next start; if Docker doesn't answer there, the one after it has slot %c again\n",
		s.other, s.running);
	d2d_disk_close(&d);
	free(plan);
	free(disk);
	return EXIT_SUCCESS;
}

int d2dinstall_good(void)
{
	struct slots s;

	if (!find_slots(&s))
		bb_simple_error_msg_and_die("this system was not started from a disk that d2dinstall has made");
	if (s.env.good == s.running) {
		printf("slot %c is good already\n", s.running);
		return EXIT_SUCCESS;
	}
	free(d2dinstall_mount_point("slots"));
	open_medium(&s);
	s.env.good = s.running;
	s.env.trial = '\0';
	write_env(&s);
	close_medium(&s);
	printf("slot %c is good: it is started from now on\n", s.running);
	return EXIT_SUCCESS;
}
