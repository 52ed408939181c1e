/*
 * d2ddisplay: the words of the label org.debian2docker.display, and names that come from outside.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DDISPLAY) += d2ddisplay_words.o

#include "d2ddisplay.h"
#include "d2d_alias.h"

enum { BLANK_MAX = 999, SIDE_MIN = 200, SIDE_MAX = 16384, DPI_MIN = 48, DPI_MAX = 480 };

/* Takes one word behind the first. Returns false if it is unknown or its value isn't valid. */
static bool take(const char *word, struct d2ddisplay_wish *wish)
{
	static const char words[] ALIGN1 = "lock\0nocursor\0offline\0nested\0commands\0sound\0microphone\0";
	const char *value;
	bool *const flags[] = {
		&wish->lock, &wish->no_cursor, &wish->offline, &wish->nested, &wish->commands, &wish->sound, &wish->microphone
	};
	int i = index_in_strings(words, word);

	if (i >= 0) {
		*flags[i] = true;
		/* Who speaks also wants to hear. */
		wish->sound |= wish->microphone;
		return true;
	}
	value = is_prefixed_with(word, "blank=");
	if (value) {
		wish->blank = bb_strtou(value, NULL, 10);
		return errno == 0 && wish->blank >= 1 && wish->blank <= BLANK_MAX;
	}
	value = is_prefixed_with(word, "home=");
	if (value) {
		if (!d2ddisplay_name_ok(value))
			return false;
		strcpy(wish->home, value);
		return true;
	}
	value = is_prefixed_with(word, "folder=");
	/* No directories whose name begins with a dot: keys and scripts are there. */
	if (!value || strlen(value) > D2DDISPLAY_FOLDER_MAX || !d2d_bin_name_ok(value))
		return false;
	strcpy(wish->folder, value);
	return true;
}

int d2ddisplay_words(const char *text, struct d2ddisplay_wish *wish, char **why)
{
	static const char kinds[] ALIGN1 = "desktop\0kiosk\0window\0";
	char *copy = xstrdup(text), *p = copy, *word = strsep(&p, ",");
	int r = 0, kind = index_in_strings(kinds, word);

	memset(wish, 0, sizeof(*wish));
	*why = NULL;
	wish->kind = kind;
	if (kind >= 0)
		while ((word = strsep(&p, ",")) != NULL && take(word, wish))
			continue;
	if (word) {
		char *shown = d2d_printable(word, MIN(strlen(word), 40));

		r = d2d_fail(-EINVAL, why, kind < 0 ? "'%s' is unknown: desktop, kiosk and window are known"
			: "'%s' is unknown: lock, nocursor, offline, nested, commands, sound, microphone, blank=MINUTES, home=NAME and "
			"folder=NAME are known", shown);
		free(shown);
	}
	free(copy);
	return r;
}

bool d2ddisplay_name_ok(const char *name)
{
	return strlen(name) <= D2DDISPLAY_NAME_MAX && d2d_is_command(name) && !is_suffixed_with(name, "-x")
		&& !is_suffixed_with(name, "-vnc");
}

char *d2ddisplay_tagged(const char *image)
{
	char *tagged = xasprintf(strchr(bb_basename(image), ':') ? "%s" : "%s:latest", image);

	if (d2d_is_image(tagged))
		return tagged;
	free(tagged);
	return NULL;
}

char *d2ddisplay_layout(const char *root)
{
	char *keymap = d2d_option_at(root, "keymap");
	const char *layout = keymap ?: "us";

	/* Layouts of the console and of X have the same names, with this exception. X's entry point ignores one that it doesn't know. */
	if (strcmp(layout, "uk") == 0)
		layout = "gb";
	if (!layout[0] || strlen(layout) > 8 || layout[strspn(layout, "abcdefghijklmnopqrstuvwxyz")])
		layout = "us";
	layout = xstrdup(layout);
	free(keymap);
	return (char *)layout;
}

unsigned d2ddisplay_screen(const char *root, char **screen)
{
	char *option = d2d_option_at(root, "screen"), *at = option ? strchr(option, '@') : NULL, more;
	unsigned w, h, dpi = 0;

	*screen = NULL;
	if (at) {
		*at++ = '\0';
		dpi = bb_strtou(at, NULL, 10);
		if (errno || dpi < DPI_MIN || dpi > DPI_MAX)
			dpi = 0;
	}
	if (option && sscanf(option, "%5ux%5u%c", &w, &h, &more) == 2 && w >= SIDE_MIN && w <= SIDE_MAX
	 && h >= SIDE_MIN && h <= SIDE_MAX)
		*screen = xasprintf("%ux%u", w, h);
	free(option);
	return dpi;
}
