/*
 * d2d: the verbs, which are the compiled applets d2dVERB, and the correction of a mistyped verb.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D) += d2dfront_verbs.o
//kbuild:lib-$(CONFIG_D2DHOST) += d2dfront_verbs.o

#include "d2dfront.h"
#include "busybox.h"

enum { VERB_SIZE = 32 };	/* bytes; longer words are not compared with verbs */

void d2dfront_each_verb(void (*fn)(const char *verb, void *arg), void *arg)
{
	const char *name;

	for (name = applet_names; *name; name += strlen(name) + 1)
		if (is_prefixed_with(name, "d2d") && isalpha(name[3]))
			fn(name + 3, arg);
}

struct search {
	const char *typed;
	char *best;
	unsigned distance;	/* between typed and best */
};

/* Returns how many characters must be inserted, removed, replaced or swapped with their neighbour to turn A into B. Both are
 * shorter than VERB_SIZE (optimal string alignment distance). */
static unsigned edit_distance(const char *a, const char *b)
{
	uint8_t d[VERB_SIZE][VERB_SIZE];
	size_t la = strlen(a), lb = strlen(b), i, k;

	for (i = 0; i <= la; i++) {
		for (k = 0; k <= lb; k++) {
			if (i == 0 || k == 0) {
				d[i][k] = i + k;
				continue;
			}
			d[i][k] = MIN(MIN(d[i - 1][k], d[i][k - 1]) + 1, d[i - 1][k - 1] + (a[i - 1] != b[k - 1]));
			if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1])
				d[i][k] = MIN(d[i][k], d[i - 2][k - 2] + 1);
		}
	}
	return d[la][lb];
}

static void compare(const char *verb, void *arg)
{
	struct search *s = arg;
	unsigned distance;

	if (strlen(verb) >= VERB_SIZE)
		return;
	/* A word that is the beginning of a verb has the same distance as a word with a single mistake. */
	distance = strlen(s->typed) > 1 && is_prefixed_with(verb, s->typed) ? 1 : edit_distance(s->typed, verb);
	/* In a short word two mistakes are too many: they change most of it. */
	if (distance > (strlen(s->typed) < 4 ? 1 : 2) || distance >= s->distance)
		return;
	free(s->best);
	s->best = xstrdup(verb);
	s->distance = distance;
}

char *d2dfront_nearest_verb(const char *typed)
{
	struct search s = { .typed = typed, .distance = UINT_MAX };

	if (strlen(typed) >= VERB_SIZE)
		return NULL;
	/* The user may have typed "d2d d2dimport". */
	if (is_prefixed_with(typed, "d2d"))
		s.typed += 3;
	d2dfront_each_verb(compare, &s);
	compare("help", &s);
	return s.best;
}
