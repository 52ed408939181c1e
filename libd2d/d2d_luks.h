/*
 * LUKS volumes beyond opening them: what d2dunlock's verbs and d2dinstall share. Keys are the caller's, to lock and to
 * wipe. Needs FEATURE_D2DUNLOCK_MANAGE, except where it says otherwise.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2D_LUKS_H
#define D2D_LUKS_H 1

#include "libd2d.h"

struct crypt_device;
struct crypt_pbkdf_type;

/* ---- d2d_luks_copies.c (always there) ---- */

enum { D2D_LUKS_FIRST = 1, D2D_LUKS_SECOND = 2 };

/* Which of the two copies of a LUKS2 header on a device or in a file are whole, by their checksums: D2D_LUKS_ or'ed.
 * LUKS1 has but one, and no checksum: it counts as both. 0 when there is neither. */
int d2d_luks_copies(const char *path);

/* ---- d2d_volume_file.c (always there) ---- */

/* A file of a volume, as d2d.key= names it: LABEL-OR-UUID:PATH[:OFFSET[:SIZE]]. */
struct d2d_place {
	char *volume, *path;
	unsigned long long offset, size;	/* size 0: to its end */
};

/* -EINVAL when it isn't written so. The strings are the caller's. */
int d2d_place_parse(const char *text, struct d2d_place *place);

bool d2d_place_is_on(const struct d2d_place *place, const struct d2d_volume *v);

/* Opens a regular file below a folder: -ELOOP when a link is on the way, -EINVAL when it isn't one; never waits. */
int d2d_open_in(const char *dir, const char *path);

/* Opens a regular file of a volume, which is mounted read-only meanwhile unless it is mounted already: no way out of it
 * through links. */
int d2d_volume_file_open(struct d2d_volume *v, const char *path);

/* ---- d2d_luks_cost.c ---- */

enum { D2D_LUKS_MS = 2000 };	/* what it should take to try a passphrase */

/* Measures which parameters of Argon2id (LUKS1: of PBKDF2) take this machine about MS milliseconds, within half of
 * its memory and what is free of it now, and sets them for new key slots, unless cd is NULL. They are left in *kdf. */
int d2d_luks_measure(struct crypt_device *cd, unsigned ms, struct crypt_pbkdf_type *kdf);

/* ---- d2d_device.c ---- */

/* 0 when a device or an image may be written to: -EBUSY when it, a part of it or what was made of it is in use, -EROFS,
 * -ENOTBLK when it is neither, or why it can't be opened. */
int d2d_device_idle(const char *dev);

/* For a person who is to be asked: "/dev/sdb: MODEL, SIZE: what is on it", and a line for each partition. malloc'ed. */
char *d2d_device_text(const char *dev);

/* ---- d2d_luks_format.c: without libcryptsetup's words ---- */

/* crypt_init() of a device that says nothing by itself. */
int d2d_luks_init(const char *path, struct crypt_device **cd);

/* Makes a LUKS2 volume of a device or an image, with one key; kdf is what was measured, NULL measures it. Nothing is
 * written before all is known to work. -ENOSPC when it is too small. Whether that may be is the caller's to know. */
int d2d_luks_format(const char *dev, const char *label, const struct crypt_pbkdf_type *kdf, const char *key, size_t len);

/* Opens it as /dev/mapper/NAME (-EPERM: the key doesn't fit), and closes it. */
int d2d_luks_open(const char *dev, const char *name, const char *key, size_t len);
int d2d_luks_close(const char *name);

/* ---- d2d_luks_header.c ---- */

/* Destroys all key slots: at once and for ever nobody can read the volume, but for a backup of its header. */
int d2d_luks_erase(const char *dev);

/* Keeps the header in a new file of mode 0600: -EEXIST when there is one of that name. On any error there is no file. */
int d2d_luks_backup(const char *dev, const char *file);

/* Puts it back, whatever is on the device. */
int d2d_luks_restore(const char *dev, const char *file);

#endif
