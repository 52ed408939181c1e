/*
 * d2dconfig: the paths of its files, whether there is a store for the settings, and the values of some options.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DCONFIG) += d2dconfig_path.o

#include "d2dconfig.h"

char *d2dconfig_path(const struct d2dconfig *c, const char *path)
{
	return xasprintf("%s%s", c->root, path);
}

char *d2dconfig_stored(const struct d2dconfig *c, const char *name)
{
	return xasprintf("%s"D2D_STORE"/d2d/%s", c->root, name);
}

/* The store is there if another file system is mounted on its directory; with a root directory, as in tests, the directory is
 * enough. */
bool d2dconfig_has_store(const struct d2dconfig *c)
{
	char *dir = d2dconfig_path(c, D2D_STORE), *parent = d2dconfig_path(c, D2D_RUN);
	struct stat a, b;
	bool there = stat(dir, &a) == 0 && stat(parent, &b) == 0 && (c->root[0] || a.st_dev != b.st_dev);

	free(parent);
	free(dir);
	return there;
}

bool d2dconfig_is_key(const char *line, const char *key)
{
	size_t len = strcspn(key, "=");

	return strncmp(line, key, len) == 0 && (line[len] == '=' || !line[len]);
}

bool d2dconfig_rtc_ok(const char *value)
{
	return strcmp(value, "utc") == 0 || strcmp(value, "local") == 0;
}

bool d2dconfig_is_network(const char *arg)
{
	return ENABLE_FEATURE_D2DCONFIG_WIFI && is_prefixed_with(arg, "wifi=") && strcmp(arg, "wifi=no") != 0;
}
