/*
 * d2dconfig KEY=VALUE: checks settings and writes them to the store's d2d/config.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DCONFIG) += d2dconfig_change.o

#include "d2dconfig.h"

static void check(const char *arg)
{
	const char *wrong = d2d_config_line_error(arg), *value = strchr(arg, '=');

	if (d2dconfig_is_network(arg))
		bb_simple_error_msg_and_die("wifi=NAME must be the only option, because it asks for a passphrase");
	if (!wrong && value++) {
		if (d2dconfig_is_key(arg, "hostname") && !d2d_hostname_ok(value))
			wrong = "is not a valid host name";
		else if (d2dconfig_is_key(arg, "timezone") && !d2d_timezone_ok(value))
			wrong = "is not a time zone rule like CET-1CEST,M3.5.0,M10.5.0/3 "
				"(the last line of a zoneinfo file, see docs/cmdline.md)";
		else if (d2dconfig_is_key(arg, "rtc") && !d2dconfig_rtc_ok(value))
			wrong = "is neither rtc=utc nor rtc=local";
	}
	if (wrong)
		bb_error_msg_and_die("'%s' %s", printable_string(arg), wrong);
}

/* Whether this option names a keyboard layout, which is loaded at once. */
static bool is_layout(const char *arg)
{
	const char *value = strchr(arg, '=');

	return d2dconfig_is_key(arg, "keymap") && value && value[1];
}

/* Returns TEXT with all lines of KEY removed and LINE in the place of the first of them, or at the end if there was none. If
 * LINE is NULL, no line is added. Frees TEXT; the caller frees the result. */
static char *replace_line(char *text, const char *key, const char *line)
{
	char *out = xstrdup(""), *rest = text, *one, *longer;

	while ((one = strsep(&rest, "\n")) != NULL) {
		const char *keep = one;

		if (!one[0] && !rest)
			break;
		if (d2dconfig_is_key(skip_whitespace(one), key)) {
			keep = line;
			line = NULL;
		}
		if (!keep)
			continue;
		longer = xasprintf("%s%s\n", out, keep);
		free(out);
		out = longer;
	}
	if (line) {
		longer = xasprintf("%s%s\n", out, line);
		free(out);
		out = longer;
	}
	free(text);
	return out;
}

/* Returns a copy of "KEY" as "KEY=", which the file of this boot has, or of "KEY=VALUE". The caller frees it. */
static char *with_value(const char *arg)
{
	return xasprintf("%s%s", arg, strchr(arg, '=') ? "" : "=");
}

static void print_effect(const struct d2dconfig *c, const char *key, bool loaded)
{
	llist_t *cmdline = NULL, *l;

	d2d_options_read(c->root, D2D_CMDLINE, &cmdline);
	for (l = cmdline; l; l = l->link)
		if (d2dconfig_is_key(l->data, key))
			printf("the kernel command line has d2d.%s, which takes precedence\n", printable_string(l->data));
	llist_free(cmdline, free);
	if (!loaded && !d2dconfig_is_key(key, "hostname") && !d2dconfig_is_key(key, "timezone"))
		printf("%.*s takes effect at the next boot\n", (int)strcspn(key, "="), key);
}

int d2dconfig_change(const struct d2dconfig *c, char **args, bool delete)
{
	bool store = d2dconfig_has_store(c);
	char *path = store ? d2dconfig_stored(c, "config") : d2dconfig_path(c, D2D_CONFIG), *text, **arg;
	size_t len;
	int err;

	for (arg = args; *arg; arg++)
		if (!delete)
			check(*arg);
	if (!c->root[0] && geteuid() != 0)
		bb_error_msg_and_die("%s: sudo d2d config %s", bb_msg_you_must_be_root, args[0]);
	if (!store && !c->temporary)
		bb_simple_error_msg_and_die("no store: the setting would be lost at the next boot");

	err = d2d_file_read(path, D2D_CONFIG_MAX, &text, &len);
	if (err == -ENOENT)
		text = xzalloc(1);
	else if (err < 0)
		bb_error_msg_and_die("'%s' %s", path, d2d_file_error(err));
	for (arg = args; *arg; arg++)
		if (!delete && is_layout(*arg) && d2dconfig_keymap(c, strchr(*arg, '=') + 1) != 0)
			bb_simple_error_msg_and_die("nothing has changed");
	for (arg = args; *arg; arg++) {
		char *line = delete ? NULL : store ? xstrdup(*arg) : with_value(*arg);

		text = replace_line(text, *arg, line);
		free(line);
	}
	err = d2d_make_parent_dirs(path);
	if (!err)
		err = d2d_file_write(path, text);
	if (err < 0)
		bb_error_msg_and_die("can't write '%s': %s", path, strerror(-err));
	free(text);
	free(path);
	if (!store) {
		puts("no store: this lasts until the machine is switched off");
		return d2dconfig_take_effect(c) ? EXIT_FAILURE : EXIT_SUCCESS;
	}
	for (arg = args; *arg; arg++)
		print_effect(c, *arg, !delete && is_layout(*arg));
	return d2dconfig_apply(c);
}
