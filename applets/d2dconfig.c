/*
 * d2dconfig: shows and changes the settings in d2d/config on the store. They are the options of the kernel command line
 * without the prefix "d2d.".
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//config:config D2DCONFIG
//config:	bool "d2dconfig"
//config:	default y
//config:	select D2D_LIBD2D
//config:	select LONG_OPTS
//config:	help
//config:	Shows, changes and applies the settings that are kept on the store:
//config:	options of the kernel command line, host name, time zone and
//config:	machine-id.

//applet:IF_D2DCONFIG(APPLET(d2dconfig, BB_DIR_USR_BIN, BB_SUID_DROP))

//kbuild:lib-$(CONFIG_D2DCONFIG) += d2dconfig.o

//usage:#define d2dconfig_trivial_usage
//usage:       "[-R ROOT] [-b | KEY=VALUE... | -d KEY...]"
//usage:#define d2dconfig_full_usage "\n\n"
//usage:       "Show the options in effect and where each comes from, or save options on the\n"
//usage:       "store\n"
//usage:     "\n	-d,--delete	Remove KEYs from d2d/config on the store"
//usage:     "\n	-b,--boot	Apply the settings of the store, as a hook does at boot"
//usage:     "\n	-R,--root ROOT	Use ROOT in place of /"
//usage:     "\n"
//usage:     "\nKEY is an option of the kernel command line without 'd2d.'. The command line\n"
//usage:       "takes precedence over the store. hostname and timezone (for example\n"
//usage:       "CET-1CEST,M3.5.0,M10.5.0/3) take effect at once, others at the next boot.\n"
//usage:     "Exit status: 0 done, 1 a line is not valid or can't be saved, 77 no store (-b)"
//usage:#define d2dconfig_example_usage
//usage:       "$ sudo d2d config hostname=web\n"

#include "d2dconfig.h"

enum { OPT_d = 1 << 0, OPT_b = 1 << 1 };

char *d2dconfig_path(const struct d2dconfig *c, const char *path)
{
	return xasprintf("%s%s", c->root, path);
}

char *d2dconfig_stored(const struct d2dconfig *c, const char *name)
{
	return xasprintf("%s"D2D_STORE"/d2d/%s", c->root, name);
}

bool d2dconfig_has_store(const struct d2dconfig *c)
{
	char *dir = d2dconfig_path(c, D2D_STORE), *parent = d2dconfig_path(c, D2D_RUN);
	struct stat a, b;
	bool there = stat(dir, &a) == 0 && stat(parent, &b) == 0 && (c->root[0] || a.st_dev != b.st_dev);

	free(parent);
	free(dir);
	return there;
}

/* ---- show ---- */

static bool is_key(const char *line, const char *key)
{
	size_t len = strcspn(key, "=");

	return strncmp(line, key, len) == 0 && (line[len] == '=' || !line[len]);
}

/* Returns whether a later option has the same name and so overrides this one. */
static bool is_beaten(const llist_t *l)
{
	const llist_t *other;

	for (other = l->link; other; other = other->link)
		if (is_key(other->data, l->data))
			return true;
	return false;
}

static void show(const struct d2dconfig *c)
{
	llist_t *stored = NULL, *all = d2d_options(c->root), *l;
	char host[65] = "";

	d2d_options_read(c->root, D2D_CONFIG, &stored);
	if (!c->root[0] && gethostname(host, sizeof(host) - 1) == 0)
		printf("host name: %s\n", printable_string(host));
	for (l = all; l; l = l->link) {
		if (!is_beaten(l))
			printf("%-40s %s\n", printable_string(l->data), stored ? "store" : "command line");
		/* The options from the store come first in ALL, in the order of STORED. */
		if (stored)
			free(llist_pop(&stored));
	}
	if (!d2dconfig_has_store(c))
		puts("no store: settings can't be kept");
	llist_free(all, free);
}

/* ---- change ---- */

static void check(const char *arg)
{
	const char *wrong = d2d_config_wrong(arg), *value = strchr(arg, '=');

	if (!wrong && value++) {
		if (is_key(arg, "hostname") && !d2d_hostname_ok(value))
			wrong = "is not a valid host name";
		else if (is_key(arg, "timezone") && !d2d_timezone_ok(value))
			wrong = "is not a time zone rule like CET-1CEST,M3.5.0,M10.5.0/3 (the last line of a zoneinfo file, see docs/cmdline.md)";
	}
	if (wrong)
		bb_error_msg_and_die("'%s' %s", printable_string(arg), wrong);
}

/* Returns TEXT with all lines of KEY removed and LINE in the place of the first of them, or at the end if there was none. If
 * LINE is NULL, no line is added. Frees TEXT; the caller frees the result. */
static char *with(char *text, const char *key, const char *line)
{
	char *out = xstrdup(""), *rest = text, *one, *longer;

	while ((one = strsep(&rest, "\n")) != NULL) {
		const char *keep = one;

		if (!one[0] && !rest)
			break;
		if (is_key(skip_whitespace(one), key)) {
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

static void tell(const struct d2dconfig *c, const char *key)
{
	llist_t *cmdline = NULL, *l;

	d2d_options_read(c->root, D2D_CMDLINE, &cmdline);
	for (l = cmdline; l; l = l->link)
		if (is_key(l->data, key))
			printf("the kernel command line has d2d.%s, which takes precedence\n", printable_string(l->data));
	llist_free(cmdline, free);
	if (!is_key(key, "hostname") && !is_key(key, "timezone"))
		printf("%.*s takes effect at the next boot\n", (int)strcspn(key, "="), key);
}

static int change(const struct d2dconfig *c, char **args, bool delete)
{
	char *path = d2dconfig_stored(c, "config"), *text, **arg;
	size_t len;
	int err;

	for (arg = args; *arg; arg++)
		if (!delete)
			check(*arg);
	if (!c->root[0] && geteuid() != 0)
		bb_error_msg_and_die("%s: sudo d2d config %s", bb_msg_you_must_be_root, args[0]);
	if (!d2dconfig_has_store(c))
		bb_simple_error_msg_and_die("no store: the setting would be lost at the next boot");

	err = d2d_file_read(path, D2D_CONFIG_MAX, &text, &len);
	if (err == -ENOENT)
		text = xzalloc(1);
	else if (err < 0)
		bb_error_msg_and_die("'%s' %s", path, d2d_file_error(err));
	for (arg = args; *arg; arg++)
		text = with(text, *arg, delete ? NULL : *arg);
	err = d2d_folder_make(path);
	if (!err)
		err = d2d_file_write(path, text);
	if (err < 0)
		bb_error_msg_and_die("can't write '%s': %s", path, strerror(-err));
	free(text);
	free(path);
	for (arg = args; *arg; arg++)
		tell(c, *arg);
	return d2dconfig_apply(c);
}

int d2dconfig_main(int argc, char **argv) MAIN_EXTERNALLY_VISIBLE;
int d2dconfig_main(int argc UNUSED_PARAM, char **argv)
{
	static const char longopts[] ALIGN1 =
		"delete\0" No_argument       "d"
		"boot\0"   No_argument       "b"
		"root\0"   Required_argument "R"
		;
	struct d2dconfig c = { .root = "" };
	unsigned opt = getopt32long(argv, "^" "dbR:" "\0" "d--b:b--d", longopts, &c.root);

	argv += optind;
	if (((opt & OPT_d) && !argv[0]) || ((opt & OPT_b) && argv[0]))
		bb_show_usage();
	if (opt & OPT_b)
		return d2dconfig_apply(&c);
	if (argv[0])
		return change(&c, argv, opt & OPT_d);
	show(&c);
	fflush_stdout_and_exit_SUCCESS();
}
