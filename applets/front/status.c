/*
 * d2d: prints the status of this system and what to do about problems.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D) += d2dfront_status.o

#include "d2dfront.h"
#include "d2d_engine.h"
#include "d2d_luks.h"
#include "d2d_report.h"
#include <json-c/json.h>

#define DOCKER_DATA "/var/lib/docker"

struct status {
	struct d2d_volume *volumes;
	int nvolumes;
	struct d2d_report report;	/* of this boot's hooks, empty if it can't be read */
	int report_err;
	struct json_object *images, *imports;
	int engine;		/* HTTP status of the engine's answer, or negative errno */
	int problems;
};

static const char *size_string(uint64_t bytes)
{
	return make_human_readable_str(bytes, 1, 0);
}

/* Prints a line with a label. Further lines of the same kind have an empty label. */
static void row(const char *label, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void row(const char *label, const char *format, ...)
{
	va_list args;

	printf("%-10s ", label);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	bb_putchar('\n');
}

static void advise(struct status *st, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void advise(struct status *st, const char *format, ...)
{
	va_list args;

	st->problems++;
	printf("%-10s ! ", "");
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	bb_putchar('\n');
}

static const struct d2d_volume *volume_of_role(const struct status *st, int role, int nth)
{
	int i;

	for (i = 0; i < st->nvolumes; i++)
		if (st->volumes[i].role == role && st->volumes[i].mountpoint && nth-- == 0)
			return &st->volumes[i];
	return NULL;
}

/* Returns where Docker's data is: "the store on /dev/sdb1" or "memory". The caller frees the text. */
static char *docker_data(const struct status *st)
{
	const struct d2d_volume *store = volume_of_role(st, D2D_ROLE_STORE, 0);

	return store ? xasprintf("the store on %s", store->dev) : xstrdup("memory");
}

static void release_row(void)
{
	char *line, *version = NULL, *variant = NULL, *kernel = NULL;
	FILE *f = fopen_for_read("/etc/d2d/release");

	if (!f) {
		row("system", "not a running debian2docker (no /etc/d2d/release)");
		return;
	}
	while ((line = xmalloc_fgetline(f)) != NULL) {
		char *value = strchr(line, '=');

		if (value) {
			*value++ = '\0';
			if (*value == '\'') {
				value++;
				value[strcspn(value, "'")] = '\0';
			}
			if (strcmp(line, "VERSION") == 0)
				version = xstrdup(value);
			else if (strcmp(line, "VARIANT") == 0)
				variant = xstrdup(value);
			else if (strcmp(line, "KERNEL") == 0)
				kernel = xstrdup(value);
		}
		free(line);
	}
	fclose(f);
	row("system", "debian2docker %s (%s), Linux %s", version ? : "?", variant ? : "?", kernel ? : "?");
	free(version);
	free(variant);
	free(kernel);
}

static void memory_row(struct status *st)
{
	unsigned long total = 0, available = 0;
	char line[128];
	FILE *f = xfopen_for_read("/proc/meminfo");

	while (fgets(line, sizeof(line), f)) {
		sscanf(line, "MemTotal: %lu", &total);
		sscanf(line, "MemAvailable: %lu", &available);
	}
	fclose(f);
	row("memory", "%s available of %s", auto_string(xstrdup(size_string(available * 1024ULL))),
		size_string(total * 1024ULL));
	if (available < 64 * 1024)
		advise(st, "memory is nearly used up: stop a container, or keep Docker's data on a store");
}

/* A clock that isn't synchronised may be right, on a machine without a network for example, so that alone is no problem. */
static void clock_rows(struct status *st)
{
	char *text = d2dfront_clock(), *wrong = d2dfront_clock_wrong();
	char when[64];
	time_t now = time(NULL);

	strftime(when, sizeof(when), "%F %H:%M %Z", localtime(&now));
	if (text || wrong)
		row("clock", "%s %s", when, text ? : "");
	if (wrong)
		advise(st, "%s", wrong);
	free(wrong);
	free(text);
}

static void data_row(struct status *st)
{
	char *where = docker_data(st), *left = d2dfront_left_on(DOCKER_DATA, true);
	char *keep = d2dfront_how_to_keep(st->volumes, st->nvolumes);
	bool stays = volume_of_role(st, D2D_ROLE_STORE, 0);

	row("data", "Docker's data is in %s, %s%s", where, left, stays ? "" : "; LOST when switched off");
	if (!stays)
		row("", "! to keep it: %s", keep);
	if (stays && d2dfront_is_full(DOCKER_DATA) && st->engine < 0 && st->engine != -EACCES)
		advise(st, "full, so Docker can't start: remove what you can spare below "D2D_STORE", and restart");
	else if (d2dfront_is_nearly_full(DOCKER_DATA))
		advise(st, "nearly full: 'docker system df' shows what uses the space, "
			"'docker system prune' frees what no container uses");
	free(keep);
	free(left);
	free(where);
}

/* Whether the medium is an ISO in a file; the reason for its role says which one. */
static bool is_iso_file(const struct d2d_volume *v)
{
	return v->role == D2D_ROLE_MEDIUM && is_prefixed_with(v->dev, "/dev/loop");
}

static void volume_rows(struct status *st)
{
	static const struct { int role; const char *name; } roles[] = {
		{ D2D_ROLE_MEDIUM, "medium" }, { D2D_ROLE_STORE, "store" }, { D2D_ROLE_PAYLOAD, "payload" },
	};
	const struct d2d_volume *v;
	size_t r;
	int i;

	for (r = 0; r < ARRAY_SIZE(roles); r++) {
		for (i = 0; (v = volume_of_role(st, roles[r].role, i)) != NULL; i++) {
			/* The label may hold control characters. */
			char *label = auto_string(xstrdup(printable_string(v->label)));
			bool encrypted = strcmp(v->dev, D2D_STORE_MAPPING) == 0 || d2d_is_crypt(v->dev),
				store = v->role == D2D_ROLE_STORE;

			row(i ? "" : roles[r].name, "%s \"%s\" (%s)%s%s%s%s", v->dev, label, v->fstype ? : "?",
				encrypted ? ", encrypted" : store ? ", not encrypted" : "",
				store ? ", " : "", store ? auto_string(d2dfront_left_on(v->mountpoint, true)) : "",
				is_iso_file(v) ? auto_string(xasprintf(", %s", printable_string(v->why))) : "");
		}
		if (i == 0)
			row(roles[r].name, "none");
	}
	for (i = 0; i < st->nvolumes; i++) {
		v = &st->volumes[i];
		if (v->role == D2D_ROLE_STORE && !v->mountpoint)
			advise(st, "store %s is not in use: %s", v->dev, printable_string(v->why));
	}
}

static void hook_rows(struct status *st)
{
	unsigned i, done = d2d_report_count(&st->report, "done"), skipped = d2d_report_count(&st->report, "skipped");

	if (st->report_err && st->report_err != -ENOENT) {
		row("hooks", "can't read the report of the boot");
		advise(st, "'d2dhook report' shows why");
		return;
	}
	row("hooks", "%u done, %u failed, %u skipped", done, st->report.n_hooks - done - skipped, skipped);
	for (i = 0; i < st->report.n_hooks; i++) {
		const struct d2d_report_row *hook = &st->report.hook[i];

		if (d2d_report_is_bad(hook))
			advise(st, "%s%s%s (%s): %s; log: %s", hook->stage, hook->name[0] ? "/" : "", hook->name,
				hook->source, hook->reason, hook->log[0] ? hook->log : "none");
	}
}

static void engine_rows(struct status *st)
{
	size_t i, k;

	if (st->engine < 0) {
		row("engine", "doesn't answer: %s", strerror(-st->engine));
		if (st->engine == -EACCES)
			advise(st, "only root and members of the group docker may use it");
		else
			advise(st, "see "D2D_RUN"/log/dockerd.log");
		return;
	}
	row("engine", "Docker answers");
	for (i = k = 0; i < d2d_json_length(st->images); i++) {
		struct json_object *tags;
		size_t t, n = d2d_json_array(json_object_array_get_idx(st->images, i), "RepoTags", &tags);

		for (t = 0; t < n; t++)
			row(k++ ? "" : "images", "%s", d2d_json_text_at(tags, t) ?: "?");
	}
	if (!k)
		row("images", "none");
}

/* Prints how many images were imported in which way since boot, and the files that failed. */
static void import_rows(struct status *st)
{
	static const char hows[] ALIGN1 = "written\0mounted\0copied\0there\0engine\0";
	static const char words[] ALIGN1 = "written\0mounted\0copied\0there already\0given to the engine\0";
	enum { KINDS = 5 };
	unsigned count[KINDS] = { 0 }, i, n = 0;
	size_t k;

	for (k = 0; k < d2d_json_length(st->imports); k++) {
		const char *how = d2d_json_text(json_object_array_get_idx(st->imports, k), "how");
		int kind = how ? index_in_strings(hows, how) : -1;

		if (kind >= 0)
			count[kind]++;
	}
	for (i = 0; i < KINDS; i++)
		if (count[i])
			printf(n++ ? ", %u %s" : "imports    %u %s", count[i], nth_string(words, i));
	if (n)
		bb_putchar('\n');
	for (k = 0; k < d2d_json_length(st->imports); k++) {
		struct json_object *note = json_object_array_get_idx(st->imports, k);
		const char *file = d2d_json_text(note, "file"), *why = d2d_json_text(note, "why");

		if (file && why)
			advise(st, "not imported: %s: %s", file, why);
	}
}

/* Prints "; not imported: /a/b.tar, /c/d.tar". */
static void print_failed(const struct status *st)
{
	unsigned n = 0;
	size_t i;

	for (i = 0; i < d2d_json_length(st->imports); i++) {
		struct json_object *note = json_object_array_get_idx(st->imports, i);
		const char *file = d2d_json_text(note, "file");

		if (file && d2d_json_text(note, "why"))
			printf("%s%s", n++ ? ", " : "; not imported: ", file);
	}
}

static void gather(struct status *st)
{
	char *why;

	st->nvolumes = d2d_volumes_read(&st->volumes);
	st->report_err = d2d_report_read(D2D_RUN"/report.json", &st->report, &why);
	if (st->report_err)
		d2d_report_free(&st->report);
	free(why);
	st->imports = d2d_imports_read("");
	st->engine = d2d_engine_get("/images/json", &st->images);
	if (st->engine >= 0 && (st->engine != 200 || !json_object_is_type(st->images, json_type_array)))
		st->engine = -EPROTO;
}

/* Prints the status in one line. The part about hooks was written by d2dhook. */
static void print_one_line(const struct status *st)
{
	char *where = docker_data(st), *left = d2dfront_left_on(DOCKER_DATA, false);
	char *keep = d2dfront_how_to_keep(st->volumes, st->nvolumes);
	char *hooks = xmalloc_open_read_close(D2D_RUN"/summary", NULL), *clock = d2dfront_clock_wrong();

	if (hooks)
		*strchrnul(hooks, '\n') = '\0';
	printf("debian2docker: %s; Docker's data is in %s", hooks ? : "no hook has run", where);
	if (!volume_of_role(st, D2D_ROLE_STORE, 0))
		printf(" (%s left), LOST when switched off; to keep it: %s", left, keep);
	else if (d2dfront_is_nearly_full(DOCKER_DATA))
		printf(", nearly full (%s left)", left);
	printf("; ");
	if (st->engine < 0)
		printf("Docker doesn't answer");
	else
		printf("images: %zu", d2d_json_length(st->images));
	print_failed(st);
	if (clock)
		printf("; %s", clock);
	bb_putchar('\n');
	free(clock);
	free(hooks);
	free(keep);
	free(left);
	free(where);
}

/* Returns the log of the first hook that failed, "" if it has none, or NULL if no hook failed. */
static const char *failed_log(const struct status *st)
{
	unsigned i;

	for (i = 0; i < st->report.n_hooks; i++)
		if (d2d_report_is_bad(&st->report.hook[i]))
			return st->report.hook[i].log;
	return NULL;
}

/* Returns the first name of an image, or NULL. */
static const char *first_image(const struct status *st)
{
	size_t i;

	for (i = 0; st->engine >= 0 && i < d2d_json_length(st->images); i++) {
		struct json_object *tags = json_object_object_get(json_object_array_get_idx(st->images, i), "RepoTags");

		if (d2d_json_text_at(tags, 0))
			return d2d_json_text_at(tags, 0);
	}
	return NULL;
}

static void next_rows(const struct status *st)
{
	char *keep = volume_of_role(st, D2D_ROLE_STORE, 0) ? NULL : d2dfront_how_to_keep(st->volumes, st->nvolumes);
	struct d2dfront_state state = { failed_log(st), keep, first_image(st), st->engine };

	d2dfront_next_steps(&state);
	free(keep);
}

int d2dfront_status(bool one_line)
{
	struct status st = { 0 };

	gather(&st);
	if (one_line) {
		print_one_line(&st);
		return EXIT_SUCCESS;
	}
	release_row();
	memory_row(&st);
	clock_rows(&st);
	data_row(&st);
	volume_rows(&st);
	st.problems += d2dfront_network_rows();
	d2dfront_ssh_row();
	hook_rows(&st);
	engine_rows(&st);
	st.problems += d2dfront_tls_rows();
	st.problems += d2dfront_swarm_rows();
	st.problems += d2dfront_daemon_rows();
	st.problems += d2dfront_autostart_rows();
	import_rows(&st);
	next_rows(&st);
	return st.problems ? EXIT_FAILURE : EXIT_SUCCESS;
}
