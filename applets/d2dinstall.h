/*
 * What the files of d2dinstall share.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2DINSTALL_H
#define D2DINSTALL_H 1

#include "d2d_disk.h"

enum {
	INSTALL_YES = 1 << 0,	/* don't ask */
	INSTALL_DRY_RUN = 1 << 1,	/* write nothing */
	INSTALL_STICK = 1 << 2,

	STORE_MIN_MIB = 128,
};

#define STORE_LABEL "D2D-STORE"

/* Opens a disk that is to be written to, or dies. */
void d2dinstall_open(struct d2d_disk *disk, const char *path, unsigned opt);

/* Shows what is on the disk and what is to become of it; then whoever is asked types its name. Dies otherwise; ends the
 * program well on a dry run. */
void d2dinstall_consent(const struct d2d_disk *disk, unsigned opt, const char *plan);

/* Makes the store: ext4, in SIZE bytes at START of the disk, which are partition N to the kernel already. Negative when
 * it couldn't be. */
int d2dinstall_make_store(const struct d2d_disk *disk, unsigned n, uint64_t start, uint64_t size);

/* Adds a store behind the ISO on the disk that carries it: the one that was booted from, unless PATH names another. */
int d2dinstall_stick(const char *path, unsigned opt);

#endif
