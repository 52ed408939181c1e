/*
 * d2dautostart boot: starts the images that are to be started by themselves, at boot.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DAUTOSTART) += d2dautostart_boot.o

#include "d2dautostart.h"
#include "d2d_image.h"

struct boot {
	const char *root;
	unsigned started, wrong;
};

static void wrong(struct boot *b, const char *image, const char *why)
{
	printf("%s: %s\n", printable_string(image), why);
	b->wrong++;
}

/* Fills in the words of A. Returns NULL, or why it isn't started; the caller frees that. */
static char *judge(struct d2dautostart *a, const struct d2dautostart_image *i)
{
	char *why = NULL;
	int r;

	a->words = xstrdup(i->words ?: "yes");
	if (i->display)
		return xstrdup("its label asks for a display, so 'd2d display' starts it");
	if (d2dautostart_words(a->words, &a->wish, &why) < 0)
		return why;
	if (access(a->dir, F_OK) == 0)
		return xasprintf("another image of the name '%s' is started already", a->name);
	r = d2dautostart_take_console(a);
	if (r < 0)
		return r == -EBUSY ? xstrdup("another image has the console already") : xasprintf("can't write '"D2DAUTOSTART_CONSOLE"'");
	r = d2dautostart_save(a);
	return r < 0 ? xasprintf("can't write its settings: %s", strerror(-r)) : NULL;
}

static void start(struct boot *b, const struct d2dautostart_image *i)
{
	struct d2dautostart a = { .root = b->root };
	char *name = d2dautostart_name(i->image), *why;

	if (!name) {
		wrong(b, i->image, "its name can't be the name of a container: it has small letters, digits, '-', '_' and '.'");
		return;
	}
	d2dautostart_set(&a, name);
	a.image = xstrdup(i->image);
	why = judge(&a, i);
	if (why) {
		wrong(b, i->image, why);
	} else if (d2dautostart_spawn(&a) != EXIT_SUCCESS) {
		d2d_remove_tree(a.dir);
		b->wrong++;
	} else {
		printf("%s: started as container %s\n", i->image, name);
		b->started++;
	}
	free(why);
	free(name);
	d2dautostart_free(&a);
}

/* Starts the images that d2d.autostart= names. */
static void start_named(struct boot *b, const char *option, const struct d2dautostart_image *list, int n)
{
	char *copy = xstrdup(option), *p = copy, *word, *image;
	int i;

	while ((word = strsep(&p, ",")) != NULL) {
		if (!word[0])
			continue;
		image = d2d_reference(word);
		if (!image) {
			wrong(b, word, "d2d.autostart= has a word that is neither 'no' nor the name of an image");
			continue;
		}
		for (i = 0; i < n && strcmp(list[i].image, image) != 0; i++)
			continue;
		if (i < n)
			start(b, &list[i]);
		else
			wrong(b, image, "d2d.autostart= names it, but there is no such image");
		free(image);
	}
	free(copy);
}

/* By name; of several tags, "latest" comes first, then the highest version. */
static int by_name(const void *a, const void *b)
{
	const struct d2dautostart_image *x = a, *y = b;
	const char *p = strrchr(x->image, ':'), *q = strrchr(y->image, ':');
	bool k = strcmp(p, ":latest") != 0, l = strcmp(q, ":latest") != 0;

	if (p - x->image != q - y->image || memcmp(x->image, y->image, p - x->image) != 0)
		return strcmp(x->image, y->image);
	return k != l ? k - l : strverscmp(q, p);
}

/* Starts the images whose label asks for it. */
static void start_labelled(struct boot *b, struct d2dautostart_image *list, int n)
{
	int i;

	qsort(list, n, sizeof(*list), by_name);
	for (i = 0; i < n; i++) {
		if (!list[i].words)
			continue;
		/* An older version of the one before, or a tag of the same image. */
		if (i > 0 && list[i - 1].words) {
			size_t len = strrchr(list[i].image, ':') + 1 - list[i].image;

			if (strncmp(list[i - 1].image, list[i].image, len) == 0)
				continue;
		}
		start(b, &list[i]);
	}
}

static int skip(const char *why)
{
	puts(why);
	return D2D_EXIT_NOTHING;
}

int d2dautostart_boot(const char *root)
{
	struct boot b = { .root = root };
	char *option = d2d_option_at(root, "autostart"), *hooks = d2d_option_at(root, "hooks"), *why = NULL;
	struct d2dautostart_image *list;
	int n;

	if (option && strcmp(option, "no") == 0)
		return skip("d2d.autostart=no");
	if (hooks && strcmp(hooks, "builtin") == 0)
		return skip("d2d.hooks=builtin: no image is started");
	n = d2dautostart_images(root, &list, &why);
	if (n < 0) {
		puts(why);
		return EXIT_FAILURE;
	}
	if (option && option[0] && strcmp(option, "yes") != 0)
		start_named(&b, option, list, n);
	else
		start_labelled(&b, list, n);
	d2dautostart_remove_old(root);
	d2dautostart_images_free(list, n);
	free(option);
	free(hooks);
	if (!b.wrong && !b.started)
		return skip("no image is to be started");
	return b.wrong ? EXIT_FAILURE : EXIT_SUCCESS;
}
