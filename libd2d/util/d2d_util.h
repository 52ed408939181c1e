/*
 * libd2d, util: what all other folders share and what knows nothing of images, volumes or hooks: options of the kernel
 * command line, files, directories, texts, questions on the terminal, output of child processes, a pool of workers.
 *
 * For all of libd2d: functions return 0 or a count on success and a negative errno on failure, unless said otherwise. They
 * never print and never exit, except for libbb's allocators, which die when memory is out. What a caller has to free is said
 * with each.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2D_UTIL_H
#define D2D_UTIL_H 1

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
#define D2D_ROOT D2D_RUN"/root"	/* of d2droot, in memory: mounted layers, copies of signed ones, changes */
#define D2D_STORE_MAPPING "/dev/mapper/d2d-store"

/* The exit status of a hook that had nothing to do (docs/hooks.md). Applets that hooks run use it, too, so that a hook can end
 * with the status of its applet. */
enum { D2D_EXIT_NOTHING = 77 };

/* ---- d2d_option.c ---- */

/* The value of d2d.NAME on the kernel command line, else in the store's d2d/config; "" for a name without value, NULL when
 * it isn't there. Taken from D2D_CMDLINE and D2D_CONFIG, in the second case below ROOT. The caller frees it. */
char *d2d_option(const char *name);
char *d2d_option_at(const char *root, const char *name);

/* All of them as NAME=VALUE; of one name the last counts. To be freed with llist_free(lines, free). d2d_options_read()
 * appends those of one of the two files. */
llist_t *d2d_options(const char *root);
void d2d_options_read(const char *root, const char *file, llist_t **lines);

/* ---- d2d_bytes.c: little-endian numbers, wherever they lie ---- */

unsigned d2d_le16(const uint8_t *p);
uint32_t d2d_le32(const uint8_t *p);
uint64_t d2d_le64(const uint8_t *p);

/* 16 bytes as 36 characters and a '\0'. */
void d2d_uuid_text(char *text, const uint8_t *uuid);

/* ---- d2d_ask.c ---- */

/* Asks with echo off: on the terminal of stdin, without one on every console at once; the first to answer wins.
 * Empty lines and lines that don't fit are asked for again. Returns the length of the answer, which ends in '\0'
 * and lies nowhere but in the caller's memory (to lock and to wipe); -ETIMEDOUT after so many seconds (0: never),
 * -ENODEV without a terminal, -EIO when all of them are gone, -EINTR on a signal. */
int d2d_ask(const char *prompt, char *answer, size_t size, int seconds);

/* The same, while something else may happen: happened() is called when there is something to be read from fd, and ends
 * the question by returning other than 0; it comes back with -ECANCELED. Goes on without a terminal. NULL: nothing. */
struct d2d_ask_event {
	int fd;
	int (*happened)(void *arg);
	void *arg;
};
int d2d_ask_or_event(const char *prompt, char *answer, size_t size, int seconds, const struct d2d_ask_event *other);

/* Writes a text to the same terminals. */
void d2d_console_write(const char *text);

/* Writes a text to all consoles, even if stdin is a terminal. Returns how many consoles took all of the text. */
int d2d_consoles_write(const char *text);

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

/* ---- d2d_dir.c ---- */

/* The names in a folder but . and .., in natural order (sda2 before sda10). Returns how many, to be freed with
 * d2d_dir_list_free(), or a negative errno; -E2BIG when there are more than MAX. */
int d2d_dir_list(const char *dir, int max, char ***names);
void d2d_dir_list_free(char **names, int n);

/* Makes the folders that lead to a file. */
int d2d_make_parent_dirs(const char *path);

/* Removes a file or a folder with all in it, but not what is mounted there; no error when there is none. */
int d2d_remove_tree(const char *path);

/* ---- d2d_time.c ---- */

/* Milliseconds since the machine was started. */
unsigned long long d2d_now(void);

/* ---- d2d_text.c ---- */

/* A copy of up to LEN bytes of TEXT that is fit for a terminal and for JSON: whatever isn't printable ASCII is '?'.
 * The caller frees it. */
char *d2d_printable(const char *text, size_t len);

/* A text as by vprintf(); the caller frees it. */
char *d2d_vformat(const char *format, va_list args);

/* Sets the reason *WHY, as by printf(), unless there is one already; the caller frees it. Returns -EBADMSG. */
int d2d_refuse(char **why, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ---- d2d_words.c ---- */

#define D2D_WORDS_TEXT (64 * 1024)	/* bytes of text */
#define D2D_WORDS_MAX 256

/* Splits a text at white space; '', "" and \ quote as in a shell. Returns how many, or -EINVAL and *why. *words is
 * NULL-terminated and has to be freed in any case. */
int d2d_words(const char *text, char ***words, const char **why);
void d2d_words_free(char **words);

/* A word that a shell reads as this one, in printable ASCII; as it is when it needs no quotes. The caller frees it. */
char *d2d_quoted(const char *word);

/* Sets the reason *WHY, as by printf(), unless there is one already; the caller frees it. Returns ERR. */
int d2d_fail(int err, char **why, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Writes LEN bytes as 2 * LEN lower-case hexadecimal digits and a null byte. */
void d2d_hex(char *hex, const void *bytes, size_t len);

/* Sets PATH to the name by which the kernel opens a file descriptor again. */
#define D2D_FD_PATH (sizeof("/proc/self/fd/") + sizeof(int) * 3)
void d2d_fd_path(char *path, int fd);

/* The length of the valid UTF-8 sequence at P, or 0; and whether a whole text is valid UTF-8. */
int d2d_utf8_len(const unsigned char *p);
bool d2d_is_utf8(const char *text);

/* Replaces, in place, the octal escapes (\040 for a space) of a path in /proc/self/mountinfo. */
void d2d_unescape_mount(char *path);

/* Compares two offsets as qsort() wants it. */
static ALWAYS_INLINE int d2d_compare(off_t x, off_t y)
{
	return x < y ? -1 : x > y;
}

/* ---- d2d_json.c: typed access to JSON ---- */

struct json_object;

/* The string, or the array and its length, of an object's key; NULL or 0 for anything else. */
const char *d2d_json_text(struct json_object *o, const char *key);
size_t d2d_json_array(struct json_object *o, const char *key, struct json_object **array);

/* The JSON in a regular file of at most MAX bytes, for json_object_put(); NULL when there is none. */
struct json_object *d2d_json_read(const char *path, size_t max);

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

/* ---- d2d_beneath.c ---- */

/* A name without doubled slashes and '.', "." for none; NULL when it is absolute or has a '..'. The caller frees it. */
char *d2d_clean_name(const char *name);

/* Opens what lies below a folder; -ELOOP when a symbolic link is on the way. */
int d2d_open_beneath(int dir, const char *name, int flags);

/* ---- progress of long work ---- */

struct d2d_progress {
	void (*on_progress)(void *arg, off_t done, off_t size);	/* after each piece of the file, or NULL */
	void *arg;
	off_t size;
};

/* ---- d2d_pool.c ---- */

struct d2d_work {
	/* Does one of N pieces; *why, to be freed, may say what went wrong. PROGRESS: who is to be told. */
	int (*run)(void *arg, unsigned i, const struct d2d_progress *progress, char **why);
	void *arg;
	unsigned n;
	off_t size;				/* of all pieces, for */
	const struct d2d_progress *progress;	/* or NULL */
};

/* Does all, so many side by side, each in a process of its own (of one job: in this). After the first that fails those
 * that still run are killed, and its error is returned, *why is what it said, or NULL. -EOWNERDEAD: it was killed. */
int d2d_pool(const struct d2d_work *w, unsigned jobs, char **why);

/* ---- d2d_cpus.c ---- */

/* Returns the number of CPUs that this process may use. */
unsigned d2d_cpus(void);

/* ---- d2d_name.c: names of files that the project gives a meaning ---- */

/* "NN-name" of letters, digits, '-', '_' and '.', for hooks and stages alike. */
bool d2d_hook_name_ok(const char *name);

/* A script's: letters, digits, '-', '_' and '.', the first neither '-' nor '.'; at most 64. */
bool d2d_bin_name_ok(const char *name);

#endif
