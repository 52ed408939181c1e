/*
 * d2ddisplay boot: starts the images that want a display, at boot.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DDISPLAY) += d2ddisplay_boot.o

#include <json-c/json.h>
#include "d2ddisplay.h"

#define LABELLED "GET /images/json?filters=%7B%22label%22:%5B%22org.debian2docker.display%22%5D%7D"

struct boot {
	const char *root;
	unsigned started, wrong;
};

static void say(const char *image, const char *why)
{
	printf("%s: %s\n", printable_string(image), why);
}

static void wrong(struct boot *b, const char *image, const char *why)
{
	say(image, why);
	b->wrong++;
}

/* Whether the image has no leave for what its label asks for; then *WHY is the reason. */
static bool may_not(const struct d2ddisplay *d, char **why)
{
	struct json_object *image = d2d_engine_image(d->image, why);
	bool not = !image || d2ddisplay_may_share(d, image, why) < 0;

	json_object_put(image);
	return not;
}

/* Starts an image as a display that is named after it. WORDS is its label, or NULL. */
static void start(struct boot *b, const char *image, const char *words)
{
	struct d2ddisplay d = { .root = b->root, .show = b->started == 0 };
	char *name = xstrndup(bb_basename(image), strcspn(bb_basename(image), ":")), *why;
	int r;

	if (!d2ddisplay_name_ok(name)) {
		wrong(b, image, "its name can't be the name of a display");
		free(name);
		return;
	}
	d2ddisplay_set(&d, name);
	d.image = xstrdup(image);
	d.words = xstrdup(words ?: "desktop");
	d.args = json_object_new_array();
	if (d2ddisplay_words(d.words, &d.wish, &why) < 0) {
		wrong(b, image, why);
	} else if (d.wish.kind == D2DDISPLAY_WINDOW) {
		wrong(b, image, "its label asks for a window: its command opens it");
	} else if ((d.wish.nested || d.wish.sound) && may_not(&d, &why)) {
		/* Whoever put the image there may want to allow it later, by the command that is named. */
		say(image, why);
	} else {
		r = d2ddisplay_create(&d);
		if (r < 0)
			wrong(b, image, r == -EEXIST ? "there is a display of this name already" : r == -EBUSY
				? "all terminals for displays are in use" : strerror(-r));
		else if (d2ddisplay_spawn(&d) != EXIT_SUCCESS) {
			d2d_remove_tree(d.dir);
			b->wrong++;
		} else {
			printf("%s: on terminal %u (Ctrl-Alt-F%u)\n", image, d.vt, d.vt);
			b->started++;
		}
	}
	free(why);
	free(name);
	d2ddisplay_free(&d);
}

/* Returns the label of an image, or NULL. */
static const char *words_of(struct json_object *labels)
{
	return json_object_is_type(labels, json_type_object) ? d2d_json_text(labels, D2DDISPLAY_LABEL) : NULL;
}

/* Starts the images that d2d.display= names. */
static void start_named(struct boot *b, const char *list)
{
	char *copy = xstrdup(list), *p = copy, *word, *image, *why;
	struct json_object *o;

	while ((word = strsep(&p, ",")) != NULL) {
		if (!word[0])
			continue;
		image = d2ddisplay_tagged(word);
		if (!image) {
			wrong(b, word, "d2d.display= has a word that is neither 'no' nor the name of an image");
			continue;
		}
		o = d2d_engine_image(image, &why);
		if (!o)
			wrong(b, image, why);
		else
			start(b, image, words_of(json_object_object_get(json_object_object_get(o, "Config"), "Labels")));
		free(why);
		free(image);
		json_object_put(o);
	}
	free(copy);
}

struct labelled {
	const char *image, *words;
};

/* Desktops come first, because the first one is shown; then in the order of their names. */
static int by_kind(const void *a, const void *b)
{
	const struct labelled *x = a, *y = b;
	bool k = is_prefixed_with(x->words, "kiosk"), l = is_prefixed_with(y->words, "kiosk");

	return k != l ? k - l : strcmp(x->image, y->image);
}

/* Lists the images whose label asks for a display. Returns their number; the caller frees *LIST, whose texts O owns. */
static size_t labelled(struct json_object *o, struct labelled **list)
{
	size_t i, found = 0, n = d2d_json_length(o);
	struct json_object *tags;

	*list = xzalloc((n + 1) * sizeof(**list));
	for (i = 0; i < n; i++) {
		struct json_object *at = json_object_array_get_idx(o, i);
		const char *words = words_of(json_object_object_get(at, "Labels"));
		const char *image = d2d_json_array(at, "RepoTags", &tags) ? d2d_json_text_at(tags, 0) : NULL;

		/* "window" is for commands that are called on a display, "server" for the X server itself. */
		if (!words || !image || !(is_prefixed_with(words, "desktop") || is_prefixed_with(words, "kiosk")))
			continue;
		(*list)[found].image = image;
		(*list)[found++].words = words;
	}
	qsort(*list, found, sizeof(**list), by_kind);
	return found;
}

static int skip(const char *why)
{
	puts(why);
	return D2D_EXIT_NOTHING;
}

int d2ddisplay_boot(const char *root)
{
	struct boot b = { .root = root };
	char *option = d2d_option_at(root, "display"), *hooks = d2d_option_at(root, "hooks"), *why, *id;
	struct json_object *o;
	struct labelled *list;
	size_t i, n;
	char *device;
	bool named = option && option[0] && strcmp(option, "yes") != 0;

	if (option && strcmp(option, "no") == 0)
		return skip("d2d.display=no");
	if (hooks && strcmp(hooks, "builtin") == 0)
		return skip("d2d.hooks=builtin: text only");
	if (d2d_engine_ask(LABELLED, NULL, &o, &why) != 200) {
		puts(why);
		return EXIT_FAILURE;
	}
	free(why);
	n = labelled(o, &list);
	if (!named && n == 0)
		return skip("no image asks for a display");
	device = d2ddisplay_screen_device(root);
	if (!device)
		return skip("no frame buffer (/dev/fb0): the firmware or GRUB has left the screen in text mode");
	free(device);
	id = d2ddisplay_server_id(root, &why);
	if (!id) {
		puts(why);
		/* An image with a label on a machine that isn't meant to have a screen is no fault. */
		return named ? EXIT_FAILURE : D2D_EXIT_NOTHING;
	}
	free(id);
	if (named)
		start_named(&b, option);
	for (i = 0; !named && i < n; i++)
		start(&b, list[i].image, list[i].words);
	free(list);
	json_object_put(o);
	free(option);
	free(hooks);
	return b.wrong ? EXIT_FAILURE : b.started ? EXIT_SUCCESS : D2D_EXIT_NOTHING;
}
