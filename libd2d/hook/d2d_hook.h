/*
 * libd2d, hook: hooks, from the directories where they lie to their end: found, trusted, planned, run (docs/hooks.md).
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2D_HOOK_H
#define D2D_HOOK_H 1

#include "d2d_trust.h"

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

/* Adds what was found; WHY, unless it is NULL, is the reason why it is refused. d2d_hook_kind() is a reason for what is no
 * regular file. */
#define D2D_HOOKS_MAX 1000	/* entries of a folder */
struct d2d_hook *d2d_hooks_found(struct d2d_hooks *list, const char *stage, const char *name, const char *path, const char *why);
const char *d2d_hook_kind(mode_t mode);

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

/* ---- d2d_hook_source.c ---- */

/* Takes a folder of hooks that was scanned into account: reads its manifest, and where signatures are required
 * appends to LIST as refused what the manifest names and isn't there. */
void d2d_trust_source(struct d2d_trust *t, struct d2d_hooks *list, const char *dir, const char *source, unsigned rank);

/* ---- d2d_hook_verify.c ---- */

/* SHA-256 of what comes out of FD, which is written to COPY, unless that is -1. Returns its length; -EFBIG above 16 MiB,
 * but for layers. */
off_t d2d_hook_digest(int fd, int copy, unsigned kind, uint8_t *sha256);

/* What is wrong with a file by its line in a manifest, to be freed, or NULL. */
char *d2d_hook_mismatch(const struct d2d_manifest_entry *entry, const char *file);

/* Before d2d_hooks_plan(): sets the trust of the hooks of a stage and refuses those that lack it. What is signed is
 * verified, and with COPY so that the copy is what runs, below ROOT/run/d2d/hooks; versions are remembered then. */
void d2d_trust_stage(struct d2d_trust *t, struct d2d_hooks *list, const char *stage, bool copy);

/* ---- d2d_bin.c: scripts that the folders d2d/bin of the medium, the store and payload volumes offer as commands, and
 * layers in d2d/layers ---- */

/* They are hooks of a stage called like the folder; what is signed of them is in manifests of their own. */

/* Takes what lies in such a folder into LIST, as d2d_hooks_scan() does with hooks. */
void d2d_bin_scan(struct d2d_hooks *list, unsigned kind, const char *dir, const char *source, unsigned rank);

/* Finds the scripts or layers (the trust's kind) of all places, judges them, with COPY makes copies of those that may run
 * (of layers: where it takes a signature), and decides which one of a name wins; it has the state D2D_HOOK_RUNS. TRUST has
 * begun. */
void d2d_bin_find(struct d2d_hooks *list, const char *root, struct d2d_trust *trust, bool copy);

#endif
