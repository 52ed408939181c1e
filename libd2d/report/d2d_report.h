/*
 * libd2d, report: the results of the hooks of a boot and of the imports of image files: written as JSON, and read again.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2D_REPORT_H
#define D2D_REPORT_H 1

#include "d2d_hook.h"

struct json_object;

#define D2D_IMPORTS D2D_RUN"/imports.json"	/* notes about imported files */

enum { D2D_REPORT_MAX = 16 * 1024 * 1024 };	/* bytes of a report or of the notes */

/* ---- d2d_hook_report.c: writing the report ---- */

/* Whether a hook was refused, failed or exceeded its time limit. */
bool d2d_hook_is_bad(const struct d2d_hook *hook);

/* Returns the report as JSON: {"phases":[...],"hooks":[...],"imports":[...]}, with an object for each hook that was to run. Phases
 * and imports are read from ROOT/run/d2d/times and imports.json; with ROOT NULL the report is not about a boot and has none. The
 * caller frees the text. d2d_report_text() formats an object as such a text. */
char *d2d_hooks_json(const struct d2d_hooks *list, const char *root);
char *d2d_report_text(struct json_object *report);

/* Returns a line for the console, "17 hooks done, 0 failed, 2 skipped", with the names of failed hooks. The caller frees it. */
char *d2d_hooks_summary(const struct d2d_hooks *list);

/* Returns "STAGE/NAME" in printable ASCII; the caller frees it. */
char *d2d_hook_id(const struct d2d_hook *hook);

/* ---- d2d_report.c: reading a report ---- */

#define D2D_REPORT_TIME_MAX 1000000000000ULL	/* ms; later times are invalid */

/* A hook; or a phase of the boot, which has only name, start and end. Texts are printable ASCII, "" if missing. */
struct d2d_report_row {
	char *stage, *name, *source, *result, *reason, *output, *log, *trust;
	bool ran;		/* start and end are valid */
	unsigned long long start, end;	/* ms since the machine was started */
};

/* A file that was to be imported. */
struct d2d_report_import {
	char *file, *how, *images, *why;	/* images: their names, separated by spaces */
	unsigned long long ms;
};

struct d2d_report {
	struct d2d_report_row *phase, *hook;
	struct d2d_report_import *import;
	unsigned n_phases, n_hooks, n_imports;
	char *text;		/* the JSON: printable ASCII, tabs and newlines */
};

/* Read a report from a file of at most 16 MiB, or from a malloc'ed TEXT, which *report owns from then on. Return -EFBIG if the file
 * is too large, or -EBADMSG if it is not a report; *why then is the reason, which the caller frees. The caller frees *report with
 * d2d_report_free() after an error, too. */
int d2d_report_read(const char *path, struct d2d_report *report, char **why);
int d2d_report_parse(char *text, size_t len, struct d2d_report *report, char **why);
void d2d_report_free(struct d2d_report *report);

/* Whether the result of a hook is neither "done" nor "skipped". */
bool d2d_report_is_bad(const struct d2d_report_row *hook);

/* Returns the number of hooks with this result. */
unsigned d2d_report_count(const struct d2d_report *report, const char *result);

/* ---- d2d_import_note.c: writing notes about imported files ---- */

/* Adds a note about a file to /run/d2d/imports.json and to the report of the boot. HOW is "written", "mounted", "copied", "there"
 * (already in the store) or "engine"; IMAGES is as from d2d_images_json(), or NULL; WHY is the reason why the import failed, or
 * NULL. Returns -ENOENT on a machine that doesn't run debian2docker. */
int d2d_import_note(const char *file, const char *how, struct json_object *images, unsigned ms, const char *why);

/* ---- d2d_imports.c: reading these notes ---- */

/* Returns all notes below ROOT ("" for /), [{"file","images":["NAME:TAG",...],"how","ms","bytes","why"}]; the caller frees them
 * with json_object_put(). */
struct json_object *d2d_imports_read(const char *root);

/* Returns the files whose import failed, {"FILE":"REASON"}; the caller frees them with json_object_put(). */
struct json_object *d2d_failed_read(void);

/* Locks the notes and the report for writing. Returns a descriptor, which the caller closes to release the lock. */
int d2d_imports_lock(const char *root);

#endif
