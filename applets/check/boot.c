/*
 * d2dcheck: what the ISO is, how it boots, and its settings.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DCHECK) += d2dcheck_boot.o

#include "d2dcheck.h"
#include "d2d_config.h"
#include "d2d_trust.h"

enum { MODE_SIGNED = 2 };	/* trust modes from this one on are strict */

void d2dcheck_boot(struct d2dcheck *c)
{
	char *variant = d2d_iso_info(&c->iso, "variant"), *memory = d2d_iso_info(&c->iso, "memory");
	char *is_signed = d2d_iso_info(&c->iso, D2D_ISO_SECUREBOOT);
	llist_t *faults = NULL, *l;

	d2dcheck_row("iso", "debian2docker %s%s%s%s, %llu.%llu MB%s%s%s", c->iso.version, variant ? " (" : "", variant ? : "",
		variant ? ")" : "", (unsigned long long)c->iso.end / 1000000, (unsigned long long)c->iso.end / 100000 % 10,
		memory ? ", needs " : "", memory ? : "", memory ? " MiB of memory" : "");
	d2dcheck_row("label", "%s", c->iso.label);
	d2dcheck_row("medium", "%s", c->iso.uuid);
	d2d_iso_boot_check(&c->iso, &faults);
	for (l = faults; l; l = l->link)
		d2dcheck_wrong(c, "%s", l->data);
	if (!faults)
		d2dcheck_row("boots", "as a CD and as a disk, with BIOS and UEFI");
	if (is_signed)
		d2dcheck_row("secureboot", "GRUB for UEFI is signed, and starts only this kernel and initramfs");
	free(is_signed);
	llist_free(faults, free);
	free(memory);
	free(variant);
}

/* ---- settings ---- */

static char *read_text(struct d2dcheck *c, const char *path, size_t *len)
{
	const struct d2d_iso_file *file = d2d_iso_regular(&c->iso, path);
	char *text = NULL;

	if (file && d2d_iso_read(&c->iso, file, D2D_ISO_TEXT_MAX, &text, len) < 0)
		d2dcheck_wrong(c, "can't read '%s'", path);
	return text;
}

static void show_menu(struct d2dcheck *c)
{
	struct d2d_iso_menu menu = { .title = NULL };
	char *why = NULL, *text;
	size_t len;

	text = read_text(c, D2D_ISO_MENU, &len);
	if (text && d2d_iso_menu_parse(text, len, &menu, &why) < 0)
		d2dcheck_wrong(c, D2D_ISO_MENU": %s", why);
	if (menu.title)
		d2dcheck_row("menu", "title: %s", menu.title);
	if (menu.timeout)
		d2dcheck_row("menu", "time-out: %s s", menu.timeout);
	if (menu.entry)
		d2dcheck_row("menu", "default entry: %s", menu.entry);
	if (menu.words)
		d2dcheck_row("menu", "words for the kernel: %s", menu.words);
	c->strict = d2d_iso_menu_trust(&menu);
	d2d_iso_menu_free(&menu);
	free(why);
	free(text);
}

/* With STRICT, nobody has signed d2d/config, and so it isn't used. */
static void show_config(struct d2dcheck *c, bool strict)
{
	char *text, *rest, *line;
	const char *why;
	unsigned n = 0;
	size_t len;

	text = rest = read_text(c, "d2d/config", &len);
	while (text && (line = d2d_config_line(&rest, &n)) != NULL) {
		why = d2d_config_line_error(line);
		if (why)
			d2dcheck_wrong(c, "d2d/config, line %u: '%s' %s", n, line, why);
		else
			d2dcheck_row("config", "%s%s", line, strict ? ": not used in this trust mode" : "");
	}
	free(text);
	text = read_text(c, "d2d/password", &len);
	if (text) {
		text[strcspn(text, "\n")] = '\0';
		if (d2d_password_ok(text))
			d2dcheck_row("config", "the console password is that of this ISO%s", strict ? ": not used in this trust mode" : "");
		else
			d2dcheck_wrong(c, "d2d/password is not the hash of a password");
	}
	free(text);
}

static void show_keys(struct d2dcheck *c)
{
	char *data, id[2 * D2D_MINISIGN_ID + 1];
	llist_t *keys = NULL, *l;
	size_t len;

	data = read_text(c, D2D_ISO_KEYS, &len);
	if (data && d2d_iso_keys_parse(data, len, &keys) < 0)
		d2dcheck_wrong(c, D2D_ISO_KEYS" contains something else than public keys");
	for (l = keys; l; l = l->link) {
		struct d2d_minisign_key key;

		if (!ENABLE_FEATURE_D2DHOOK_SIGNED || d2d_minisign_key_parse(l->data, strlen(l->data), &key) < 0) {
			d2dcheck_wrong(c, D2D_ISO_KEYS" has something that is not a public key of minisign");
			continue;
		}
		d2d_minisign_id(id, key.id);
		d2dcheck_row("key", "%s may sign hooks, besides the keys of the image", id);
		llist_add_to_end(&c->keys, xstrdup(l->data));
	}
	llist_free(keys, free);
	free(data);
}

void d2dcheck_settings(struct d2dcheck *c)
{
	static const char modes[] ALIGN1 = "any\0auto\0signed\0builtin\0";
	static const char *const means[] = { "all hooks run", "unsigned hooks run, unless the machine has an encrypted volume",
		"only signed hooks run, besides the image's own", "only the image's own hooks run" };
	int mode;

	show_menu(c);
	c->mode = d2d_iso_info(&c->iso, "trust");
	mode = c->mode ? index_in_strings(modes, c->mode) : -1;
	if (c->mode && mode < 0)
		d2dcheck_wrong(c, "the trust mode '%s' is unknown", c->mode);
	if (c->strict)
		mode = MAX(mode, index_in_strings(modes, c->strict));
	show_config(c, mode >= MODE_SIGNED);
	show_keys(c);
	if (mode >= 0)
		d2dcheck_row("trust", "%s: %s", nth_string(modes, mode), means[mode]);
	else
		d2dcheck_row("trust", "unknown: the ISO is older than this program");
}
