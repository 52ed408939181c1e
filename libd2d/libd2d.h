/*
 * libd2d: what the applets of debian2docker share.
 *
 * Functions return 0 or a count on success and a negative errno on failure, unless said otherwise. They never
 * print and never exit, except for libbb's allocators, which die when memory is out. What a caller has to free
 * is said with each.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef LIBD2D_H
#define LIBD2D_H 1

#include "libbb.h"

/* ---- where things are in the running system (docs/hooks.md) ---- */
#define D2D_RUN "/run/d2d"
#define D2D_CMDLINE D2D_RUN"/cmdline"	/* the d2d.NAME=VALUE of the kernel command line, as NAME=VALUE lines */
#define D2D_CONFIG D2D_RUN"/config"	/* what the store's d2d/config adds to them, written by d2dconfig */
#define D2D_VOLUMES D2D_RUN"/volumes"	/* written by d2dmount, see d2d_volumes_write() */
#define D2D_MEDIUM D2D_RUN"/medium"
#define D2D_STORE D2D_RUN"/store"
#define D2D_PAYLOAD D2D_RUN"/payload"
#define D2D_NFS D2D_PAYLOAD"/nfs"	/* what d2d.payload= names */
#define D2D_EARLY D2D_RUN"/early"	/* what the medium's early.img holds */
#define D2D_UNLOCKED D2D_RUN"/unlocked"	/* by what d2dunlock opened the store: "passphrase" or "key" */
#define D2D_HOOKS "/usr/lib/d2d/hooks"
#define D2D_STORE_MAPPING "/dev/mapper/d2d-store"

/* ---- d2d_option.c ---- */

/* The value of d2d.NAME on the kernel command line, else in the store's d2d/config; "" for a name without value, NULL when
 * it isn't there. Taken from D2D_CMDLINE and D2D_CONFIG, in the second case below ROOT. The caller frees it. */
char *d2d_option(const char *name);
char *d2d_option_at(const char *root, const char *name);

/* All of them as NAME=VALUE; of one name the last counts. To be freed with llist_free(lines, free). d2d_options_read()
 * appends those of one of the two files. */
llist_t *d2d_options(const char *root);
void d2d_options_read(const char *root, const char *file, llist_t **lines);

/* ---- d2d_config.c: pure functions on memory ---- */

/* Why a line "KEY=VALUE" or "KEY" can't stand in the store's d2d/config; NULL when it can. */
const char *d2d_config_wrong(const char *line);

bool d2d_hostname_ok(const char *name);

/* A POSIX rule for the local time, like CET-1CEST,M3.5.0,M10.5.0/3. */
bool d2d_timezone_ok(const char *rule);

/* The rule as a zoneinfo file (RFC 8536), for programs that look at /etc/localtime alone; returns its length. */
enum { D2D_TIMEZONE_MAX = 64, D2D_ZONEINFO_MAX = 128 + D2D_TIMEZONE_MAX };
size_t d2d_timezone_file(char file[D2D_ZONEINFO_MAX], const char *rule);

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
void d2d_volumes_recall(struct d2d_volume *list, int n, unsigned roles);

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

/* ---- d2d_bytes.c: little-endian numbers, wherever they lie ---- */

unsigned d2d_le16(const uint8_t *p);
uint32_t d2d_le32(const uint8_t *p);
uint64_t d2d_le64(const uint8_t *p);

/* 16 bytes as 36 characters and a '\0'. */
void d2d_uuid_text(char *text, const uint8_t *uuid);

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
bool d2d_payload_is_double(struct d2d_volume *v, const struct d2d_volume *list, int n);

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
void d2d_payload_look_inside(struct d2d_volume *v);

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

/* ---- d2d_luks.c ---- */

/* 1 when a device or an image file begins as a LUKS volume, 0 when not. */
int d2d_is_luks(const char *path);

/* The name under /dev/mapper/ under which a device is open already, else NULL; the caller frees it. */
char *d2d_luks_open_as(const char *dev);

/* Was a device made by dm-crypt? By its UUID: a name can be anybody's. */
bool d2d_is_crypt(const char *dev);

/* The same, or is all that it was made of, as with LVM within LUKS? */
bool d2d_is_in_crypt(const char *dev);

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

/* ---- d2d_ask.c ---- */

/* Asks with echo off: on the terminal of stdin, without one on every console at once; the first to answer wins.
 * Empty lines and lines that don't fit are asked for again. Returns the length of the answer, which ends in '\0'
 * and lies nowhere but in the caller's memory (to lock and to wipe); -ETIMEDOUT after so many seconds (0: never),
 * -ENODEV without a terminal, -EIO when all of them are gone, -EINTR on a signal. */
int d2d_ask(const char *prompt, char *answer, size_t size, int seconds);

/* The same, while something else may happen: happened() is called when there is something to be read from fd, and ends
 * the question by returning other than 0; it comes back with -ECANCELED. Goes on without a terminal. NULL: nothing. */
struct d2d_meanwhile {
	int fd;
	int (*happened)(void *arg);
	void *arg;
};
int d2d_ask_meanwhile(const char *prompt, char *answer, size_t size, int seconds, const struct d2d_meanwhile *other);

/* Writes a text to the same terminals. */
void d2d_tell(const char *text);

/* ---- d2d_file.c ---- */

/* Replaces a file by TEXT, or LEN bytes, in one step: a new file is renamed over it once it is on the disk. */
int d2d_file_write(const char *path, const char *text);
int d2d_file_save(const char *path, const void *data, size_t len);

/* Opens a regular file for reading: a link isn't followed (-ELOOP), a FIFO or a device isn't waited for (-EINVAL). */
int d2d_file_open(const char *path, struct stat *st);

/* All of a regular file, opened so: *text has a '\0' behind its *len bytes and is the caller's. -EFBIG above MAX. */
int d2d_file_read(const char *path, size_t max, char **text, size_t *len);

/* What either says, to be put behind the file's name: "is missing". */
const char *d2d_file_error(int err);

/* ---- d2d_log.c ---- */

/* Copies what comes from IN, until nothing more does, to the end of the file PATH that LOG was opened from, which it closes.
 * A file of more than MAX bytes becomes PATH.1, and a new one begins. */
void d2d_log_copy(int in, int log, const char *path, off_t max);

/* ---- d2d_folder.c ---- */

/* The names in a folder but . and .., in natural order (sda2 before sda10). Returns how many, to be freed with
 * d2d_folder_free(), or a negative errno; -E2BIG when there are more than MAX. */
int d2d_folder(const char *dir, int max, char ***names);
void d2d_folder_free(char **names, int n);

/* Makes the folders that lead to a file. */
int d2d_folder_make(const char *path);

/* ---- d2d_time.c ---- */

/* Milliseconds since the machine was started. */
unsigned long long d2d_now(void);

/* ---- d2d_text.c ---- */

/* A copy of up to LEN bytes of TEXT that is fit for a terminal and for JSON: whatever isn't printable ASCII is '?'.
 * The caller frees it. */
char *d2d_printable(const char *text, size_t len);

/* A text as by vprintf(); the caller frees it. */
char *d2d_vformat(const char *format, va_list args);

/* ---- d2d_output.c ---- */

/* Zeroed before the first use; begin and end may come again, and the log goes on counting. */
struct d2d_output {
	int pipe, log, console;	/* -1: none */
	const char *path;
	size_t logged;		/* bytes that were to go to the log */
	char tail[256];
	size_t tail_len;
};

/* Takes the reading end of a pipe, and closes it in d2d_output_end(); the log's path and the console stay the caller's.
 * Without output there is no log. read, when poll() says so, returns how much there was, 0 at the end, -1 when there is
 * nothing (yet). */
void d2d_output_begin(struct d2d_output *out, int pipe, const char *log, int console);
ssize_t d2d_output_read(struct d2d_output *out);
void d2d_output_end(struct d2d_output *out);

/* The last line of it, fit to be shown; the caller frees it. */
char *d2d_output_last(const struct d2d_output *out);

/* ---- d2d_engine.c: the Docker Engine's API ---- */

struct d2d_body {
	int fd;			/* read from its position, or, unless NULL, by read(): some bytes, or a negative errno */
	ssize_t (*read)(void *from, void *buf, size_t len);
	void *from;
	off_t size;
	void (*sent)(void *arg, off_t done, off_t size);	/* told of each piece, or NULL */
	void *arg;
};

/* The path of the engine's socket: DOCKER_HOST (unix:///PATH or /PATH; anything else is no path and makes
 * requests fail with -EPROTONOSUPPORT), or the usual one. */
const char *d2d_engine_socket(void);

/* REQUEST is "METHOD PATH", body may be NULL. Returns the HTTP status or a negative errno (-ETIMEDOUT: a minute of
 * silence, ten with a body). *reply is the reply's body, to be freed, or NULL. */
int d2d_engine_request(const char *request, const struct d2d_body *body, char **reply);

/* GET with a JSON reply; json_object_put() it. It is there when the status is 200, else it may be NULL. */
int d2d_engine_get(const char *path, struct json_object **reply);

/* Sends a request whose reply has no end (GET /events). Returns the descriptor that it comes from, behind its head, or a
 * negative errno; -EPROTO for any status but 200. */
int d2d_engine_stream(const char *request);

#endif
