/*
 * What the verbs of d2dhook share; each has a file of its own, d2dhook_VERB.c.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2DHOOK_H
#define D2DHOOK_H 1

#include "d2d_report.h"

enum { EXIT_BAD = 1, EXIT_CRITICAL = 2, EXIT_TROUBLE = 3 };

struct d2dhook {
	const char *root;	/* "" for /, else an absolute path */
	char **dirs;		/* folders or files that were named, NULL-terminated */
	char **env;		/* of the hooks, made anew by d2dhook_scan() */
	llist_t *results;	/* KEY=VALUE of the hooks that were done, oldest first */
	unsigned jobs;
	unsigned long long end;	/* d2d_now() when the boot's time is up, 0: never */
	struct d2d_trust trust;	/* made anew, too */
	unsigned long long version;	/* of a manifest, 0 when nobody said */
	bool json;		/* report: as it is in the file */
	bool rooted;		/* the root was named */
};

/* The value of d2d.NAME (given in capitals) on the kernel command line, or NULL. After d2dhook_scan(). */
const char *d2dhook_option(const struct d2dhook *d, const char *name);

/* Appends what lies in the folders of hooks at this moment, sorted. Dies when a folder that was named isn't there. */
void d2dhook_scan(struct d2dhook *d, struct d2d_hooks *list);

/* Decides what becomes of the hooks of a stage. With COPY what is signed runs from its verified copy. */
void d2dhook_plan(struct d2dhook *d, struct d2d_hooks *list, const char *stage, bool copy);

/* The first stage after LAST, or NULL; a folder that is no stage isn't one. It belongs to the list. */
const char *d2dhook_next_stage(const struct d2d_hooks *list, const char *last);

/* The report of the file that was named, or of the last boot below the root. Dies when there is none. */
void d2dhook_load_report(const struct d2dhook *d, struct d2d_report *report);

/* EXIT_BAD when a hook failed. */
int d2dhook_report_code(const struct d2d_report *report);

/* Reason and last line of a hook, to be freed. */
char *d2dhook_reason_text(const struct d2d_report_row *hook);

/* The verbs. They return the exit code. */
int d2dhook_run(struct d2dhook *d);
int d2dhook_list(struct d2dhook *d);
int d2dhook_manifest(struct d2dhook *d);
int d2dhook_check(struct d2dhook *d);
int d2dhook_report(struct d2dhook *d);
int d2dhook_chart(struct d2dhook *d);

#endif
