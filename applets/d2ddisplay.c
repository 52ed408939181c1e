/*
 * d2ddisplay: displays. Each is an X server in a container of its own, on a virtual terminal of its own, and another container, an
 * application or a whole desktop, that sees nothing of the machine but the socket of this server.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//config:config D2DDISPLAY
//config:	bool "d2ddisplay"
//config:	default n
//config:	depends on D2DIMPORT && D2DSTART
//config:	select D2D_LIBD2D
//config:	select LONG_OPTS
//config:	help
//config:	Starts X servers in containers, each with a container that draws on
//config:	it: a desktop or a kiosk. Needs the image of 'make image
//config:	NAME=display' on the medium, and a frame buffer (see docs/display.md).

//config:config D2D_DISPLAY_NESTED
//config:	bool "A Docker engine in the container of a display"
//config:	default n
//config:	depends on D2DDISPLAY
//config:	help
//config:	Images that an administrator has allowed this can start an engine
//config:	of their own, in a user namespace (see docs/display.md). The seccomp
//config:	profile for it takes 2 kB in the ISO.

//applet:IF_D2DDISPLAY(APPLET(d2ddisplay, BB_DIR_USR_BIN, BB_SUID_DROP))

//kbuild:lib-$(CONFIG_D2DDISPLAY) += d2ddisplay.o

//usage:#define d2ddisplay_trivial_usage
//usage:       "[-R ROOT] [list | [-p] [-o WORDS] start NAME IMAGE [ARG]... |\n"
//usage:       "	[-p] [-o WORDS] window DISPLAY NAME IMAGE [ARG]... | stop NAME |\n"
//usage:       "	show NAME | shot NAME FILE | copy NAME NAME | share NAME [look] |\n"
//usage:       "	unshare NAME | boot | run NAME | ids NAME | commands NAME]"
//usage:#define d2ddisplay_full_usage "\n\n"
//usage:       "Start containers with a screen, each on an X server of its own\n"
//usage:     "\n	list	List the displays with terminal, state and image (default)"
//usage:     "\n	start	Start an X server on the next free terminal, 7 to 12, and IMAGE"
//usage:     "\n		on it, with the command ARG instead of its own"
//usage:     "\n	window	Open IMAGE for once, and wait until it ends: in a window on a"
//usage:     "\n		display that runs, with an X server of its own between them, or"
//usage:     "\n		if DISPLAY is '-' on the next free terminal"
//usage:     "\n	stop	Stop both. The volume with the home directory stays"
//usage:     "\n	show	Show a display, as Ctrl-Alt-F7 to F12 do; Ctrl-Alt-F1 is text"
//usage:     "\n	shot	Write what a display that is shown has on it to FILE, as PNG;"
//usage:     "\n		'-' is standard output"
//usage:     "\n	copy	Copy the clipboard, or if that is empty what is marked, from the"
//usage:     "\n		first display to the second one: text, up to 1 MiB"
//usage:     "\n	share	Show a display to VNC clients, by the image 'vnc', on a socket that"
//usage:     "\n		SSH forwards; with 'look' they see it and control nothing"
//usage:     "\n	unshare	End that"
//usage:     "\n	boot	Start the images of d2d.display=, else those whose label asks for"
//usage:     "\n		a display, as a hook does at boot"
//usage:     "\n	run	Supervise a display (used by 'start')"
//usage:     "\n	ids	Give a nested engine of a display its IDs, as 'run' does"
//usage:     "\n	commands	Open commands for the application of a display, as 'run' does"
//usage:     "\n"
//usage:     "\n	-o,--options WORDS	How to start it, instead of the image's label"
//usage:     "\n			org.debian2docker.display: desktop, kiosk or window, and behind"
//usage:     "\n			it ,lock ,nocursor ,offline ,nested ,commands ,sound"
//usage:     "\n			,microphone ,blank=MINUTES ,home=NAME ,folder=NAME"
//usage:     "\n	-p,--print	For 'start' and 'window': only print the containers, as JSON"
//usage:     "\n	-R,--root ROOT	Use ROOT instead of /"
//usage:     "\n"
//usage:     "\nWhen one of the two containers ends, both are started again; after five times"
//usage:     "\nwithin a minute each, the text terminal is shown. A kiosk has no home directory"
//usage:     "\nthat is kept. lock: Ctrl-Alt-F1 has no effect; offline: no network; blank: the"
//usage:     "\nscreen is switched off without input; home: the home directory of another"
//usage:     "\ndisplay; folder: a directory in user docker's home; nested: it may run a Docker"
//usage:     "\nengine of its own; commands: it opens the commands of images; sound: it can be"
//usage:     "\nheard; microphone: it can also record. A label needs leave for the last six"
//usage:     "\n(d2d alias --allow), or for commands and sound to have come with the medium."
//usage:     "\nExit status: 0 done, 1 something is wrong, 77 nothing to do (boot)"
//usage:#define d2ddisplay_example_usage
//usage:       "$ sudo d2d display start work desktop\n"
//usage:       "$ sudo d2d display -o kiosk,lock,offline start shop catalogue\n"

#include <json-c/json.h>
#include "d2ddisplay_commands.h"
#include "d2ddisplay_sound.h"

enum { OPT_p = 1 << 0, OPT_o = 1 << 1 };

/* Prints what an application sees besides its own X server. */
static void print_shares(const struct d2ddisplay *d)
{
	const struct d2ddisplay_wish *w = &d->wish;
	char *path, *how;

	printf("%-16s  %s; %s%s", "", w->offline ? "no network" : "network", w->home[0] ? "home of display "
		: w->kind == D2DDISPLAY_DESKTOP ? "its own home is kept" : "no home is kept", w->home);
	if (w->folder[0])
		printf("; folder ~/%s", w->folder);
	if (w->nested)
		printf("; a Docker engine of its own");
	path = xasprintf("%s/"D2DDISPLAY_COMMANDS"/socket", d->dir);
	if (access(path, F_OK) == 0)
		printf("; opens commands");
	free(path);
	how = d2ddisplay_shared(d);
	if (how)
		printf("; shared by VNC%s", strcmp(how, "look") == 0 ? ", to be looked at" : "");
	free(how);
	printf("; %s, no camera, no clipboard of others\n", w->microphone ? "sound, microphone" : w->sound ? "sound" : "no sound");
}

static int list(const char *root)
{
	char **names;
	int i, n = d2ddisplay_names(root, &names);

	if (n)
		puts("DISPLAY           KEYS         STATE      IMAGE");
	else
		puts("no display was started");
	for (i = 0; i < n; i++) {
		struct d2ddisplay d = { .root = root };
		char *state, *keys;

		if (d2ddisplay_load(&d, names[i]) < 0) {
			printf("%-16s  its settings can't be read\n", names[i]);
		} else {
			state = d2ddisplay_state(&d);
			keys = d.on ? xasprintf("on %s", d.on) : xasprintf("Ctrl-Alt-F%u", d.vt);
			printf("%-16s  %-12s %-9s  %s (%s)\n", d.name, keys, state, printable_string(d.image), d.words);
			print_shares(&d);
			free(keys);
			free(state);
		}
		d2ddisplay_free(&d);
	}
	d2d_dir_list_free(names, n);
	return EXIT_SUCCESS;
}

static int show(const char *root, const char *name)
{
	struct d2ddisplay d = { .root = root };
	int r = d2ddisplay_load(&d, name);

	if (r < 0)
		bb_error_msg_and_die("there is no display '%s'", printable_string(name));
	if (d.on)
		bb_error_msg_and_die("'%s' is a window on the display '%s'", d.name, d.on);
	r = d2ddisplay_activate(root, d.vt);
	if (r < 0)
		bb_error_msg_and_die("can't show terminal %u: %s", d.vt, strerror(-r));
	d2ddisplay_free(&d);
	return EXIT_SUCCESS;
}

/* Adds the configurations of the containers for sound to O. */
static void add_sound(const struct d2ddisplay *d, struct json_object *o)
{
	char *why, *id = d2ddisplay_sound_id(d->root, &why);
	unsigned i;

	if (id) {
		json_object_object_add(o, "sound", d2ddisplay_sound(d, id));
		for (i = 0; i < D2DDISPLAY_ROLES; i++)
			if (i == D2DDISPLAY_PLAY || d->wish.microphone)
				json_object_object_add(o, d2ddisplay_cards[i].container, d2ddisplay_cards_container(d->root, id, i, true));
	} else {
		bb_error_msg("no sound: %s", why);
	}
	free(id);
	free(why);
}

/* Prints the configurations of all containers. */
static int print(struct d2ddisplay *d, struct json_object *image, const char *server)
{
	struct json_object *both = json_object_new_object();
	char *name = d2ddisplay_server_name(d);

	json_object_object_add(both, "server", d2ddisplay_server(d, server));
	json_object_object_add(both, "application", d2ddisplay_client(d, image, name));
	if (d->wish.sound)
		add_sound(d, both);
	puts(json_object_to_json_string_ext(both, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(both);
	free(name);
	return EXIT_SUCCESS;
}

/* Fills in a display from NAME IMAGE [ARG]... WORDS is the value of -o, or NULL. Returns the engine's description of the image, and
 * sets *ID to that of the X server's image. Exits with a message if anything is wrong. */
static struct json_object *prepare(struct d2ddisplay *d, char **argv, const char *words, char **id)
{
	struct json_object *image;
	const char *label;
	char *why;

	if (!d2ddisplay_name_ok(argv[0]))
		bb_error_msg_and_die("'%s' can't be the name of a display: it has small letters, digits, '-', '_' and '.', %u at most, "
			"and doesn't end with '-x', '-vnc' or '-sound'",
			printable_string(argv[0]), D2DDISPLAY_NAME_MAX);
	d2ddisplay_set(d, argv[0]);
	d->image = d2ddisplay_tagged(argv[1]);
	if (!d->image)
		bb_error_msg_and_die("'%s' is not a valid image name", printable_string(argv[1]));
	d->args = json_object_new_array();
	for (argv += 2; *argv; argv++)
		json_object_array_add(d->args, json_object_new_string(*argv));
	if (words && d2ddisplay_words(words, &d->wish, &why) < 0)
		bb_error_msg_and_die("-o: %s", why);

	image = d2d_engine_image(d->image, &why);
	if (!image)
		bb_error_msg_and_die("%s", why);
	label = d2d_json_text(json_object_object_get(json_object_object_get(image, "Config"), "Labels"), D2DDISPLAY_LABEL);
	d->words = xstrdup(words ?: label ?: d->once ? "window" : "desktop");
	d->ordered = words != NULL;
	if (d2ddisplay_words(d->words, &d->wish, &why) < 0)
		bb_error_msg_and_die("label "D2DDISPLAY_LABEL" of '%s': %s", d->image, why);
	if (d->wish.kind == D2DDISPLAY_WINDOW && !d->once)
		bb_error_msg_and_die("'%s' wants to be a window: 'd2d display window - %s %s' opens it", d->image, d->name,
			d->image);
	if (d2ddisplay_may_share(d, image, &why) < 0)
		bb_error_msg_and_die("%s", why);
	why = d2ddisplay_commands_refused(d, image);
	if (why)
		bb_error_msg("%s", why);
	free(why);
	*id = d2ddisplay_server_id(d->root, &why);
	if (!*id)
		bb_error_msg_and_die("%s", why);
	return image;
}

/* Makes the directory of a display. Exits with a message if that fails. */
static void create(struct d2ddisplay *d)
{
	char *device = d2ddisplay_screen_device(d->root);
	int r;

	if (!d->on && !device)
		bb_simple_error_msg_and_die("this machine has no frame buffer (/dev/fb0)");
	free(device);
	r = d2ddisplay_create(d);
	if (r < 0)
		bb_error_msg_and_die(r == -EEXIST ? "there is a display '%s' already: 'd2d display stop' ends it"
			: r == -EBUSY ? "'%s': terminals 7 to 12 are in use" : "can't make the directory of '%s'", d->name);
}

static int start(const char *root, char **argv, const char *words, bool only_print)
{
	struct d2ddisplay d = { .root = root, .show = true };
	char *id;
	struct json_object *image = prepare(&d, argv, words, &id);
	int r;

	if (only_print) {
		d.vt = D2DDISPLAY_FIRST;
		return print(&d, image, id);
	}
	json_object_put(image);
	create(&d);
	r = d2ddisplay_spawn(&d);
	if (r == EXIT_SUCCESS)
		r = d2ddisplay_wait(&d);
	else
		d2d_remove_tree(d.dir);
	d2ddisplay_free(&d);
	free(id);
	return r;
}

/* Opens DESKTOP NAME IMAGE [ARG]... and supervises it in this process, until the application ends. */
static int window(const char *root, char **argv, const char *words, bool only_print)
{
	struct d2ddisplay d = { .root = root, .show = true, .once = true }, on = { .root = root };
	struct json_object *image;
	char *id;
	int r;

	if (strcmp(argv[0], "-") != 0) {
		if (!d2ddisplay_name_ok(argv[0]))
			bb_error_msg_and_die("there is no display '%s'", printable_string(argv[0]));
		d.on = xstrdup(argv[0]);
		if (!only_print)
			d2ddisplay_load_running(&on, argv[0]);
		d2ddisplay_free(&on);
	}
	image = prepare(&d, argv + 1, words, &id);
	if (only_print) {
		d.vt = d.on ? 0 : D2DDISPLAY_FIRST;
		return print(&d, image, id);
	}
	json_object_put(image);
	create(&d);
	r = d2ddisplay_run(root, d.name);
	d2ddisplay_free(&d);
	free(id);
	return r;
}

int d2ddisplay_main(int argc, char **argv) MAIN_EXTERNALLY_VISIBLE;
int d2ddisplay_main(int argc UNUSED_PARAM, char **argv)
{
	static const char longopts[] ALIGN1 =
		"print\0"   No_argument       "p"
		"options\0" Required_argument "o"
		"root\0"    Required_argument "R"
		;
	static const char verbs[] ALIGN1 = "list\0start\0window\0stop\0show\0shot\0copy\0share\0unshare\0boot\0run\0ids\0commands\0";
	enum { LIST, START, WINDOW, STOP, SHOW, SHOT, COPY, SHARE, UNSHARE, BOOT, RUN, IDS, COMMANDS };
	static const int8_t arguments[] = { 0, 2, 3, 1, 1, 2, 2, 1, 1, 0, 1, 1, 1 };
	const char *root = "", *words = NULL;
	unsigned opts, n;
	bool starts, look;
	int verb;

	opts = getopt32long(argv, "+po:R:", longopts, &words, &root);
	argv += optind;
	verb = argv[0] ? index_in_strings(verbs, argv[0]) : LIST;
	if (verb < 0)
		bb_error_msg_and_die("unknown verb '%s'", printable_string(argv[0]));
	if (*argv)
		argv++;
	n = string_array_len(argv);
	look = verb == SHARE && n == 2 && strcmp(argv[1], "look") == 0;
	if (look)
		n--;
	starts = verb == START || verb == WINDOW;
	if (n < (unsigned)arguments[verb] || (!starts && n > (unsigned)arguments[verb]) || (opts & (OPT_p | OPT_o) && !starts))
		bb_show_usage();
	if (verb == LIST)
		return list(root);
	if (!starts && n > 0 && !d2ddisplay_name_ok(argv[0]))
		bb_error_msg_and_die("there is no display '%s'", printable_string(argv[0]));
	if (verb == COPY && !d2ddisplay_name_ok(argv[1]))
		bb_error_msg_and_die("there is no display '%s'", printable_string(argv[1]));
	if (!root[0] && !(opts & OPT_p) && geteuid() != 0)
		bb_error_msg_and_die("%s: sudo d2d display", bb_msg_you_must_be_root);
	umask(022);
	switch (verb) {
	case START: return start(root, argv, words, opts & OPT_p);
	case WINDOW: return window(root, argv, words, opts & OPT_p);
	case STOP: return d2ddisplay_stop(root, argv[0]);
	case SHOW: return show(root, argv[0]);
	case SHOT: return d2ddisplay_shot(root, argv[0], argv[1]);
	case COPY: return d2ddisplay_copy(root, argv[0], argv[1]);
	case SHARE: return d2ddisplay_share(root, argv[0], look);
	case UNSHARE: return d2ddisplay_unshare(root, argv[0]);
	case BOOT: return d2ddisplay_boot(root);
	case IDS: return d2ddisplay_ids(root, argv[0]);
	case COMMANDS: return d2ddisplay_commands(root, argv[0]);
	default: return d2ddisplay_run(root, argv[0]);
	}
}
