/*
 * What became of the hooks, for programs and for people.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_hook_report.o

#include "libd2d.h"
#include <json-c/json.h>

#define TIMES_MAX 65536		/* bytes of the file with the phases that are looked at */
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

static struct json_object *string(const char *text)
{
	struct json_object *value;
	char *copy;

	if (!text)
		return NULL;
	copy = d2d_printable(text, strlen(text));
	value = json_object_new_string(copy);
	free(copy);
	return value;
}

static struct json_object *number(unsigned long long n, bool there)
{
	return there ? json_object_new_int64(n) : NULL;
}

/* ---- the report is written by hand: json-c's objects for each hook cost more than starting some hooks ---- */

static void write_string(FILE *out, const char *text)
{
	char *copy, *p;
	size_t len;

	if (!text) {
		fputs("null", out);
		return;
	}
	copy = d2d_printable(text, strlen(text));
	putc('"', out);
	for (p = copy; ; p += len) {
		len = strcspn(p, "\"\\");
		fwrite(p, 1, len, out);
		if (!p[len])
			break;
		putc('\\', out);
		putc(p[len++], out);
	}
	putc('"', out);
	free(copy);
}

static void write_key(FILE *out, const char *key, bool first)
{
	fputs(first ? "\t\t{\n\t\t\t\"" : ",\n\t\t\t\"", out);
	fputs(key, out);
	fputs("\":", out);
}

static void write_text(FILE *out, const char *key, const char *text)
{
	write_key(out, key, false);
	write_string(out, text);
}

static void write_number(FILE *out, const char *key, unsigned long long n, bool there)
{
	write_key(out, key, false);
	if (there)
		fprintf(out, "%llu", n);
	else
		fputs("null", out);
}

static void write_hook(FILE *out, const struct d2d_hook *hook)
{
	write_key(out, "stage", true);
	write_string(out, hook->stage);
	write_text(out, "hook", hook->name);
	write_text(out, "source", hook->source);
	write_text(out, "path", hook->file);
	write_text(out, "trust", hook->trust);
	write_key(out, "critical", false);
	fputs(hook->head.critical ? "true" : "false", out);
	write_number(out, "timeout", hook->head.timeout, hook->head.timeout > 0);
	write_text(out, "result", d2d_hook_state(hook));
	write_number(out, "exit", hook->code, hook->code >= 0);
	write_text(out, "reason", hook->why);
	write_text(out, "output", hook->last);
	write_number(out, "start", hook->start, hook->runs);
	write_number(out, "end", hook->end, hook->runs);
	write_number(out, "attempts", hook->runs, true);
	write_text(out, "log", hook->log);
	fputs("\n\t\t}", out);
}

/* ---- phases ---- */

/* "NAME START END" in ms, or NULL for any other line: what is in the file comes from many. */
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
	json_object_object_add(o, "name", string(name));
	json_object_object_add(o, "start", number(from, true));
	json_object_object_add(o, "end", number(to, true));
	return o;
}

static bool has_phase(struct json_object *array, struct json_object *o)
{
	const char *name = json_object_get_string(json_object_object_get(o, "name"));
	size_t i;

	for (i = 0; i < json_object_array_length(array); i++)
		if (strcmp(json_object_get_string(json_object_object_get(json_object_array_get_idx(array, i), "name")), name) == 0)
			return true;
	return false;
}

/* A daemon that is started again later adds a line; the boot's is the first. */
static struct json_object *phases(const char *root)
{
	char *path = xasprintf("%s"D2D_RUN"/times", root ? : "");
	size_t size = TIMES_MAX;
	char *text = root ? xmalloc_open_read_close(path, &size) : NULL, *rest = text, *line;
	struct json_object *array = json_object_new_array();

	while ((line = strsep(&rest, "\n")) != NULL && json_object_array_length(array) < PHASES_MAX) {
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

static void write_phases(FILE *out, struct json_object *array)
{
	size_t i, n = json_object_array_length(array);

	for (i = 0; i < n; i++) {
		struct json_object *o = json_object_array_get_idx(array, i);

		write_key(out, "name", true);
		write_string(out, json_object_get_string(json_object_object_get(o, "name")));
		write_number(out, "start", json_object_get_int64(json_object_object_get(o, "start")), true);
		write_number(out, "end", json_object_get_int64(json_object_object_get(o, "end")), true);
		fprintf(out, "\n\t\t}%s\n", i + 1 < n ? "," : "");
	}
}

char *d2d_hooks_json(const struct d2d_hooks *list, const char *root)
{
	struct json_object *array = phases(root);
	const char *separator = "\n";
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	unsigned i;

	if (!out)
		bb_die_memory_exhausted();
	fputs("{\n\t\"phases\":[\n", out);
	write_phases(out, array);
	json_object_put(array);

	fputs("\t],\n\t\"hooks\":[", out);
	for (i = 0; i < list->n; i++) {
		if (!was_to_run(list->hook[i]))
			continue;
		fputs(separator, out);
		write_hook(out, list->hook[i]);
		separator = ",\n";
	}
	fputs("\n\t]\n}\n", out);
	if (fclose(out) != 0)
		bb_die_memory_exhausted();
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
