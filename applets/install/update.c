/*
 * d2dinstall update: installs a new system into the slot that isn't running, and goes back to the old system if the new
 * one fails.
 *
 * The running slot is never written to. GRUB's environment names the new system only after it was read back from the
 * disk, and then GRUB starts it once, on trial. At the end of a boot in which Docker answers, 'd2dinstall good' makes
 * the new slot the default.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_FEATURE_D2DINSTALL_DISK) += d2dinstall_update.o
#include <glob.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include "d2dinstall.h"

#define FSCK "/usr/sbin/fsck.fat"

enum { SLACK = D2D_MIB };	/* room beyond the sizes of the files, for slot.cfg and the directory; in bytes */

struct slots {
	char *dev, *mnt;	/* the FAT with the slots, and our mount point of it */
	char running, other;
	struct install_env env;
};

/* The medium that is mounted read-write just now, or NULL. */
static const struct slots *opened;

static int remount(const struct slots *s, unsigned long flags)
{
	return mount(NULL, s->mnt, NULL, MS_REMOUNT | MS_NOSUID | MS_NODEV | flags, NULL);
}

static void close_after_failure(void)
{
	/* An open file would make the remount fail. */
	close_range(STDERR_FILENO + 1, ~0U, 0);
	if (opened)
		remount(opened, MS_RDONLY);
	opened = NULL;
}

/* Remounts the medium read-write until close_medium(), or until this program dies. */
static void open_medium(const struct slots *s)
{
	d2dinstall_catch_signals();
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

/* Finds the slots of the disk that was booted from. Returns 1, or 0 if it has none; dies if it can't be used. */
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

/* WHAT: see drop_caches in proc_sys_vm(5). Other processes keep the medium mounted, so unmounting can't make the next
 * read come from the disk. */
static void drop_caches(const char *what)
{
	int fd = xopen("/proc/sys/vm/drop_caches", O_WRONLY | O_CLOEXEC);

	xwrite_str(fd, what);
	close(fd);
}

static void flush_and_drop(struct slots *s)
{
	int r = d2d_disk_settle(s->mnt);

	if (r < 0)
		bb_error_msg_and_die("can't write to '%s': %s", s->dev, strerror(-r));
	drop_caches("1\n");
}

/* ---- cleaning up after an interrupted update: a FAT has no journal ---- */

/* Repairs the FAT by fsck.fat(8), whose output is discarded; its exit status 1 means that all errors were corrected. */
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
		bb_error_msg_and_die("the FAT of '%s' is damaged, and fsck.fat can't repair it (%d): nothing has changed",
			s->dev, code);
	if (code == 1)
		printf("%s: fsck.fat has repaired it\n", s->dev);
	/* fsck.fat wrote to the device, so cached directory entries are dropped as well. */
	drop_caches("3\n");
}

/* Finds the files that fsck.fat makes of lost clusters. */
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

/* Makes the FAT writable, and removes the files that fsck.fat has salvaged just now: parts of a kernel are useless. */
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

/* Refuses a system that is too large. Called after the repair, which may have freed room, and before the other slot is
 * emptied, because that slot is the only fallback. */
static void refuse_large(const struct slots *s, const struct install_source *src)
{
	uint64_t room, needs = src->size + SLACK;
	struct statvfs vfs;

	if (statvfs(s->mnt, &vfs) != 0)
		bb_perror_msg_and_die("can't read '%s'", s->dev);
	room = (uint64_t)vfs.f_bavail * vfs.f_frsize + d2dinstall_slot_size(s->mnt, s->other);
	if (room < needs)
		bb_error_msg_and_die("'%s' has too little room: slot %c can have %u MiB, the system needs %u; nothing has changed",
			s->dev, s->other, (unsigned)(room / D2D_MIB), (unsigned)((needs + D2D_MIB - 1) / D2D_MIB));
}

int d2dinstall_update(const char *iso, unsigned opt)
{
	char *plan, *disk, sha256[INSTALL_FILES][DIGEST_SIZE];
	struct install_source src;
	struct d2d_disk d;
	struct slots s;

	if (!find_slots(&s))
		bb_simple_error_msg_and_die("this system was not booted from a disk that d2dinstall has made");
	if (s.env.good != s.running)
		bb_error_msg_and_die("slot %c is on trial; it becomes good once Docker answers, or by 'd2d install good'",
			s.running);
	d2dinstall_source(&src, iso, true);
	d2dinstall_refuse_unsigned(&src);
	if (d2dinstall_slot_is_signed(s.mnt, s.running) && !src.is_signed)
		bb_error_msg_and_die("'%s' isn't signed, and the GRUB of this disk starts only signed systems: nothing has changed", src.dev);
	if (src.is_signed && !d2dinstall_slot_is_signed(s.mnt, s.running))
		printf("%s is signed, but the GRUB of this disk doesn't verify it: Secure Boot needs a new installation\n", src.dev);
	disk = d2d_disk_of(s.dev);
	d2dinstall_open(&d, disk, opt);
	plan = xasprintf("slot %c gets the system of %s; slot %c, which is running, and the store stay as they are%s",
		s.other, src.dev, s.running,
		d2dinstall_folder_size(&src) ? ", and so does d2d/: the ISO's d2d/ is not copied" : "");
	d2dinstall_consent(&d, opt, plan);

	open_for_writing(&s);
	refuse_large(&s, &src);
	s.env.good = s.running;
	s.env.trial = '\0';
	write_env(&s);
	d2dinstall_slot_write(s.mnt, "", s.other, &src, sha256);
	flush_and_drop(&s);
	d2dinstall_slot_verify(s.mnt, s.other, &src, sha256);
	s.env.trial = s.other;
	write_env(&s);
	close_medium(&s);
	printf("Slot %c is tried at the next boot; if Docker doesn't answer there, the boot after that uses slot %c again\n",
		s.other, s.running);
	d2d_disk_close(&d);
	free(plan);
	free(disk);
	return EXIT_SUCCESS;
}

/* The GRUB that chooses the slot becomes that of the running system, so that the firmware may refuse an older one (dbx) when the
 * system that it came with is gone. Returns whether it is another one, and with WRITE replaces it. */
static bool renew_grub(const struct slots *s, bool write)
{
	char *from = xasprintf("%s/%c/"INSTALL_GRUB, s->mnt, s->running), *to = concat_path_file(s->mnt, INSTALL_EFI);
	bool other = d2dinstall_slot_is_signed(s->mnt, s->running) && d2d_file_same(from, to, D2D_EFI_GRUB_MAX) != 1;

	if (other && write)
		d2dinstall_efi_write(from, s->mnt);
	free(to);
	free(from);
	return other;
}

int d2dinstall_good(void)
{
	struct slots s;

	if (!find_slots(&s))
		bb_simple_error_msg_and_die("this system was not booted from a disk that d2dinstall has made");
	/* Also when this command was interrupted between its two steps. */
	if (s.env.good == s.running && !renew_grub(&s, false)) {
		printf("slot %c is good already\n", s.running);
		return EXIT_SUCCESS;
	}
	free(d2dinstall_mount_point("slots"));
	open_medium(&s);
	s.env.good = s.running;
	s.env.trial = '\0';
	write_env(&s);
	renew_grub(&s, true);
	close_medium(&s);
	printf("slot %c is good: it is started from now on\n", s.running);
	return EXIT_SUCCESS;
}
