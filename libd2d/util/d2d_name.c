/*
 * Checks file names that have a meaning in this project: names of hooks, stages, commands and settings.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_name.o

#include "d2d_util.h"

#define BIN_NAME_MAX 64
#define REGISTRY_MAX 255

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

/* Returns whether the first LEN bytes of TEXT fit the name of a registry: a host name or address, with or without a port. */
static bool registry_ok(const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (!isalnum(text[i]) && !strchr("-._:[]", text[i]))
			return false;
	return len && len <= REGISTRY_MAX && text[0] != '.' && text[0] != '-';
}

bool d2d_setting_name_ok(const char *path)
{
	const char *name = path, *slash;
	bool key = false;

	if (index_in_strings("daemon.json\0network\0authorized_keys\0swarm.conf\0", path) >= 0)
		return true;
	if (is_prefixed_with(path, "ca/")) {
		name = path + 3;
	} else if (is_prefixed_with(path, "certs.d/") && (slash = strchr(path + 8, '/')) != NULL) {
		if (!registry_ok(path + 8, slash - (path + 8)))
			return false;
		name = slash + 1;
		key = is_suffixed_with(name, ".cert") || is_suffixed_with(name, ".key");
	}
	return name != path && d2d_bin_name_ok(name) && (key || is_suffixed_with(name, ".crt"));
}
