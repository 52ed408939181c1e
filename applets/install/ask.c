/*
 * d2dinstall: opens and shows the target disk, and asks for confirmation.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DINSTALL) += d2dinstall_ask.o
#include "d2dinstall.h"

void d2dinstall_open(struct d2d_disk *disk, const char *path, unsigned opt)
{
	int r = d2d_disk_open(path, disk);

	if (r == -ENOTBLK)
		bb_error_msg_and_die("'%s' is not a whole disk", path);
	if (r == -EACCES && geteuid() != 0)
		bb_error_msg_and_die("%s: sudo d2d install ...", bb_msg_you_must_be_root);
	if (r < 0)
		bb_error_msg_and_die("can't open '%s': %s", path, strerror(-r));
	if (disk->read_only && !(opt & INSTALL_DRY_RUN))
		bb_error_msg_and_die("'%s' is read-only", path);
	if (disk->sector != D2D_SECTOR)
		bb_error_msg_and_die("'%s' has sectors of %u bytes; only 512 are supported", path, disk->sector);
}

/* Labels and models come from the disk and may hold any bytes, terminal sequences included. */
static void show_volume(const struct d2d_volume *v)
{
	printf("  %s: %s", v->dev, v->err ? strerror(-v->err) : v->fstype[0] ? v->fstype : "no known file system");
	if (v->label[0])
		printf(" \"%s\"", printable_string(v->label));
	if (v->mountpoint)
		printf(", mounted on %s", printable_string(v->mountpoint));
	bb_putchar('\n');
}

static void show_content(const struct d2d_disk *disk)
{
	char *file[] = { disk->dev, NULL };
	struct d2d_volume *list;
	int i, n = disk->is_file ? d2d_volumes_of_files(file, &list) : d2d_volumes_scan(&list);

	if (n < 0)
		bb_error_msg_and_die("can't look for volumes: %s", strerror(-n));
	d2d_mounts_find(list, n);
	for (i = 0; i < n; i++)
		if (disk->is_file || d2d_disk_has(disk, &list[i]))
			show_volume(&list[i]);
	d2d_volumes_free(list, n);
}

void d2dinstall_refuse_used(const struct d2d_disk *disk)
{
	struct d2d_volume *list;
	int i, fd, n;

	if (disk->is_file)
		return;
	n = d2d_volumes_scan(&list);
	if (n < 0)
		bb_error_msg_and_die("can't look for volumes: %s", strerror(-n));
	d2d_mounts_find(list, n);
	for (i = 0; i < n; i++) {
		if (!d2d_disk_has(disk, &list[i]))
			continue;
		if (list[i].mountpoint)
			bb_error_msg_and_die("'%s' is in use: %s is mounted on %s", disk->dev, list[i].dev, list[i].mountpoint);
		if (list[i].holder)
			bb_error_msg_and_die("'%s' is in use: %s belongs to %s", disk->dev, list[i].dev, list[i].holder);
	}
	d2d_volumes_free(list, n);
	fd = open(disk->dev, O_RDONLY | O_EXCL | O_CLOEXEC);
	if (fd < 0)
		bb_error_msg_and_die("'%s' is in use: %s", disk->dev, strerror(errno));
	close(fd);
}

void d2dinstall_confirm(const char *what, const char *name, unsigned opt)
{
	char *answer;

	if (opt & INSTALL_DRY_RUN)
		fflush_stdout_and_exit_SUCCESS();
	if (opt & INSTALL_YES)
		return;
	printf("Type the name of the %s, %s, to go on: ", what, printable_string(name));
	fflush_all();
	answer = xmalloc_fgetline(stdin);
	if (!answer || strcmp(answer, name) != 0)
		bb_simple_error_msg_and_die("not confirmed: nothing has changed");
	free(answer);
}

void d2dinstall_consent(const struct d2d_disk *disk, unsigned opt, const char *plan)
{
	printf("%s: %s, %s. On it now:\n", disk->dev, disk->model && disk->model[0] ? printable_string(disk->model) : "a disk",
		make_human_readable_str(disk->size, 1, 0));
	show_content(disk);
	printf("To be done: %s%s\n", plan, opt & INSTALL_ENCRYPT ? ", encrypted (LUKS2)" : "");
	d2dinstall_confirm("disk", disk->name, opt);
}

void d2dinstall_catch_signals(void)
{
	bb_signals((1 << SIGHUP) | (1 << SIGINT) | (1 << SIGTERM), record_signo);
}
