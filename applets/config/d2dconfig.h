/*
 * Declarations shared by the parts of d2dconfig, which shows, changes and applies the settings of this machine.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2DCONFIG_H
#define D2DCONFIG_H 1

#include "d2d_config.h"

enum {
	D2D_CONFIG_MAX = 64 * 1024,	/* bytes of the store's d2d/config */
	/* Options in d2d/config. Each takes 9 bytes more in the environment of hooks, which has a limit (d2d_hook_results.c). */
	D2D_CONFIG_LINES = 1000,
};

struct d2dconfig {
	const char *root;	/* "" for /, else a root directory for tests: the settings of the kernel are left alone then */
	bool temporary;		/* without a store, settings may last until the machine is switched off */
};

/* ---- config/path.c ---- */

/* Return a path below the root, and one below the store's d2d/. The caller frees them. */
char *d2dconfig_path(const struct d2dconfig *c, const char *path);
char *d2dconfig_stored(const struct d2dconfig *c, const char *name);

/* Whether there is a store, so that settings can be kept. */
bool d2dconfig_has_store(const struct d2dconfig *c);

/* Whether a line "KEY" or "KEY=VALUE" has the same key as another one. */
bool d2dconfig_is_key(const char *line, const char *key);

/* Whether VALUE is one of the option rtc: what the hardware clock has. */
bool d2dconfig_rtc_ok(const char *value);

/* ---- config/keymap.c ---- */

/* Loads the keyboard layout NAME. Returns the exit status of the hook that does it, which has printed the reason of a failure. */
int d2dconfig_keymap(const struct d2dconfig *c, const char *name);

/* Loads the keyboard layout that the store names, at boot: earlier, only the kernel command line could name one. */
int d2dconfig_keymap_apply(const struct d2dconfig *c);

/* ---- config/medium.c ---- */

#define D2DCONFIG_MEDIUM D2D_MEDIUM"/d2d"

/* Returns the options that the medium's d2d/config sets for machines without options of their own, or NULL; the caller frees them.
 * Says so if the medium isn't trusted. Sets *BAD if the file can't be read. */
char *d2dconfig_medium(const struct d2dconfig *c, int *bad);

/* ---- config/password.c, with FEATURE_D2DCONFIG_PASSWORD ---- */

/* Asks for the console password, sets it, and keeps it on the store. Returns the exit status. */
int d2dconfig_password(const struct d2dconfig *c);

/* Sets the password that the store keeps, or else the medium, if it is trusted. Returns whether that failed. */
int d2dconfig_password_apply(const struct d2dconfig *c);

/* ---- config/wifi.c, with FEATURE_D2DCONFIG_WIFI ---- */

/* Keeps the wireless network SSID, for which it asks the passphrase, or with DELETE removes it. Returns the exit status. */
int d2dconfig_wifi(const struct d2dconfig *c, const char *ssid, bool delete);

/* Whether ARG is "wifi=NAME" with the name of a network: not "wifi=no", which is an option. */
bool d2dconfig_is_network(const char *arg);

/* ---- the parts of the applet ---- */

/* Prints the settings in effect. */
void d2dconfig_show(const struct d2dconfig *c);

/* Sets, or with DELETE removes, the settings ARGS in the store. Returns the exit status; exits if a setting is invalid. */
int d2dconfig_change(const struct d2dconfig *c, char **args, bool delete);

/* Copies the valid lines of the store's d2d/config to D2D_CONFIG for this boot, and lets the options take effect. Returns the
 * exit status. */
int d2dconfig_apply(const struct d2dconfig *c);

/* Sets host name, time zone, clock and machine-id as the options say. Returns whether something failed. */
int d2dconfig_take_effect(const struct d2dconfig *c);

#endif
