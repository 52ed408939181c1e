/*
 * What the files of libd2d/ssh share: reading strings with a length (RFC 4251, 5).
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2D_SSH_PRIVATE_H
#define D2D_SSH_PRIVATE_H 1

#include "d2d_ssh.h"

struct d2d_ssh_span {
	const uint8_t *p;
	size_t len;
};

/* Takes the string at the beginning of *FROM. Returns false if there is none. */
bool d2d_ssh_string(struct d2d_ssh_span *from, struct d2d_ssh_span *string);

/* Whether a string is the text TEXT. */
bool d2d_ssh_is(const struct d2d_ssh_span *string, const char *text);

/* Whether a string is a positive number without superfluous zeros; *BITS is its length. */
bool d2d_ssh_number(const struct d2d_ssh_span *string, unsigned *bits);

#endif
