/*
 * d2droot: finds the base system of the variant "lean", whose initramfs holds only what a boot needs.
 *
 * The base system is a squashfs on the medium. Its SHA-256 is in the initramfs, so that a volume that merely has the
 * UUID of the medium can't put programs into the system.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DROOT) += d2droot_base.o

#include "d2droot.h"

#define SUM "/etc/d2d/base"
#define ON_ISO "boot/base.sqfs"
#define COPY D2D_ROOT"/base.sqfs"

bool d2droot_is_lean(void)
{
	return ENABLE_FEATURE_D2DROOT_LEAN && access(SUM, F_OK) == 0;
}

static bool is_wanted_in_memory(struct d2droot *r)
{
	char *option = d2d_option("toram");
	bool yes = option || d2d_trust_required(&r->trust, d2d_kind_dir(D2D_KIND_LAYERS));

	free(option);
	return yes;
}

/* Returns the path of the base system; the caller frees it. On an installed disk GRUB passes the path by d2d.base=. */
static char *on_medium(void)
{
	char *option = d2d_option("base"), *path = concat_path_file(D2D_MEDIUM, option ? option : ON_ISO);

	free(option);
	return path;
}

/* Returns NULL if the file has the SHA-256 SUM, else what is wrong with it. Copies the file to the descriptor COPY
 * unless that is -1. */
static const char *check(int fd, int copy, const char *sum)
{
	char hex[2 * 32 + 1];
	uint8_t sha256[32];
	off_t size = d2d_hook_digest(fd, copy, D2D_KIND_LAYERS, sha256);

	if (size < 0)
		return strerror(-size);
	d2d_hex(hex, sha256, sizeof(sha256));
	return strcmp(hex, sum) == 0 ? NULL : "it doesn't belong to this image";
}

int d2droot_find_base(struct d2droot *r)
{
	char *sum = NULL, *path = on_medium();
	const char *why = NULL;
	struct stat st;
	size_t len;
	int fd, copy = -1, err = d2d_file_read(SUM, 128, &sum, &len);

	if (err < 0) {
		bb_error_msg("can't read '%s': %s", SUM, strerror(-err));
		return err;
	}
	chomp(sum);
	fd = d2d_file_open(path, &st);
	if (fd < 0) {
		why = strerror(-fd);
	} else {
		r->in_memory = is_wanted_in_memory(r);
		if (r->in_memory)
			copy = open(COPY, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		why = r->in_memory && copy < 0 ? strerror(errno) : check(fd, copy, sum);
		close(fd);
	}
	if (copy >= 0 && close(copy) < 0 && !why)
		why = strerror(errno);
	if (why)
		bb_error_msg("can't use the base system: %s: %s", path, why);
	r->base = r->in_memory ? COPY : path;
	free(sum);
	return why ? -EIO : 0;
}
