/*
 * libd2d, volume: block devices and what is on them: which volumes there are, which role each has (medium, payload, store,
 * swap), how they are mounted, checked, grown, and when new ones appear.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2D_VOLUME_H
#define D2D_VOLUME_H 1

#include "d2d_util.h"

#define D2D_STORE_LABEL "D2D-STORE"	/* of the volume that we make as the store; others may be one, too (d2d_role.c) */

/* ---- d2d_volume.c ---- */

enum { D2D_ROLE_NONE, D2D_ROLE_MEDIUM, D2D_ROLE_PAYLOAD, D2D_ROLE_STORE, D2D_ROLE_SWAP };

/* All strings are malloc'ed; d2d_volume_clear() frees them. */
struct d2d_volume {
	char *dev;		/* "/dev/sda1" */
	char *name;		/* the kernel's name of it: "sda1" */
	char *fstype;		/* as blkid calls it; "" when nothing was recognised; LUKS is "crypto_LUKS" */
	char *uuid;		/* "" when there is none; as untrusted as the label */
	char *label;		/* as found on the volume; "" when there is none */
	char *holder;		/* the device that was made of it ("/dev/mapper/d2d-store"), or NULL */
	uint64_t size;		/* bytes */
	int err;		/* 0, or the negative errno that says why it can't be read */
	smallint removable;	/* by itself, on USB, or an SD card */
	smallint partitioned;	/* a whole disk with partitions on it */
	int role;		/* D2D_ROLE_ */
	char *mountpoint;	/* NULL when not mounted */
	char *why;		/* why it has this role, in words */
	char *repair;		/* ext without its superblock, of which a copy is there: a command; or NULL */
};

/* Probes the block devices of /sys/class/block in natural order of their names, without memory disks, loops,
 * floppies, drives without a medium, and partitioned disks that carry no file system themselves. A device that
 * can't be read is in the list, with err. Roles are not decided here. *list is malloc'ed; free it with
 * d2d_volumes_free(). Returns the number of volumes. d2d_volumes_scan_at() looks at ROOT/sys and ROOT/dev. */
int d2d_volumes_scan(struct d2d_volume **list);
int d2d_volumes_scan_at(const char *root, struct d2d_volume **list);

/* The same for these devices or images alone (NULL-terminated), in their order, of whatever kind. */
int d2d_volumes_of_files(char **files, struct d2d_volume **list);

/* Reads and writes D2D_VOLUMES: a volume a line, tab separated DEVICE ROLE FSTYPE UUID LABEL MOUNTPOINT WHY,
 * "-" for empty; control characters in labels as '?'. Written atomically. */
int d2d_volumes_read(struct d2d_volume **list);
int d2d_volumes_read_at(const char *root, struct d2d_volume **list);
int d2d_volumes_write(const struct d2d_volume *list, int n);
void d2d_volumes_free(struct d2d_volume *list, int n);

/* Takes over what an earlier d2dmount wrote to D2D_VOLUMES about volumes of other roles than ROLES (1 << D2D_ROLE_,
 * or'ed) and about those that can't be read: it was root, and it looked inside. */
void d2d_volumes_merge_saved(struct d2d_volume *list, int n, unsigned roles);

void d2d_volume_clear(struct d2d_volume *v);

/* An array with an object for each, with the names that docs/media.md tells; texts from outside are printable ASCII.
 * json_object_put() it. */
struct json_object;
struct json_object *d2d_volumes_json(const struct d2d_volume *list, int n);

/* "medium", "payload", "store", "swap" or "none". */
const char *d2d_role_name(int role);

/* D2D_ROLE_ of a name, -1 for any other. */
int d2d_role_named(const char *name);

/* ext2, ext3 or ext4. */
bool d2d_volume_is_ext(const struct d2d_volume *v);

/* The contents of DIR/NAME without its newline, malloc'ed; NULL when it can't be read. */
char *d2d_sysfs_read(const char *dir, const char *name);

/* ---- d2d_probe.c ---- */

/* Sets fstype, uuid and label of *v from a block device or an image file, to "" when it can't be read, and size. */
int d2d_volume_probe(const char *path, struct d2d_volume *v);

/* Where a superblock of md's versions 0.90 and 1.0 lies, which are at the end; 0 when there is none. Without the bytes of
 * its magic it is none. */
enum { D2D_RAID_MAGIC = 4 };
off_t d2d_raid_superblock(int fd);

/* Sets uuid and label of an exFAT volume, whose first 512 bytes are HEAD (d2d_exfat.c). */
void d2d_exfat_read(struct d2d_volume *v, int fd, const uint8_t *head);

/* ---- d2d_ext.c ---- */

enum { D2D_EXT_AT = 1024, D2D_EXT_CLEAN = 1 };

struct d2d_ext {
	uint64_t blocks;
	unsigned block_size;
	unsigned state;		/* D2D_EXT_CLEAN: unmounted, without errors */
	unsigned group;		/* whose copy this is; 0: the superblock itself */
	char uuid[37];
	char label[17];
};

/* Reads a superblock of ext2/3/4 from this place of a descriptor; -EINVAL when it isn't one. */
int d2d_ext_read(int fd, off_t at, struct d2d_ext *ext);

/* The same of the first copy, whatever the block size: returns its block, 0 when there is none. */
uint32_t d2d_ext_copy(int fd, struct d2d_ext *ext);

/* The command that repairs it, as far as it can be, and asks before it does. The caller frees it. */
char *d2d_ext_repair(const char *dev);

/* ---- d2d_role.c ---- */

/* Sets role and why of each volume of the list, which has neither yet, from what it is and where it is mounted. MEDIUM
 * is the UUID that was booted from and SPEC names the store (UUID=X, LABEL=X or /dev/X); NULL when nobody said. Returns
 * the one volume of the list that is to be used as the store, or NULL: also when two could be. */
struct d2d_volume *d2d_roles_decide(struct d2d_volume *list, int n, const char *medium, const char *spec);

/* Whether UUID=X, LABEL=X or /dev/X means this volume. */
bool d2d_volume_is_named(const struct d2d_volume *v, const char *spec);

/* Whether a payload has the label, or without one the UUID, of another of the list that is mounted; why then says so. */
bool d2d_payload_is_duplicate(struct d2d_volume *v, const struct d2d_volume *list, int n);

/* Sets the role and, as by printf(), why it is so. */
void d2d_role_set(struct d2d_volume *v, int role, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* ---- d2d_mount.c: what fails leaves the reason in the volume's why ---- */

/* Sets mountpoint of those of the list that are mounted. */
void d2d_mounts_find(struct d2d_volume *list, int n);

/* The folder on which a volume of its role is mounted, and the command that does the same as d2d_mount(). The caller
 * frees them. */
char *d2d_mount_target(const struct d2d_volume *v);
char *d2d_mount_command(const struct d2d_volume *v);

/* Mounts a volume on its target, which has to be there and is removed when it fails, and sets mountpoint: the store
 * for writing, others read-only. */
int d2d_mount(struct d2d_volume *v);

/* Lets e2fsck put the store right, before it is mounted: 1 when there was something to do. -EUCLEAN when it couldn't,
 * and the store is not to be mounted; -EROFS and others when nobody can write to the device. */
int d2d_store_check(struct d2d_volume *v);

/* Lets a mounted store grow into its partition (d2d_grow.c): 1 when it did, 0 when there was nothing to do. */
int d2d_store_grow(const struct d2d_volume *v);

/* Gives a volume to the kernel as swap space: 1 when it did, 0 when it had been given before. */
int d2d_swap_on(struct d2d_volume *v);

/* Takes the role of a mounted payload back from a volume without a folder d2d/, and unmounts it. */
void d2d_payload_check_directory(struct d2d_volume *v);

/* Unmounts payloads that aren't in the list: sticks that were pulled out leave their mounts behind. */
void d2d_payloads_drop_gone(const struct d2d_volume *list, int n);

/* ---- d2d_nfs.c ---- */

struct d2d_nfs {
	char *host, *path;	/* the path with its leading slash */
	const char *version;	/* NULL: the newest that both know */
	unsigned port;		/* 0: the usual one */
};

bool d2d_nfs_is_url(const char *url);

/* Reads "nfs://HOST[:PORT]/PATH[?vers=VERSION]". NULL, or why it can't be used. To be cleared in either case. */
const char *d2d_nfs_parse(const char *url, struct d2d_nfs *nfs);
void d2d_nfs_clear(struct d2d_nfs *nfs);

/* Mounts it read-only; the host's address is for who looks it up. May take as long as the server likes. */
int d2d_nfs_mount(const struct d2d_nfs *nfs, const char *address, const char *target);

/* Adds what is mounted on D2D_NFS to a list, with its role. Returns the new length. */
int d2d_nfs_add_row(struct d2d_volume **list, int n);

/* ---- d2d_formatme.c: disks that ask to be formatted; pure functions on memory ---- */

#define D2D_FORMATME_B2D "boot2docker, please format-me"
#define D2D_FORMATME_D2D "debian2docker, please format-me"

/* The label for a disk that begins with one of these, and with nothing more; else NULL. */
const char *d2d_formatme_label(const char *head, size_t len);

/* The length of the archive that it then is, 0 when it is none; -EFBIG when it doesn't end in LEN bytes. */
ssize_t d2d_formatme_userdata(const char *head, size_t len);

/* Why such a disk must not be formatted, from its first bytes (at least 512): what isn't zero behind USERDATA. NULL: it may. */
const char *d2d_formatme_refuses(const char *head, size_t len, size_t userdata);

/* ---- d2d_uevent.c ---- */

/* A descriptor that gets the kernel's uevents from now on. */
int d2d_uevent_open(void);

/* Waits up to MS milliseconds for an event of this subsystem: 1 when there was one, 0 when the time is up. */
int d2d_uevent_wait(int fd, const char *subsystem, int ms);

/* ---- d2d_usb.c ---- */

/* Milliseconds for which USB storage may still turn up; 0 when all that is plugged in has its disks. */
int d2d_usb_settling(const char *root);

/* Waits, by a descriptor of d2d_uevent_open(), until that is so or so many seconds are over. */
int d2d_usb_settle(const char *root, int fd, unsigned seconds);

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

/* ---- d2d_device.c ---- */

/* 0 when a device or an image may be written to: -EBUSY when it, a part of it or what was made of it is in use, -EROFS,
 * -ENOTBLK when it is neither, or why it can't be opened. */
int d2d_device_idle(const char *dev);

/* For a person who is to be asked: "/dev/sdb: MODEL, SIZE: what is on it", and a line for each partition. malloc'ed. */
char *d2d_device_text(const char *dev);

/* ---- d2d_disk.c: disks that are to be written to, as wholes ---- */


enum { D2D_SECTOR = 512, D2D_MIB = 1024 * 1024 };

/* A disk, or an image of one in a regular file. d2d_disk_close() frees it. */
struct d2d_disk {
	char *dev;		/* as it was called */
	char *name;		/* the kernel's name, or the file's */
	char *model;		/* as it says of itself; NULL when it doesn't. Print it only as printable */
	uint64_t size;		/* in bytes */
	unsigned sector;	/* bytes in one of its own */
	smallint is_file;
	smallint read_only;
	int fd;
};

/* Opens a disk for reading, for writing too unless it can't be. -ENOTBLK for anything but a whole disk or a regular file:
 * a partition, a volume of the device mapper, RAID, a loop device. */
int d2d_disk_open(const char *path, struct d2d_disk *disk);
void d2d_disk_close(struct d2d_disk *disk);

/* The disk on which a volume lies ("/dev/sda" of "/dev/sda3", or of itself); the caller frees it. */
char *d2d_disk_of(const char *dev);

/* Whether a volume is on this disk, or is it. */
bool d2d_disk_has(const struct d2d_disk *disk, const struct d2d_volume *v);

/* The path of its Nth partition, which need not be there; the caller frees it. */
char *d2d_disk_partition(const struct d2d_disk *disk, unsigned n);

/* Tells the kernel of a partition that is in no table yet, or makes it forget one: no other of the disk is touched, so they
 * may be in use. Nothing is written. Does nothing for a file. */
int d2d_disk_partition_add(const struct d2d_disk *disk, unsigned n, uint64_t start, uint64_t size);
int d2d_disk_partition_drop(const struct d2d_disk *disk, unsigned n);

/* What begins at an offset, as d2d_volume_probe() says it. */
int d2d_disk_probe(const struct d2d_disk *disk, uint64_t offset, struct d2d_volume *v);

/* Writes at an offset, waits until it is on the disk and reads it back from there: -EIO when it isn't the same. */
int d2d_disk_write(const struct d2d_disk *disk, uint64_t offset, const void *bytes, size_t len);

/* All that was written goes to its disk, and out of the cache of the one on which a mounted folder lies: sync() alone doesn't
 * ask for that on a FAT. What is done next can't be there before it then. 0, or a negative errno. */
int d2d_disk_settle(const char *dir);

#endif
