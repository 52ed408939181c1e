/*
 * d2ddisplay: the words of the label org.debian2docker.display, and names that come from outside.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DDISPLAY) += d2ddisplay_words.o

#include "d2ddisplay.h"
#include "d2d_alias.h"

int d2ddisplay_words(const char *text, struct d2ddisplay_wish *wish, char **why)
{
	static const char first[] ALIGN1 = "desktop\0kiosk\0", others[] ALIGN1 = "lock\0nocursor\0offline\0";
	char *copy = xstrdup(text), *p = copy, *word;
	bool is_first = true;
	int r = 0;

	memset(wish, 0, sizeof(*wish));
	*why = NULL;
	while (r == 0 && (word = strsep(&p, ",")) != NULL) {
		int i = index_in_strings(is_first ? first : others, word);

		if (i < 0) {
			char *shown = d2d_printable(word, MIN(strlen(word), 40));

			r = d2d_fail(-EINVAL, why, is_first ? "'%s' is unknown: desktop and kiosk are known"
				: "'%s' is unknown: lock, nocursor and offline are known", shown);
			free(shown);
		} else if (is_first) {
			wish->kiosk = i == 1;
		} else {
			*(i == 0 ? &wish->lock : i == 1 ? &wish->no_cursor : &wish->offline) = true;
		}
		is_first = false;
	}
	free(copy);
	return r;
}

bool d2ddisplay_name_ok(const char *name)
{
	return strlen(name) <= D2DDISPLAY_NAME_MAX && d2d_is_command(name);
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
