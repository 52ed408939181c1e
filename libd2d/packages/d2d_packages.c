/*
 * Reads the list of packages of a base system or of a layer, and compares the two.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_packages.o

#include "d2d_packages.h"

void d2d_packages_free(struct d2d_packages *p)
{
	while (p->n) {
		struct d2d_package *package = &p->package[--p->n];

		free(package->name);
		free(package->version);
	}
	free(p->package);
	free(p->suite);
	memset(p, 0, sizeof(*p));
}

static void add(struct d2d_packages *p, const char *name, const char *version, bool needed)
{
	struct d2d_package *package;

	p->package = xrealloc_vector(p->package, 6, p->n);
	package = &p->package[p->n++];
	package->name = d2d_printable(name, strlen(name));
	package->version = d2d_printable(version, strlen(version));
	package->needed = needed;
}

/* Takes a line apart. Returns -EBADMSG and the reason if it lacks a word. */
static int parse_line(struct d2d_packages *p, char *line, unsigned number, char **why)
{
	static const char words[] ALIGN1 = "suite\0package\0needs\0";
	enum { SUITE, PACKAGE, NEEDS };
	const char *key = strsep(&line, " "), *name = strsep(&line, " "), *version = strsep(&line, " ");
	int word = index_in_strings(words, key);

	if (word < 0)
		return 0;
	if (!name || !name[0] || (word != SUITE && (!version || !version[0])))
		return d2d_refuse(why, "line %u of the list has too few words", number);
	if (word == SUITE) {
		free(p->suite);
		p->suite = d2d_printable(name, strlen(name));
	} else {
		add(p, name, version, word == NEEDS);
	}
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct d2d_package *)a)->name, ((const struct d2d_package *)b)->name);
}

int d2d_packages_parse(const char *text, size_t len, struct d2d_packages *p, char **why)
{
	char *copy = xstrndup(text, len), *rest = copy, *line;
	unsigned number = 0;
	int r = 0;

	memset(p, 0, sizeof(*p));
	if (memchr(text, '\0', len))
		r = d2d_refuse(why, "the list is not a text");
	while (r == 0 && (line = strsep(&rest, "\n")) != NULL)
		r = parse_line(p, line, ++number, why);
	if (r == 0 && !p->suite)
		r = d2d_refuse(why, "the list doesn't name a suite");
	free(copy);
	if (r < 0)
		d2d_packages_free(p);
	else if (p->n)
		qsort(p->package, p->n, sizeof(*p->package), by_name);
	return r;
}

char *d2d_packages_missing(const struct d2d_packages *base, const struct d2d_packages *layer, llist_t **others)
{
	unsigned i;

	if (strcmp(base->suite, layer->suite) != 0)
		return xasprintf("it is made for the suite %s, and this system is %s", layer->suite, base->suite);
	for (i = 0; i < layer->n; i++) {
		const struct d2d_package *needed = &layer->package[i], *found;

		if (!needed->needed)
			continue;
		found = base->n ? bsearch(needed, base->package, base->n, sizeof(*base->package), by_name) : NULL;
		if (!found)
			return xasprintf("it needs %s %s, which this system lacks", needed->name, needed->version);
		if (strcmp(found->version, needed->version) != 0)
			llist_add_to_end(others, xasprintf("it was made with %s %s, and this system has %s", needed->name, needed->version,
				found->version));
	}
	return NULL;
}
