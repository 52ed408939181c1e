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
#define D2D_VOLUMES D2D_RUN"/volumes"	/* written by d2dmount, see d2d_volumes_write() */
#define D2D_MEDIUM D2D_RUN"/medium"
#define D2D_STORE D2D_RUN"/store"
#define D2D_PAYLOAD D2D_RUN"/payload"
#define D2D_EARLY D2D_RUN"/early"	/* what the medium's early.img holds */
#define D2D_UNLOCKED D2D_RUN"/unlocked"	/* by what d2dunlock opened the store: "passphrase" or "key" */
#define D2D_HOOKS "/usr/lib/d2d/hooks"
#define D2D_STORE_MAPPING "/dev/mapper/d2d-store"

/* ---- d2d_option.c ---- */

/* The value of d2d.NAME on the kernel command line, "" for a name without value, NULL when it isn't there.
 * Taken from D2D_CMDLINE. The caller frees it. */
char *d2d_option(const char *name);

/* ---- d2d_volume.c ---- */

enum { D2D_ROLE_NONE, D2D_ROLE_MEDIUM, D2D_ROLE_PAYLOAD, D2D_ROLE_STORE };

/* All strings are malloc'ed; d2d_volume_clear() frees them. */
struct d2d_volume {
	char *dev;		/* "/dev/sda1" */
	char *name;		/* the kernel's name of it: "sda1" */
	char *fstype;		/* as blkid calls it; "" when nothing was recognised; LUKS is "crypto_LUKS" */
	char *uuid;		/* "" when there is none; as untrusted as the label */
	char *label;		/* as found on the volume; "" when there is none */
	char *holder;		/* the device that was made of it ("/dev/mapper/d2d-store"), or NULL */
	int err;		/* 0, or the negative errno that says why it can't be read */
	smallint removable;	/* by itself, on USB, or an SD card */
	smallint partitioned;	/* a whole disk with partitions on it */
	int role;		/* D2D_ROLE_ */
	char *mountpoint;	/* NULL when not mounted */
	char *why;		/* why it has this role, in words */
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

/* "medium", "payload", "store" or "none". */
const char *d2d_role_name(int role);

/* D2D_ROLE_ of a name, -1 for any other. */
int d2d_role_named(const char *name);

/* ext2, ext3 or ext4. */
bool d2d_volume_is_ext(const struct d2d_volume *v);

/* The contents of DIR/NAME without its newline, malloc'ed; NULL when it can't be read. */
char *d2d_sysfs_read(const char *dir, const char *name);

/* ---- d2d_probe.c ---- */

/* Sets fstype, uuid and label of *v from a block device or an image file; to "" when it can't be read. */
int d2d_volume_probe(const char *path, struct d2d_volume *v);

/* ---- d2d_role.c ---- */

/* Sets role and why of each volume of the list, which has neither yet, from what it is and where it is mounted. MEDIUM
 * is the UUID that was booted from and SPEC names the store (UUID=X, LABEL=X or /dev/X); NULL when nobody said. Returns
 * the one volume of the list that is to be used as the store, or NULL. */
struct d2d_volume *d2d_roles_decide(struct d2d_volume *list, int n, const char *medium, const char *spec);

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

/* Lets e2fsck put the store right, before it is mounted. -EUCLEAN when it couldn't, -EROFS and others when nobody can
 * write to the device. */
int d2d_store_check(struct d2d_volume *v);

/* Takes the role of a mounted payload back from a volume without a folder d2d/, and unmounts it. */
void d2d_payload_look_inside(struct d2d_volume *v);

/* Unmounts payloads that aren't in the list: sticks that were pulled out leave their mounts behind. */
void d2d_payloads_drop_gone(const struct d2d_volume *list, int n);

/* ---- d2d_luks.c ---- */

/* 1 when a device or an image file begins as a LUKS volume, 0 when not. */
int d2d_is_luks(const char *path);

/* The name under /dev/mapper/ under which a device is open already, else NULL; the caller frees it. */
char *d2d_luks_open_as(const char *dev);

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

/* Writes a text to the same terminals. */
void d2d_tell(const char *text);

/* ---- d2d_file.c ---- */

/* Replaces a file by TEXT in one step (a new file is renamed over it). */
int d2d_file_write(const char *path, const char *text);

/* Opens a regular file for reading: a link isn't followed (-ELOOP), a FIFO or a device isn't waited for (-EINVAL). */
int d2d_file_open(const char *path, struct stat *st);

/* All of a regular file, opened so: *text has a '\0' behind its *len bytes and is the caller's. -EFBIG above MAX. */
int d2d_file_read(const char *path, size_t max, char **text, size_t *len);

/* What either says, to be put behind the file's name: "is missing". */
const char *d2d_file_error(int err);

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

/* ---- d2d_hook_head.c: the head of a hook ---- */

#define D2D_HOOK_HEAD 4096	/* bytes at the start of a hook that may hold its head */
#define D2D_HOOK_LIMIT 30	/* seconds, when the head doesn't say */

struct d2d_hook_head {
	unsigned timeout;	/* seconds */
	bool critical;
	llist_t *needs, *after;	/* names of hooks of the same stage */
	unsigned seen;		/* keys that were set, a bit each */
	llist_t *wrong;		/* all that is wrong with it, in words */
};

/* "NN-name" of letters, digits, '-', '_' and '.', for hooks and stages alike. */
bool d2d_hook_name_ok(const char *name);

/* Reads the "# d2d:" lines of a hook's first bytes. -EINVAL: the head is broken and *why, to be freed, is the first of
 * head->wrong; the rest of it was read nevertheless. Free the head with d2d_hook_head_free() in any case. */
int d2d_hook_head_parse(struct d2d_hook_head *head, const char *text, size_t len, char **why);
void d2d_hook_head_free(struct d2d_hook_head *head);

/* ---- hooks: d2d_hook_scan.c finds them, d2d_hook_plan.c decides, d2d_hook_run.c runs, d2d_hook_report.c reports ---- */

enum {
	/* What shall become of a file in a folder of hooks. */
	D2D_HOOK_RUNS,
	D2D_HOOK_MASKS,		/* of zero length: takes the hooks of its name out of the boot */
	D2D_HOOK_MASKED,
	D2D_HOOK_OVERRIDDEN,
	D2D_HOOK_REFUSED,	/* not fit to be a hook; changes nothing else */
	/* What became of it. */
	D2D_HOOK_DONE,
	D2D_HOOK_SKIPPED,
	D2D_HOOK_FAILED,
	D2D_HOOK_TIMEOUT,
};

struct d2d_hook {
	char *stage, *name;	/* name is "" when it is the whole folder that is refused */
	char *path;		/* what is run: the file, or the copy of it that was verified */
	char *file;		/* where it was found */
	const char *source;	/* "builtin", "early", "medium", "store", "usb" or "dir"; not malloc'ed */
	unsigned rank;		/* the higher one of the same name wins */
	char *trust;		/* "image", "named", "store", "signed KEYID vN", "unsigned"; NULL: nobody has looked */
	bool foreign;		/* for another system: a plan doesn't ask whether it can be executed on this one */
	struct d2d_hook_head head;
	int state;		/* D2D_HOOK_ */
	char *why;		/* the reason of its state, NULL when there is nothing to say */
	struct d2d_hook_dep {
		struct d2d_hook *on;
		bool need;	/* it has to be done, not just over */
	} *deps;
	unsigned n_deps;
	struct d2d_hook *via;	/* d2d_hook_plan.c: how the search came here */
	char mark;
	char *last;		/* its last line of output */
	char *log;		/* NULL when there was no output */
	int code;		/* exit code of the last run, 128 + signal, -1 when it never ran */
	unsigned runs;
	unsigned long long start, end;	/* d2d_now() */
};

struct d2d_hooks {
	struct d2d_hook **hook;
	unsigned n;
};

/* Takes what lies in a folder of stages into LIST, as a hook or as refused. A folder that isn't there holds nothing.
 * The higher RANK overrides the lower. d2d_hooks_sort() orders by stage and name, the winner first. */
void d2d_hooks_scan(struct d2d_hooks *list, const char *dir, const char *source, unsigned rank);

/* The same for builtin, early, medium, store and payload volumes below ROOT ("" for /), as far as the mode allows;
 * TRUST learns of each folder. */
struct d2d_trust;
void d2d_hooks_scan_all(struct d2d_hooks *list, const char *root, struct d2d_trust *trust);
void d2d_hooks_sort(struct d2d_hooks *list);
void d2d_hooks_add(struct d2d_hooks *list, struct d2d_hook *hook);
void d2d_hooks_free(struct d2d_hooks *list);

/* Adds something that was refused although it is no file in a folder of hooks. */
void d2d_hooks_refuse(struct d2d_hooks *list, const char *stage, const char *name, const char *path, const char *why);

/* Decides what becomes of the hooks of one stage of a sorted list: reads heads, overrides, masks, skips those in
 * SKIP ("NAME,STAGE/NAME,...", or NULL), and finds who waits for whom. */
void d2d_hooks_plan(struct d2d_hooks *list, const char *stage, const char *skip);

/* Is the hook named in "NAME,STAGE/NAME,..."? */
bool d2d_hook_listed(const struct d2d_hook *hook, const char *names);

/* "runs", "done", "timeout" ... */
const char *d2d_hook_state(const struct d2d_hook *hook);

/* The environment of hooks below ROOT with the results of those that were done, NULL-terminated, the caller's for good.
 * Its first D2D_HOOK_ENV_OWN strings are left to d2d_hooks_run(). d2d_hook_env_set() takes "KEY=VALUE", which was
 * malloc'ed, in place of what KEY was. d2d_hook_option() finds d2d.NAME (given in capitals), or NULL. */
#define D2D_HOOK_ENV_OWN 3
char **d2d_hook_env(const char *root, const llist_t *results);
void d2d_hook_env_set(char ***env, char *text);
const char *d2d_hook_option(char **env, const char *name);
void d2d_hook_env_free(char **env);

/* ---- d2d_hook_results.c ---- */

/* Appends the KEY=VALUE lines of a text, malloc'ed, to *RESULTS. -EINVAL: nothing was appended, and *why, to be freed,
 * says what is wrong. d2d_hook_results_read() does it with a file; one that isn't there has no lines. */
int d2d_hook_results_parse(const char *text, size_t len, llist_t **results, char **why);
int d2d_hook_results_read(const char *path, llist_t **results, char **why);

/* Removes what a hook of this name has left before. */
void d2d_hook_results_forget(const char *dir, const char *name);

/* ---- d2d_hook_program.c ---- */

/* May the file that begins with BUF be executed, when its interpreter is looked for below ROOT ("" for /, NULL: it is not
 * looked for)? 0, or -ENOEXEC and *why, to be freed. */
int d2d_hook_program(const char *buf, size_t len, const char *root, char **why);

/* ---- d2d_spawner.c ---- */

struct d2d_child;

struct d2d_spawner {
	int fd;			/* to poll() for events; -1: nothing runs */
	pid_t pid;
	unsigned slots;
	struct d2d_child *child;
	sigset_t mask;
};

/* Prepares to start programs, each in one of SLOTS slots, with the signal mask MASK. 0 or a negative errno. */
int d2d_spawner_start(struct d2d_spawner *sp, unsigned slots, const sigset_t *mask);

/* Starts a program in a session of its own, in /, without input and with its output to the descriptor OUT. 0 or a
 * negative errno; whether it could be executed is told by an event. */
int d2d_spawner_spawn(struct d2d_spawner *sp, unsigned slot, const char *path, char **env, int out);

/* Sends a signal to the process group of a slot. */
void d2d_spawner_signal(struct d2d_spawner *sp, unsigned slot, int sig);

/* 1: the program of *slot is over with *status, as wait() tells it, or a negative errno (-ECHILD: its parent was killed,
 * and so was it); 0: nothing (more) has happened; -EPIPE: nothing runs (any more), nothing will be told. */
int d2d_spawner_event(struct d2d_spawner *sp, unsigned *slot, int *status);

/* Programs that are still running go on. */
void d2d_spawner_stop(struct d2d_spawner *sp);

/* ---- d2d_hook_run.c ---- */

struct d2d_hook_run {
	const char *logs;	/* a folder; the log is STAGE/NAME.log in it */
	const char *results;	/* a folder; what the hook NAME leaves for others is NAME in it */
	llist_t **kept;		/* the results of those that were done are appended here */
	char ***env;		/* and set here */
	unsigned jobs;		/* hooks at the same time */
	unsigned long long *end;	/* d2d_now() when the time of all is up, 0: never */
	int console;		/* a descriptor that gets the output as well, or -1 */
	const char *stops;	/* "STAGE/NAME,...": before() is called before these start, while no other runs */
	void (*before)(void *arg, const struct d2d_hook *hook);
	void *arg;
};

/* Runs the hooks of a stage, which has been planned, and waits for them. -EINTR when a signal asked to end; all
 * hooks are dead then. */
int d2d_hooks_run(struct d2d_hook_run *run, const struct d2d_hooks *list, const char *stage);

/* ---- d2d_hook_ready.c ---- */

/* What has become of a hook, now; it takes WHY, which was malloc'ed or is NULL. */
void d2d_hook_result(struct d2d_hook *hook, int state, char *why);

/* 1: may start; 0: waits for others; -1: never will, which is its result now. */
int d2d_hook_ready(struct d2d_hook *hook);

/* Refused, failed or out of time. */
bool d2d_hook_is_bad(const struct d2d_hook *hook);

/* The report as JSON: {"phases":[...],"hooks":[...]} with an object for each hook that was to run, and what the boot
 * noted in ROOT/run/d2d/times (NULL: it is not about a boot); and the counts and names for the console: "17 hooks done,
 * 0 failed, 2 skipped". The caller frees them. */
char *d2d_hooks_json(const struct d2d_hooks *list, const char *root);
char *d2d_hooks_summary(const struct d2d_hooks *list);

/* "STAGE/NAME", fit to be shown; the caller frees it. */
char *d2d_hook_id(const struct d2d_hook *hook);

/* ---- d2d_minisign.c: pure functions on memory, with FEATURE_D2DHOOK_SIGNED ---- */

enum {
	D2D_MINISIGN_ID = 8,
	D2D_MINISIGN_COMMENT = 1024,	/* bytes of the trusted comment */
	D2D_MINISIGN_MAX = 4096,	/* bytes of a file that may be a key or a signature */
};

struct d2d_minisign_key {
	uint8_t id[D2D_MINISIGN_ID], key[32];
};

struct d2d_minisign_sig {
	bool hashed;		/* "ED": of the data's BLAKE2b-512, not of the data */
	uint8_t id[D2D_MINISIGN_ID], sig[64], global[64];
	size_t comment_len;
	uint8_t signed_comment[64 + D2D_MINISIGN_COMMENT];	/* what global signs: sig and the trusted comment */
};

/* The text of a public key file and of a .minisig file: 0, or -EBADMSG when it is anything else. */
int d2d_minisign_key_parse(const char *text, size_t len, struct d2d_minisign_key *key);
int d2d_minisign_sig_parse(const char *text, size_t len, struct d2d_minisign_sig *sig);

/* 0 when DATA and the trusted comment are signed by this key; -ENOKEY: by another one; -EKEYREJECTED: they are not. */
int d2d_minisign_verify(const struct d2d_minisign_sig *sig, const struct d2d_minisign_key *key, const void *data, size_t len);

/* ---- d2d_manifest.c: pure functions on memory ---- */

#define D2D_MANIFEST_MAX (1024 * 1024)

struct d2d_manifest {
	unsigned long long version;
	struct d2d_manifest_entry {
		char *path;		/* "STAGE/NAME" */
		uint8_t sha256[32];
		unsigned mode;		/* permission bits */
	} *entry;			/* in the order of strcmp() */
	unsigned n;
};

/* 0, or a negative errno, *why then says what is wrong (free it) and *m is empty. TEXT needs no '\0'. */
int d2d_manifest_parse(const char *text, size_t len, struct d2d_manifest *m, char **why);
void d2d_manifest_free(struct d2d_manifest *m);
struct d2d_manifest_entry *d2d_manifest_find(const struct d2d_manifest *m, const char *path);

/* A version (1 to 2^53, decimal, no leading zero), or 0 when it is none. */
unsigned long long d2d_manifest_version(const char *text, size_t len);

/* ---- d2d_trust.c: whom this machine trusts ---- */

/* The stricter the higher. */
enum { D2D_TRUST_ANY, D2D_TRUST_AUTO, D2D_TRUST_SIGNED, D2D_TRUST_BUILTIN };

struct d2d_trust {
	char *root;		/* "" for / */
	int mode;		/* D2D_TRUST_ */
	char *spec;		/* of d2d.store=, or NULL */
	bool encrypted;		/* there is an encrypted store, or there was */
	bool opened;		/* the store is mounted from an opened LUKS volume */
	bool store;		/* and its hooks and keys are trusted */
	struct d2d_minisign_key *key;
	unsigned n_keys;
	struct d2d_hook_source {
		const char *name;
		unsigned rank;
		char *dir;
		struct d2d_manifest manifest;	/* empty when it is no good */
		char keyid[2 * D2D_MINISIGN_ID + 1];
		char *why;	/* why nothing of it can be verified, or NULL */
	} **source;
	unsigned n_sources;
	char *stage;		/* of the last d2d_trust_required(), and its answer */
	const char *required;
};

/* To be called before each scan, the first time with zeroes: reads the mode of ROOT's image, which HOOKS (d2d.hooks=)
 * can only tighten, looks whether the STORE (d2d.store=) is open, and reads the keys. Both may be NULL. */
void d2d_trust_begin(struct d2d_trust *t, const char *root, const char *hooks, const char *store);
void d2d_trust_free(struct d2d_trust *t);

/* NULL when hooks without a signature may run in this stage, else why they may not. In mode "auto" that may look at
 * all volumes, and before 30-unlock it waits for USB to settle. */
const char *d2d_trust_required(struct d2d_trust *t, const char *stage);

/* The last version that was seen of the manifests signed by a key ("" is no name): 0 when none was, or a negative
 * errno. They are remembered in an encrypted store alone: -ENODEV when none is open. */
long long d2d_trust_version(const struct d2d_trust *t, const char *keyid);
int d2d_trust_set_version(const struct d2d_trust *t, const char *keyid, unsigned long long version);

/* ---- d2d_hook_source.c ---- */

/* Takes a folder of hooks that was scanned into account: reads its manifest, and where signatures are required
 * appends to LIST as refused what the manifest names and isn't there. */
void d2d_trust_source(struct d2d_trust *t, struct d2d_hooks *list, const char *dir, const char *source, unsigned rank);

/* ---- d2d_hook_verify.c ---- */

/* SHA-256 of what comes out of FD, which is written to COPY, unless that is -1. Returns its length; -EFBIG above 16 MiB. */
off_t d2d_hook_digest(int fd, int copy, uint8_t *sha256);

/* What is wrong with a file by its line in a manifest, to be freed, or NULL. */
char *d2d_hook_differs(const struct d2d_manifest_entry *entry, const char *file);

/* Before d2d_hooks_plan(): sets the trust of the hooks of a stage and refuses those that lack it. What is signed is
 * verified, and with COPY so that the copy is what runs, below ROOT/run/d2d/hooks; versions are remembered then. */
void d2d_trust_stage(struct d2d_trust *t, struct d2d_hooks *list, const char *stage, bool copy);

/* ---- d2d_report.c: a report that was written ---- */

#define D2D_REPORT_TIME_MAX 1000000000000ULL	/* ms; what is later is no time */

/* A hook, or with only name, start and end a phase of the boot. Its texts are fit to be shown, "" when there is none. */
struct d2d_report_row {
	char *stage, *name, *source, *result, *reason, *output, *log, *trust;
	bool ran;		/* start and end count */
	unsigned long long start, end;	/* ms since the machine was started */
};

struct d2d_report {
	struct d2d_report_row *phase, *hook;
	unsigned n_phases, n_hooks;
	char *text;		/* the JSON itself: printable ASCII, tabs and newlines */
};

/* Reads a report of at most 16 MiB. -EFBIG, and -EBADMSG with *why (to be freed), when the file is no report. In any
 * case free it with d2d_report_free(), which frees the malloc'ed TEXT of d2d_report_parse() as well. */
int d2d_report_read(const char *path, struct d2d_report *report, char **why);
int d2d_report_parse(char *text, size_t len, struct d2d_report *report, char **why);
void d2d_report_free(struct d2d_report *report);

/* Neither done nor skipped. How many hooks ended as RESULT says. */
bool d2d_report_is_bad(const struct d2d_report_row *hook);
unsigned d2d_report_count(const struct d2d_report *report, const char *result);

/* ---- d2d_engine.c: the Docker Engine's API ---- */

struct json_object;

struct d2d_body {
	int fd;			/* read from its position */
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

/* ---- d2d_digest.c ---- */

#define D2D_DIGEST 64		/* hexadecimal digits of SHA-256 */
#define D2D_LINK 26		/* letters of a layer's short name in Docker's store */

/* HEX has room for D2D_DIGEST + 1. */
void d2d_digest(char *hex, const void *bytes, size_t len);

/* Whether it is 64 lower-case hexadecimal digits, and where they are in "sha256:HEX" (NULL: they aren't). */
bool d2d_is_digest(const char *hex);
const char *d2d_digest_hex(const char *digest);

/* ---- d2d_stream.c, d2d_unpack.c: bytes to be read from the start to the end ---- */

struct d2d_stream;

struct d2d_progress {
	void (*told)(void *arg, off_t done, off_t size);	/* after each piece of the file, or NULL */
	void *arg;
	off_t size;
};

/* So many bytes of a descriptor, which stays the caller's and keeps its position; d2d_stream_own() gives it away. */
struct d2d_stream *d2d_stream_file(int fd, off_t from, off_t size, const struct d2d_progress *progress);
void d2d_stream_own(struct d2d_stream *s);

/* The next bytes of another stream, which stays open; and a stream that is hashed as it is read. */
struct d2d_stream *d2d_stream_part(struct d2d_stream *of, off_t size);
struct d2d_stream *d2d_stream_hash(struct d2d_stream *of, sha256_ctx_t *ctx);

/* Puts an unpacker on top of the stream when its first bytes are those of gzip, zstd, xz or bzip2: 1, else 0.
 * -EPROTONOSUPPORT: xz and bzip2 can only be unpacked out of a file. */
int d2d_stream_unpack(struct d2d_stream **s);

/* As much as LEN, less only at the end. -EBADMSG: damaged, or ends in the midst of what was packed. -ENODATA: it ends
 * before it should. -EFBIG: it goes over its limit. After an error all that follows is the same. */
ssize_t d2d_stream_read(struct d2d_stream *s, void *buf, size_t len);
int d2d_stream_skip(struct d2d_stream *s, off_t n);

/* Looks at the first LEN bytes without taking them; only once for a stream. */
ssize_t d2d_stream_peek(struct d2d_stream *s, const void **buf, size_t len);

off_t d2d_stream_at(const struct d2d_stream *s);
void d2d_stream_limit(struct d2d_stream *s, off_t limit);	/* 0: none */

/* Closes it and what is below it. */
void d2d_stream_close(struct d2d_stream *s);

/* ---- d2d_tar.c, d2d_tar_pax.c ---- */

struct d2d_tar_entry {
	char type;		/* '0' file, '1' hard link, '2' symbolic link, '3' '4' devices, '5' folder, '6' FIFO, '7' as
				 * '0', 'S' GNU's old sparse file, 'g' global header: no file at all */
	char *name, *link;	/* as they stand there: not to be trusted */
	off_t size;		/* of the file; of a sparse one more than is stored */
	mode_t mode;
	uid_t uid;
	gid_t gid;
	dev_t dev;
	struct timespec mtime, atime;	/* atime is 0 where there is none */
	struct d2d_xattr {
		char *name, *value;
		size_t len;
	} *xattrs;
	unsigned n_xattrs;
	bool sparse;
	struct d2d_piece {
		off_t from, len;
	} *map;			/* of a sparse file: what is stored, in order */
	unsigned n_map;
};

struct d2d_tar {
	struct d2d_stream *in;
	void (*raw)(void *arg, const void *buf, size_t len);	/* gets all that is no file's content, or NULL */
	void *arg;
	off_t left, pad;	/* content and padding of the entry that are still to be read */
	bool ended;		/* by its end mark */
};

/* The next entry: 1, or 0 at the end. It replaces the one in *e, which is zeroed at first. -EBADMSG: no tar, or
 * damaged. */
int d2d_tar_next(struct d2d_tar *t, struct d2d_tar_entry *e);

/* Content as it is stored. */
ssize_t d2d_tar_read(struct d2d_tar *t, void *buf, size_t len);
void d2d_tar_entry_clear(struct d2d_tar_entry *e);

/* ---- d2d_beneath.c ---- */

/* A name without doubled slashes and '.', "." for none; NULL when it is absolute or has a '..'. The caller frees it. */
char *d2d_clean_name(const char *name);

/* Opens what lies below a folder; -ELOOP when a symbolic link is on the way. */
int d2d_open_beneath(int dir, const char *name, int flags);

/* ---- d2d_tarsplit.c: what Docker keeps of a layer's archive ---- */

struct d2d_tarsplit;

/* Writes to a descriptor, which stays the caller's. d2d_tarsplit_close() tells whether all went well. */
struct d2d_tarsplit *d2d_tarsplit_open(int fd);
int d2d_tarsplit_close(struct d2d_tarsplit *ts);

/* In the archive's order: bytes that are no content (end_raw: those to come are a piece of their own); content, and
 * then the file that it was of. */
void d2d_tarsplit_raw(void *ts, const void *buf, size_t len);
void d2d_tarsplit_end_raw(struct d2d_tarsplit *ts);
void d2d_tarsplit_content(struct d2d_tarsplit *ts, const void *buf, size_t len);
void d2d_tarsplit_file(struct d2d_tarsplit *ts, const char *name, off_t size);

/* ---- d2d_layer.c, d2d_layer_file.c ---- */

struct d2d_layer_result {
	char digest[D2D_DIGEST + 1];	/* of the archive, to its last byte */
	off_t size;			/* as Docker counts it */
};

/* Unpacks a layer's archive into an empty folder as overlay2 has it, its tar-split to a descriptor. *why, to be freed,
 * says what is wrong with it. */
int d2d_layer_unpack(struct d2d_stream *in, int diff, int split, struct d2d_layer_result *result, char **why);

/* ---- d2d_archive.c ---- */

struct d2d_archive;

struct d2d_member {
	char *name, *link;
	char type;		/* as in d2d_tar_entry */
	off_t at, size;		/* in the archive, when it is unpacked; members of a folder are numbered */
	char *text;		/* of small JSON files, or NULL */
};

/* Reads what lies in an image file, or opens a folder. The descriptor stays the caller's. LIMIT: the most that it may
 * unpack to, 0 for any. -EBADMSG: *why, to be freed, says what is wrong. */
int d2d_archive_open(struct d2d_archive **a, int fd, off_t limit, const struct d2d_progress *progress, char **why);
void d2d_archive_close(struct d2d_archive *a);

/* A file that is one layer by itself: member "rootfs.tar", of which DIGEST becomes that of what it unpacks to. */
int d2d_archive_open_whole(struct d2d_archive **a, int fd, off_t limit, const struct d2d_progress *progress, char *digest,
		char **why);

/* Puts a text in it as a member, as if it had been there; it is the archive's then. Of others pointers are no longer good. */
void d2d_archive_add_text(struct d2d_archive *a, const char *name, char *text);

/* Its length when it is unpacked, up to the end mark; whether there was none. */
off_t d2d_archive_size(const struct d2d_archive *a, bool *cut);

/* A regular file, by its name or by that of a link to it; NULL when there is none. It is the archive's. */
struct d2d_member *d2d_archive_find(struct d2d_archive *a, const char *name);

/* The text of a small JSON file, or NULL; the archive's. */
const char *d2d_archive_text(struct d2d_archive *a, struct d2d_member *m);

/* A member's content, to be closed before the next is taken. In a packed archive members in the order of their places
 * cost one pass, any other more. */
int d2d_archive_take(struct d2d_archive *a, const struct d2d_member *m, struct d2d_stream **in);

/* ---- d2d_reference.c ---- */

/* NAME:TAG as Docker shows it (docker.io/library/hello is hello:latest), NULL when it isn't a name. The caller frees
 * it. */
char *d2d_reference(const char *text);

/* ---- d2d_image.c, d2d_image_oci.c ---- */

struct d2d_image {
	char id[D2D_DIGEST + 1];
	struct d2d_member *config;	/* its text is there */
	char **tags;			/* as by d2d_reference() */
	unsigned n_tags;
	struct d2d_image_layer {
		char diff[D2D_DIGEST + 1], chain[D2D_DIGEST + 1];
		struct d2d_member *member;	/* maybe packed */
	} *layers;
	unsigned n_layers;
};

struct d2d_images {
	struct d2d_image *image;
	unsigned n;
	bool oci, rootfs;	/* Docker itself doesn't load the archive */
};

/* The images of an archive: at least one, or -EBADMSG and *why, to be freed. FILE lends its name to an image that has
 * only a tag. */
int d2d_images_of(struct d2d_archive *a, const char *file, struct d2d_images *images, char **why);
void d2d_images_free(struct d2d_images *images);

/* ---- d2d_rootfs.c, d2d_rootfs_config.c: root file systems, as 'docker import' takes them ---- */

/* Of NAME.rootfs.tar, .tar.gz, .tar.xz or .tar.zst the length of NAME.rootfs; 0 for another. */
size_t d2d_rootfs_stem(const char *file);

/* How the image at PATH is to be run: JSON like the "config" of an image, from NAME.rootfs.json or NAME.rootfs.conf beside
 * it, or a default. Both *config and *why are to be freed. */
int d2d_rootfs_config(const char *path, char **config, char **why);

/* The same from the text of either file. */
int d2d_rootfs_config_parse(const char *text, size_t len, bool is_json, char **config, char **why);

/* Opens it like an archive, with the one image in it: NAME:latest, made at the time of the file. */
int d2d_rootfs_open(struct d2d_archive **a, int fd, const char *file, const char *config, off_t limit,
		const struct d2d_progress *progress, struct d2d_images *images, char **why);

/* ---- d2d_store.c, d2d_store_*.c: Docker's store on disk, without a dockerd ---- */

struct d2d_store;
struct json_object;

/* Opens a data-root, made ready where it is empty; waits while another import is at it. -ENOTSUP, -EBUSY: it isn't one
 * that we may write to, now or ever. *why, to be freed, says so for every error. */
int d2d_store_open(struct d2d_store **s, const char *dir, char **why);
void d2d_store_close(struct d2d_store *s);

/* The size of its file system, 0 when it has none. */
off_t d2d_store_limit(const struct d2d_store *s);

/* Whether it has all images of a list as by d2d_images_json() and their names; EXACT: which are theirs. */
bool d2d_store_has_images(const struct d2d_store *s, struct json_object *images, bool exact);

/* Takes images of an archive into the store, all or none; what is there already stays. */
int d2d_store_import(struct d2d_store *s, struct d2d_archive *a, const struct d2d_images *images, char **why);

/* What a file is known by in the store: 64 hexadecimal digits from its length and content. */
int d2d_store_key(int fd, char *key);

/* The images of a file that was imported, [{"id","tags":[...],...}], if all of them and their names are still there;
 * else NULL. json_object_put() it. */
struct json_object *d2d_store_known(const struct d2d_store *s, const char *key);
int d2d_store_remember(const struct d2d_store *s, const char *key, const char *file, const struct d2d_images *images);

/* The images that are in the store at DIR by an import: [{"id","tags","file","bytes","when"}], to be freed also after an
 * error; without file where it isn't known. A dockerd may run on it. */
int d2d_store_imports(const char *dir, struct json_object **imports);

/* Images in that form. */
struct json_object *d2d_images_json(const struct d2d_images *images);

/* ---- d2d_failed.c ---- */

/* Which files could not be imported in this boot, {"FILE":"REASON"}; json_object_put() it. */
struct json_object *d2d_failed_read(void);

/* Notes why a file couldn't be, or NULL: that it was. */
int d2d_failed_note(const char *file, const char *why);

/* ---- d2d_zstd.c ---- */

int d2d_is_zstd(int fd);

/* For libbb's fork_transformer(): unpacks src_fd to dst_fd. */
struct transformer_state_t;
IF_DESKTOP(long long) int d2d_unpack_zstd(struct transformer_state_t *xstate) FAST_FUNC;

#endif
