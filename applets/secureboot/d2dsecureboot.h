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

/* ---- secureboot/write.c ---- */

/* Asks the user to type yes to do WHAT, unless OPT_y is set, and exits without that; with OPT_n it exits at once. */
void d2dsecureboot_confirm(const struct d2dsecureboot *d, const char *what);

/* Makes the variables writable for this process. They are mounted read-only for all others. Exits on an error. */
void d2dsecureboot_mount(const struct d2dsecureboot *d);

/* Writes the content of a file NAME.auth to a variable; with APPEND, what is in there stays. Returns 0 or a negative errno. */
int d2dsecureboot_write(const struct d2dsecureboot *d, const char *name, const char *guid, const char *auth, size_t size, bool append);

/* ---- secureboot/revoke.c ---- */

/* Adds the signed list in the file PATH to dbx. Returns the exit status, or exits. */
int d2dsecureboot_revoke(const struct d2dsecureboot *d, const char *path);

/* ---- secureboot/enroll.c ---- */

/* Writes the keys in DIR (NULL: those of the medium) into the firmware. Returns the exit status, or exits. */
int d2dsecureboot_enroll(const struct d2dsecureboot *d, const char *dir);

#endif
