/*
 * Reports the results of the hooks: as JSON for programs and as a summary line for people.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_hook_report.o

#include "d2d_report.h"
#include <json-c/json.h>

#define TIMES_MAX 65536		/* bytes that are read of the file with the boot's phases */
#define PHASES_MAX 64
#define PHASE_NAME 32

bool d2d_hook_is_bad(const struct d2d_hook *hook)
{
	return hook->state == D2D_HOOK_REFUSED || hook->state == D2D_HOOK_FAILED || hook->state == D2D_HOOK_TIMEOUT;
}

static bool was_to_run(const struct d2d_hook *hook)
{
	return hook->state >= D2D_HOOK_REFUSED;
}

char *d2d_hook_id(const struct d2d_hook *hook)
{
	char *text = xasprintf("%s%s%s", hook->stage, hook->name[0] ? "/" : "", hook->name);
	char *id = d2d_printable(text, strlen(text));

	free(text);
	return id;
}

static struct json_object *number(unsigned long long n, bool there)
{
	return there ? json_object_new_int64(n) : NULL;
}

/* Adds a value. KEY must be a string constant and not yet in the object, which makes it faster than json_object_object_add(). */
static void set(struct json_object *o, const char *key, struct json_object *value)
{
	json_object_object_add_ex(o, key, value, JSON_C_OBJECT_ADD_KEY_IS_NEW | JSON_C_OBJECT_ADD_CONSTANT_KEY);
}

static struct json_object *describe(const struct d2d_hook *hook)
{
	struct json_object *o = json_object_new_object();

	set(o, "stage", d2d_json_printable(hook->stage));
	set(o, "hook", d2d_json_printable(hook->name));
	set(o, "source", d2d_json_printable(hook->source));
	set(o, "path", d2d_json_printable(hook->file));
	set(o, "trust", d2d_json_printable(hook->trust));
	set(o, "critical", json_object_new_boolean(hook->head.critical));
	set(o, "timeout", number(hook->head.timeout, hook->head.timeout > 0));
	set(o, "result", d2d_json_printable(d2d_hook_state(hook)));
	set(o, "exit", number(hook->code, hook->code >= 0));
	set(o, "reason", d2d_json_printable(hook->why));
	set(o, "output", d2d_json_printable(hook->last));
	set(o, "start", number(hook->start, hook->runs));
	set(o, "end", number(hook->end, hook->runs));
	set(o, "attempts", number(hook->runs, true));
	set(o, "log", d2d_json_printable(hook->log));
	return o;
}

/* Parses "NAME START END", with times in ms. Returns NULL for any other line: many programs append to the file. */
static struct json_object *phase(char *line)
{
	char *name = strsep(&line, " "), *start = strsep(&line, " "), *p;
	unsigned long long from, to;
	struct json_object *o;

	if (!start || !line || !*name || strlen(name) > PHASE_NAME)
		return NULL;
	for (p = name; *p; p++)
		if (!isalnum(*p) && *p != '-' && *p != '_' && *p != '.')
			return NULL;
	from = bb_strtoull(start, NULL, 10);
	if (errno)
		return NULL;
	to = bb_strtoull(line, NULL, 10);
	if (errno || to < from || to > D2D_REPORT_TIME_MAX)
		return NULL;
	o = json_object_new_object();
	json_object_object_add(o, "name", d2d_json_printable(name));
	json_object_object_add(o, "start", number(from, true));
	json_object_object_add(o, "end", number(to, true));
	return o;
}

static bool has_phase(struct json_object *array, struct json_object *o)
{
	const char *name = json_object_get_string(json_object_object_get(o, "name"));
	size_t i;

	for (i = 0; i < d2d_json_length(array); i++)
		if (strcmp(json_object_get_string(json_object_object_get(json_object_array_get_idx(array, i), "name")), name) == 0)
			return true;
	return false;
}

/* Reads the phases of the boot. A daemon that is restarted adds its line again, so only the first line of a name counts. */
static struct json_object *phases(const char *root)
{
	char *path = xasprintf("%s"D2D_RUN"/times", root ? : "");
	size_t size = TIMES_MAX;
	char *text = root ? xmalloc_open_read_close(path, &size) : NULL, *rest = text, *line;
	struct json_object *array = json_object_new_array();

	while ((line = strsep(&rest, "\n")) != NULL && d2d_json_length(array) < PHASES_MAX) {
		struct json_object *o = phase(line);

		if (o && !has_phase(array, o))
			json_object_array_add(array, o);
		else
			json_object_put(o);
	}
	free(text);
	free(path);
	return array;
}

char *d2d_report_text(struct json_object *report)
{
	return xasprintf("%s\n", json_object_to_json_string_ext(report,
		JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_PRETTY_TAB | JSON_C_TO_STRING_NOSLASHESCAPE));
}

char *d2d_hooks_json(const struct d2d_hooks *list, const char *root)
{
	struct json_object *report = json_object_new_object(), *hooks = json_object_new_array();
	char *text;
	unsigned i;

	for (i = 0; i < list->n; i++)
		if (was_to_run(list->hook[i]))
			json_object_array_add(hooks, describe(list->hook[i]));
	json_object_object_add(report, "phases", phases(root));
	json_object_object_add(report, "hooks", hooks);
	if (root)
		json_object_object_add(report, "imports", d2d_imports_read(root));
	text = d2d_report_text(report);
	json_object_put(report);
	return text;
}

static void append(char **text, char *more)
{
	char *longer = xasprintf("%s%s", *text, more);

	free(*text);
	free(more);
	*text = longer;
}

char *d2d_hooks_summary(const struct d2d_hooks *list)
{
	unsigned i, done = 0, failed = 0, skipped = 0;
	char *names = xstrdup(""), *summary;

	for (i = 0; i < list->n; i++) {
		const struct d2d_hook *hook = list->hook[i];

		done += hook->state == D2D_HOOK_DONE;
		skipped += hook->state == D2D_HOOK_SKIPPED;
		if (d2d_hook_is_bad(hook)) {
			char *id = d2d_hook_id(hook);
			char *why = d2d_printable(hook->why, strlen(hook->why));

			append(&names, xasprintf("%s %s (%s)", failed++ ? "," : "; failed:", id, why));
			free(id);
			free(why);
		}
	}
	summary = xasprintf("%u hooks done, %u failed, %u skipped%s", done, failed, skipped, names);
	free(names);
	return summary;
}
