/*
 * Declarations shared by the verbs of d2dhook, which runs, lists, checks and signs hooks. Each verb has a file of its own.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2DHOOK_H
#define D2DHOOK_H 1

#include "d2d_report.h"

enum { EXIT_BAD = 1, EXIT_CRITICAL = 2, EXIT_TROUBLE = 3 };

struct d2dhook {
	const char *root;	/* "" for /, else an absolute path */
	char **dirs;		/* directories or files that the user named, NULL-terminated */
	char **env;		/* environment of the hooks, updated by d2dhook_scan() */
	llist_t *results;	/* KEY=VALUE lines of the hooks that were done, oldest first */
	unsigned jobs;		/* hooks that run at the same time */
	unsigned long long end;	/* d2d_now() at which the time limit of the boot ends, 0: none */
	struct d2d_trust trust;	/* updated by d2dhook_scan() */
	unsigned long long version;	/* of the manifest to be written, 0: not given */
	bool json;		/* report: print the JSON */
	bool rooted;		/* the user named a root directory */
};

/* ---- hook/plan.c ---- */

/* Returns the value of the option d2d.NAME (NAME in capitals), or NULL; d->env owns it. To be called after d2dhook_scan(). */
const char *d2dhook_option(const struct d2dhook *d, const char *name);

/* Appends all hooks that exist at this moment, and sorts the list. Exits if a directory that the user named doesn't exist. */
void d2dhook_scan(struct d2dhook *d, struct d2d_hooks *list);

/* Decides which hooks of a stage are trusted and run. With COPY, signed hooks run from a verified copy. */
void d2dhook_plan(struct d2dhook *d, struct d2d_hooks *list, const char *stage, bool copy);

/* Returns the first stage after LAST, or NULL. A directory whose name is not that of a stage is skipped. The list owns the name. */
const char *d2dhook_next_stage(const struct d2d_hooks *list, const char *last);

/* ---- hook/report.c ---- */

/* Reads the report in the file that the user named, or else that of the last boot below the root. Exits if that fails. */
void d2dhook_load_report(const struct d2dhook *d, struct d2d_report *report);

/* Returns EXIT_BAD if a hook or an import failed, else EXIT_SUCCESS. */
int d2dhook_report_code(const struct d2d_report *report);

/* Returns the reason and the last line of output of a hook. The caller frees the text. */
char *d2dhook_reason_text(const struct d2d_report_row *hook);

/* ---- the verbs: they return the exit status ---- */

int d2dhook_run(struct d2dhook *d);
int d2dhook_list(struct d2dhook *d);
int d2dhook_manifest(struct d2dhook *d);
int d2dhook_check(struct d2dhook *d);
int d2dhook_report(struct d2dhook *d);
int d2dhook_chart(struct d2dhook *d);
int d2dhook_unsigned(struct d2dhook *d);

#endif
