/*
 * d2diso: settings that need no change of the initramfs. Options of the system go into d2d/config, where the store's own take
 * precedence; the boot menu, words for the kernel and the trust mode go into a file that GRUB reads. In the trust modes in
 * which d2d/config isn't used, because nobody has signed it, options become words for the kernel, too.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DISO) += d2diso_settings.o

#include "d2diso.h"
#include "d2d_config.h"

static const char modes[] ALIGN1 = "any\0auto\0signed\0builtin\0";	/* a later one is stricter */
enum { MODE_SIGNED = 2 };

#define MOVED "# In this trust mode, options are words for the kernel: menu.env\n"

/* ---- options: d2d/config ---- */

static bool is_key(const char *line, const char *key)
{
	size_t len = strlen(key);

	return strncmp(line, key, len) == 0 && (line[len] == '=' || !line[len]);
}

static void check_option(const char *option)
{
	const char *why = d2d_config_line_error(option), *value = strchr(option, '=');

	if (!why && value++) {
		if (is_key(option, "hostname") && !d2d_hostname_ok(value))
			why = "is not a valid host name";
		else if (is_key(option, "timezone") && !d2d_timezone_ok(value))
			why = "is not a time zone rule like CET-1CEST,M3.5.0,M10.5.0/3";
		else if (is_key(option, "keymap") && value[strspn(value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")])
			why = "is not the name of a keyboard layout";
	}
	if (why)
		bb_error_msg_and_die("'%s' %s%s", printable_string(option), why,
			strstr(why, "command line only") ? auto_string(xasprintf(": -k d2d.%s", printable_string(option))) : "");
}

/* Returns TEXT without the lines that set the option, and with it at the end. Frees TEXT. */
static char *set_line(char *text, const char *option)
{
	char *key = xstrndup(option, strcspn(option, "=")), *out = xstrdup(""), *rest = text, *line, *longer;

	while ((line = strsep(&rest, "\n")) != NULL) {
		if (!*line || is_key(skip_whitespace(line), key))
			continue;
		longer = xasprintf("%s%s\n", out, line);
		free(out);
		out = longer;
	}
	longer = xasprintf("%s%s\n", out, option);
	free(out);
	free(text);
	free(key);
	return longer;
}

/* Returns the text of d2d/config with the options of -s, or NULL if there is none. The caller frees it. */
static char *config_text(const struct d2diso *d)
{
	char *text = d2diso_text(d, D2DISO_CONFIG), *why;
	const llist_t *l;

	if (text && (why = d2diso_config_error(text)) != NULL)
		bb_error_msg_and_die(D2DISO_CONFIG", %s", why);
	for (l = d->options.set; l; l = l->link)
		if (!is_key(l->data, "hooks"))
			text = set_line(text ? text : xstrdup(""), l->data);
	return text;
}

/* ---- the boot menu, and words for the kernel: d2d/menu.env ---- */

/* Returns the stricter one of the trust modes of the image and of the menu. */
static int trust_mode(const struct d2diso *d, const struct d2d_iso_menu *menu)
{
	char *image = d2d_iso_info(&d->iso, "trust"), *word = d2d_iso_menu_trust(menu);
	int mode = image ? index_in_strings(modes, image) : -1;

	mode = MAX(mode, word ? index_in_strings(modes, word) : -1);
	free(word);
	free(image);
	return mode;
}

/* Appends a word, of which the last one with the same name counts; not a second time, if it is there already. */
static void add_word(struct d2d_iso_menu *menu, const char *word)
{
	char *old = menu->words, *rest = old, *one, *words = xstrdup("");

	while (rest && (one = strsep(&rest, " ")) != NULL) {
		if (*one && strcmp(one, word) != 0) {
			char *longer = xasprintf("%s%s ", words, one);

			free(words);
			words = longer;
		}
	}
	menu->words = xasprintf("%s%s", words, word);
	free(words);
	free(old);
}

/* Makes each option in the text of a d2d/config a word for the kernel. */
static void add_options(struct d2d_iso_menu *menu, char *text)
{
	unsigned n = 0;
	char *line;

	while ((line = d2d_config_line(&text, &n)) != NULL) {
		char *word = xasprintf("d2d.%s", line);

		add_word(menu, word);
		free(word);
	}
}

/* hooks=MODE becomes a word for the kernel, since the mode must be known before any hook runs. */
static void set_trust(const struct d2diso *d, struct d2d_iso_menu *menu, const char *value)
{
	int mode = index_in_strings(modes, value), now = trust_mode(d, menu);
	char *word;

	if (mode < 0)
		bb_error_msg_and_die("'hooks=%s' is none of auto, signed, builtin", printable_string(value));
	if (mode == now)
		return;
	if (mode < now || mode == 0)
		bb_error_msg_and_die("'hooks=%s' would loosen trust: it is '%s' in this ISO, and can only be made stricter", value,
			now < 0 ? "unknown" : nth_string(modes, now));
	word = xasprintf("d2d.hooks=%s", value);
	add_word(menu, word);
	free(word);
}

static void replace(char **value, const char *new)
{
	if (!new)
		return;
	free(*value);
	*value = xstrdup(new);
}

/* Keeps what the boot loader of docker-machine's driver xhyve reads in step with the menu: OLD words go, NEW ones come. */
static void put_isolinux(struct d2diso *d, const char *old, const char *new)
{
	char *text = d2diso_text(d, "boot/isolinux.cfg"), *line = text ? strstr(text, "\tappend ") : NULL, *end, *changed;
	size_t len, gone = old ? strlen(old) + 1 : 0;

	if (line) {
		end = strchrnul(line, '\n');
		len = end - text;
		if (gone && len > gone && text[len - gone] == ' ' && strncmp(text + len - gone + 1, old, gone - 1) == 0)
			len -= gone;
		changed = xasprintf("%.*s%s%s%s", (int)len, text, new ? " " : "", new ? new : "", end);
		d2diso_put(d, "boot/isolinux.cfg", changed, strlen(changed));
		free(changed);
	}
	free(text);
}

static void set_menu(struct d2diso *d, struct d2d_iso_menu *menu)
{
	const llist_t *l;
	char *error;

	replace(&menu->title, d->options.title);
	replace(&menu->timeout, d->options.timeout);
	replace(&menu->entry, d->options.entry);
	for (l = d->options.words; l; l = l->link) {
		error = d2d_iso_word_error(l->data);
		if (error)
			bb_error_msg_and_die("%s", error);
		if (is_prefixed_with(l->data, "d2d.hooks="))
			set_trust(d, menu, l->data + strlen("d2d.hooks="));
		else
			add_word(menu, l->data);
	}
	for (l = d->options.set; l; l = l->link)
		if (is_prefixed_with(l->data, "hooks="))
			set_trust(d, menu, l->data + strlen("hooks="));
}

/* Whether the ISO's menu has what a setting is for. */
static void refuse_missing(const struct d2diso *d, const struct d2d_iso_menu *menu)
{
	char *grub, *id = xasprintf("--id %s ", menu->entry ? menu->entry : "live");

	d2diso_refuse_signed(d, "settings of the menu or words for the kernel");
	grub = d2diso_text(d, "boot/grub/grub.cfg");
	if (!grub || !strstr(grub, "/"D2D_ISO_MENU))
		bb_error_msg_and_die("the menu of '%s' takes no settings: it is older than 'd2d-host iso', or built without D2D_MENU_ENV",
			printable_string(d->iso.path));
	if (grub && !strstr(grub, id))
		bb_error_msg_and_die("the menu of '%s' has no entry '%s'", printable_string(d->iso.path), menu->entry);
	free(id);
	free(grub);
}

void d2diso_settings(struct d2diso *d)
{
	struct d2d_iso_menu menu = { .title = NULL };
	char *text = d2diso_text(d, D2D_ISO_MENU), *why = NULL, *old, *new, *config;
	const llist_t *l;
	bool any, strict;

	for (l = d->options.set; l; l = l->link)
		if (!is_key(l->data, "hooks"))
			check_option(l->data);
	if (text && d2d_iso_menu_parse(text, strlen(text), &menu, &why) < 0)
		bb_error_msg_and_die(D2D_ISO_MENU": %s", why);
	old = menu.words ? xstrdup(menu.words) : NULL;
	set_menu(d, &menu);
	config = config_text(d);
	strict = trust_mode(d, &menu) >= MODE_SIGNED;
	if (strict && (d->opt & OPT_p))
		bb_simple_error_msg_and_die("in this trust mode the boot takes no password from an ISO: nobody has signed it");
	if (config && strict) {
		if (strcmp(config, MOVED) != 0)
			d2diso_put(d, D2DISO_CONFIG, MOVED, strlen(MOVED));
		add_options(&menu, config);
	} else if (config && d->options.set) {
		d2diso_put(d, D2DISO_CONFIG, config, strlen(config));
	}
	why = d2d_iso_menu_error(&menu);
	if (why)
		bb_error_msg_and_die("%s", why);
	new = d2d_iso_menu_text(&menu);
	any = menu.title || menu.timeout || menu.entry || menu.words;
	if (any)
		refuse_missing(d, &menu);
	if (any && (!text || strcmp(text, new) != 0)) {
		d2diso_put(d, D2D_ISO_MENU, new, strlen(new));
		if (strcmp(old ? old : "", menu.words ? menu.words : "") != 0)
			put_isolinux(d, old, menu.words);
	}
	d2d_iso_menu_free(&menu);
	free(config);
	free(new);
	free(old);
	free(text);
}
