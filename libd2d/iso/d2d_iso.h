/*
 * libd2d, iso: the content of an ISO of debian2docker, without mounting it: what it says about itself, its files, and their
 * checksums. xorriso lists the files; their bytes are then read directly, since each file lies in one piece. Needs no
 * privileges.
 *
 * In functions with WHY, *why is set to the reason of an error unless it has one already; the caller frees it.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2D_ISO_H
#define D2D_ISO_H 1

#include "d2d_archive.h"

enum {
	D2D_ISO_BLOCK = 2048,		/* bytes */
	D2D_ISO_UUID = 22,		/* characters of YYYY-MM-DD-HH-MM-SS-cc */
	D2D_ISO_FILES_MAX = 100000,
	D2D_ISO_TEXT_MAX = 1024 * 1024,	/* bytes of a text file on an ISO, or of the list of checksums */
};

/* Files that describe an ISO of debian2docker. The first one is ".disk/UUID.uuid", with "debian2docker VERSION" in it. */
#define D2D_ISO_INFO ".disk/info"
#define D2D_ISO_SUMS ".disk/SHA256SUMS"
#define D2D_ISO_SIGNATURE D2D_ISO_SUMS".minisig"

/* The key in D2D_ISO_INFO of an ISO that is built for Secure Boot: the UUID by which its signed GRUB finds the medium. */
#define D2D_ISO_SECUREBOOT "secureboot"

struct d2d_iso_file {
	char *path;		/* relative to the top, not printable */
	mode_t mode;		/* type and permissions */
	off_t at, size;		/* place and length in the ISO, in bytes; only of regular files */
};

struct d2d_iso {
	int fd;
	char *path;
	off_t size, end;	/* bytes of the file or device, and of the ISO on it with all its partitions */
	off_t efi_at, efi_size;	/* the FAT for UEFI, in bytes */
	char uuid[D2D_ISO_UUID + 1], label[33], preparer[129];
	char *version;		/* of debian2docker, printable */
	struct d2d_iso_file *file;	/* in the order of strcmp() */
	unsigned n;
};

/* ---- d2d_iso.c ---- */

/* Opens an ISO of debian2docker, a file or a device, and lists what it contains. Returns 0, or a negative errno and the
 * reason: it is no ISO, is truncated, is another ISO, or there is no xorriso. */
int d2d_iso_open(struct d2d_iso *iso, const char *path, char **why);
void d2d_iso_close(struct d2d_iso *iso);

/* ---- d2d_iso_find.c ---- */

/* Returns the file or directory with this path, or NULL. d2d_iso_regular() returns NULL unless it is a regular file. */
const struct d2d_iso_file *d2d_iso_find(const struct d2d_iso *iso, const char *path);
const struct d2d_iso_file *d2d_iso_regular(const struct d2d_iso *iso, const char *path);

/* ---- d2d_iso_list.c ---- */

/* Lists the files of the ISO, for d2d_iso_open(). */
int d2d_iso_list(struct d2d_iso *iso, char **why);

/* ---- d2d_iso_xorriso.c ---- */

/* Whether xorriso can be executed; else *WHY says which package has it. */
bool d2d_xorriso_exists(char **why);

/* Runs xorriso with these arguments, NULL-terminated, and sets *OUT to what it prints, at most MAX bytes; the caller frees
 * it. Returns 0 or a negative errno and the reason, which is xorriso's last message. */
int d2d_xorriso_read(const char *const *args, size_t max, char **out, char **why);

/* Starts xorriso with the commands in the file with descriptor COMMANDS, and its messages to the descriptor MESSAGES.
 * Returns its process ID; d2d_xorriso_end() checks the status of that process as of wait() and returns 0, or -EIO and the
 * last message. */
pid_t d2d_xorriso_start(int commands, int messages);
int d2d_xorriso_end(int status, int messages, char **why);

/* ---- d2d_iso_file.c ---- */

/* Reads a file of at most MAX bytes: *len bytes and a '\0', which the caller frees. */
int d2d_iso_read(const struct d2d_iso *iso, const struct d2d_iso_file *file, size_t max, char **text, size_t *len);

/* Returns the value of a line KEY=VALUE in D2D_ISO_INFO, printable, or NULL; the caller frees it. */
char *d2d_iso_info(const struct d2d_iso *iso, const char *key);

/* Computes the digest of a file. HEX has room for D2D_DIGEST + 1 bytes. Returns 0 or a negative errno. */
int d2d_iso_digest(const struct d2d_iso *iso, const struct d2d_iso_file *file, char *hex, const struct d2d_progress *progress);

/* ---- d2d_iso_sums.c: the list of checksums, "SHA256  PATH" as sha256sum prints it ---- */

struct d2d_iso_sums {
	struct d2d_iso_sum {
		char *path, sha256[D2D_DIGEST + 1];
	} *sum;			/* in the order of strcmp() */
	unsigned n;
};

/* Parses a list. Returns 0, or -EBADMSG and the reason. */
int d2d_iso_sums_parse(const char *text, size_t len, struct d2d_iso_sums *sums, char **why);
void d2d_iso_sums_free(struct d2d_iso_sums *sums);

/* Sets the checksum of a path, which the list copies; removes it if SHA256 is NULL. */
void d2d_iso_sums_set(struct d2d_iso_sums *sums, const char *path, const char *sha256);

/* Returns the checksum of a path, or NULL. */
const char *d2d_iso_sums_find(const struct d2d_iso_sums *sums, const char *path);

/* Returns the list as text; the caller frees it. */
char *d2d_iso_sums_text(const struct d2d_iso_sums *sums);

/* Whether the checksum of this file can't be in the list, because xorriso writes the file's place into it. */
bool d2d_iso_sums_exempt(const char *path);

/* ---- d2d_iso_layer.c ---- */

/* Compares the lists of packages in a layer, which begins at the offset AT of FILE, with the packages of the ISO. Returns 0 if it fits,
 * also if it or the ISO has no list; -ENOENT without unsquashfs; else another negative errno. *WHY is set to the reason. Adds a text
 * for each package of which the ISO has another version to *OTHERS, malloc'ed. */
int d2d_iso_layer_fits(const struct d2d_iso *iso, const char *file, off_t at, llist_t **others, char **why);

/* ---- d2d_iso_boot.c ---- */

/* Checks all that a boot of the ISO by BIOS and UEFI, from a CD and from a disk, needs of its own structures, and that all
 * places that name its UUID agree. Adds a text for each fault to *FAULTS, malloc'ed. */
void d2d_iso_boot_check(const struct d2d_iso *iso, llist_t **faults);

/* ---- d2d_iso_menu.c: settings of the boot menu, a file that GRUB's load_env reads ---- */

#define D2D_ISO_MENU "d2d/menu.env"

enum {
	D2D_ISO_TITLE_MAX = 60,		/* characters */
	D2D_ISO_WORDS_MAX = 1024,
	D2D_ISO_TIMEOUT_MAX = 3600,	/* seconds */
};

struct d2d_iso_menu {
	char *title, *timeout, *entry;	/* of the menu: the first entry's text, seconds, id of the default entry; or NULL */
	char *words;			/* further words of the kernel command line, separated by single blanks; or NULL */
};

/* Parses the file. Returns 0, or -EBADMSG and the reason: it has another form, or a value that d2d_iso_menu_error() refuses. */
int d2d_iso_menu_parse(const char *text, size_t len, struct d2d_iso_menu *menu, char **why);
void d2d_iso_menu_free(struct d2d_iso_menu *menu);

/* Returns the file's text; the caller frees it. */
char *d2d_iso_menu_text(const struct d2d_iso_menu *menu);

/* Return what is wrong with the values, which the caller frees, or NULL. d2d_iso_word_error() looks at one word. */
char *d2d_iso_menu_error(const struct d2d_iso_menu *menu);
char *d2d_iso_word_error(const char *word);

/* Returns the trust mode that the words ask for, the value of the last d2d.hooks=, or NULL. The caller frees it. */
char *d2d_iso_menu_trust(const struct d2d_iso_menu *menu);

/* ---- d2d_iso_keys.c: public keys that are added to those of the initramfs: a cpio archive that GRUB loads behind it ---- */

#define D2D_ISO_KEYS "boot/keys.img"

/* Appends the texts of the keys in an archive of LEN bytes to *KEYS, malloc'ed. Returns 0, or -EBADMSG if it contains
 * anything else. */
int d2d_iso_keys_parse(const char *data, size_t len, llist_t **keys);

/* Returns an archive with these keys, which the caller frees, and sets *len. */
char *d2d_iso_keys_pack(const llist_t *keys, size_t *len);

/* ---- options that say what is added to an ISO: d2diso and d2dstick ---- */

struct d2d_iso_options {
	llist_t *what;		/* arguments of -a */
	llist_t *set;		/* "KEY=VALUE": options of debian2docker */
	llist_t *words;		/* further words of the kernel command line */
	char *title, *timeout, *entry;	/* of the boot menu, or NULL */
};

/* For getopt32long(): the letters, the long names, and the addresses of the values in the order of the letters. */
#define D2D_ISO_LETTERS "a:*s:*k:*t:T:d:"
#define D2D_ISO_NAMES \
	"add\0"      Required_argument "a" \
	"set\0"      Required_argument "s" \
	"kernel\0"   Required_argument "k" \
	"title\0"    Required_argument "t" \
	"timeout\0"  Required_argument "T" \
	"default\0"  Required_argument "d"
#define D2D_ISO_VALUES(o) &(o)->what, &(o)->set, &(o)->words, &(o)->title, &(o)->timeout, &(o)->entry

#endif
