/*
 * d2dinstall: GRUB's environment block (GRUB manual, "The GRUB environment block"): 1024 bytes, a signature line, then
 * lines NAME=VALUE, padded with '#'. GRUB rewrites the block in place, sector by sector, and so does this file: all
 * values lie in the first sector.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_FEATURE_D2DINSTALL_DISK) += d2dinstall_env.o
#include "d2dinstall.h"

#define HEAD "# GRUB Environment Block\n"

enum { BLOCK = 1024 };

static char *env_path(const char *top)
{
	return concat_path_file(top, "boot/grub/grubenv");
}

static char value(const char *block, const char *name)
{
	const char *line = strstr(block, name);

	return line && (line[strlen(name)] == 'a' || line[strlen(name)] == 'b') && line[strlen(name) + 1] == '\n'
		? line[strlen(name)] : '\0';
}

int d2dinstall_env_read(const char *top, struct install_env *env)
{
	char *path = env_path(top), *block;
	size_t len;
	int r = d2d_file_read(path, BLOCK, &block, &len);

	free(path);
	memset(env, 0, sizeof(*env));
	if (r < 0)
		return r;
	if (len != BLOCK || !is_prefixed_with(block, HEAD))
		r = -EINVAL;
	env->good = value(block, "\ngood=");
	env->trial = value(block, "\ntrial=");
	free(block);
	return r < 0 || !env->good ? -EINVAL : 0;
}

int d2dinstall_env_write(const char *top, const struct install_env *env)
{
	char *path = env_path(top), block[BLOCK], text[64];
	int r = 0, fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);

	free(path);
	if (fd < 0)
		return -errno;
	memset(block, '#', sizeof(block));
	sprintf(text, HEAD"good=%c\ntrial=%.1s\n", env->good, env->trial ? &env->trial : "");
	memcpy(block, text, strlen(text));
	if (full_write(fd, block, sizeof(block)) != sizeof(block) || fsync(fd) != 0)
		r = errno ? -errno : -EIO;
	close(fd);
	return r;
}
