/*
 * d2dssh: decides who may log in by SSH, keeps the host keys, and starts the server as soon as there is a key.
 *
 * The server, dropbear, reads two files for each login: the user's own ~/.ssh/authorized_keys, and one that this program has
 * written with the keys of volumes and of the kernel command line (iso/ssh/build). So the latter never get into a home directory,
 * where they would outlast their volume.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//config:config D2DSSH
//config:	bool "d2dssh"
//config:	default y
//config:	select D2D_LIBD2D_MOUNT
//config:	select LONG_OPTS
//config:	help
//config:	Collects the keys that may log in by SSH, keeps the host keys on the
//config:	store, and starts the SSH server (dropbear).
//config:
//config:config FEATURE_D2DSSH_ROOT
//config:	bool "Let root log in by SSH"
//config:	default n
//config:	depends on D2DSSH
//config:	help
//config:	With the keys of volumes and of the kernel command line, and those in
//config:	root's own home directory. Without this option only user docker may
//config:	log in, who has sudo (if the image has it).

//applet:IF_D2DSSH(APPLET(d2dssh, BB_DIR_USR_BIN, BB_SUID_DROP))

//kbuild:lib-$(CONFIG_D2DSSH) += d2dssh.o

//usage:#define d2dssh_trivial_usage
//usage:       "[-R ROOT] [-b | -w | -e | -u]"
//usage:#define d2dssh_full_usage "\n\n"
//usage:       "Show whether the SSH server listens, its host keys, and the keys that may log in\n"
//usage:       "as user docker\n"
//usage:     "\n	-b,--boot	Collect keys, prepare the host keys, and start the server,"
//usage:     "\n			as a hook does at boot"
//usage:     "\n	-w,--wait	Wait until there is a key, then become the server (used by"
//usage:     "\n			the server's supervisor)"
//usage:     "\n	-e,--early	Start a server on port 2222 that asks for the passphrase of the"
//usage:     "\n			store and does nothing else (used by a hook with"
//usage:     "\n			d2d.ssh=early)"
//usage:     "\n	-u,--unlock	Ask for the passphrase (used by that server)"
//usage:     "\n	-R,--root ROOT	Use ROOT instead of /, and print the command that would start"
//usage:     "\n			the server"
//usage:     "\n"
//usage:     "\nKeys are taken from ~/.ssh/authorized_keys, from d2d/authorized_keys of the store,"
//usage:     "\nthe medium and USB sticks (trusted like hooks; an empty file hides those of lower"
//usage:     "\nsources), and from d2d.ssh-key=KEY,... on the kernel command line, where KEY is"
//usage:     "\nthe second word of the .pub file. d2d.ssh=no starts no server, d2d.ssh=yes starts"
//usage:     "\nit without waiting for a key. With d2d.ssh=early the passphrase of an encrypted"
//usage:     "\nstore can be given by SSH, to a server on port 2222: 'ssh -p 2222 docker@HOST'."
//usage:     "\nIts host key is d2d/ssh_early_host_key of the medium or a stick, or new in each"
//usage:     "\nboot; its keys are those of the medium, sticks and the command line.\n"
//usage:     "Exit status: 0 done, 1 something is refused or failed, 77 no server is started\n"
//usage:       "(-b)"
//usage:#define d2dssh_example_usage
//usage:       "$ d2d ssh\n"
//usage:       "server  listens on port 22\n"
//usage:       "host    SHA256:l2Jrkyj6TsqChPDhZfTPzjVhNfbQNVvSQgKJfRcx9+k (ED25519)\n"
//usage:       "login   SHA256:qL0yJ4nNUSJYCpmaOZeVBUAsrSWwUTPDRUk2iC0ZFxg (ED25519) me@laptop\n"
//usage:       "          /home/docker/.ssh/authorized_keys\n"

#include "d2dssh.h"

enum { OPT_b = 1 << 0, OPT_w = 1 << 1, OPT_e = 1 << 2, OPT_u = 1 << 3 };

static int start(struct d2dssh *d, bool always)
{
	static const char *const argv[] = { "d2dstart", "ssh", "--", "d2dssh", "-w", NULL };
	bool listens = always || d2dssh_has_key(d);

	if (listens) {
		d2dssh_set_state(d, D2DSSH_LISTENS);
		d2dssh_announce(d);
	} else if (d2dssh_listens(d)) {
		puts("there is no key any more: nobody can log in until there is one");
	} else {
		d2dssh_set_state(d, "waits");
		puts("there is no key yet: the server starts as soon as there is one, in ~/.ssh/authorized_keys for example");
	}
	fflush_all();
	if (d->root[0])
		puts("d2dstart ssh -- d2dssh -w");
	else if (spawn_and_wait((char **)argv) != 0)
		d->code = EXIT_FAILURE;
	return d->code;
}

/* Returns why there can be no server, or NULL. */
static const char *no_server(const struct d2dssh *d)
{
	char *server = d2dssh_path(d, D2DSSH_SERVER);
	bool exists = access(server, X_OK) == 0;

	free(server);
	return exists ? NULL : "this image has no SSH server (menuconfig, D2D_SSH)";
}

static int boot(struct d2dssh *d)
{
	char *dir = d2dssh_path(d, D2DSSH_DIR), *how = d2d_option_at(d->root, "ssh");
	const char *off = no_server(d);

	if (bb_make_directory(dir, 0755, FILEUTILS_RECUR) < 0)
		xfunc_die();
	if (!off && how && strcmp(how, "no") == 0)
		off = "d2d.ssh=no";
	if (off) {
		char *state = xasprintf("off: %s", off);

		d2dssh_set_state(d, state);
		puts(off);
		return D2D_EXIT_NOTHING;
	}
	if (how && strcmp(how, "yes") != 0 && strcmp(how, "early") != 0) {
		printf("d2d.ssh=%s: not one of no, yes and early, and ignored\n", printable_string(how));
		d->code = EXIT_FAILURE;
	}
	d2dssh_collect(d);
	d2dssh_host_keys(d);
	return start(d, how && strcmp(how, "yes") == 0);
}

int d2dssh_main(int argc, char **argv) MAIN_EXTERNALLY_VISIBLE;
int d2dssh_main(int argc UNUSED_PARAM, char **argv)
{
	static const char longopts[] ALIGN1 =
		"boot\0" No_argument       "b"
		"wait\0" No_argument       "w"
		"early\0" No_argument      "e"
		"unlock\0" No_argument     "u"
		"root\0" Required_argument "R"
		;
	struct d2dssh d = { .root = "" };
	unsigned opts = getopt32long(argv, "^" "bweuR:" "\0" "=0:b--weu:w--beu:e--bwu:u--bweR", longopts, &d.root);

	if (!(opts & (OPT_b | OPT_w | OPT_e | OPT_u)))
		return d2dssh_list(&d);
	if (opts & OPT_u)
		d2dssh_unlock();
	if (!d.root[0] && geteuid() != 0)
		bb_error_msg_and_die("%s: sudo d2d ssh", bb_msg_you_must_be_root);
	umask(022);
	if (opts & OPT_b)
		return boot(&d);
	if (opts & OPT_e) {
		const char *off = no_server(&d);

		if (!off)
			return d2dssh_early(&d);
		puts(off);
		return D2D_EXIT_NOTHING;
	}
	d2dssh_wait(&d);
}
