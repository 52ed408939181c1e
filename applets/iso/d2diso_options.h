/*
 * The options that say what is added to an ISO, which d2diso and d2dstick share.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2DISO_OPTIONS_H
#define D2DISO_OPTIONS_H 1

#include "libbb.h"

struct d2diso_options {
	llist_t *what;		/* arguments of -a */
	llist_t *set;		/* "KEY=VALUE": options of debian2docker */
	llist_t *words;		/* further words of the kernel command line */
	char *title, *timeout, *entry;	/* of the boot menu, or NULL */
};

/* For getopt32long(): the letters, the long names, and the addresses of the values in the order of the letters. */
#define D2DISO_LETTERS "a:*s:*k:*t:T:d:"
#define D2DISO_NAMES \
	"add\0"      Required_argument "a" \
	"set\0"      Required_argument "s" \
	"kernel\0"   Required_argument "k" \
	"title\0"    Required_argument "t" \
	"timeout\0"  Required_argument "T" \
	"default\0"  Required_argument "d"
#define D2DISO_VALUES(o) &(o)->what, &(o)->set, &(o)->words, &(o)->title, &(o)->timeout, &(o)->entry

#endif
