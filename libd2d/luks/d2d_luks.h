/*
 * libd2d, luks: LUKS volumes beyond opening them: what d2dunlock's verbs and d2dinstall share. Keys are the caller's, to lock and
 * to wipe. Needs FEATURE_D2DUNLOCK_MANAGE, except where it says otherwise.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2D_LUKS_H
#define D2D_LUKS_H 1

#include "d2d_volume.h"

struct crypt_device;
struct crypt_pbkdf_type;

/* ---- d2d_luks.c ---- */

/* 1 when a device or an image file begins as a LUKS volume, 0 when not. */
int d2d_is_luks(const char *path);

/* The name under /dev/mapper/ under which a device is open already, else NULL; the caller frees it. */
char *d2d_luks_open_as(const char *dev);

/* Was a device made by dm-crypt? By its UUID: a name can be anybody's. */
bool d2d_is_crypt(const char *dev);

/* The same, or is all that it was made of, as with LVM within LUKS? */
bool d2d_is_in_crypt(const char *dev);

/* ---- d2d_luks_copies.c (always there) ---- */

enum { D2D_LUKS_FIRST = 1, D2D_LUKS_SECOND = 2 };

/* Which of the two copies of a LUKS2 header on a device or in a file are whole, by their checksums: D2D_LUKS_ or'ed.
 * LUKS1 has but one, and no checksum: it counts as both. 0 when there is neither. */
int d2d_luks_copies(const char *path);

/* ---- d2d_luks_cost.c ---- */

enum { D2D_LUKS_MS = 2000 };	/* what it should take to try a passphrase */

/* Measures which parameters of Argon2id (LUKS1: of PBKDF2) take this machine about MS milliseconds, within half of
 * its memory and what is free of it now, and sets them for new key slots, unless cd is NULL. They are left in *kdf. */
int d2d_luks_measure(struct crypt_device *cd, unsigned ms, struct crypt_pbkdf_type *kdf);

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
