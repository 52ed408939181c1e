/*
 * libd2d, hook: hooks, from finding them in directories, over the decision whether they are trusted and when they run, to
 * running them (docs/hooks.md). Commands, plugins, layers and settings of the engine on volumes are found and judged by the same
 * code.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2D_HOOK_H
#define D2D_HOOK_H 1

#include "d2d_trust.h"

/* ---- d2d_hook_head.c: the head of a hook ---- */

#define D2D_HOOK_HEAD 4096	/* bytes at the start of a hook that may contain its head */
#define D2D_HOOK_LIMIT 30	/* default time limit, in seconds */

struct d2d_hook_head {
	unsigned timeout;	/* seconds; 0: none */
	bool critical;
	llist_t *needs, *after;	/* names of hooks of the same stage */
	char *exists;		/* absolute path without which the hook is skipped, or NULL */
	unsigned seen;		/* keys that were set, one bit each */
	llist_t *wrong;		/* error messages about the head */
};

/* Reads the "# d2d:" lines of the first LEN bytes of a hook. Returns 0, or -EINVAL if a line is invalid; then *why, which the
 * caller frees, is the first message of head->wrong, and the valid lines were read. The caller frees the head with
 * d2d_hook_head_free() in either case. */
int d2d_hook_head_parse(struct d2d_hook_head *head, const char *text, size_t len, char **why);
void d2d_hook_head_free(struct d2d_hook_head *head);

/* ---- hooks and lists of them ---- */

enum {
	/* what is decided about a file before hooks run */
	D2D_HOOK_RUNS,
	D2D_HOOK_MASKS,		/* an empty file: the hooks of this name don't run */
	D2D_HOOK_MASKED,
	D2D_HOOK_OVERRIDDEN,
	D2D_HOOK_REFUSED,	/* can't be a hook or isn't trusted; doesn't override or mask anything */
	/* results */
	D2D_HOOK_DONE,
	D2D_HOOK_SKIPPED,
	D2D_HOOK_FAILED,
	D2D_HOOK_TIMEOUT,
};

struct d2d_hook {
	char *stage, *name;	/* name is "" if the whole directory is refused */
	char *path;		/* the file that is run: the original or its verified copy */
	char *file;		/* the original */
	const char *source;	/* "builtin", "early", "medium", "metadata", "store", "usb", "net", "pinned" or "dir"; not malloc'ed */
	unsigned rank;		/* of hooks with the same name, the one with the highest rank wins */
	char *trust;		/* "image", "named", "store", "signed KEYID vN", "unsigned"; NULL: not checked */
	bool foreign;		/* for another system: don't check whether it can be executed on this one */
	struct d2d_hook_head head;
	int state;		/* D2D_HOOK_ */
	char *why;		/* reason for the state, or NULL */
	struct d2d_hook_dep {
		struct d2d_hook *on;
		bool need;	/* the other hook must succeed, not only end */
	} *deps;
	unsigned n_deps;
	struct d2d_hook *via;	/* d2d_hook_plan.c: the hook from which the search for circles came */
	char mark;
	char *last;		/* last line of output */
	char *log;		/* path; NULL if there was no output */
	int code;		/* exit code of the last run, 128 + signal, or -1 if it never ran */
	unsigned runs;
	unsigned long long start, end;	/* d2d_now() */
};

struct d2d_hooks {
	struct d2d_hook **hook;
	unsigned n;
};

/* ---- d2d_hook_list.c ---- */

/* Sorts by stage and name; of the same name, the highest rank comes first. */
void d2d_hooks_sort(struct d2d_hooks *list);

/* Appends a hook, which the list then owns. d2d_hooks_free() frees all hooks and empties the list. */
void d2d_hooks_add(struct d2d_hooks *list, struct d2d_hook *hook);
void d2d_hooks_free(struct d2d_hooks *list);

/* Appends a new hook for a file. WHY is the reason why the file is refused, or NULL. Returns the hook. */
#define D2D_HOOKS_MAX 1000	/* entries of a directory that are looked at */
struct d2d_hook *d2d_hooks_found(struct d2d_hooks *list, const char *stage, const char *name, const char *path, const char *why);

/* ---- d2d_hook_scan.c: hooks in one directory ---- */

/* Appends the hooks below DIR/NN-stage/, and all other files there as refused. If DIR doesn't exist, appends nothing. */
void d2d_hooks_scan(struct d2d_hooks *list, const char *dir, const char *source, unsigned rank);

/* Returns why a file of this type, which is not a regular file, is refused. */
const char *d2d_hook_kind(mode_t mode);

/* Appends a refused entry that doesn't stand for a file in a directory of hooks. */
void d2d_hooks_refuse(struct d2d_hooks *list, const char *stage, const char *name, const char *path, const char *why);

/* ---- d2d_hook_find.c: all directories ---- */

/* Appends the hooks (or commands or layers, as trust->kind says) of all sources below ROOT ("" for /) that the trust mode
 * allows: builtin, early, medium, store and payload volumes. Reads the manifest of each directory into TRUST. */
struct d2d_trust;
void d2d_hooks_scan_all(struct d2d_hooks *list, const char *root, struct d2d_trust *trust);

/* ---- d2d_hook_plan.c ---- */

/* Decides about the hooks of one stage of a sorted list: reads their heads, applies overrides and masks, skips the hooks in
 * SKIP ("NAME,STAGE/NAME,...", or NULL), and sets their dependencies. */
void d2d_hooks_plan(struct d2d_hooks *list, const char *stage, const char *skip);

/* Whether a hook is in a list "NAME,STAGE/NAME,...". */
bool d2d_hook_listed(const struct d2d_hook *hook, const char *names);

/* Returns the word for the hook's state: "runs", "done", "timeout" ... */
const char *d2d_hook_state(const struct d2d_hook *hook);

/* ---- d2d_hook_env.c ---- */

/* Returns the environment of hooks below ROOT, NULL-terminated, with RESULTS, which are the KEY=VALUE lines of hooks that were
 * done. The first D2D_HOOK_ENV_OWN strings are placeholders that d2d_hooks_run() replaces. The caller frees it with
 * d2d_hook_env_free(). d2d_hook_env_set() replaces or adds KEY and takes over the malloc'ed "KEY=VALUE". d2d_hook_option()
 * returns the value of d2d.NAME (NAME in capitals) or NULL; the environment owns it. */
#define D2D_HOOK_ENV_OWN 3
char **d2d_hook_env(const char *root, const llist_t *results);
void d2d_hook_env_set(char ***env, char *text);
const char *d2d_hook_option(char **env, const char *name);
void d2d_hook_env_free(char **env);

/* ---- d2d_hook_results.c: the KEY=VALUE lines that a hook leaves for later ones ---- */

/* Appends the lines of a text as malloc'ed strings to *RESULTS. Returns 0, or -EINVAL if a line is invalid; then nothing was
 * appended and *why is the reason, which the caller frees. d2d_hook_results_read() does this with a file; a missing file is
 * like an empty one. */
int d2d_hook_results_parse(const char *text, size_t len, llist_t **results, char **why);
int d2d_hook_results_read(const char *path, llist_t **results, char **why);

/* Moves the lines of a hook to the end of *KEPT, the results of all hooks, where each replaces an earlier line with the same key.
 * Returns 0, or -E2BIG if the results of all hooks would be too large: then nothing was moved and *why is the reason, which the
 * caller frees. */
int d2d_hook_results_keep(llist_t **kept, llist_t **results, char **why);

/* Removes the file that an earlier run of the hook left in the directory DIR. */
void d2d_hook_results_forget(const char *dir, const char *name);

/* ---- d2d_hook_program.c ---- */

/* Checks whether the kernel can execute a file that begins with BUF. The interpreter is searched below ROOT ("" for /; NULL: not
 * searched). Returns 0, or -ENOEXEC and *why, which the caller frees. */
int d2d_hook_program(const char *buf, size_t len, const char *root, char **why);

/* ---- d2d_spawner.c: starting programs ---- */

struct d2d_child;

struct d2d_spawner {
	int fd;			/* readable when there are events; -1: not running */
	pid_t pid;
	unsigned slots;
	struct d2d_child *child;
	sigset_t mask;
};

/* Prepares for at most SLOTS programs at a time, which get the signal mask MASK. Returns 0 or a negative errno. */
int d2d_spawner_start(struct d2d_spawner *sp, unsigned slots, const sigset_t *mask);

/* Starts a program in SLOT: in a session of its own, with the working directory /, without input, and with its output to the
 * descriptor OUT. Returns 0 or a negative errno. An event reports if the program could not be executed. */
int d2d_spawner_spawn(struct d2d_spawner *sp, unsigned slot, const char *path, char **env, int out);

/* Sends a signal to the process group of the program in SLOT. */
void d2d_spawner_signal(struct d2d_spawner *sp, unsigned slot, int sig);

/* Returns 1 if a program has ended: it was in *SLOT, and *STATUS is its status as of wait(), or a negative errno if it could not
 * be executed (-ECHILD: its parent process was killed, and the program with it). Returns 0 if there is no event, -EPIPE if the
 * spawner has ended: then all programs were killed, and there will be no more events. */
int d2d_spawner_event(struct d2d_spawner *sp, unsigned *slot, int *status);

/* Frees all. Programs that still run are left running. */
void d2d_spawner_stop(struct d2d_spawner *sp);

/* ---- d2d_hook_run.c ---- */

struct d2d_hook_run {
	const char *root;	/* "" for / */
	const char *logs;	/* directory in which the log is STAGE/NAME.log */
	const char *results;	/* directory in which the results of the hook NAME are the file NAME */
	llist_t **kept;		/* the results of hooks that were done are added here, each key once */
	char ***env;		/* and set here */
	unsigned jobs;		/* hooks that run at the same time */
	unsigned long long *end;	/* d2d_now() at which the time limit of all hooks ends, 0: none */
	int console;		/* a descriptor that gets all output as well, or -1 */
	const char *stops;	/* "STAGE/NAME,...": before() is called before each of these starts, while no other hook runs */
	void (*before)(void *arg, const struct d2d_hook *hook);
	void *arg;
};

/* Runs the hooks of a planned stage and waits until they have ended. Returns 0, or -EINTR if a signal asked this process to
 * end; then all hooks have been killed. */
int d2d_hooks_run(struct d2d_hook_run *run, const struct d2d_hooks *list, const char *stage);

/* ---- d2d_hook_ready.c ---- */

/* Sets the result of a hook and takes over WHY, which is malloc'ed or NULL. */
void d2d_hook_result(struct d2d_hook *hook, int state, char *why);

/* Returns 1 if the hook may start, 0 if it waits for others, -1 if it can't start any more; then its result has been set. The
 * path of exists= is below ROOT ("" for /). */
int d2d_hook_ready(struct d2d_hook *hook, const char *root);

/* ---- d2d_hook_source.c ---- */

/* Reads the manifest of a directory that was scanned. If signatures are required, appends what the manifest names and the
 * directory lacks to LIST as refused. */
void d2d_trust_source(struct d2d_trust *t, struct d2d_hooks *list, const char *dir, const char *source, unsigned rank);

/* ---- d2d_hook_verify.c ---- */

/* Computes the SHA-256 digest of all that can be read from FD and writes the data to COPY, unless that is -1. Returns the
 * length; -EFBIG for a hook of more than 16 MiB. */
off_t d2d_hook_digest(int fd, int copy, unsigned kind, uint8_t *sha256);

/* Returns how a file differs from its entry in a manifest, or NULL. The caller frees it. */
char *d2d_hook_mismatch(const struct d2d_manifest_entry *entry, const char *file);

/* To be called before d2d_hooks_plan(): sets the trust of the hooks of a stage, and refuses hooks that may not run. Signed hooks
 * are verified. With COPY, a signed hook is copied to ROOT/run/d2d/hooks and the copy is verified and run, so that nobody can
 * change it in between; and the version of the manifest is stored. */
void d2d_trust_stage(struct d2d_trust *t, struct d2d_hooks *list, const char *stage, bool copy);

/* ---- d2d_bin.c, d2d_settings.c, d2d_bin_find.c: commands, plugins, layers and settings on volumes ---- */

/* Such a file is a hook whose stage is d2d_kind_dir(), and has a manifest of its own kind. The volumes are the
 * medium, the store and payloads. The name of a setting is its path below d2d/. */

/* Append the files of such a directory to LIST, as d2d_hooks_scan() does. For settings DIR is the volume's d2d/. */
void d2d_bin_scan(struct d2d_hooks *list, unsigned kind, const char *dir, const char *source, unsigned rank);
#define D2D_SETTING_NETWORK "network"
#define D2D_SETTING_KEYS "authorized_keys"	/* who may log in by SSH */
#define D2D_SETTING_SWARM "swarm.conf"		/* all others are of the engine */
void d2d_settings_scan(struct d2d_hooks *list, const char *dir, const char *source, unsigned rank);

/* Finds the files of trust->kind of all sources and decides which of them are used: those get D2D_HOOK_RUNS. With COPY, commands
 * and plugins that are used are copied; layers and settings are copied only if they need a signature. d2d_trust_begin() must have
 * been called. */
void d2d_bin_find(struct d2d_hooks *list, const char *root, struct d2d_trust *trust, bool copy);

/* ---- d2d_setting_find.c ---- */

/* Of the trusted files NAME of all volumes, finds the one that counts where only one can: that of the store, else of a stick, of a
 * server, of a metadata disk, of the medium. Verified copies are made in the directory COPIES. Returns it, which *FILES owns, or
 * NULL. *FILES is zeroed; the caller frees it with d2d_hooks_free(). Adds "FILE: refused: WHY" for each file that isn't trusted to
 * *REFUSED. */
const struct d2d_hook *d2d_setting_find(struct d2d_hooks *files, const char *root, const char *name, const char *copies,
	llist_t **refused);

#endif
