/*
 * d2dswarm: makes this machine a node of a swarm of Docker engines, which d2d/swarm.conf describes, and shows its state there.
 * All of a swarm's own work is done by the engine.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//config:config D2DSWARM
//config:	bool "d2dswarm"
//config:	default y
//config:	select D2D_LIBD2D_MOUNT
//config:	select LONG_OPTS
//config:	help
//config:	Joins a swarm of Docker engines at boot (d2d.swarm=join), with the
//config:	managers and the token of d2d/swarm.conf on a volume, checks what a
//config:	node needs, and shows the state of the swarm.

//applet:IF_D2DSWARM(APPLET(d2dswarm, BB_DIR_USR_BIN, BB_SUID_DROP))

//kbuild:lib-$(CONFIG_D2DSWARM) += d2dswarm.o

//usage:#define d2dswarm_trivial_usage
//usage:       "[-R ROOT] [show] | check [FILE] | [-w] join | leave | [-m] conf | boot"
//usage:#define d2dswarm_full_usage "\n\n"
//usage:       "Show or change this machine's membership in a swarm of engines\n"
//usage:     "\n	show	Show role, state, managers and whether they answer, and on a manager"
//usage:     "\n		nodes that are down or stale (default)"
//usage:     "\n	check	Test what is needed to join: settings, engine, host name, clock,"
//usage:     "\n		ports, managers, MTU, kernel. With FILE, look only for mistakes in it"
//usage:     "\n	join	Join the swarm of d2d/swarm.conf on the store, a stick or the medium"
//usage:     "\n	leave	Leave the swarm; a manager becomes a worker first"
//usage:     "\n	conf	On a manager: print a swarm.conf for workers. It has a secret"
//usage:     "\n	boot	Join if d2d.swarm=join is set, as a hook does at boot"
//usage:     "\n"
//usage:     "\n	-m,--manager	'conf' for further managers"
//usage:     "\n	-w,--wait	'join' asks again until it has joined"
//usage:     "\n	-R,--root ROOT	Use ROOT instead of /"
//usage:     "\n"
//usage:     "\nd2d/swarm.conf has lines KEY = VALUE: manager (HOST or HOST:PORT, several), token,"
//usage:     "\nadvertise and data-path (a network card, its MAC address, or an address). A token"
//usage:     "\nis taken from nowhere else, because others can read command lines."
//usage:     "\nExit status: 0 done, 1 something is wrong, 75 not joined yet, 77 nothing to do (boot)"
//usage:#define d2dswarm_example_usage
//usage:       "$ sudo d2d swarm conf >/media/stick/d2d/swarm.conf\n"
//usage:       "$ sudo d2d swarm check\n"

#include "d2dswarm.h"
#include <sys/prctl.h>
#include <sys/resource.h>

enum { OPT_m = 1 << 0, OPT_w = 1 << 1 };

/* The token must not get into a core file. */
static void hide_memory(void)
{
	static const struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

static int check(struct d2dswarm *d, const char *file)
{
	struct d2d_swarm node;
	int err;

	if (file) {
		d2dswarm_load(d, file);
		if (!d->wrong)
			puts("no mistake found");
	} else {
		err = d2d_swarm_read(&node);
		d2dswarm_load(d, NULL);
		d2dswarm_check(d, err == 0 ? &node : NULL, err);
		d2d_swarm_free(&node);
	}
	d2dswarm_unload(d);
	return d->wrong ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int status_of(enum d2dswarm_result result)
{
	return result == D2DSWARM_IS_IN ? EXIT_SUCCESS : result == D2DSWARM_LATER ? 75 : EXIT_FAILURE;
}

static int boot(struct d2dswarm *d)
{
	int wanted = d2dswarm_option(d), wrong = d->wrong, status;

	if (wanted < 0 || (wanted == 0 && wrong))
		return EXIT_FAILURE;
	if (wanted == 0) {
		puts("d2d.swarm=join isn't set");
		return D2D_EXIT_NOTHING;
	}
	d->quiet = true;
	status = status_of(d2dswarm_join(d, false));
	return status == EXIT_SUCCESS && wrong ? EXIT_FAILURE : status;
}

/* Refuses a token among the arguments, without repeating it, and wipes it, so that it is seen there for as short as possible. */
static void refuse_token(char **argv)
{
	bool found = false;

	for (; *argv; argv++) {
		if (!strcasestr(*argv, "SWMTKN"))
			continue;
		found = true;
		explicit_bzero(*argv, strlen(*argv));
	}
	if (found)
		bb_simple_error_msg_and_die("a token isn't taken from the command line, where every user can see it: put it into d2d/swarm.conf, "
			"and let a manager make a new one: docker swarm join-token --rotate worker");
}

int d2dswarm_main(int argc, char **argv) MAIN_EXTERNALLY_VISIBLE;
int d2dswarm_main(int argc UNUSED_PARAM, char **argv)
{
	static const char longopts[] ALIGN1 =
		"manager\0" No_argument       "m"
		"wait\0"    No_argument       "w"
		"root\0"    Required_argument "R"
		;
	static const char verbs[] ALIGN1 = "show\0check\0join\0leave\0conf\0boot\0";
	enum { SHOW, CHECK, JOIN, LEAVE, CONF, BOOT };
	struct d2dswarm d = { .root = "" };
	unsigned opts;
	int verb;

	hide_memory();
	refuse_token(argv);
	opts = getopt32long(argv, "mwR:", longopts, &d.root);
	argv += optind;
	verb = argv[0] ? index_in_strings(verbs, argv[0]) : SHOW;
	if (verb < 0)
		bb_error_msg_and_die("unknown verb '%s'", printable_string(argv[0]));
	if ((opts & OPT_m && verb != CONF) || (opts & OPT_w && verb != JOIN) || (argv[0] && argv[1] && (verb != CHECK || argv[2])))
		bb_show_usage();
	if (verb == SHOW)
		return d2dswarm_show(&d);
	if (verb == CHECK && argv[1])
		return check(&d, argv[1]);
	if (!d.root[0] && geteuid() != 0)
		bb_error_msg_and_die("%s: sudo d2d swarm", bb_msg_you_must_be_root);
	umask(022);
	if (verb == CHECK)
		return check(&d, NULL);
	if (verb == LEAVE)
		return d2dswarm_leave(&d);
	if (verb == CONF)
		return d2dswarm_print_conf(&d, opts & OPT_m);
	return verb == BOOT ? boot(&d) : status_of(d2dswarm_join(&d, opts & OPT_w));
}
