/*
 * d2dautostart: starts containers of images by itself, at boot, and keeps them up: appliances. Each is run as its image's command would
 * be (d2dalias), in the background, under a supervisor that starts it again.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//config:config D2DAUTOSTART
//config:	bool "d2dautostart"
//config:	default y
//config:	depends on D2DALIAS && D2DIMPORT && D2DSTART
//config:	select D2D_LIBD2D_MOUNT
//config:	select LONG_OPTS
//config:	help
//config:	Starts images at boot whose label asks for it, or that d2d.autostart=
//config:	names, and keeps their containers up (see docs/appliances.md).

//applet:IF_D2DAUTOSTART(APPLET(d2dautostart, BB_DIR_USR_BIN, BB_SUID_DROP))

//kbuild:lib-$(CONFIG_D2DAUTOSTART) += d2dautostart.o

//usage:#define d2dautostart_trivial_usage
//usage:       "[-R ROOT] [list | start IMAGE | stop NAME | restart NAME | allow IMAGE |\n"
//usage:       "	boot | run NAME]"
//usage:#define d2dautostart_full_usage "\n\n"
//usage:       "Start containers of images by themselves, and keep them up\n"
//usage:     "\n	list	List them with state, address and image (default)"
//usage:     "\n	start	Start IMAGE in a container that is named after it; also one that"
//usage:     "\n		has failed or was stopped"
//usage:     "\n	stop	Stop it and remove its container, until the next boot. Its volumes"
//usage:     "\n		stay"
//usage:     "\n	restart	Do both, so that the image is used that has this name now"
//usage:     "\n	allow	Beside an encrypted volume, an image is only started by itself if its"
//usage:     "\n		ID is in d2d/trust/images on the encrypted store: write it there"
//usage:     "\n	boot	Start the images of d2d.autostart=, else those with the label"
//usage:     "\n		org.debian2docker.autostart, as a hook does at boot"
//usage:     "\n	run	Supervise a container (used by 'start' and 'boot')"
//usage:     "\n"
//usage:     "\n	-R,--root ROOT	Use ROOT instead of /"
//usage:     "\n"
//usage:     "\nThe label's value is 'yes', or 'console' if the container is to have the screen's"
//usage:     "\nterminal (tty1), and behind it ',store' or ',encrypted' if it needs a store. The"
//usage:     "\ncontainer is run as the image's command would be (d2d help alias), by user docker."
//usage:     "\nOne that ends is started again after 2, 4, 8 ... 60 s; when it has failed five"
//usage:     "\ntimes within ten minutes, no more. d2d.autostart=no starts none.\n"
//usage:       "Exit status: 0 done, 1 something is wrong, 77 nothing to do (boot)"
//usage:#define d2dautostart_example_usage
//usage:       "$ sudo d2d autostart start web\n"
//usage:       "$ docker load -i web.tar && sudo d2d autostart restart web\n"

#include "d2dautostart.h"

static int list(const char *root)
{
	char **names;
	int i, n = d2dautostart_names(root, &names), code = EXIT_SUCCESS;

	if (n == 0)
		puts("no image was started by itself");
	for (i = 0; i < n; i++) {
		struct d2dautostart a = { .root = root };

		if (d2dautostart_load(&a, names[i]) < 0) {
			printf("%s: its settings can't be read\n", printable_string(names[i]));
			code = EXIT_FAILURE;
		} else {
			char *state = d2dautostart_state(&a);

			printf("%s: %s (%s%s)\n", a.name, state, a.image, a.wish.console ? ", on tty1" : "");
			free(state);
		}
		d2dautostart_free(&a);
	}
	d2d_dir_list_free(names, n);
	return code;
}

/* Returns the name of a container for what is typed, NAME or NAME:TAG. */
static char *name_of(const char *what)
{
	char *name = d2dautostart_name(what);

	if (!name)
		bb_error_msg_and_die("'%s' was not started by itself: 'd2d autostart' lists what was", printable_string(what));
	return name;
}

static int restart(const char *root, const char *what)
{
	char *name = name_of(what);
	int r = d2dautostart_stop(root, name);

	free(name);
	return r == EXIT_SUCCESS ? d2dautostart_start_by_hand(root, what) : r;
}

int d2dautostart_main(int argc, char **argv) MAIN_EXTERNALLY_VISIBLE;
int d2dautostart_main(int argc UNUSED_PARAM, char **argv)
{
	static const char verbs[] ALIGN1 = "list\0boot\0start\0stop\0restart\0allow\0run\0";
	enum { LIST, BOOT, START, STOP, RESTART, ALLOW, RUN };
	const char *root = "";
	int verb;

	getopt32long(argv, "^+" "R:" "\0" "?2", "root\0" Required_argument "R", &root);
	argv += optind;
	verb = argv[0] ? index_in_strings(verbs, argv[0]) : LIST;
	if (verb < 0)
		bb_error_msg_and_die("unknown verb '%s'", printable_string(argv[0]));
	if ((verb > BOOT) != (argv[0] && argv[1]))
		bb_show_usage();
	if (verb == LIST)
		return list(root);
	if (!root[0] && geteuid() != 0)
		bb_error_msg_and_die("%s: sudo d2d autostart", bb_msg_you_must_be_root);
	umask(022);
	switch (verb) {
	case BOOT: return d2dautostart_boot(root);
	case START: return d2dautostart_start_by_hand(root, argv[1]);
	case STOP: return d2dautostart_stop(root, name_of(argv[1]));
	case RESTART: return restart(root, argv[1]);
	case ALLOW: return d2dautostart_allow(root, argv[1]);
	default: return d2dautostart_run(root, name_of(argv[1]));
	}
}
