/*
 * libd2d, luks: LUKS volumes: recognising, creating, measuring, backing up and erasing them. Used by d2dunlock, d2dinstall and
 * d2dreset. Keys stay in the caller's memory, who locks and wipes it. Needs FEATURE_D2DUNLOCK_MANAGE, except where a heading
 * says otherwise.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2D_LUKS_H
#define D2D_LUKS_H 1

#include "d2d_volume.h"

struct crypt_device;
struct crypt_pbkdf_type;

/* ---- d2d_luks.c (always compiled): recognising LUKS ---- */

/* Returns the name in /dev/mapper under which a device is open, or NULL; the caller frees it. */
char *d2d_luks_open_as(const char *dev);

/* Whether a device is a dm-crypt mapping. The mapping's UUID decides, because anybody can choose its name. */
bool d2d_is_crypt(const char *dev);

/* Whether a device is a dm-crypt mapping or is built only on such mappings, as LVM within LUKS is. */
bool d2d_is_in_crypt(const char *dev);

/* Whether any dm-crypt mapping exists below ROOT/sys ("" for /). */
bool d2d_luks_any_open(const char *root);

/* ---- d2d_luks_copies.c (always compiled) ---- */

/* Returns which of the two copies of a LUKS2 header on a device or in a file have a correct checksum, as a bit mask of D2D_LUKS_;
 * 0 if neither has. A LUKS1 header has no copy and no checksum, and counts as both. */
int d2d_luks_copies(const char *path);

/* ---- d2d_luks_cost.c ---- */

enum { D2D_LUKS_MS = 2000 };	/* how long it should take to try a passphrase */

/* Measures with which parameters of Argon2id (LUKS1: of PBKDF2) this machine needs about MS milliseconds to try a passphrase. Uses
 * at most half of the memory and no more than is free now. Sets *kdf and, unless CD is NULL, the parameters of new key slots. */
int d2d_luks_measure(struct crypt_device *cd, unsigned ms, struct crypt_pbkdf_type *kdf);

/* ---- d2d_luks_format.c ---- */

/* Calls crypt_init() and silences libcryptsetup's messages for this device. */
int d2d_luks_init(const char *path, struct crypt_device **cd);

/* Formats a device or an image as a LUKS2 volume with one key. KDF is the result of d2d_luks_measure(); NULL measures now. The
 * complete header is made in memory first, so that nothing is written if that fails. Returns -ENOSPC if the device is too small.
 * The caller has to make sure that the device may be overwritten. */
int d2d_luks_format(const char *dev, const char *label, const struct crypt_pbkdf_type *kdf, const char *key, size_t len);

/* Opens a volume as /dev/mapper/NAME (-EPERM: wrong key), and closes it. */
int d2d_luks_open(const char *dev, const char *name, const char *key, size_t len);
int d2d_luks_close(const char *name);

/* ---- d2d_luks_header.c ---- */

/* Waits until what was written to a device or a file is on the disk. */
int d2d_luks_flush(const char *path);

/* Destroys all key slots. Nobody can open the volume again, except with a backup of its header. */
int d2d_luks_erase(const char *dev);

/* Writes the header to a new file with mode 0600. Returns -EEXIST if the file exists. After any error there is no new file. */
int d2d_luks_backup(const char *dev, const char *file);

/* Writes a header from such a file to the device, without looking at the device's present content. */
int d2d_luks_restore(const char *dev, const char *file);

#endif
