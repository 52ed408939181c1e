/*
 * d2dsetup: the pages for settings that d2dconfig keeps: keyboard, host name, time zone, password.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DSETUP) += d2dsetup_settings.o

#include <glob.h>
#include "d2dsetup.h"

#define KEYMAP_HOOK D2D_HOOKS"/20-devices/40-keymap"
#define TIMEZONES "/usr/share/d2d/timezones"

enum { TIMEZONES_MAX = 256 * 1024 };	/* bytes of the list */

/* A list of texts for a menu. */
struct items {
	const char **item;	/* ends with NULL */
	int n;
};

static void add(struct items *list, const char *text)
{
	list->item = xrealloc_vector(list->item, 5, list->n);
	list->item[list->n++] = text;
	list->item = xrealloc_vector(list->item, 5, list->n);
	list->item[list->n] = NULL;
}

/* Changes a setting and shows what d2dconfig says. */
static void set(const struct d2dsetup *s, const char *title, const char *setting)
{
	char *output;
	int status = d2dsetup_config(s, setting, &output);

	d2dsetup_message(title, output[0] ? output : status ? "This failed." : "Done. The store keeps it.");
	free(output);
}

/* ---- keyboard ---- */

/* Finds the layouts, where the hook looks for them, too. */
static void find_keyboards(const struct d2dsetup *s, glob_t *found)
{
	static const char *const dirs[] = { "/usr/share/d2d/keymaps", D2D_MEDIUM"/d2d/keymaps", D2D_PAYLOAD"/*/d2d/keymaps" };
	size_t i;

	memset(found, 0, sizeof(*found));
	for (i = 0; i < ARRAY_SIZE(dirs); i++) {
		char *pattern = xasprintf("%s%s/*.bmap", s->root, dirs[i]);

		glob(pattern, i ? GLOB_APPEND : 0, NULL, found);
		free(pattern);
	}
}

bool d2dsetup_has_keyboards(const struct d2dsetup *s)
{
	char *hook = xasprintf("%s"KEYMAP_HOOK, s->root);
	glob_t found;
	bool has;

	find_keyboards(s, &found);
	has = found.gl_pathc && access(hook, X_OK) == 0;
	globfree(&found);
	free(hook);
	return has;
}

void d2dsetup_keyboard(const struct d2dsetup *s)
{
	struct items list = { .n = 0 };
	glob_t found;
	size_t i;
	int chosen;

	find_keyboards(s, &found);
	add(&list, "us (at the next boot)");
	for (i = 0; i < found.gl_pathc; i++) {
		char *name = d2d_printable(bb_basename(found.gl_pathv[i]), NAME_MAX);

		name[strlen(name) - strlen(".bmap")] = '\0';
		add(&list, name);
	}
	chosen = d2dsetup_menu("Keyboard", "The layout of the keyboard at this machine. A passphrase is asked for before the store is "
		"there: for its layout, the kernel command line needs d2d.keymap=.", "Back", list.item, 0);
	if (chosen == 0) {
		set(s, "Keyboard", "keymap");
	} else if (chosen > 0) {
		char *setting = xasprintf("keymap=%s", list.item[chosen]);

		set(s, "Keyboard", setting);
		free(setting);
	}
	while (list.n > 1)
		free((char *)list.item[--list.n]);
	free(list.item);
	globfree(&found);
}

/* ---- host name ---- */

void d2dsetup_hostname(const struct d2dsetup *s)
{
	struct d2dsetup_field field = { "Name", NULL };
	char name[65] = "", *setting;

	gethostname(name, sizeof(name) - 1);
	field.value = d2d_printable(name, strlen(name));
	if (d2dsetup_ask("Host name", "Letters, digits, '-' and '.'. A DHCP server doesn't change it then.", &field, 1)) {
		trim(field.value);
		setting = xasprintf("hostname=%s", field.value);
		set(s, "Host name", setting);
		free(setting);
	}
	free(field.value);
}

/* ---- time zone ---- */

bool d2dsetup_has_timezones(const struct d2dsetup *s)
{
	char *path = xasprintf("%s"TIMEZONES, s->root);
	bool has = access(path, R_OK) == 0;

	free(path);
	return has;
}

/* Whether NAME is in AREA: "Europe/Berlin" in "Europe". */
static bool is_in(const char *name, const char *area)
{
	const char *rest = is_prefixed_with(name, area);

	return rest && *rest == '/';
}

/* Adds the areas of the zones, which are sorted. The areas are new texts. */
static void add_areas(struct items *areas, const struct items *zones)
{
	int i;

	for (i = 0; i < zones->n; i++)
		if (!areas->n || !is_in(zones->item[i], areas->item[areas->n - 1]))
			add(areas, xstrndup(zones->item[i], strcspn(zones->item[i], "/")));
}

/* Lets the user choose a zone of an area. Returns the line of the list, "Europe/Berlin RULE", or NULL. */
static const char *choose_city(const struct items *zones, const char *area)
{
	struct items cities = { .n = 0 }, lines = { .n = 0 };
	const char *line = NULL;
	int i, chosen;

	for (i = 0; i < zones->n; i++) {
		const char *name = zones->item[i];

		if (!is_in(name, area))
			continue;
		name += strlen(area) + 1;
		add(&cities, xstrndup(name, strcspn(name, " ")));
		add(&lines, zones->item[i]);
	}
	chosen = d2dsetup_menu("Time zone", "The town with the same time:", "Back", cities.item, 0);
	if (chosen >= 0)
		line = lines.item[chosen];
	while (cities.n)
		free((char *)cities.item[--cities.n]);
	free(cities.item);
	free(lines.item);
	return line;
}

void d2dsetup_timezone(const struct d2dsetup *s)
{
	char *path = xasprintf("%s"TIMEZONES, s->root), *text, *rest, *line;
	struct items zones = { .n = 0 }, areas = { .n = 0 };
	const char *zone = NULL;
	size_t len;
	int area = 0;

	if (d2d_file_read(path, TIMEZONES_MAX, &text, &len) < 0)
		text = xstrdup("Etc/UTC UTC0\n");
	for (rest = text; (line = strsep(&rest, "\n")) != NULL;)
		if (strchr(line, '/') && strchr(line, ' '))
			add(&zones, line);
	add_areas(&areas, &zones);
	while (!zone) {
		area = areas.n ? d2dsetup_menu("Time zone", "The part of the world:", "Back", areas.item, area) : -1;
		if (area < 0)
			break;
		zone = choose_city(&zones, areas.item[area]);
	}
	if (zone) {
		char *setting = xasprintf("timezone=%s", strchr(zone, ' ') + 1);

		set(s, "Time zone", setting);
		free(setting);
	}
	while (areas.n)
		free((char *)areas.item[--areas.n]);
	free(areas.item);
	free(zones.item);
	free(text);
	free(path);
}

/* ---- password ---- */

void d2dsetup_password(const struct d2dsetup *s)
{
	const char *argv[] = { "d2dconfig", "-R", s->root, "-p", NULL };

	if (d2dsetup_confirm("Password", "The password of the users docker and root, which the rescue shell asks for beside an encrypted "
			"store, and su. On the consoles and by SSH, user docker logs in without it.", "Type a new password"))
		d2dsetup_terminal(s, argv);
}
