/*
 * d2dimages: lists the images that were imported with the files they came from, and the files that could not be imported.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//config:config D2DIMAGES
//config:	bool "d2dimages"
//config:	default y
//config:	depends on D2DIMPORT
//config:	select D2D_LIBD2D
//config:	select LONG_OPTS
//config:	help
//config:	Lists the images that d2dimport has written to Docker's store with
//config:	the files they came from, and the files that could not be imported.

//applet:IF_D2DIMAGES(APPLET(d2dimages, BB_DIR_USR_BIN, BB_SUID_DROP))

//kbuild:lib-$(CONFIG_D2DIMAGES) += d2dimages.o

//usage:#define d2dimages_trivial_usage
//usage:       "[-s DIR]"
//usage:#define d2dimages_full_usage "\n\n"
//usage:       "List the images that were imported into Docker's store, the files they came\n"
//usage:       "from, and the files that could not be imported since boot\n"
//usage:     "\n	-s,--store DIR	Docker's data-root (/var/lib/docker)"
//usage:     "\n"
//usage:     "\nSIZE is the size of all layers; a shared layer counts for each image. HOW:\n"
//usage:       "written, copied (from a *.d2i file), mounted (the layers stay in the *.d2i file)\n"
//usage:       "or gone (the volume with the *.d2i file is missing).\n"
//usage:     "Exit status: 0 no file failed, 1 a file failed, 2 the store can't be read"

#include <json-c/json.h>
#include "d2d_report.h"
#include "d2d_store.h"

enum { SHORT_ID = 12, EXIT_NO_STORE = 2 };
enum { TAGS, ID, SIZE, HOW, WHEN, FILE_NAME, COLUMNS };

static const char *text_of(struct json_object *o, const char *key, const char *otherwise)
{
	return d2d_json_text(o, key) ?: otherwise;
}

static char *tags_of(struct json_object *image)
{
	struct json_object *tags;
	size_t i, n = d2d_json_array(image, "tags", &tags);
	char *all = xstrdup(n ? "" : "<none>"), *longer;

	for (i = 0; i < n; i++) {
		longer = xasprintf("%s%s%s", all, i ? ", " : "", d2d_json_text_at(tags, i) ?: "?");
		free(all);
		all = longer;
	}
	longer = d2d_printable(all, strlen(all));
	free(all);
	return longer;
}

static void columns(struct json_object *image, char **cell)
{
	const char *file = text_of(image, "file", "-");
	time_t when = json_object_get_int64(json_object_object_get(image, "when"));
	char date[sizeof("YYYY-MM-DD hh:mm") + 8];

	strftime(date, sizeof(date), "%Y-%m-%d %H:%M", localtime(&when));
	cell[TAGS] = tags_of(image);
	cell[ID] = xstrndup(text_of(image, "id", ""), SHORT_ID);
	cell[SIZE] = xstrdup(make_human_readable_str(json_object_get_int64(json_object_object_get(image, "bytes")), 1, 0));
	cell[HOW] = xstrdup(text_of(image, "how", "-"));
	cell[WHEN] = xstrdup(date);
	cell[FILE_NAME] = d2d_printable(file, strlen(file));
}

static int by_time(const void *a, const void *b)
{
	struct json_object *x = *(struct json_object *const *)a, *y = *(struct json_object *const *)b;
	int64_t s = json_object_get_int64(json_object_object_get(x, "when"));
	int64_t t = json_object_get_int64(json_object_object_get(y, "when"));

	return s != t ? (s < t ? -1 : 1) : strcmp(text_of(x, "file", ""), text_of(y, "file", ""));
}

static void print_cells(const int *width, char *const *cell)
{
	printf("%-*s  %-*s  %*s  %-*s  %-*s  %s\n", width[TAGS], cell[TAGS], width[ID], cell[ID], width[SIZE], cell[SIZE],
		width[HOW], cell[HOW], width[WHEN], cell[WHEN], cell[FILE_NAME]);
}

static void print_imports(struct json_object *imports)
{
	static char *const head[COLUMNS] = {
		(char *)"IMAGE", (char *)"ID", (char *)"SIZE", (char *)"HOW", (char *)"IMPORTED", (char *)"FROM"
	};
	size_t i, n = d2d_json_length(imports);
	char *(*rows)[COLUMNS] = xzalloc((n + 1) * sizeof(*rows));
	int c, width[COLUMNS] = { 5, 2, 4, 3, 8, 0 };

	json_object_array_sort(imports, by_time);
	for (i = 0; i < n; i++) {
		columns(json_object_array_get_idx(imports, i), rows[i]);
		for (c = 0; c < COLUMNS; c++)
			width[c] = MAX(width[c], (int)strlen(rows[i][c]));
	}
	print_cells(width, head);
	for (i = 0; i < n; i++) {
		print_cells(width, rows[i]);
		for (c = 0; c < COLUMNS; c++)
			free(rows[i][c]);
	}
	free(rows);
}

static int print_failed(void)
{
	struct json_object *failed = d2d_failed_read();
	struct json_object_iter at;
	int n = json_object_object_length(failed);

	if (n)
		printf("\nFAILED: REASON\n");
	json_object_object_foreachC(failed, at) {
		char *file = d2d_printable(at.key, strlen(at.key));

		printf("%s: %s\n", file, printable_string(json_object_get_string(at.val)));
		free(file);
	}
	json_object_put(failed);
	return n ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* Prints the images that were imported since boot, from the notes below /run that every user may read. */
static void print_notes(void)
{
	struct json_object *notes = d2d_imports_read("");
	size_t i, k, n = d2d_json_length(notes);
	bool any = false;

	for (i = 0; i < n; i++) {
		struct json_object *note = json_object_array_get_idx(notes, i);
		struct json_object *names = json_object_object_get(note, "images");
		const char *how = d2d_json_text(note, "how"), *file = d2d_json_text(note, "file");

		if (!json_object_is_type(names, json_type_array) || !how || !file || d2d_json_text(note, "why"))
			continue;
		for (k = 0; k < d2d_json_length(names); k++, any = true)
			printf("%s (%s) %s\n", d2d_json_text_at(names, k) ?: "?", how, file);
	}
	if (!any)
		puts("none");
	json_object_put(notes);
}

int d2dimages_main(int argc, char **argv) MAIN_EXTERNALLY_VISIBLE;
int d2dimages_main(int argc UNUSED_PARAM, char **argv)
{
	const char *dir = "/var/lib/docker";
	struct json_object *imports;
	int r, code;

	getopt32long(argv, "^" "s:" "\0" "=0", "store\0" Required_argument "s", &dir);
	r = d2d_store_imports(dir, &imports);
	if (r == -EACCES && geteuid() != 0) {
		bb_error_msg("only root can read the store (sudo d2d images); imported since boot:");
		print_notes();
	} else if (r < 0)
		bb_error_msg("can't read the store '%s': %s", printable_string(dir), strerror(-r));
	else if (d2d_json_length(imports))
		print_imports(imports);
	else
		puts("no image was imported");
	json_object_put(imports);
	code = print_failed();
	fflush_stdout_and_exit(r < 0 ? EXIT_NO_STORE : code);
}
