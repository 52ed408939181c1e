/*
 * NFS exports of other machines as payloads.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2D_NFS_H
#define D2D_NFS_H 1

#include "d2d_util.h"

struct d2d_nfs {
	char *host, *path;	/* the path begins with a slash */
	const char *version;	/* NULL: try several */
	unsigned port;		/* 0: the default */
};

bool d2d_nfs_is_url(const char *url);

/* Parses "nfs://HOST[:PORT]/PATH[?vers=VERSION]". Returns NULL, or a static text about the error. The caller clears *NFS in either
 * case. */
const char *d2d_nfs_parse(const char *url, struct d2d_nfs *nfs);
void d2d_nfs_clear(struct d2d_nfs *nfs);

/* Mounts an export read-only. ADDRESS is the host's IP address, which the caller has looked up. Blocks as long as the server
 * does. */
int d2d_nfs_mount(const struct d2d_nfs *nfs, const char *address, const char *target);

#endif
