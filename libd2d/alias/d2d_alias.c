/*
 * How an image's command is named, and what may be a command or an image at all.
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

static unsigned parts(const char *s)
{
	unsigned n = 0;

	while ((s = strchr(s, '/')) != NULL) {
		n++;
		s++;
	}
	return n;
}

/* The order in which images get their names. */
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

int d2d_alias_taken(const struct d2d_alias *list, int n, const char *name)
{
	while (--n >= 0)
		if (list[n].name && strcmp(list[n].name, name) == 0)
			return 1;
	return 0;
}

/* BASE, or BASE-TAG when that is taken; false when both are or it isn't fit for a command. */
static int take_name(struct d2d_alias *list, int n, int i, const char *base)
{
	char *tag = strrchr(list[i].image, ':');
	char *name = xstrdup(base);

	if (d2d_alias_taken(list, n, name)) {
		free(name);
		name = xasprintf("%s-%s", base, tag + 1);
	}
	if (d2d_is_command(base) && d2d_is_command(name) && !d2d_alias_taken(list, n, name)) {
		list[i].name = name;
		return 1;
	}
	free(name);
	return 0;
}

static void take_repository(struct d2d_alias *list, int n, int i)
{
	char *base = xstrdup(bb_basename(list[i].image));

	*strrchr(base, ':') = '\0';
	take_name(list, n, i, base);
	free(base);
}

void d2d_alias_names(struct d2d_alias *list, int n)
{
	int i;

	qsort(list, n, sizeof(*list), compare_images);
	for (i = 0; i < n; i++)
		if (!list[i].wanted)
			take_repository(list, n, i);
	for (i = 0; i < n; i++)
		if (list[i].wanted && !take_name(list, n, i, list[i].wanted))
			take_repository(list, n, i);
}
