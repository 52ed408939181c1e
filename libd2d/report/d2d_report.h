/*
 * libd2d, report: what became of the hooks of a boot and of the files that were to be imported: written as JSON, and read again.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2D_REPORT_H
#define D2D_REPORT_H 1

#include "d2d_hook.h"

struct json_object;

#define D2D_IMPORTS D2D_RUN"/imports.json"	/* the notes of imported files */

enum { D2D_REPORT_MAX = 16 * 1024 * 1024 };	/* bytes of a report or of the notes */

/* ---- d2d_hook_report.c: what became of the hooks ---- */

/* Refused, failed or out of time. */
bool d2d_hook_is_bad(const struct d2d_hook *hook);

/* The report as JSON: {"phases":[...],"hooks":[...],"imports":[...]} with an object for each hook that was to run, and what
 * the boot noted in ROOT/run/d2d/times and imports.json (NULL: it is not about a boot); and the counts and names for the
 * console: "17 hooks done, 0 failed, 2 skipped". The caller frees them. */
char *d2d_hooks_json(const struct d2d_hooks *list, const char *root);
char *d2d_report_text(struct json_object *report);
char *d2d_hooks_summary(const struct d2d_hooks *list);

/* "STAGE/NAME", fit to be shown; the caller frees it. */
char *d2d_hook_id(const struct d2d_hook *hook);

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

/* ---- d2d_import_note.c ---- */

/* Notes in /run/d2d/imports.json and the report of the boot what became of a file: HOW is "written", "mounted", "copied",
 * "there" (already) or "engine"; the images as by d2d_images_json(), or NULL; WHY it failed, or NULL. 0 or a negative
 * errno; where no debian2docker runs there is nobody to be told (-ENOENT). */
int d2d_import_note(const char *file, const char *how, struct json_object *images, unsigned ms, const char *why);

/* All notes below ROOT ("" for /), [{"file","images":["NAME:TAG",...],"how","ms","bytes","why"}]; json_object_put() it.
 */
struct json_object *d2d_imports_read(const char *root);

/* Which files could not be imported, {"FILE":"REASON"}; json_object_put() it. */
struct json_object *d2d_failed_read(void);

/* To be held while the notes or the report are written: a descriptor to be closed, or a negative errno. */
int d2d_imports_lock(const char *root);

#endif
