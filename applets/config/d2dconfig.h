/*
 * What the parts of d2dconfig share.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2DCONFIG_H
#define D2DCONFIG_H 1

#include "d2d_config.h"

enum { D2D_CONFIG_MAX = 64 * 1024 };

struct d2dconfig {
	const char *root;	/* "" for /, else a folder that plays it: the kernel isn't told then */
};

/* A path below the root, and one below the store's d2d/, to be freed. */
char *d2dconfig_path(const struct d2dconfig *c, const char *path);
char *d2dconfig_stored(const struct d2dconfig *c, const char *name);

bool d2dconfig_has_store(const struct d2dconfig *c);

/* Whether a line "KEY" or "KEY=VALUE" has the same key as another one. */
bool d2dconfig_is_key(const char *line, const char *key);

/* Prints all settings that count. */
void d2dconfig_show(const struct d2dconfig *c);

/* Sets, or with DELETE removes, the settings ARGS in the store. Returns the exit code; dies when a setting is invalid. */
int d2dconfig_change(const struct d2dconfig *c, char **args, bool delete);

/* Takes the store's d2d/config over for this boot, and makes host name, local time and machine-id what they are to be.
 * Returns the exit code. */
int d2dconfig_apply(const struct d2dconfig *c);

#endif
