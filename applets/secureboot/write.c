/*
 * d2dsecureboot: writes variables of the firmware, after the user has agreed.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DSECUREBOOT) += d2dsecureboot_write.o
#include <sched.h>
#include <sys/mount.h>
#include <linux/fs.h>
#include "d2dsecureboot.h"

void d2dsecureboot_confirm(const struct d2dsecureboot *d, const char *what)
{
	char *answer;

	if (d->opt & OPT_n)
		fflush_stdout_and_exit_SUCCESS();
	if (d->opt & OPT_y)
		return;
	printf("Type yes to %s: ", what);
	fflush_all();
	answer = xmalloc_fgetline(stdin);
	if (!answer || strcmp(answer, "yes") != 0)
		bb_simple_error_msg_and_die("not confirmed: nothing has changed");
	free(answer);
}

void d2dsecureboot_mount(const struct d2dsecureboot *d)
{
	if (d->root[0])
		return;
	if (geteuid() != 0)
		bb_error_msg_and_die("%s: sudo d2d secureboot ...", bb_msg_you_must_be_root);
	if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0
	 || mount(NULL, D2D_EFIVARS, NULL, MS_REMOUNT | MS_BIND | MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) != 0)
		bb_simple_perror_msg_and_die("can't make the variables of the firmware writable");
}

/* efivarfs protects variables by the attribute "immutable". */
static void allow_writing(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), flags;

	if (fd < 0)
		return;
	if (ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0 && (flags & FS_IMMUTABLE_FL)) {
		flags &= ~FS_IMMUTABLE_FL;
		ioctl(fd, FS_IOC_SETFLAGS, &flags);
	}
	close(fd);
}

int d2dsecureboot_write(const struct d2dsecureboot *d, const char *name, const char *guid, const char *auth, size_t size, bool append)
{
	char *path = d2d_efi_path(d->root, name, guid), *data = xmalloc(4 + size);
	uint32_t attributes = SWAP_LE32(D2D_EFI_AUTHENTICATED | (append ? D2D_EFI_APPEND : 0));
	int fd, r = 0;

	allow_writing(path);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	memcpy(data, &attributes, 4);
	memcpy(data + 4, auth, size);
	/* The firmware gets what one write() has. */
	if (fd < 0 || write(fd, data, 4 + size) != (ssize_t)(4 + size))
		r = errno ? -errno : -EIO;
	if (fd >= 0)
		close(fd);
	free(data);
	free(path);
	return r;
}
