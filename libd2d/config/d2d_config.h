/*
 * libd2d, config: the settings of the machine in the store's d2d/config: which lines are valid, host name, time zone. Pure
 * functions on memory.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2D_CONFIG_H
#define D2D_CONFIG_H 1

#include "d2d_util.h"

/* ---- d2d_config.c: pure functions on memory ---- */

/* Why a line "KEY=VALUE" or "KEY" can't stand in the store's d2d/config; NULL when it can. */
const char *d2d_config_line_error(const char *line);

bool d2d_hostname_ok(const char *name);

/* A POSIX rule for the local time, like CET-1CEST,M3.5.0,M10.5.0/3. */
bool d2d_timezone_ok(const char *rule);

/* The rule as a zoneinfo file (RFC 8536), for programs that look at /etc/localtime alone; returns its length. */
enum { D2D_TIMEZONE_MAX = 64, D2D_ZONEINFO_MAX = 128 + D2D_TIMEZONE_MAX };
size_t d2d_timezone_file(char file[D2D_ZONEINFO_MAX], const char *rule);

#endif
