/*
 * Declarations shared by the parts of d2dtty, which starts logins on consoles and asks terminals for their size.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2DTTY_H
#define D2DTTY_H 1

#include "d2d_util.h"

/* ---- tty/consoles.c ---- */

/* Why a console has a login, as bits. */
enum {
	D2DTTY_INITTAB = 1 << 0,	/* /etc/inittab of the image names it */
	D2DTTY_CMDLINE = 1 << 1,	/* console= on the kernel command line names it */
	D2DTTY_KERNEL = 1 << 2,		/* the kernel prints its messages there */
};

enum { D2DTTY_CONSOLES = 16 };	/* at most; others are ignored */

struct d2dtty_console {
	char name[32];			/* "ttyS1" */
	unsigned why;			/* D2DTTY_ bits */
};

/* Finds all consoles below ROOT. Returns their number. */
int d2dtty_consoles(const char *root, struct d2dtty_console list[D2DTTY_CONSOLES]);

/* Whether NAME can be the name of a terminal in /dev. */
bool d2dtty_name_ok(const char *name);

/* ---- tty/answer.c ---- */

/* Looks for a terminal's report of the cursor position, ESC [ ROWS ; COLUMNS R, in the *LEN bytes of BUF, and removes it from
 * them. Returns 1 and sets *ROWS and *COLUMNS if there is one, 0 if the bytes end with the beginning of one, else -1. */
int d2dtty_answer(char *buf, size_t *len, unsigned *rows, unsigned *columns);

/* ---- the verbs; each returns the exit status ---- */

int d2dtty_list(const char *root);
int d2dtty_inittab(const char *root);
int d2dtty_login(const char *root, const char *name);
int d2dtty_size(void);

#endif
