/*
 * The settings of the boot menu, in the form of GRUB's environment block. GRUB's load_env takes only the variables that the
 * menu names, as values: it never executes a word of this file. All values are checked all the same, because a kernel
 * parameter decides more than its length tells. Works on memory only.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D_ISO) += d2d_iso_menu.o

#include "d2d_iso.h"

/* grub-core/lib/envblk.c: the first line, lines NAME=VALUE, then '#' up to a multiple of 1024 bytes. */
#define HEADER "# GRUB Environment Block\n"
enum { BLOCK = 1024 };

static const char names[] ALIGN1 = "title\0timeout\0default\0words\0";

static char **value_of(struct d2d_iso_menu *menu, int i)
{
	return i == 0 ? &menu->title : i == 1 ? &menu->timeout : i == 2 ? &menu->entry : &menu->words;
}

/* Characters that GRUB or the kernel would read as something else than themselves: GRUB's quotes and escapes. */
static bool has_bad_character(const char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~' || strchr("\"'\\", *text))
			return true;
	return false;
}

char *d2d_iso_word_error(const char *word)
{
	/* What GRUB fills in for this very ISO, and what would start something else than debian2docker. */
	static const char fixed[] ALIGN1 = "d2d.medium\0d2d.iso\0d2d.slot\0d2d.base\0iso-scan/filename\0findiso\0BOOT_IMAGE\0initrd\0";
	static const char other[] ALIGN1 = "init\0rdinit\0root\0initramfs_options\0--\0";
	char *key = xstrndup(word, strcspn(word, "=")), *error = NULL;

	if (!word[0] || has_bad_character(word) || strchr(word, ' '))
		error = xasprintf("'%s' is not a word of printable ASCII without blanks, quotation marks and backslashes",
			printable_string(word));
	else if (index_in_strings(fixed, key) >= 0)
		error = xasprintf("'%s': the menu sets %s itself", word, key);
	else if (index_in_strings(other, key) >= 0)
		error = xasprintf("'%s': with %s something else than debian2docker would start, or nothing", word, key);
	else if (strcmp(key, "d2d.reset") == 0 || (strcmp(key, "d2d.break") == 0))
		error = xasprintf("'%s': each boot would stop and ask; the menu has an entry for that", word);
	else if (strcmp(key, "d2d.hooks") == 0 && strcmp(word, "d2d.hooks=signed") != 0 && strcmp(word, "d2d.hooks=builtin") != 0
	 && strcmp(word, "d2d.hooks=auto") != 0)
		error = xasprintf("'%s': the trust mode can only be made stricter, by auto, signed or builtin", word);
	free(key);
	return error;
}

static char *words_error(const char *text)
{
	char *copy = xstrdup(text), *rest = copy, *word, *error = NULL;

	if (strlen(text) > D2D_ISO_WORDS_MAX)
		error = xasprintf("the words for the kernel have more than %u characters", D2D_ISO_WORDS_MAX);
	while (!error && (word = strsep(&rest, " ")) != NULL)
		error = d2d_iso_word_error(word);
	free(copy);
	return error;
}

char *d2d_iso_menu_error(const struct d2d_iso_menu *menu)
{
	if (menu->title && (!menu->title[0] || strlen(menu->title) > D2D_ISO_TITLE_MAX || has_bad_character(menu->title)))
		return xasprintf("the title '%s' is not 1 to %u characters of printable ASCII without quotation marks and backslashes",
			printable_string(menu->title), D2D_ISO_TITLE_MAX);
	if (menu->timeout && (bb_strtou(menu->timeout, NULL, 10) > D2D_ISO_TIMEOUT_MAX || errno || !isdigit(menu->timeout[0]))
	 && strcmp(menu->timeout, "-1") != 0)
		return xasprintf("the time-out '%s' is not a number of seconds up to %u, nor -1, which waits without end",
			printable_string(menu->timeout), D2D_ISO_TIMEOUT_MAX);
	if (menu->entry && index_in_strings("live\0container\0safe\0rescue\0", menu->entry) < 0)
		return xasprintf("the default entry '%s' is none of live, container, safe, rescue", printable_string(menu->entry));
	return menu->words ? words_error(menu->words) : NULL;
}

int d2d_iso_menu_parse(const char *text, size_t len, struct d2d_iso_menu *menu, char **why)
{
	char *copy = xstrndup(text, len), *rest = copy, *line, *error;
	int r = 0;

	memset(menu, 0, sizeof(*menu));
	if (strlen(copy) != len || !is_prefixed_with(copy, HEADER))
		r = d2d_refuse(why, "it doesn't begin like an environment block of GRUB");
	else
		rest += sizeof(HEADER) - 1;
	while (r == 0 && (line = strsep(&rest, "\n")) != NULL) {
		char *value = strchr(line, '=');
		int i;

		if (!*line || *line == '#')
			continue;
		if (value)
			*value++ = '\0';
		i = value ? index_in_strings(names, line) : -1;
		if (i < 0)
			r = d2d_refuse(why, "'%s' is none of title, timeout, default, words", printable_string(line));
		else if (*value_of(menu, i))
			r = d2d_refuse(why, "%s is there twice", line);
		else
			*value_of(menu, i) = xstrdup(value);
	}
	error = r == 0 ? d2d_iso_menu_error(menu) : NULL;
	if (error)
		r = d2d_refuse(why, "%s", error);
	if (r < 0)
		d2d_iso_menu_free(menu);
	free(error);
	free(copy);
	return r;
}

void d2d_iso_menu_free(struct d2d_iso_menu *menu)
{
	int i;

	for (i = 0; i < 4; i++)
		free(*value_of(menu, i));
	memset(menu, 0, sizeof(*menu));
}

char *d2d_iso_menu_text(const struct d2d_iso_menu *menu)
{
	char *text = xstrdup(HEADER), *longer;
	size_t len, size;
	int i;

	for (i = 0; i < 4; i++) {
		const char *value = *value_of((struct d2d_iso_menu *)menu, i);

		if (!value)
			continue;
		longer = xasprintf("%s%s=%s\n", text, nth_string(names, i), value);
		free(text);
		text = longer;
	}
	len = strlen(text);
	size = (len + BLOCK - 1) / BLOCK * BLOCK;
	text = xrealloc(text, size + 1);
	memset(text + len, '#', size - len);
	text[size] = '\0';
	return text;
}

char *d2d_iso_menu_trust(const struct d2d_iso_menu *menu)
{
	char *copy = xstrdup(menu->words ? menu->words : ""), *rest = copy, *word, *mode = NULL;

	while ((word = strsep(&rest, " ")) != NULL) {
		const char *value = is_prefixed_with(word, "d2d.hooks=");

		if (value) {
			free(mode);
			mode = xstrdup(value);
		}
	}
	free(copy);
	return mode;
}
