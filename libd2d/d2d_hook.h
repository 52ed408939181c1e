/*
 * Hooks: what they say, whether they are trusted, how they are run, and the report (docs/hooks.md).
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2D_HOOK_H
#define D2D_HOOK_H 1

#include "libd2d.h"

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

/* A script's: letters, digits, '-', '_' and '.', the first neither '-' nor '.'; at most 64. */
bool d2d_bin_name_ok(const char *name);

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

/* Refused, failed or out of time. */
bool d2d_hook_is_bad(const struct d2d_hook *hook);

/* The report as JSON: {"phases":[...],"hooks":[...],"imports":[...]} with an object for each hook that was to run, and what
 * the boot noted in ROOT/run/d2d/times and imports.json (NULL: it is not about a boot); and the counts and names for the
 * console: "17 hooks done, 0 failed, 2 skipped". The caller frees them. */
struct json_object;
char *d2d_hooks_json(const struct d2d_hooks *list, const char *root);
char *d2d_report_text(struct json_object *report);
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

/* What the folders d2d/hooks, d2d/bin and d2d/layers of volumes hold, and what its own are called in words. */
enum { D2D_KIND_HOOKS, D2D_KIND_BIN, D2D_KIND_LAYERS };
const char *d2d_kind_folder(unsigned kind);
const char *d2d_kind_words(unsigned kind);

#define D2D_MANIFEST_MAX (1024 * 1024)

struct d2d_manifest {
	unsigned long long version;
	unsigned kind;			/* D2D_KIND_ */
	struct d2d_manifest_entry {
		char *path;		/* "STAGE/NAME", of a script "NAME" */
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
	unsigned kind;		/* D2D_KIND_: what is judged */
	const char *copies;	/* the folder below ROOT where copies are made; NULL: that of hooks */
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

/* To be called before each scan, the first time with zeroes, after which kind and copies may be set: reads the mode of ROOT's image,
 * which HOOKS (d2d.hooks=) can only tighten, looks whether the STORE (d2d.store=) is open, and reads the keys. Both may be NULL. */
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

/* SHA-256 of what comes out of FD, which is written to COPY, unless that is -1. Returns its length; -EFBIG above 16 MiB,
 * but for layers. */
off_t d2d_hook_digest(int fd, int copy, unsigned kind, uint8_t *sha256);

/* What is wrong with a file by its line in a manifest, to be freed, or NULL. */
char *d2d_hook_differs(const struct d2d_manifest_entry *entry, const char *file);

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

/* ---- d2d_report.c: a report that was written ---- */

#define D2D_REPORT_TIME_MAX 1000000000000ULL	/* ms; what is later is no time */

/* A hook, or with only name, start and end a phase of the boot. Its texts are fit to be shown, "" when there is none. */
struct d2d_report_row {
	char *stage, *name, *source, *result, *reason, *output, *log, *trust;
	bool ran;		/* start and end count */
	unsigned long long start, end;	/* ms since the machine was started */
};

/* A file that was to be imported; images: their names, with blanks between them. */
struct d2d_report_import {
	char *file, *how, *images, *why;
	unsigned long long ms;
};

struct d2d_report {
	struct d2d_report_row *phase, *hook;
	struct d2d_report_import *import;
	unsigned n_phases, n_hooks, n_imports;
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

#endif
