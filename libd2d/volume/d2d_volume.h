/*
 * libd2d, volume: block devices and what is on them: which volumes exist, which role each has (medium, payload, store, swap), how
 * they are mounted, checked and grown, and waiting for new ones.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2D_VOLUME_H
#define D2D_VOLUME_H 1

#include "d2d_util.h"

#define D2D_STORE_LABEL "D2D-STORE"	/* label of a store that we create; other volumes may be the store, too (d2d_role.c) */

/* ---- d2d_volume.c, d2d_volume_json.c: lists of volumes ---- */

enum { D2D_ROLE_NONE, D2D_ROLE_MEDIUM, D2D_ROLE_PAYLOAD, D2D_ROLE_STORE, D2D_ROLE_SWAP };

/* All strings are malloc'ed; d2d_volume_clear() frees them. */
struct d2d_volume {
	char *dev;		/* "/dev/sda1" */
	char *name;		/* the kernel's name: "sda1" */
	char *fstype;		/* blkid's name of the file system, such as "crypto_LUKS" for LUKS; "" if unknown */
	char *uuid;		/* "" if none; as untrusted as the label */
	char *label;		/* as found on the volume; "" if none */
	char *holder;		/* a device that is built on this one ("/dev/mapper/d2d-store"), or NULL */
	uint64_t size;		/* bytes */
	int err;		/* negative errno if the device can't be read, else 0 */
	smallint removable;	/* a removable drive, on USB, or an SD card */
	smallint partitioned;	/* a whole disk with partitions */
	smallint is_file;	/* an ISO in a file */
	int role;		/* D2D_ROLE_ */
	char *mountpoint;	/* NULL if not mounted */
	char *why;		/* reason for the role, or of an error */
	char *repair;		/* the superblock of ext, or one copy of a LUKS2 header, is damaged: the command that repairs it; or NULL */
};

/* Lists and probes the block devices in /sys/class/block in natural order of their names. Left out are memory disks, loop devices,
 * floppies, drives without a disc, and partitioned disks without a file system of their own. A device that can't be read is listed
 * with err. Roles are not set. Returns the number of volumes; the caller frees *list with d2d_volumes_free(). d2d_volumes_scan_at()
 * uses ROOT/sys and ROOT/dev. */
int d2d_volumes_scan(struct d2d_volume **list);
int d2d_volumes_scan_at(const char *root, struct d2d_volume **list);

/* The same for the programs of the boot: takes what one of them has read from a device shortly before, unless something was written to
 * the device since. ROOT is "" or a directory as above. */
int d2d_volumes_recall(const char *root, struct d2d_volume **list);

/* Lists the given devices or images (NULL-terminated) in the same way, in this order and without leaving any out. */
int d2d_volumes_of_files(char **files, struct d2d_volume **list);

/* Read and write D2D_VOLUMES: a line for each volume with the fields DEVICE ROLE FSTYPE UUID LABEL MOUNTPOINT WHY, separated by
 * tabs, "-" if empty, control characters in labels replaced by '?'. It is written atomically. */
int d2d_volumes_read(struct d2d_volume **list);
int d2d_volumes_read_at(const char *root, struct d2d_volume **list);
int d2d_volumes_write(const struct d2d_volume *list, int n);
void d2d_volumes_free(struct d2d_volume *list, int n);

/* For volumes that can't be read, and for those with other roles than ROLES (bit mask of 1 << D2D_ROLE_), takes what D2D_VOLUMES
 * says about them: the d2dmount that wrote the file ran as root and had mounted these volumes to look inside. */
void d2d_volumes_merge_saved(struct d2d_volume *list, int n, unsigned roles);

void d2d_volume_clear(struct d2d_volume *v);

/* Returns an array with an object for each volume, with the keys in docs/media.md and untrusted texts as printable ASCII. The
 * caller frees it with json_object_put(). */
struct json_object;
struct json_object *d2d_volumes_json(const struct d2d_volume *list, int n);

/* Returns "medium", "payload", "store", "swap" or "none"; and the role with such a name, or -1. */
const char *d2d_role_name(int role);
int d2d_role_named(const char *name);

/* Whether the file system is ext2, ext3 or ext4. */
bool d2d_volume_is_ext(const struct d2d_volume *v);

/* ---- d2d_sysfs.c ---- */

/* Returns the content of the file DIR/NAME without its newline, or NULL if it can't be read. The caller frees it. */
char *d2d_sysfs_read(const char *dir, const char *name);

/* ---- d2d_probe.c: identifying the content of a volume ---- */

/* Sets fstype, uuid and label ("" if unknown) and size of *v from a block device or an image file. */
int d2d_volume_probe(const char *path, struct d2d_volume *v);

/* Returns the offset of an md superblock of version 0.90 or 1.0, which is at the end of a device; 0 if there is none. Without the
 * D2D_RAID_MAGIC bytes at this offset, it is no superblock any more. */
enum { D2D_RAID_MAGIC = 4 };
off_t d2d_raid_superblock(int fd);

/* ---- d2d_luks2.c: the two copies of a LUKS2 header ---- */

enum { D2D_LUKS_FIRST = 1, D2D_LUKS_SECOND = 2, D2D_LUKS2_HEAD = 4096 };
struct d2d_luks2 {
	int copies;		/* D2D_LUKS_: which copies are intact */
	uint8_t *header;	/* the newest intact copy: D2D_LUKS2_HEAD bytes, then JSON; NULL if there is none */
	size_t size;		/* bytes of a copy */
	char label[48], uuid[40];
};

/* Reads the copies of a LUKS2 header and checks their checksums. The second copy is also found if nothing of the first is left.
 * Returns luks->copies. d2d_luks2_repair() returns the command, to be freed, that repairs a damaged copy from the other one. */
int d2d_luks2_read(int fd, struct d2d_luks2 *luks);
void d2d_luks2_free(struct d2d_luks2 *luks);
char *d2d_luks2_repair(const char *dev);

/* ---- d2d_role.c: the role of each volume ---- */

/* Sets role and why of all volumes, in which both are still empty. MEDIUM is the UUID of the boot medium, SPEC is UUID=X, LABEL=X
 * or /dev/X of the store; NULL if unknown. Returns the volume to be used as the store, or NULL if there is none or several. */
struct d2d_volume *d2d_roles_decide(struct d2d_volume *list, int n, const char *medium, const char *spec);

/* Whether the file system is one that we mount as a payload; the kernel may lack it nevertheless. */
bool d2d_volume_is_mountable(const struct d2d_volume *v);

/* Whether SPEC (UUID=X, LABEL=X or /dev/X) refers to this volume. */
bool d2d_volume_is_named(const struct d2d_volume *v, const char *spec);

/* Whether a mounted volume of the list has the label of this payload or, if it has no label, its UUID; then sets why. */
bool d2d_payload_is_duplicate(struct d2d_volume *v, const struct d2d_volume *list, int n);

#define D2D_HOLDS_ISO "holds the ISO that was booted from"	/* reason of a volume that is mounted on D2D_ISO and has no role */

/* Sets the role and a formatted reason. */
void d2d_role_set(struct d2d_volume *v, int role, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* ---- d2d_mount.c, d2d_grow.c: mounting; after an error, the volume's why is the reason ---- */

/* Sets mountpoint of all mounted volumes of the list. */
void d2d_mounts_find(struct d2d_volume *list, int n);

/* Return the mount point for a volume of its role, and the shell command that is equivalent to d2d_mount(). The caller frees
 * them. */
char *d2d_mount_target(const struct d2d_volume *v);
char *d2d_mount_command(const struct d2d_volume *v);

/* Mounts a volume on d2d_mount_target(), which must exist, and sets mountpoint: the store read-write, others read-only. After an
 * error the directory is removed. */
int d2d_mount(struct d2d_volume *v);

/* Mounts a volume read-only on D2D_ISO, whatever its role. The store can still be checked and mounted afterwards. */
int d2d_mount_for_iso(struct d2d_volume *v);

/* Returns the device that is mounted on a directory, the file or device behind a loop device, and the device of the volume that is
 * mounted on D2D_ISO; NULL if there is none. The caller frees them. */
char *d2d_mounted_on(const char *dir);
char *d2d_loop_file(const char *loop);
char *d2d_iso_volume(void);

/* Checks the store with e2fsck before it is mounted. Returns 1 if e2fsck corrected something, else 0; -EUCLEAN if the store is
 * damaged and must not be mounted; -EROFS or another errno if the device can't be written to. */
int d2d_store_check(struct d2d_volume *v);

/* Enlarges the mounted store's file system to the size of its partition. Returns 1, or 0 if it has this size already. */
int d2d_store_grow(const struct d2d_volume *v);

/* Enables swapping to a volume. Returns 1, or 0 if it was enabled already. */
int d2d_swap_on(struct d2d_volume *v);

/* If a mounted payload has no directory d2d/, unmounts it and removes its role. */
void d2d_payload_check_directory(struct d2d_volume *v);

/* Unmounts payloads that are not in the list: a USB stick that was removed leaves its mount behind. */
void d2d_payloads_drop_gone(const struct d2d_volume *list, int n);

/* ---- d2d_net_payload.c: payloads from the network, and those that are not ---- */

/* Where the payload with a mount point of this name is from: "nfs", "nfsN", "netN", with a digest "pinnedN", else a device. */
enum { D2D_FROM_VOLUME, D2D_FROM_NFS, D2D_FROM_NET, D2D_FROM_PINNED };
int d2d_payload_from(const char *name);

/* Returns the mount points of the medium and of the payload volumes below ROOT ("" for /), but not of payloads from the network. The
 * caller frees the list and its strings. */
llist_t *d2d_volume_dirs(const char *root);

/* Appends the mounted payloads that came over the network to a list of N volumes, with their role. Returns the new length. */
int d2d_net_payloads_add(struct d2d_volume **list, int n);

/* ---- d2d_formatme.c: disks that ask to be formatted; functions on memory only ---- */

#define D2D_FORMATME_B2D "boot2docker, please format-me"
#define D2D_FORMATME_D2D "debian2docker, please format-me"

/* Returns the label for the file system if the disk begins with one of these texts, else NULL. */
const char *d2d_formatme_label(const char *head, size_t len);

/* Returns the length of the tar archive at the start of such a disk, 0 if there is none, -EFBIG if it is longer than LEN bytes. */
ssize_t d2d_formatme_userdata(const char *head, size_t len);

/* Returns why such a disk must not be formatted: it has other data than zeros after USERDATA bytes. Returns NULL if it may be
 * formatted. LEN is at least 512. */
const char *d2d_formatme_refuses(const char *head, size_t len, size_t userdata);

/* ---- d2d_uevent.c: events about devices ---- */

/* Returns a socket that receives the kernel's uevents from now on. */
int d2d_uevent_open(void);

/* Waits up to MS milliseconds for events of a subsystem, or of any (NULL). Returns 1 if there were any, 0 after this time. */
int d2d_uevent_wait(int fd, const char *subsystem, int ms);

/* ---- d2d_usb.c: waiting for USB disks ---- */

/* Returns for how many milliseconds disks of connected USB devices may still appear; 0 if all devices are ready. */
int d2d_usb_settling(const char *root);

/* Waits until d2d_usb_settling() is 0, at most SECONDS. FD is from d2d_uevent_open(). */
int d2d_usb_settle(const char *root, int fd, unsigned seconds);

/* ---- d2d_volume_file.c: a file on a volume ---- */

/* A file on a volume, as in d2d.key=: LABEL-OR-UUID:PATH[:OFFSET[:SIZE]]. */
struct d2d_place {
	char *volume, *path;
	unsigned long long offset, size;	/* bytes; size 0: to the end of the file */
};

/* Returns -EINVAL if the text has another form. The caller frees the strings. */
int d2d_place_parse(const char *text, struct d2d_place *place);

/* Whether the label or the UUID of a volume is that of PLACE, or PLACE names no volume. */
bool d2d_place_is_on(const struct d2d_place *place, const struct d2d_volume *v);

/* Opens a regular file below a directory, without blocking: -ELOOP if the path contains a symbolic link, -EINVAL if it is no
 * file. */
int d2d_open_in(const char *dir, const char *path);

/* Opens a regular file of a volume as d2d_open_in() does. A volume that isn't mounted is mounted read-only while the file is
 * open. */
int d2d_volume_file_open(struct d2d_volume *v, const char *path);

/* ---- d2d_device.c: before a device is overwritten ---- */

/* Returns 0 if a device or an image may be overwritten: -EBUSY if it, one of its partitions or a device built on it is in use,
 * -EROFS if it is read-only, -ENOTBLK if it is neither a block device nor a file, or another errno if it can't be opened. */
int d2d_device_idle(const char *dev);

/* Returns a text for a question to the user: "/dev/sdb: MODEL, SIZE: CONTENT", and a line for each partition. The caller frees
 * it. */
char *d2d_device_text(const char *dev);

/* ---- d2d_disk.c: whole disks that are written to ---- */

enum { D2D_SECTOR = 512, D2D_MIB = 1024 * 1024 };

/* A disk, or its image in a regular file. d2d_disk_close() frees the strings. */
struct d2d_disk {
	char *dev;		/* path */
	char *name;		/* the kernel's name, or that of the file */
	char *model;		/* untrusted text from the disk, or NULL */
	uint64_t size;		/* bytes */
	unsigned sector;	/* bytes of a logical sector */
	smallint is_file;
	smallint read_only;
	int fd;
};

/* Opens a disk for reading and, unless it is read-only, for writing. Returns -ENOTBLK for anything but a whole disk or a regular
 * file: a partition, a device mapper, RAID or loop device. */
int d2d_disk_open(const char *path, struct d2d_disk *disk);
void d2d_disk_close(struct d2d_disk *disk);

/* Returns the disk of a partition ("/dev/sda" for "/dev/sda3"), or DEV itself for any other device; the caller frees it. */
char *d2d_disk_of(const char *dev);

/* Whether a volume is on this disk, or is the disk itself. */
bool d2d_disk_has(const struct d2d_disk *disk, const struct d2d_volume *v);

/* Returns the path of the disk's Nth partition, which need not exist; the caller frees it. */
char *d2d_disk_partition(const struct d2d_disk *disk, unsigned n);

/* Makes the kernel add a partition that isn't in the partition table yet, or forget one. Nothing is written, and other partitions
 * may be in use meanwhile. Does nothing for a file. START and SIZE are in bytes. */
int d2d_disk_partition_add(const struct d2d_disk *disk, unsigned n, uint64_t start, uint64_t size);
int d2d_disk_partition_drop(const struct d2d_disk *disk, unsigned n);

/* Probes the volume that begins at an offset, as d2d_volume_probe() does. */
int d2d_disk_probe(const struct d2d_disk *disk, uint64_t offset, struct d2d_volume *v);

/* Writes at an offset, waits until the data is on the disk and reads it back. Returns -EIO if it differs. */
int d2d_disk_write(const struct d2d_disk *disk, uint64_t offset, const void *bytes, size_t len);

/* Writes all cached data to the disks with sync(), and flushes the write cache of the disk with the mounted directory DIR, which
 * sync() doesn't request for a FAT. So nothing that is written later is on the disk before this data is. */
int d2d_disk_settle(const char *dir);

#endif
