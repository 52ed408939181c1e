/*
 * Chooses the names of the commands that start images, and checks which strings are valid command and image names.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_alias.o

#include "d2d_alias.h"

int d2d_is_command(const char *s)
{
	return (islower(s[0]) || isdigit(s[0])) && s[strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789._-")] == '\0';
}

int d2d_is_image(const char *s)
{
	const char *p;

	for (p = s; isalnum(*p) || (*p && strchr("._-/:", *p)); p++)
		continue;
	return p > s && *p == '\0' && isalnum(s[0]) && p - s <= D2D_IMAGE_MAX && strrchr(s, ':');
}

/* Returns the number of slashes in an image name: each one adds a component to the repository's path. */
static unsigned parts(const char *s)
{
	unsigned n = 0;

	while ((s = strchr(s, '/')) != NULL) {
		n++;
		s++;
	}
	return n;
}

/* Order in which images get their names: the tag "latest" first, then the repositories with fewer components. */
static int compare_images(const void *a, const void *b)
{
	const char *x = ((const struct d2d_alias *)a)->image;
	const char *y = ((const struct d2d_alias *)b)->image;
	int late_x = strcmp(strrchr(x, ':'), ":latest") != 0;
	int late_y = strcmp(strrchr(y, ':'), ":latest") != 0;

	if (late_x != late_y)
		return late_x - late_y;
	if (parts(x) != parts(y))
		return parts(x) < parts(y) ? -1 : 1;
	return strverscmp(x, y);
}

int d2d_alias_name_taken(const struct d2d_alias *list, int n, const char *name)
{
	while (--n >= 0)
		if (list[n].name && strcmp(list[n].name, name) == 0)
			return 1;
	return 0;
}

/* Gives image I the command name BASE, or BASE-TAG if BASE is taken. Returns 0 if both are taken or the name isn't valid for
 * a command, else 1. */
static int take_name(struct d2d_alias *list, int n, int i, const char *base)
{
	char *tag = strrchr(list[i].image, ':');
	char *name = xstrdup(base);

	if (d2d_alias_name_taken(list, n, name)) {
		free(name);
		name = xasprintf("%s-%s", base, tag + 1);
	}
	if (d2d_is_command(base) && d2d_is_command(name) && !d2d_alias_name_taken(list, n, name)) {
		list[i].name = name;
		return 1;
	}
	free(name);
	return 0;
}

/* Names image I after the last component of its repository. */
static void take_repository(struct d2d_alias *list, int n, int i)
{
	char *base = xstrdup(bb_basename(list[i].image));

	*strrchr(base, ':') = '\0';
	take_name(list, n, i, base);
	free(base);
}

void d2d_alias_assign_names(struct d2d_alias *list, int n)
{
	int i;

	/* Names that labels ask for come last, so that no image takes the default name of another by a label. */
	qsort(list, n, sizeof(*list), compare_images);
	for (i = 0; i < n; i++)
		if (!list[i].wanted)
			take_repository(list, n, i);
	for (i = 0; i < n; i++)
		if (list[i].wanted && !take_name(list, n, i, list[i].wanted))
			take_repository(list, n, i);
}
