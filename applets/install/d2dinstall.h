/*
 * Declarations shared by the parts of d2dinstall, which installs the system on a disk or beside another system, and creates stores.
 * d2dreset uses them, too. A function "exits" after it has printed a message.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2DINSTALL_H
#define D2DINSTALL_H 1

#include "d2d_efi.h"
#include "d2d_volume.h"

enum {
	INSTALL_YES = 1 << 0,	/* don't ask */
	INSTALL_DRY_RUN = 1 << 1,	/* write nothing */
	INSTALL_STICK = 1 << 2,
	INSTALL_ENCRYPT = 1 << 3,

	STORE_MIN_MIB = 128,	/* smallest store */
	DIGEST_SIZE = 65,	/* bytes of a SHA-256 digest in hexadecimal, with '\0' */
	INSTALL_FILES = 6,	/* files of a system besides its configuration, at most */
};

/* GRUB for UEFI on an ISO, and in the slot of a signed system. */
#define INSTALL_EFI D2D_EFI_FIRST_GRUB
#define INSTALL_GRUB D2D_EFI_SLOT_GRUB

/* ---- install/ask.c ---- */

/* Opens a disk for writing, or exits. */
void d2dinstall_open(struct d2d_disk *disk, const char *path, unsigned opt);

/* Shows the content of the disk and PLAN, a description of the changes, and asks for confirmation with d2dinstall_confirm(). */
void d2dinstall_consent(const struct d2d_disk *disk, unsigned opt, const char *plan);

/* Asks the user to type NAME, the name of a WHAT ("disk"), unless INSTALL_YES is set. Exits if the user types anything else; exits
 * successfully with INSTALL_DRY_RUN. */
void d2dinstall_confirm(const char *what, const char *name, unsigned opt);

/* Exits if a volume of the disk is mounted or used by another device. A file is never in use. */
void d2dinstall_refuse_used(const struct d2d_disk *disk);

/* From now on SIGHUP, SIGINT and SIGTERM only set bb_got_signal, for callers that have something to undo. */
void d2dinstall_catch_signals(void);

/* ---- install/ext4.c, install/make.c ---- */

/* Creates an ext4 file system with the store's label in SIZE bytes at OFFSET of a device or a file; if SIZE is 0, in all of it.
 * Returns a negative errno on failure. */
int d2dinstall_make_ext4(const char *dev, uint64_t offset, uint64_t size);

/* Creates a store in SIZE bytes at START of the disk, which the kernel already knows as partition N; encrypted unless KEY is
 * NULL. Returns a negative errno on failure, -EINTR after a signal. */
struct install_key;
int d2dinstall_make_store(const struct d2d_disk *disk, unsigned n, uint64_t start, uint64_t size, const struct install_key *key);

/* ---- install/luks.c: encrypted stores ---- */

/* Returns locked memory for a passphrase; d2dinstall_key_wipe() wipes and frees it and accepts NULL. d2dinstall_make_luks() will
 * write a backup of the LUKS header to the file BACKUP, unless that is NULL. Exits on an error, also if the mapping that is
 * needed in between is still open from an earlier run. */
struct install_key *d2dinstall_key(const char *backup);
void d2dinstall_key_wipe(struct install_key *key);

/* Locks the memory again after fork(), because a child process doesn't inherit the lock. */
void d2dinstall_key_lock(struct install_key *key);

/* Asks twice for the passphrase on the terminal of stdin, or with CONSOLE on all consoles, with a time limit of SECONDS for each
 * question (0: none). If stdin is not a terminal, reads the passphrase from its next line. Returns 0 or a negative errno, for
 * which d2dinstall_key_error() returns a text. */
int d2dinstall_key_ask(struct install_key *key, bool console, int seconds);
const char *d2dinstall_key_error(int r);

/* Creates an encrypted store in a partition. Returns a negative errno on failure, after a message. */
int d2dinstall_make_luks(const char *part, const struct install_key *key);

/* ---- install/source.c ---- */

/* The ISO to be installed. Its mounts are in a private mount namespace, so that they end with this process. */
struct install_source {
	int fd;			/* of the ISO; -1 if its files are in a directory */
	const char *iso, *efi;	/* mount points of the ISO and of its FAT for UEFI */
	char *dev;		/* path of the ISO */
	uint64_t size;		/* bytes of the files of a slot */
	smallint is_lean;	/* the base system is a file on the medium, boot/base.sqfs */
	smallint is_signed;	/* built for Secure Boot: GRUB starts nothing else than this system */
};

/* Opens and mounts an ISO (a file or a device; NULL: the one that was booted from), or exits. Without WHOLE only the files of the
 * slot are needed, and PATH may also be a directory with these files. */
void d2dinstall_source(struct install_source *src, const char *path, bool whole);

/* Returns a new directory to mount on, in memory and private to this process. The caller frees the path. */
char *d2dinstall_mount_point(const char *name);

/* ---- install/secure.c: UEFI Secure Boot ---- */

/* Whether it is on. */
bool d2dinstall_secureboot(void);

/* Exits if it is on and the ISO isn't signed. Whether the firmware knows the key that has signed it shows at the start only: then the
 * other slot of a disk is started. */
void d2dinstall_refuse_unsigned(const struct install_source *src);

/* Writes the GRUB that UEFI starts, in the file FROM, to the FAT at TOP, so that at any time either the old or the new one is complete.
 * Exits on an error. */
void d2dinstall_efi_write(const char *from, const char *top);

/* Whether a slot has a GRUB of its own, which verifies the other files. */
bool d2dinstall_slot_is_signed(const char *top, char slot);

/* ---- install/slot.c: a slot is one system, with kernel and initramfs, in the directory TOP of a file system ---- */

/* Writes the files of slot 'a' or 'b' from an ISO to the disk, slot.cfg last, or exits. AT is the path of TOP on its file system,
 * "" for the root directory. SHA256 gets the digests of the files that were read. */
void d2dinstall_slot_write(const char *top, const char *at, char slot, const struct install_source *src,
		char sha256[INSTALL_FILES][DIGEST_SIZE]);

/* Reads the files back and exits if they differ. The data must come from the disk, so the caller mounts the file system anew if
 * possible. */
void d2dinstall_slot_verify(const char *top, char slot, const struct install_source *src, char sha256[INSTALL_FILES][DIGEST_SIZE]);

/* Removes the files of a slot, if there are any. */
void d2dinstall_slot_remove(const char *top, char slot);

/* Returns the size of these files in bytes. */
uint64_t d2dinstall_slot_size(const char *top, char slot);

/* Copies a file of the ISO and waits until it is on the disk, or exits. The progress bar begins with WHAT. HEX gets the digest. */
void d2dinstall_write(const char *from, const char *to, const char *what, char hex[DIGEST_SIZE]);

/* Computes the digest of a file as it is on the disk, or exits. */
void d2dinstall_digest(const char *path, const char *what, char hex[DIGEST_SIZE]);

/* ---- install/folder.c: the directory d2d/ of an ISO, without the keys in it ---- */

/* Returns how many bytes the directory takes on a FAT, at most; 0 if it contains no files. */
uint64_t d2dinstall_folder_size(const struct install_source *src);

/* Exits if the directory contains anything that a FAT can't store. */
void d2dinstall_folder_check(const struct install_source *src);

/* Copy the directory to the top directory of a disk's FAT, and compare the copy on the disk with the ISO. Both exit on an error,
 * and the second one also if the copy differs. */
void d2dinstall_folder_write(const struct install_source *src, const char *top);
void d2dinstall_folder_verify(const struct install_source *src, const char *top);

/* ---- install/write.c: writing an ISO to a disk ---- */

/* An ISO in a file. */
struct install_image {
	int fd;
	const char *path;
	uint64_t size;		/* bytes, with its partitions */
};

/* Opens the ISO, or exits. */
void d2dinstall_image_open(struct install_image *image, const char *path);

/* Writes all of it but the first sector, which is zeroed, and verifies it. The kernel forgets the partitions that were on the disk.
 * Exits on an error; nothing starts from the disk then. */
void d2dinstall_image_write(const struct install_image *image, const struct d2d_disk *disk);

/* Makes the kernel read the partition table, when nothing on the disk is in use. */
void d2dinstall_image_settle(const struct d2d_disk *disk);

/* ---- install/place.c ---- */

/* A directory on a mounted file system that GRUB can read. */
struct install_place {
	char *dir;		/* absolute path */
	char *path;		/* path on its file system; can be quoted in a GRUB script */
	char *where;		/* mount point of the file system */
	char *dev;		/* its device, a disk or a partition */
	struct d2d_volume volume;
	uint64_t room;		/* free bytes */
	smallint is_new;	/* the directory doesn't exist yet, only its parent directory */
	smallint read_only;
};

/* Fills in *PLACE for the directory PATH, or exits. */
void d2dinstall_place(struct install_place *place, const char *path);

/* ---- install/menu.c: GRUB menus of other systems ---- */

/* Returns the content of a menu file with LINES between markers that contain NAME; lines that are between such markers already are
 * replaced. Exits if the file can't be used. The caller frees the text. */
char *d2dinstall_menu_insert(const char *file, const char *name, const char *lines);

/* Replaces the menu file atomically and keeps its owner and mode. Exits on an error. */
void d2dinstall_menu_save(const char *file, const char *text);

/* ---- install/env.c: GRUB's environment block, which records which slot is good and which is on trial ---- */

struct install_env {
	char good, trial;	/* 'a', 'b', or '\0' for none */
};

/* Return 0 or a negative errno; -EINVAL if the block has an unknown form. The block is overwritten in place, within one sector. */
int d2dinstall_env_read(const char *top, struct install_env *env);
int d2dinstall_env_write(const char *top, const struct install_env *env);

/* ---- the verbs: they return the exit status ---- */

/* Adds a store after the ISO on the disk to which the ISO was written: the disk PATH or, if that is NULL, the one that was booted
 * from. With the path ISO, first writes that to the disk. KEY is for the passphrase of an encrypted store, or NULL. */
int d2dinstall_stick(const char *path, const char *iso, struct install_key *key, unsigned opt);

/* Installs the system with GRUB and a store on a whole disk. */
int d2dinstall_disk(const char *path, const char *iso, struct install_key *key, unsigned opt);

/* Installs the system in the directory DIR beside another system, and adds an entry to the GRUB menu in the file MENU, unless
 * that is NULL. */
int d2dinstall_beside(const char *dir, const char *iso, const char *menu, unsigned opt);

/* Writes a new system to the slot that isn't running. d2dinstall_good() records that the running system is good. */
int d2dinstall_update(const char *iso, unsigned opt);
int d2dinstall_good(void);

#endif
