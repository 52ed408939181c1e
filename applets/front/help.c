/*
 * d2d: the list of verbs. It is made from the compiled applets and the beginnings of their usage texts, so that it can't be out
 * of date.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D) += d2dfront_help.o
//kbuild:lib-$(CONFIG_D2DHOST) += d2dfront_help.o

#include "d2dfront.h"

enum { WIDTH = 68 };	/* of a verb's description in characters, so that a line of the list has 80 columns at most */

/* Headings and verbs, in the order of the list. Verbs that are missing here come last, under a heading of their own. */
static const struct { const char *title, *verbs; } groups[] = {
	{ "Images", "import\0images\0alias\0autostart\0display\0" },
	{ "ISOs", "iso\0check\0stick\0" },
	{ "Disks and the store", "install\0mount\0unlock\0reset\0adopt\0" },
	{ "System", "setup\0config\0engine\0net\0ssh\0tls\0secureboot\0swarm\0meta\0payload\0hook\0root\0tty\0start\0say\0" },
};

/* Returns the beginning of the description in a usage text: the first sentence or, if that is longer than WIDTH, its part up to
 * the first comma. TEXT is changed. */
static const char *summary(char *text)
{
	char *p, *comma = NULL, *start = strstr(text, "\n\n");
	int depth = 0;

	if (!start)
		return "";
	start += 2;
	for (p = start; *p; p++) {
		if (*p == '\n') {
			if (p[1] == '\n' || p[1] == '\t' || p[1] == '\0')
				break;
			*p = ' ';
		}
		depth += (*p == '(') - (*p == ')');
		if (depth > 0 || !isspace(p[1]))
			continue;
		if (strchr(".:;", *p))
			break;
		if (*p == ',' && !comma)
			comma = p;
	}
	if (p - start > WIDTH && comma)
		p = comma;
	*p = '\0';
	return start;
}

static void print_verb(const char *verb)
{
	char *applet = xasprintf("d2d%s", verb), *text = d2dfront_usage(applet);

	printf("  %-9s %s\n", verb, text ? summary(text) : "");
	free(text);
	free(applet);
}

struct list {
	const char *title;	/* heading that isn't printed yet, or NULL */
};

static void print_in_group(struct list *list, const char *verb)
{
	if (list->title)
		printf("\n%s:\n", list->title);
	list->title = NULL;
	print_verb(verb);
}

static void print_if_in_no_group(const char *verb, void *arg)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(groups); i++)
		if (index_in_strings(groups[i].verbs, verb) >= 0)
			return;
	print_in_group(arg, verb);
}

void d2dfront_help(void)
{
	struct list others = { "Other verbs" };
	char *text = d2dfront_usage(applet_name);
	const char *verb;
	size_t i;

	if (text)
		fputs_stdout(text);
	for (i = 0; i < ARRAY_SIZE(groups); i++) {
		struct list list = { groups[i].title };

		for (verb = groups[i].verbs; *verb; verb += strlen(verb) + 1) {
			char *applet = xasprintf("d2d%s", verb);

			if (find_applet_by_name(applet) >= 0)
				print_in_group(&list, verb);
			free(applet);
		}
	}
	d2dfront_each_verb(print_if_in_no_group, &others);
	printf("\nRun '%s help VERB' for the options of a verb.\n", applet_name);
	fflush_all();
	free(text);
}
