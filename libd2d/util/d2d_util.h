/*
 * libd2d, util: what all other directories share and what needs no knowledge of images, volumes or hooks: options of the
 * kernel command line, files, directories, texts, questions on the terminal, output of child processes, a pool of workers.
 *
 * Conventions of all of libd2d: unless a comment says otherwise, a function returns 0 or a count on success and a negative
 * errno on failure. No function prints messages or exits, except that libbb's allocators exit when memory is exhausted.
 * Each comment names what the caller has to free.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2D_UTIL_H
#define D2D_UTIL_H 1

#include "libbb.h"

/* ---- paths in the running system (docs/hooks.md) ---- */
#define D2D_RUN "/run/d2d"
#define D2D_CMDLINE D2D_RUN"/cmdline"	/* each d2d.NAME=VALUE of the kernel command line as a line NAME=VALUE */
#define D2D_CONFIG D2D_RUN"/config"	/* further options, from the store's d2d/config; written by d2dconfig */
#define D2D_VOLUMES D2D_RUN"/volumes"	/* written by d2dmount, see d2d_volumes_write() */
#define D2D_COLDPLUGGED D2D_RUN"/coldplugged"	/* exists when 20-devices/10-coldplug has loaded the drivers */
#define D2D_MEDIUM D2D_RUN"/medium"
#define D2D_ISO D2D_RUN"/iso"	/* mount point of the volume that holds the ISO, if the medium is an ISO in a file */
#define D2D_STORE D2D_RUN"/store"
#define D2D_PAYLOAD D2D_RUN"/payload"
#define D2D_NFS D2D_PAYLOAD"/nfs"	/* mount point of the first NFS export that d2d.payload= names; then nfs2, nfs3 ... */
#define D2D_METADATA D2D_RUN"/metadata"	/* what d2dmeta has read from a metadata disk: d2d/ as on a volume, hostname, config */
#define D2D_EARLY D2D_RUN"/early"	/* contents of the medium's early.img */
#define D2D_UNLOCKED D2D_RUN"/unlocked"	/* how d2dunlock opened the store: "passphrase" or "key" */
#define D2D_HOOKS "/usr/lib/d2d/hooks"
#define D2D_ROOT D2D_RUN"/root"	/* of d2droot, in memory: mounted layers, copies of signed layers, changes */
#define D2D_STORE_MAPPING "/dev/mapper/d2d-store"

/* The exit status of a hook that had nothing to do (docs/hooks.md). Applets that hooks run use it, too, so that a hook can end
 * with the status of its applet. */
enum { D2D_EXIT_NOTHING = 77 };

/* ---- d2d_option.c: options d2d.NAME=VALUE ---- */

/* Returns the value of d2d.NAME: from the kernel command line, else from the store's d2d/config. Returns "" for an option
 * without a value, NULL for one that isn't set. The caller frees it. d2d_option_at() reads D2D_CMDLINE and D2D_CONFIG below
 * ROOT. */
char *d2d_option(const char *name);
char *d2d_option_at(const char *root, const char *name);

/* Returns all options as strings NAME=VALUE; if a name occurs more than once, the last one counts. The caller frees them with
 * llist_free(lines, free). d2d_options_read() appends the options of one file, D2D_CMDLINE or D2D_CONFIG. */
llist_t *d2d_options(const char *root);
void d2d_options_read(const char *root, const char *file, llist_t **lines);

/* ---- d2d_bytes.c: little-endian numbers (P needs no alignment), UUIDs ---- */

unsigned d2d_le16(const uint8_t *p);
uint32_t d2d_le32(const uint8_t *p);
uint64_t d2d_le64(const uint8_t *p);

/* Writes the 16 bytes of a UUID as 36 characters and a '\0'. */
void d2d_uuid_text(char *text, const uint8_t *uuid);

/* ---- d2d_ask.c: questions on terminals ---- */

/* Asks for a line of text with echo off: on the terminal of stdin or, if stdin isn't a terminal, on all consoles at once,
 * where the first answer counts. Repeats the question after an empty line and a line that doesn't fit. Returns the length of the answer,
 * which ends in '\0'. The answer is stored in no other memory than the caller's, who may lock and wipe it. Errors: -ETIMEDOUT after
 * SECONDS (0: no limit), -ENODEV without a terminal, -EIO when all terminals are gone, -EINTR on a signal. */
int d2d_ask(const char *prompt, char *answer, size_t size, int seconds);

/* Like d2d_ask(), but calls happened() whenever there is something to read from fd (-1: none). If it returns other than 0, the question
 * ends with -ECANCELED. Waits for that even without a terminal. If OTHER is NULL, this is d2d_ask(). */
struct d2d_ask_event {
	int fd;
	int (*happened)(void *arg);
	void *arg;
	bool takes_empty;	/* an empty line is an answer, too, of length 0 */
};
int d2d_ask_or_event(const char *prompt, char *answer, size_t size, int seconds, const struct d2d_ask_event *other);

/* Write a text to the terminals that d2d_ask() would use; to all consoles, even if stdin is a terminal. The second function returns
 * how many consoles took all of the text. */
void d2d_console_write(const char *text);
int d2d_consoles_write(const char *text);

/* ---- d2d_file.c: whole files ---- */

/* Replace a file by TEXT, or by LEN bytes, atomically: write a new file, wait until it is on the disk and rename it. The last one
 * also sets its mode and owner (NULL: this process's user); until then only that process can read it, so it may be a secret. */
int d2d_file_write(const char *path, const char *text);
int d2d_file_save(const char *path, const void *data, size_t len);
int d2d_file_save_as(const char *path, const void *data, size_t len, mode_t mode, const struct bb_uidgid_t *owner);

/* Opens a regular file for reading and sets *ST. Returns -ELOOP for a symbolic link, and -EINVAL, without blocking, for a FIFO,
 * a device or a directory. */
int d2d_file_open(const char *path, struct stat *st);

/* Reads a regular file as d2d_file_open() opens it: *len bytes and a '\0'; the caller frees *text. -EFBIG: more than MAX bytes. */
int d2d_file_read(const char *path, size_t max, char **text, size_t *len);

/* Whether two regular files of at most MAX bytes have the same content: 1, 0, or an error of d2d_file_read(). */
int d2d_file_same(const char *one, const char *other, size_t max);
/* Returns the text for an error of these functions, to be put behind the file's name, such as "is missing". */
const char *d2d_file_error(int err);

/* ---- d2d_log.c: logs of limited size ---- */
/* Appends all that can be read from IN to LOG, the open file PATH, and closes LOG. When the file would become longer than MAX
 * bytes, it is renamed to PATH.1 and a new one begins. */
void d2d_log_copy(int in, int log, const char *path, off_t max);

/* ---- d2d_dir.c: directories ---- */

/* Sets *NAMES to the names in a directory without . and .., in natural order (sda2 before sda10). Returns their number, or
 * -E2BIG if there are more than MAX. The caller frees them with d2d_dir_list_free(). */
int d2d_dir_list(const char *dir, int max, char ***names);
void d2d_dir_list_free(char **names, int n);

/* Creates the parent directories of a file. */
int d2d_make_parent_dirs(const char *path);

/* Removes a file or a directory with all that it contains, but nothing on other file systems that are mounted there. Returns 0
 * also if PATH doesn't exist. */
int d2d_remove_tree(const char *path);

/* ---- d2d_time.c: the milliseconds since the machine was started ---- */
unsigned long long d2d_now(void);

/* ---- d2d_random.c: fills BUF with random bytes, in the form that Mbed TLS asks for, whose first argument isn't used ---- */
int d2d_random(void *unused, unsigned char *buf, size_t len);

/* ---- d2d_text.c: formatting, error messages, UTF-8 ---- */

/* Returns a copy of at most LEN bytes of TEXT that is safe for a terminal and for JSON: each byte that isn't printable ASCII
 * becomes '?'. The caller frees it. */
char *d2d_printable(const char *text, size_t len);

/* Returns a text as vprintf() would print it; the caller frees it. */
char *d2d_vformat(const char *format, va_list args);

/* Sets *WHY to a formatted reason, unless there is one already; the caller frees it. d2d_fail() returns ERR, d2d_refuse()
 * -EBADMSG. */
int d2d_fail(int err, char **why, const char *format, ...) __attribute__((format(printf, 3, 4)));
int d2d_refuse(char **why, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Writes LEN bytes as 2 * LEN lower-case hexadecimal digits and a '\0'. */
void d2d_hex(char *hex, const void *bytes, size_t len);

/* Sets PATH to the /proc path of an open file descriptor, by which the kernel opens its file again. */
#define D2D_FD_PATH (sizeof("/proc/self/fd/") + sizeof(int) * 3)
void d2d_fd_path(char *path, int fd);

/* Returns the length of the valid UTF-8 sequence at P, or 0 if there is none; and whether a whole text is valid UTF-8. */
int d2d_utf8_len(const unsigned char *p);
bool d2d_is_utf8(const char *text);

/* Replaces, in place, the octal escapes (\040 for a space) of a path in /proc/self/mountinfo. */
void d2d_unescape_mount(char *path);

/* Compares two offsets for qsort(). */
static ALWAYS_INLINE int d2d_compare(off_t x, off_t y)
{
	return x < y ? -1 : x > y;
}

/* ---- d2d_words.c: words with quotes, as a shell splits them ---- */

#define D2D_WORDS_TEXT (64 * 1024)	/* longest text, in bytes */
#define D2D_WORDS_MAX 256

/* Splits a text at white space; '', "" and \ quote as in a shell. Returns the number of words, or -EINVAL and sets *why to a
 * static text. *words is NULL-terminated; the caller frees it with d2d_words_free() after an error, too. */
int d2d_words(const char *text, char ***words, const char **why);
void d2d_words_free(char **words);

/* Returns WORD quoted for a shell, in printable ASCII; unchanged if it needs no quotes. The caller frees it. */
char *d2d_quoted(const char *word);

/* ---- d2d_json.c: typed access to JSON ---- */

struct json_object;

/* Returns the string of an object's key, or NULL if the key is missing or of another type. The object owns the string. */
const char *d2d_json_text(struct json_object *o, const char *key);

/* Sets *ARRAY to the array of an object's key and returns its length, or 0 if the key is missing or of another type. */
size_t d2d_json_array(struct json_object *o, const char *key, struct json_object **array);

/* Returns the length of an array, or 0 if ARRAY is NULL or of another type. */
size_t d2d_json_length(struct json_object *array);

/* Returns element I of an array if it is a string, else NULL: also beyond the end, and if ARRAY is NULL or of another type. The
 * array owns the string. */
const char *d2d_json_text_at(struct json_object *array, size_t i);

/* Parses a regular file of at most MAX bytes. Returns NULL if that fails. The caller frees it with json_object_put(). */
struct json_object *d2d_json_read(const char *path, size_t max);

/* Returns the JSON string of d2d_printable(), or NULL, which is null in JSON, for NULL. The caller frees it with
 * json_object_put(). */
struct json_object *d2d_json_printable(const char *text);

/* ---- d2d_output.c: output of a child process ---- */
/* Forks. In the child, which gets 0, the descriptor FD is a pipe to the parent's *PIPE. */
pid_t d2d_fork_piped(int fd, int *pipe);

/* Zeroed before the first use. begin and end may be called again for another child process, whose output goes to the same log. */
struct d2d_output {
	int pipe, log, console;	/* descriptors; -1: none */
	const char *path;	/* of the log */
	size_t logged;		/* bytes of output, also those that the log had no room for */
	char tail[256];		/* the end of the output */
	size_t tail_len;
};

/* Begins to read PIPE, the reading end of a pipe, which d2d_output_end() closes. The path LOG and the descriptor CONSOLE (-1:
 * none) stay the caller's. The log is created when the first output arrives. */
void d2d_output_begin(struct d2d_output *out, int pipe, const char *log, int console);

/* Reads once, when poll() reports the pipe. Returns the number of bytes, 0 at the end, or -1 if nothing can be read now. */
ssize_t d2d_output_read(struct d2d_output *out);
void d2d_output_end(struct d2d_output *out);

/* Returns the last line of the output in printable ASCII; the caller frees it. */
char *d2d_output_last(const struct d2d_output *out);

/* ---- d2d_beneath.c: files below a directory, by untrusted names ---- */

/* Returns what a name means below a root directory, as a relative path without '.', ".." and repeated slashes: "/a/../b/" gives
 * "b", "/" gives ".". NULL if a ".." leads out of the root; "/.." does, unlike in the kernel. The caller frees the path. */
char *d2d_clean_name(const char *name);

/* Opens NAME below the directory with descriptor DIR. Returns the descriptor, -ELOOP if the path contains a symbolic link, or
 * -EXDEV if it leads out of the directory or into another mount. */
int d2d_open_beneath(int dir, const char *name, int flags);

/* The same, but symbolic links to directories are followed as if DIR were the root directory of the process; the last component
 * of the name may not be a link. */
int d2d_open_in_root(int dir, const char *name, int flags);

/* ---- d2d_pool.c: parallel work ---- */

/* also of other long work */
struct d2d_progress {
	void (*on_progress)(void *arg, off_t done, off_t size);	/* called after each piece of the file, or NULL */
	void *arg;
	off_t size;		/* bytes of all the work */
};

struct d2d_work {
	/* Does piece I of N and reports its progress to PROGRESS. May set *why to a reason, which the caller frees. */
	int (*run)(void *arg, unsigned i, const struct d2d_progress *progress, char **why);
	void *arg;
	unsigned n;
	off_t size;				/* bytes of all pieces, for the progress */
	const struct d2d_progress *progress;	/* of all pieces together, or NULL */
};

/* Does all pieces, JOBS at a time, each in a process of its own; if JOBS is 1, in this process. When a piece fails, the
 * processes that still run are killed; returns the error of that piece and sets *why to its reason or NULL. The error is
 * -EOWNERDEAD if the process was killed. */
int d2d_pool(const struct d2d_work *w, unsigned jobs, char **why);

/* ---- d2d_ring.c: a process that makes data for another one ---- */

#define D2D_RING_BUFFER (256 * 1024)	/* bytes */

struct d2d_ring;

/* Starts a child process like fork(): returns 0 in the child, its process ID in the parent, or -EAGAIN. *RING is the way between
 * them, in which the child fills buffers and the parent empties them, or the other way round. The child ends by _exit(), and is
 * killed when the parent ends. */
pid_t d2d_ring_fork(struct d2d_ring **ring, bool child_fills);

/* The process that fills: returns a buffer of D2D_RING_BUFFER bytes, or NULL if the other process has ended. d2d_ring_put() passes
 * it on with LEN bytes in it, 0 at the end, or with a negative errno. d2d_ring_drain() waits until all buffers are empty again, and
 * returns the last one, in which the other process may have left an answer, or NULL if the other process has ended. */
void *d2d_ring_room(struct d2d_ring *r);
void d2d_ring_put(struct d2d_ring *r, ssize_t len);
void *d2d_ring_drain(struct d2d_ring *r);

/* The process that empties: sets *BUF to the next buffer and returns what the other one has passed on, or -EOWNERDEAD if it has ended.
 * d2d_ring_done() gives the buffer back. */
ssize_t d2d_ring_get(struct d2d_ring *r, void **buf);
void d2d_ring_done(struct d2d_ring *r);

/* Closes the ring. The parent waits until the child has ended, which it does when it next waits for the parent. R may be NULL. */
void d2d_ring_close(struct d2d_ring *r);

/* ---- d2d_cpus.c: the number of processors that this process may use ---- */
unsigned d2d_cpus(void);

/* ---- d2d_name.c: names of hooks, stages, commands and settings ---- */
/* Whether NAME is "NN-name" of letters, digits, '-', '_' and '.'; the rule holds for hooks and for stages. */
bool d2d_hook_name_ok(const char *name);

/* Whether NAME fits a command: letters, digits, '-', '_' and '.', the first neither '-' nor '.'; at most 64 characters. */
bool d2d_bin_name_ok(const char *name);

/* Whether PATH, relative to a directory d2d/, is a file with settings: "network", "authorized_keys", "swarm.conf", or one of the
 * engine, "daemon.json", "ca/NAME.crt" or "certs.d/REGISTRY/NAME" with the suffix .crt, .cert or .key, where NAME fits a command. */
bool d2d_setting_name_ok(const char *path);

#endif
