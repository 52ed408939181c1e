/*
 * libd2d, config: the settings of the machine in the store's d2d/config: which lines are valid, host names, time zone rules; and
 * the lines of other files that people write; passwords. All functions but d2d_password_ask() and d2d_password_read() work on
 * memory only.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2D_CONFIG_H
#define D2D_CONFIG_H 1

#include "d2d_util.h"

/* ---- d2d_config.c ---- */

/* Returns why the line "KEY=VALUE" or "KEY" is not valid in the store's d2d/config, or NULL if it is valid. */
const char *d2d_config_line_error(const char *line);

bool d2d_hostname_ok(const char *name);

/* Whether RULE is a POSIX time zone rule, such as CET-1CEST,M3.5.0,M10.5.0/3. */
bool d2d_timezone_ok(const char *rule);

/* Writes the rule as a zoneinfo file (RFC 8536), for programs that read only /etc/localtime. Returns the file's length. */
enum { D2D_TIMEZONE_MAX = 64, D2D_ZONEINFO_MAX = 128 + D2D_TIMEZONE_MAX };
size_t d2d_timezone_file(char file[D2D_ZONEINFO_MAX], const char *rule);

/* ---- d2d_config_lines.c ---- */

/* Returns the next line of the text *REST that is neither empty nor a comment ('#', ';'), without white space at its ends and with
 * blanks for tabs, or NULL at the end. Sets *NUMBER to its number, which is 0 before the first call. The text is changed, and *REST
 * is what follows. */
char *d2d_config_line(char **rest, unsigned *number);

/* ---- d2d_password.c: passwords ---- */

enum { D2D_PASSWORD_MAX = 256 };	/* bytes, with the '\0' */

/* Returns locked memory for d2d_password_read(), two passwords long, which d2d_password_wipe() wipes and frees. The process leaves no
 * core file from then on. */
char *d2d_password_memory(void);
void d2d_password_wipe(char *memory);

/* Asks for a password on the terminal of stdin, or TWICE, or reads a line of stdin. Returns NULL, or why there is none, a static text. */
const char *d2d_password_read(const char *prompt, bool twice, char *password);

/* Asks for a password, twice, on the terminal of stdin, or reads a line of stdin, and sets *HASH to its hash in the form of crypt(5),
 * which the caller frees. Returns NULL, or why there is none, a static text. The process leaves no core file from then on. */
const char *d2d_password_ask(const char *prompt, char **hash);

/* Whether HASH can be the hash of a password in /etc/shadow. */
bool d2d_password_ok(const char *hash);

#endif
