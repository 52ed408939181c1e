/*
 * Checks file names that have a meaning in this project: names of hooks, stages and commands.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_name.o

#include "d2d_util.h"

#define BIN_NAME_MAX 64

bool d2d_hook_name_ok(const char *name)
{
	if (!isdigit(name[0]) || !isdigit(name[1]) || name[2] != '-' || !name[3])
		return false;
	while (isalnum(*name) || *name == '-' || *name == '_' || *name == '.')
		name++;
	return *name == '\0';
}

bool d2d_bin_name_ok(const char *name)
{
	size_t len = 0;

	while (isalnum(name[len]) || name[len] == '-' || name[len] == '_' || name[len] == '.')
		len++;
	return len && !name[len] && len <= BIN_NAME_MAX && name[0] != '.' && name[0] != '-';
}
