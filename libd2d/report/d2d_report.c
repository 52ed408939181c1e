/*
 * Reads a report that d2d_hooks_json() wrote. The file isn't trusted: it may come from another machine or be truncated.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_report.o

#include "d2d_report.h"
#include <json-c/json.h>

#define REPORT_MAX (16 << 20)
#define DEPTH_MAX 5

/* The current element of the report, for error messages. */
struct place {
	const char *what;	/* "phase", "hook" or "import" */
	size_t nth;		/* its number, from 1 */
	char **why;		/* where the error message goes */
};

static int wrong(const struct place *at, const char *key, const char *how)
{
	*at->why = xasprintf("%s %zu: '%s' %s", at->what, at->nth, key, how);
	return -EBADMSG;
}

/* Returns the string KEY in printable form, "" if it is null or absent; the caller frees it. Returns NULL with *why if the value
 * isn't a string. */
static char *text_of(const struct place *at, struct json_object *o, const char *key)
{
	struct json_object *value = json_object_object_get(o, key);

	if (!value)
		return xstrdup("");
	if (!json_object_is_type(value, json_type_string)) {
		wrong(at, key, "is not a string");
		return NULL;
	}
	return d2d_printable(json_object_get_string(value), json_object_get_string_len(value));
}

/* Reads the time KEY in ms. Returns 1, 0 if it is null or absent, or -EBADMSG with *why. */
static int time_of(const struct place *at, struct json_object *o, const char *key, unsigned long long *ms)
{
	struct json_object *value = json_object_object_get(o, key);
	int64_t n;

	if (!value)
		return 0;
	if (!json_object_is_type(value, json_type_int))
		return wrong(at, key, "is not a whole number");
	n = json_object_get_int64(value);
	if (n < 0 || (uint64_t)n > D2D_REPORT_TIME_MAX)
		return wrong(at, key, "is out of range");
	*ms = n;
	return 1;
}

static int not_an_object(const struct place *at)
{
	*at->why = xasprintf("%s %zu is not an object", at->what, at->nth);
	return -EBADMSG;
}

static int read_row(const struct place *at, struct json_object *o, void *rows)
{
	struct d2d_report_row *row = (struct d2d_report_row *)rows + at->nth - 1;
	const struct { const char *key; char **text; } texts[] = {
		{ "stage", &row->stage }, { at->what[0] == 'h' ? "hook" : "name", &row->name }, { "source", &row->source },
		{ "result", &row->result }, { "reason", &row->reason }, { "output", &row->output }, { "log", &row->log },
		{ "trust", &row->trust },
	};
	int starts, ends;
	unsigned i;

	if (!json_object_is_type(o, json_type_object))
		return not_an_object(at);
	for (i = 0; i < ARRAY_SIZE(texts); i++) {
		*texts[i].text = text_of(at, o, texts[i].key);
		if (!*texts[i].text)
			return -EBADMSG;
	}
	starts = time_of(at, o, "start", &row->start);
	if (starts < 0)
		return starts;
	ends = time_of(at, o, "end", &row->end);
	if (ends < 0)
		return ends;
	if (starts != ends || row->end < row->start)
		return wrong(at, "end", "does not match 'start'");
	row->ran = starts;

	if (!row->ran && at->what[0] == 'p')
		return wrong(at, "start", "is missing");
	if (!row->result[0] && at->what[0] == 'h')
		return wrong(at, "result", "is missing");
	return 0;
}

/* Joins the names of the images with spaces to *names, which the caller frees. Returns 0, or -EBADMSG with *why. */
static int names_of(const struct place *at, struct json_object *o, char **names)
{
	struct json_object *list = json_object_object_get(o, "images");
	size_t i, n, len = 1;
	char *text, *p;

	if (!json_object_is_type(list, json_type_array))
		return wrong(at, "images", "is not a list");
	n = d2d_json_length(list);
	for (i = 0; i < n; i++) {
		if (!json_object_is_type(json_object_array_get_idx(list, i), json_type_string))
			return wrong(at, "images", "is not a list of names");
		len += json_object_get_string_len(json_object_array_get_idx(list, i)) + 1;
	}
	p = text = xzalloc(len);
	for (i = 0; i < n; i++)
		p += sprintf(p, "%s%s", i ? " " : "", json_object_get_string(json_object_array_get_idx(list, i)));
	*names = d2d_printable(text, p - text);
	free(text);
	return 0;
}

static int read_import(const struct place *at, struct json_object *o, void *imports)
{
	struct d2d_report_import *import = (struct d2d_report_import *)imports + at->nth - 1;
	int r;

	if (!json_object_is_type(o, json_type_object))
		return not_an_object(at);
	r = names_of(at, o, &import->images);
	if (r < 0)
		return r;
	import->file = text_of(at, o, "file");
	import->how = import->file ? text_of(at, o, "how") : NULL;
	import->why = import->how ? text_of(at, o, "why") : NULL;
	if (!import->why)
		return -EBADMSG;
	r = time_of(at, o, "ms", &import->ms);
	return r < 0 ? r : 0;
}

static void free_imports(struct d2d_report_import *import, unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++) {
		free(import[i].file);
		free(import[i].how);
		free(import[i].images);
		free(import[i].why);
	}
	free(import);
}

static void free_rows(struct d2d_report_row *row, unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++) {
		free(row[i].stage);
		free(row[i].name);
		free(row[i].source);
		free(row[i].result);
		free(row[i].reason);
		free(row[i].output);
		free(row[i].log);
		free(row[i].trust);
	}
	free(row);
}

/* Reads the array KEY of the report to *LIST, an array of *N elements of SIZE bytes that the caller frees also after an error.
 * Returns 0, or -EBADMSG with *why. */
static int read_list(struct json_object *report, const char *key, struct place *at, void *list, size_t size, unsigned *n,
		int (*read_one)(const struct place *at, struct json_object *o, void *rows))
{
	struct json_object *array = json_object_object_get(report, key);
	int err = 0;

	if (!json_object_is_type(array, json_type_array)) {
		*at->why = xasprintf("it has no list of %s", key);
		return -EBADMSG;
	}
	*(void **)list = xzalloc((d2d_json_length(array) + 1) * size);
	for (at->nth = 1; !err && at->nth <= d2d_json_length(array); at->nth++) {
		++*n;
		err = read_one(at, json_object_array_get_idx(array, at->nth - 1), *(void **)list);
	}
	return err;
}

/* Refuses all but printable ASCII, tabs and newlines: d2dhook writes nothing else, and such a text is safe to show on a
 * terminal. */
static int check_bytes(const char *text, size_t len, char **why)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if ((text[i] < ' ' || text[i] > '~') && text[i] != '\t' && text[i] != '\n') {
			*why = xasprintf("byte %zu is not printable ASCII", i + 1);
			return -EBADMSG;
		}
	}
	return 0;
}

static struct json_object *parse_json(const char *text, size_t len, char **why)
{
	struct json_tokener *tokener = json_tokener_new_ex(DEPTH_MAX);
	struct json_object *o;

	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
	o = json_tokener_parse_ex(tokener, text, len);
	if (!o && json_tokener_get_error(tokener) == json_tokener_continue)
		*why = xstrdup(len ? "it is truncated" : "it is empty");
	else if (!o)
		*why = xasprintf("%s at byte %zu", json_tokener_error_desc(json_tokener_get_error(tokener)),
			json_tokener_get_parse_end(tokener) + 1);
	json_tokener_free(tokener);
	return o;
}

int d2d_report_parse(char *text, size_t len, struct d2d_report *report, char **why)
{
	struct place phase = { .what = "phase", .why = why }, hook = { .what = "hook", .why = why };
	struct place import = { .what = "import", .why = why };
	struct json_object *o;
	int err;

	memset(report, 0, sizeof(*report));
	report->text = text;
	*why = NULL;
	err = check_bytes(text, len, why);
	if (err)
		return err;
	while (len && isspace(text[len - 1]))
		len--;
	o = parse_json(text, len, why);
	if (!o)
		return -EBADMSG;
	err = read_list(o, "phases", &phase, &report->phase, sizeof(*report->phase), &report->n_phases, read_row);
	if (!err)
		err = read_list(o, "hooks", &hook, &report->hook, sizeof(*report->hook), &report->n_hooks, read_row);
	/* Only the report of a boot has imports. */
	if (!err && json_object_object_get_ex(o, "imports", NULL))
		err = read_list(o, "imports", &import, &report->import, sizeof(*report->import), &report->n_imports, read_import);
	json_object_put(o);
	return err;
}

int d2d_report_read(const char *path, struct d2d_report *report, char **why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t size = REPORT_MAX + 1;
	char *text;

	memset(report, 0, sizeof(*report));
	*why = NULL;
	if (fd < 0)
		return -errno;
	text = xmalloc_read(fd, &size);
	if (!text) {
		int err = -errno;

		close(fd);
		return err;
	}
	close(fd);
	if (size > REPORT_MAX) {
		free(text);
		return -EFBIG;
	}
	return d2d_report_parse(text, size, report, why);
}

void d2d_report_free(struct d2d_report *report)
{
	free_rows(report->phase, report->n_phases);
	free_rows(report->hook, report->n_hooks);
	free_imports(report->import, report->n_imports);
	free(report->text);
	memset(report, 0, sizeof(*report));
}

bool d2d_report_is_bad(const struct d2d_report_row *hook)
{
	return strcmp(hook->result, "done") != 0 && strcmp(hook->result, "skipped") != 0;
}

unsigned d2d_report_count(const struct d2d_report *report, const char *result)
{
	unsigned i, n = 0;

	for (i = 0; i < report->n_hooks; i++)
		n += strcmp(report->hook[i].result, result) == 0;
	return n;
}
