/*
 * Names and addresses of hosts in URLs.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2D_HOST_H
#define D2D_HOST_H 1

#include "libbb.h"

enum { D2D_HOST_MAX = 255 };	/* bytes of a name */

/* Returns the length of the host name or address at the beginning of TEXT ("[::1]", "server.example.com" or "10.0.0.1"), 0 if there
 * is none, or if it is longer than D2D_HOST_MAX. */
size_t d2d_host_length(const char *text);

#endif
