/*
 * d2dinstall update: a new system into the slot that isn't running, and back if it doesn't start.
 *
 * Nothing of the running slot is written to. GRUB learns of the new one when it was read back from the disk, and takes it
 * once, on trial; d2dinstall good, at the end of a boot in which Docker answers, makes it the one that is started.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#include <sys/mount.h>
#include "d2dinstall.h"

struct slots {
	char *dev, *mnt;	/* the FAT with the slots, and where it is mounted for us */
	char running, other;
	struct install_env env;
};

static void remount(const struct slots *s, unsigned long flags)
{
	if (mount(NULL, s->mnt, NULL, MS_REMOUNT | MS_NOSUID | MS_NODEV | flags, NULL) != 0)
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

static void fresh_mount(struct slots *s)
{
	int r = d2d_disk_settle(s->mnt), drop = xopen("/proc/sys/vm/drop_caches", O_WRONLY | O_CLOEXEC);

	if (r < 0)
		bb_error_msg_and_die("can't write to '%s': %s", s->dev, strerror(-r));
	/* The medium stays mounted for others, so what is read back must be made to come from the disk. */
	xwrite_str(drop, "1\n");
	close(drop);
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
	plan = xasprintf("slot %c gets the system of %s; slot %c, which is running, and the store stay as they are",
		s.other, src.dev, s.running);
	d2dinstall_consent(&d, opt, plan);

	remount(&s, 0);
	s.env.good = s.running;
	s.env.trial = '\0';
	write_env(&s);
	d2dinstall_slot_write(s.mnt, "", s.other, &src, sha256);
	fresh_mount(&s);
	d2dinstall_slot_verify(s.mnt, s.other, &src, sha256);
	s.env.trial = s.other;
	write_env(&s);
	remount(&s, MS_RDONLY);
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
	remount(&s, 0);
	s.env.good = s.running;
	s.env.trial = '\0';
	write_env(&s);
	remount(&s, MS_RDONLY);
	printf("slot %c is good: it is started from now on\n", s.running);
	return EXIT_SUCCESS;
}
