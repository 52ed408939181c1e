/*
 * What the files of d2dinstall share.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2DINSTALL_H
#define D2DINSTALL_H 1

#include "d2d_volume.h"

enum {
	INSTALL_YES = 1 << 0,	/* don't ask */
	INSTALL_DRY_RUN = 1 << 1,	/* write nothing */
	INSTALL_STICK = 1 << 2,
	INSTALL_ENCRYPT = 1 << 3,

	STORE_MIN_MIB = 128,
	DIGEST_SIZE = 65,	/* of sha256 in hex, with its '\0' */
	INSTALL_FILES = 3,	/* that a system has, but for its configuration */
};

/* Opens a disk that is to be written to, or dies. */
void d2dinstall_open(struct d2d_disk *disk, const char *path, unsigned opt);

/* Shows what is on the disk and what is to become of it; then whoever is asked types its name. Dies otherwise; ends the
 * program well on a dry run. */
void d2dinstall_consent(const struct d2d_disk *disk, unsigned opt, const char *plan);

/* The end of it: asks for this name of the disk, or of what else it is, unless it was said that it is wanted. */
void d2dinstall_confirm(const char *what, const char *name, unsigned opt);

/* From here on SIGHUP, SIGINT and SIGTERM are only noted, in bb_got_signal: who calls this has something to undo. */
void d2dinstall_catch_signals(void);

/* Makes an ext4 labelled as the store in SIZE bytes at an offset of a device or a file; in all of it when SIZE is 0. Negative
 * when it couldn't be. */
int d2dinstall_make_ext4(const char *dev, uint64_t offset, uint64_t size);

/* Makes the store: ext4, in SIZE bytes at START of the disk, which are partition N to the kernel already; encrypted unless KEY
 * is NULL. Negative when it couldn't be, or when a signal was noted. */
struct install_key;
int d2dinstall_make_store(const struct d2d_disk *disk, unsigned n, uint64_t start, uint64_t size, const struct install_key *key);

/* ---- d2dinstall_luks.c ---- */

/* Memory for a passphrase, locked; a copy of the header goes to the file BACKUP unless that is NULL. Dies, also when what a
 * volume is opened as meanwhile is still open. NULL is no key. */
struct install_key *d2dinstall_key(const char *backup);
void d2dinstall_key_wipe(struct install_key *key);

/* In a new process: a lock on memory isn't inherited. */
void d2dinstall_key_lock(struct install_key *key);

/* Asks for it twice on the terminal of stdin, or on all consoles, so many seconds each (0: for ever); without a terminal it is
 * the next line of stdin. Negative when there is none, which d2dinstall_key_error() has words for. */
int d2dinstall_key_ask(struct install_key *key, bool console, int seconds);
const char *d2dinstall_key_error(int r);

/* Makes a partition an encrypted store. Negative, after a line, when it couldn't be. */
int d2dinstall_make_luks(const char *part, const struct install_key *key);

/* ---- d2dinstall_source.c ---- */

/* The ISO that is to be installed. Its mounts are in a name space of ours: they end with this program. */
struct install_source {
	int fd;			/* the ISO itself; -1 when its files are in a folder */
	const char *iso, *efi;	/* where it and its FAT for UEFI are mounted */
	char *dev;
	uint64_t size;		/* of the files that make a slot */
	smallint is_lean;	/* its base system stays on the medium: boot/base.sqfs */
};

/* Opens and mounts an ISO (a file or a device; NULL: what was booted from), or dies. Not WHOLE: kernel and initramfs are all
 * that is wanted of it, and a folder with its files will do, too. */
void d2dinstall_source(struct install_source *src, const char *path, bool whole);

/* A folder of our own to mount on, in memory; the caller frees it. */
char *d2dinstall_mount_point(const char *name);

/* ---- d2dinstall_slot.c: the kernel and the initramfs of one system, below the top folder of a disk's FAT ---- */

/* Writes the slot ("a", "b") from an ISO, each file to the disk and none of what makes it bootable; dies when it can't. AT is
 * the top folder's path on its file system, "" for that itself. The digests of what was read go to sha256. */
void d2dinstall_slot_write(const char *top, const char *at, char slot, const struct install_source *src, char sha256[INSTALL_FILES][DIGEST_SIZE]);

/* Reads it back, which has to come from the disk and so wants a fresh mount where it can be had; dies when it isn't the same. */
void d2dinstall_slot_verify(const char *top, char slot, const struct install_source *src, char sha256[INSTALL_FILES][DIGEST_SIZE]);

/* Removes its files, as many as there are. */
void d2dinstall_slot_remove(const char *top, char slot);

/* The bytes that they take. */
uint64_t d2dinstall_slot_size(const char *top, char slot);

/* Copies a file of the ISO to the disk, where it is when this returns; dies when it can't. WHAT stands before the progress bar. */
void d2dinstall_write(const char *from, const char *to, const char *what, char hex[DIGEST_SIZE]);

/* The digest of what the disk gives for a file, or dies. */
void d2dinstall_digest(const char *path, const char *what, char hex[DIGEST_SIZE]);

/* ---- d2dinstall_folder.c: what an ISO brings besides the system, its folder d2d/ but for the keys in it ---- */

/* The bytes that it takes on a FAT, at most; 0 when there is no file in it. */
uint64_t d2dinstall_folder_size(const struct install_source *src);

/* Dies when there is something in it that a FAT can't hold. */
void d2dinstall_folder_check(const struct install_source *src);

/* Copies it to the top folder of a disk's FAT and compares what is read back with the ISO; they die when that can't be, or
 * isn't the same. */
void d2dinstall_folder_write(const struct install_source *src, const char *top);
void d2dinstall_folder_verify(const struct install_source *src, const char *top);

/* ---- d2dinstall_place.c ---- */

/* A folder on a mounted file system that GRUB can read. */
struct install_place {
	char *dir;		/* all of its path */
	char *path;		/* the same from the top of its file system; nothing in either that GRUB's quotes couldn't hold */
	char *where;		/* where that is mounted */
	char *dev;		/* the volume, a disk or partition */
	struct d2d_volume volume;
	uint64_t room;		/* in bytes, free there */
	smallint is_new;	/* the folder isn't there yet, only the one that it is to be in */
	smallint read_only;
};

/* Finds out about it, or dies. */
void d2dinstall_place(struct install_place *place, const char *path);

/* ---- d2dinstall_menu.c ---- */

/* What a menu of GRUB will be with these LINES between markers of that name, or in their place. Dies when it can't be. The
 * caller frees it. */
char *d2dinstall_menu_insert(const char *file, const char *name, const char *lines);

/* Replaces the menu in one step; it keeps its owner and mode. Dies. */
void d2dinstall_menu_save(const char *file, const char *text);

/* ---- d2dinstall_env.c: GRUB's environment block, where it is said which slot is good and which is on trial ---- */

struct install_env {
	char good, trial;	/* 'a', 'b', or '\0' */
};

/* 0, or a negative errno; what is in no known form is -EINVAL. Writing replaces the block in its place, within one sector. */
int d2dinstall_env_read(const char *top, struct install_env *env);
int d2dinstall_env_write(const char *top, const struct install_env *env);

/* ---- the verbs ---- */

/* Adds a store behind the ISO on the disk that carries it: the one that was booted from, unless PATH names another. KEY:
 * what is to be asked for, or NULL for a plain store. */
int d2dinstall_stick(const char *path, struct install_key *key, unsigned opt);

int d2dinstall_disk(const char *path, const char *iso, struct install_key *key, unsigned opt);

/* The system into the folder DIR, and its entry into the menu of GRUB in the file MENU, or NULL. */
int d2dinstall_beside(const char *dir, const char *iso, const char *menu, unsigned opt);

int d2dinstall_update(const char *iso, unsigned opt);
int d2dinstall_good(void);

#endif
