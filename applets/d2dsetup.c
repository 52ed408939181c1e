/*
 * d2dsetup: a menu for people who set this machine up. It only asks and shows; each change is made by the applet that makes it for
 * the command line, too, with that applet's own checks and its own confirmation.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//config:config D2DSETUP
//config:	bool "d2dsetup"
//config:	default y
//config:	depends on D2DCONFIG
//config:	select D2D_LIBD2D_PROBE
//config:	select LONG_OPTS
//config:	help
//config:	A full-screen menu for keyboard, host name, time zone, network,
//config:	store, SSH keys and password. It calls the other applets and has
//config:	entries for those that are in the image. Uses the library newt;
//config:	60 kB compressed.

//applet:IF_D2DSETUP(APPLET(d2dsetup, BB_DIR_USR_BIN, BB_SUID_DROP))

//kbuild:lib-$(CONFIG_D2DSETUP) += d2dsetup.o

//usage:#define d2dsetup_trivial_usage
//usage:       "[-R ROOT]"
//usage:#define d2dsetup_full_usage "\n\n"
//usage:       "Set this machine up, with a menu that fills the terminal\n"
//usage:     "\n	-R,--root ROOT	Use ROOT instead of /, also in the commands that it runs"
//usage:     "\n"
//usage:     "\nArrows and Tab move, Enter chooses, Esc leaves a page. Nothing changes before a\n"
//usage:       "page is finished with Enter, and no disk is written to before its name was typed.\n"
//usage:     "Settings are kept on the store; without one they last until the machine is\n"
//usage:       "switched off.\n"
//usage:     "Exit status: 0 left, 1 the terminal can't show the menu"
//usage:#define d2dsetup_example_usage
//usage:       "$ sudo d2d setup\n"

#include "d2dsetup.h"
#include "d2d_volume.h"

/* Says where settings are kept. The caller frees the text. */
static char *where_kept(const struct d2dsetup *s)
{
	struct d2d_volume *volumes;
	int i, n = d2d_volumes_read_at(s->root, &volumes);
	char *text = NULL;

	for (i = 0; i < n && !text; i++)
		if (volumes[i].role == D2D_ROLE_STORE && volumes[i].mountpoint)
			text = xasprintf("Settings are kept on the store, %s.", printable_string(volumes[i].dev));
	if (n >= 0)
		d2d_volumes_free(volumes, n);
	return text ? text : xstrdup("There is no store: settings last until the machine is switched off.");
}

static bool has_applet(const char *name)
{
	return find_applet_by_name(name) >= 0;
}

static bool has_status(const struct d2dsetup *s UNUSED_PARAM) { return has_applet("d2d"); }
static bool has_network(const struct d2dsetup *s UNUSED_PARAM) { return has_applet("d2dnet"); }
static bool has_install(const struct d2dsetup *s UNUSED_PARAM) { return has_applet("d2dinstall"); }
static bool has_ssh(const struct d2dsetup *s UNUSED_PARAM) { return has_applet("d2dssh"); }
static bool has_password(const struct d2dsetup *s UNUSED_PARAM) { return ENABLE_FEATURE_D2DCONFIG_PASSWORD; }
static bool always(const struct d2dsetup *s UNUSED_PARAM) { return true; }

static void status_page(const struct d2dsetup *s)
{
	const char *argv[] = { "d2d", NULL };

	d2dsetup_show(s, "Overview", argv);
}

/* In the order in which somebody needs them who begins: the keyboard for all that follows, then what keeps the rest. */
static const struct page {
	const char *title;
	bool (*is_there)(const struct d2dsetup *s);
	void (*run)(const struct d2dsetup *s);
} pages[] = {
	{ "Overview", has_status, status_page },
	{ "Keyboard", d2dsetup_has_keyboards, d2dsetup_keyboard },
	{ "Store or installation", has_install, d2dsetup_disk },
	{ "Network", has_network, d2dsetup_network },
	{ "Host name", always, d2dsetup_hostname },
	{ "Time zone", d2dsetup_has_timezones, d2dsetup_timezone },
	{ "Password", has_password, d2dsetup_password },
	{ "SSH keys from a USB stick", has_ssh, d2dsetup_ssh },
};

int d2dsetup_main(int argc, char **argv) MAIN_EXTERNALLY_VISIBLE;
int d2dsetup_main(int argc UNUSED_PARAM, char **argv)
{
	struct d2dsetup s = { .root = "" };
	const struct page *shown[ARRAY_SIZE(pages)];
	const char *items[ARRAY_SIZE(pages) + 1];
	int n = 0, chosen = 0;
	size_t i;

	getopt32long(argv, "^" "R:" "\0" "=0", "root\0" Required_argument "R", &s.root);
	if (!s.root[0] && geteuid() != 0)
		bb_error_msg_and_die("%s: sudo d2d setup", bb_msg_you_must_be_root);
	for (i = 0; i < ARRAY_SIZE(pages); i++) {
		if (!pages[i].is_there(&s))
			continue;
		shown[n] = &pages[i];
		items[n++] = pages[i].title;
	}
	items[n] = NULL;
	d2dsetup_open(&s);
	do {
		char *text = where_kept(&s);

		chosen = d2dsetup_menu("Set this machine up", text, "Leave", items, chosen);
		free(text);
		if (chosen >= 0)
			shown[chosen]->run(&s);
	} while (chosen >= 0);
	d2dsetup_close();
	return EXIT_SUCCESS;
}
