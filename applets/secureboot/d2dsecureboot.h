/*
 * Declarations shared by the parts of d2dsecureboot.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2DSECUREBOOT_H
#define D2DSECUREBOOT_H 1

#include "d2d_efi.h"

enum { OPT_q = 1 << 0, OPT_y = 1 << 1, OPT_n = 1 << 2 };

struct d2dsecureboot {
	unsigned opt;
	const char *root;	/* "" for / */
};

/* ---- secureboot/show.c ---- */

/* Prints the state. Returns the exit status. */
int d2dsecureboot_show(const struct d2dsecureboot *d);

/* Prints the certificates in the value of a variable: a line with NAME and the owner, then one with the fingerprint, for each. Returns
 * how many there are, or -EBADMSG. */
int d2dsecureboot_certificates(const char *name, const uint8_t *value, size_t len);

/* ---- secureboot/enroll.c ---- */

/* Writes the keys in DIR (NULL: those of the medium) into the firmware. Returns the exit status, or exits. */
int d2dsecureboot_enroll(const struct d2dsecureboot *d, const char *dir);

#endif
