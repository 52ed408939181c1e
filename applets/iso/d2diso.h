/*
 * Declarations shared by the parts of d2diso, which makes an ISO from another one and further files.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2DISO_H
#define D2DISO_H 1

#include "d2d_iso.h"

enum {
	OPT_o = 1 << 0,
	OPT_f = 1 << 1,
	OPT_r = 1 << 2,
	OPT_n = 1 << 3,
	OPT_q = 1 << 4,
	OPT_p = 1 << 5,

	D2DISO_FILES_MAX = 20000,	/* files that can be added */
	D2DISO_HEAD = 4096,		/* bytes at the start of a file by which it is recognized */
};

#define D2DISO_CONFIG "d2d/config"
#define D2DISO_PASSWORD "d2d/password"

/* A file that is added to the ISO, or replaces one. */
struct d2diso_add {
	char *path;		/* in the ISO */
	char *from;		/* on this machine */
	const char *arg;	/* the argument that named it; NULL: made by this program */
	char *about;		/* what is in it, for the user; or NULL */
	off_t size;		/* bytes */
	mode_t mode;		/* permissions in the ISO */
	time_t mtime;
	char sha256[D2D_DIGEST + 1];
	bool is_new;		/* the ISO has no file with this path */
};

struct d2diso {
	unsigned opt;		/* OPT_ */
	const char *out;
	struct d2d_iso iso;
	struct d2d_iso_sums sums;	/* of the new ISO */
	struct d2diso_add *add;
	unsigned n;
	void *by_path;		/* where in ADD a path is (iso/add.c) */
	llist_t *keys;		/* texts of public keys of minisign */
	struct d2d_iso_options options;
	char uuid[D2D_ISO_UUID + 1];	/* of the new ISO */
	time_t date;		/* of files that this program makes */
	char *dir;		/* with files that this program makes */
	char *tmp;		/* the unfinished ISO, or NULL */
};

/* ---- iso/what.c ---- */

/* Adds what an argument of -a names: a file, which is recognized by its content, or a directory. Exits if it can't be used. */
void d2diso_what(struct d2diso *d, const char *arg);

/* ---- iso/file.c ---- */

/* Returns the path below the ISO's top directory at which a file belongs that begins with LEN bytes of HEAD, or NULL if
 * nothing knows such a file; then *WHY may say more. The caller frees both. */
char *d2diso_place_of(const char *file, const char *head, size_t len, char **why);

/* ---- iso/text.c ---- */

/* The same for a text file. */
char *d2diso_place_of_text(const char *name, const char *text, size_t len);

/* Returns why a text can't be the ISO's d2d/config, or NULL; the caller frees it. */
char *d2diso_config_error(const char *text);

/* ---- iso/check.c ---- */

/* Checks a file that is to be added by its path in the ISO, and sets add->about and add->mode. Exits if the boot could not
 * use it. */
void d2diso_check(const struct d2diso *d, struct d2diso_add *add);

/* ---- iso/add.c ---- */

/* Adds the regular file FROM as PATH. ARG is the argument that named it. Exits if there is another file at PATH. */
struct d2diso_add *d2diso_add(struct d2diso *d, const char *path, const char *from, const char *arg);

/* Adds a file that this program makes, with this content, and replaces the one at PATH. */
struct d2diso_add *d2diso_put(struct d2diso *d, const char *path, const void *data, size_t len);

/* Exits if a path can't be a word of the commands for xorriso, which are lines with quoted words. */
void d2diso_refuse_quoting(const char *path);

/* Returns the text of a file that was added as PATH, or is there in the ISO, or NULL; the caller frees it. */
char *d2diso_text(const struct d2diso *d, const char *path);

/* ---- iso/settings.c ---- */

/* Checks the options of -s, -k, -t, -T and -d, and adds the files that hold them: D2DISO_CONFIG and D2D_ISO_MENU. Exits if
 * one is not possible or would loosen trust. */
void d2diso_settings(struct d2diso *d);

/* ---- iso/secure.c: an ISO that is built for Secure Boot ---- */

/* Exits if the ISO is signed, since its GRUB would not use WHAT. */
void d2diso_refuse_signed(const struct d2diso *d, const char *what);

/* Refuses early hooks, and says what Secure Boot means for the rest. */
void d2diso_secure(const struct d2diso *d);

/* ---- iso/keys.c ---- */

/* Adds the public keys to those by which the ISO's boot verifies signatures. Exits if that would loosen trust. */
void d2diso_keys(struct d2diso *d);

/* ---- iso/sums.c ---- */

/* Verifies the ISO by its checksums, and computes those of the files that are added. Exits if a file is damaged. */
void d2diso_sums(struct d2diso *d);

/* Gives the new ISO its UUID, and adds the files that name it, and the list of checksums. */
void d2diso_finish(struct d2diso *d);

/* ---- iso/write.c ---- */

/* Writes the new ISO. Exits if that fails. */
void d2diso_write(struct d2diso *d);

/* ---- iso/commands.c ---- */

/* Returns a descriptor of a file with the commands for xorriso that write the new ISO to d->tmp. */
int d2diso_commands(const struct d2diso *d);

/* ---- iso/bar.c: the progress bar ---- */

struct d2diso_bar {
	struct d2d_progress progress;
	bb_progress_t bar;
	off_t before, all;	/* bytes of earlier files, and of all files */
	bool shown;
};

/* Begins a progress bar of SIZE bytes on a terminal, unless there is -q. d2diso_bar_file() says that the next file begins.
 * While the bar is shown, a signal that asks the program to end is obeyed. */
void d2diso_bar_begin(struct d2diso_bar *bar, const struct d2diso *d, const char *what, off_t size);
void d2diso_bar_set(struct d2diso_bar *bar, off_t done);
void d2diso_bar_end(struct d2diso_bar *bar);

/* ---- iso/tidy.c ---- */

/* Makes d->dir. What is in it, and d->tmp, is removed however this process ends, except by SIGKILL. */
void d2diso_tidy_begin(struct d2diso *d);
void d2diso_tidy(struct d2diso *d);

/* Exits if a signal has asked this process to end. */
void d2diso_obey(void);

#endif
