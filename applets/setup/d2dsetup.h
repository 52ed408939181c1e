/*
 * Declarations shared by the parts of d2dsetup, the menu that sets this machine up.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2DSETUP_H
#define D2DSETUP_H 1

#include "d2d_util.h"

struct d2dsetup {
	const char *root;	/* "" for /, else a root directory for tests */
	char *term, *lc_all;	/* the user's own variables TERM and LC_ALL (NULL: none), for the programs that are run */
};

/* ---- setup/screen.c ---- */

/* Takes over the terminal; prints a message and exits if that can't show a menu. d2dsetup_close() gives it back. */
void d2dsetup_open(struct d2dsetup *s);
void d2dsetup_close(void);

/* ---- setup/dialog.c: pages; Esc leaves each of them. Texts may have several lines ---- */

/* Shows ITEMS, which end with NULL, and begins on number CURRENT. BACK is the text of the button that leaves. Returns the number of
 * the chosen one, or -1. */
int d2dsetup_menu(const char *title, const char *text, const char *back, const char **items, int current);

/* Asks for texts. VALUE is what the field shows first, and then what was typed if the function returns true; the caller frees
 * it. */
struct d2dsetup_field {
	const char *label;
	char *value;
};
bool d2dsetup_ask(const char *title, const char *text, struct d2dsetup_field *fields, int n);

void d2dsetup_message(const char *title, const char *text);
bool d2dsetup_confirm(const char *title, const char *text, const char *yes);

/* ---- setup/run.c: other applets, NULL-terminated ARGV with the applet's name first ---- */

/* Runs an applet without input and sets *OUTPUT to what it has printed, fit for a page; the caller frees it. Returns the exit
 * status. */
int d2dsetup_run(const struct d2dsetup *s, const char **argv, char **output);

/* The same, and shows the output, or "Done." if there is none. Returns the exit status. */
int d2dsetup_show(const struct d2dsetup *s, const char *title, const char **argv);

/* Runs an applet that asks questions itself, without the menu. */
void d2dsetup_terminal(const struct d2dsetup *s, const char **argv);

/* Sets KEY=VALUE, or deletes KEY if there is no '=', by d2dconfig. Without a store this lasts until the machine is switched off,
 * which the output says. *OUTPUT as above. */
int d2dsetup_config(const struct d2dsetup *s, const char *setting, char **output);

/* ---- the pages ---- */

bool d2dsetup_has_keyboards(const struct d2dsetup *s);
bool d2dsetup_has_timezones(const struct d2dsetup *s);
void d2dsetup_keyboard(const struct d2dsetup *s);
void d2dsetup_hostname(const struct d2dsetup *s);
void d2dsetup_timezone(const struct d2dsetup *s);
void d2dsetup_password(const struct d2dsetup *s);
void d2dsetup_network(const struct d2dsetup *s);
void d2dsetup_disk(const struct d2dsetup *s);
void d2dsetup_ssh(const struct d2dsetup *s);

#endif
