/*
 * d2dengine: applies settings of the engine that volumes bring: daemon.json, certificates and keys for registries, certificates of
 * authorities, and the proxy.
 *
 * The files of the image are never changed. The result is written below /run/d2d/engine and mounted or linked over them, so that
 * the settings of a volume end with this boot, even where changes of the root are kept on the store.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//config:config D2DENGINE
//config:	bool "d2dengine"
//config:	default y
//config:	select D2D_LIBD2D_MOUNT
//config:	select LONG_OPTS
//config:	help
//config:	Applies settings of the engine that volumes bring: d2d/daemon.json,
//config:	d2d/certs.d, d2d/ca, and the proxy of d2d.proxy=. Also those of
//config:	boot2docker's profile, as docker-machine writes it.

//applet:IF_D2DENGINE(APPLET(d2dengine, BB_DIR_USR_BIN, BB_SUID_DROP))

//kbuild:lib-$(CONFIG_D2DENGINE) += d2dengine.o

//usage:#define d2dengine_trivial_usage
//usage:       "[-b] [-R ROOT]"
//usage:#define d2dengine_full_usage "\n\n"
//usage:       "List the settings of the engine that volumes bring, from their directories d2d/:\n"
//usage:       "where each is, why it is trusted, and whether it is used\n"
//usage:     "\n	-b,--boot	Apply them, as a hook does at boot before dockerd starts"
//usage:     "\n	-R,--root ROOT	Use ROOT instead of /, and mount nothing"
//usage:     "\n"
//usage:     "\ndaemon.json is merged with the image's own; settings with which this system"
//usage:     "\nwould not work are left out. ca/NAME.crt is added to the certificates of all"
//usage:     "\nprograms, certs.d/REGISTRY/ to those for one registry. d2d.proxy=URL is the proxy"
//usage:     "\nof the engine and of login shells, d2d.noproxy=HOST,... are hosts without it."
//usage:     "\nOptions of dockerd in /var/lib/boot2docker/profile count, too, and what it exports;"
//usage:     "\nnothing of it is executed."
//usage:     "\nExit status: 0 done, 1 something is refused or failed, 77 nothing to do (-b)"
//usage:#define d2dengine_example_usage
//usage:       "$ sudo d2d engine\n"
//usage:       "daemon.json usb (unsigned) /run/d2d/payload/sdb1/d2d/daemon.json used\n"

#include "d2dengine.h"

enum { OPT_b = 1 << 0 };

/* Prints the line of a setting: the listing has one for each, the boot one for each that is refused. */
static void print_setting(const struct d2d_hook *file)
{
	char *line = xasprintf("%s %s (%s) %s %s%s%s", file->name, file->source, file->trust ? : "-", file->file,
		file->state == D2D_HOOK_RUNS ? "used" : d2d_hook_state(file),
		file->state == D2D_HOOK_REFUSED ? ": " : file->why ? " " : "", file->why ? : "");
	char *shown = d2d_printable(line, strlen(line));

	puts(shown);
	free(shown);
	free(line);
}

static void find_settings(struct d2dengine *e, bool copy)
{
	struct d2d_trust trust = { .root = NULL };
	char **env = d2d_hook_env(e->root, NULL);

	d2d_trust_begin(&trust, e->root, d2d_hook_option(env, "HOOKS"), d2d_hook_option(env, "STORE"));
	trust.kind = D2D_KIND_SETTINGS;
	trust.copies = D2DENGINE_DIR"/verified";
	d2d_bin_find(&e->files, e->root, &trust, copy);
	d2dengine_find_boot2docker(e, &trust);
	d2d_trust_free(&trust);
	d2d_hook_env_free(env);
}

/* Settings of the network and the swarm and keys for SSH are found and signed together with those of the engine, but other applets
 * read them. */
static bool is_of_engine(const struct d2d_hook *file)
{
	static const char others[] ALIGN1 = D2D_SETTING_NETWORK"\0"D2D_SETTING_KEYS"\0"D2D_SETTING_SWARM"\0";

	return index_in_strings(others, file->name) < 0;
}

static int list(const struct d2dengine *e)
{
	int code = EXIT_SUCCESS;
	unsigned i, n = 0;

	for (i = 0; i < e->files.n; i++) {
		if (!is_of_engine(e->files.hook[i]))
			continue;
		n++;
		print_setting(e->files.hook[i]);
		if (e->files.hook[i]->state == D2D_HOOK_REFUSED)
			code = EXIT_FAILURE;
	}
	if (!n)
		puts("no volume brings settings of the engine");
	return code;
}

static int apply(struct d2dengine *e)
{
	unsigned i, used = 0;

	d2dengine_undo(e);
	for (i = 0; i < e->files.n; i++) {
		if (e->files.hook[i]->state == D2D_HOOK_REFUSED && is_of_engine(e->files.hook[i])) {
			print_setting(e->files.hook[i]);
			e->code = EXIT_FAILURE;
		}
	}
	used += d2dengine_certificates(e);
	used += d2dengine_daemon(e);
	if (!used && e->code == EXIT_SUCCESS) {
		puts("no volume brings settings of the engine");
		return D2D_EXIT_NOTHING;
	}
	return e->code;
}

int d2dengine_main(int argc, char **argv) MAIN_EXTERNALLY_VISIBLE;
int d2dengine_main(int argc UNUSED_PARAM, char **argv)
{
	static const char longopts[] ALIGN1 =
		"boot\0" No_argument       "b"
		"root\0" Required_argument "R"
		;
	struct d2dengine e = { .root = "" };
	unsigned opts = getopt32long(argv, "^" "bR:" "\0" "=0", longopts, &e.root);

	if (!e.root[0] && geteuid() != 0)
		bb_error_msg_and_die("%s: sudo d2d engine", bb_msg_you_must_be_root);
	find_settings(&e, opts & OPT_b);
	return fflush_all() | (opts & OPT_b ? apply(&e) : list(&e));
}
