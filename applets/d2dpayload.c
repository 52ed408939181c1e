/*
 * d2dpayload: payloads on servers. On the machine on which a payload is prepared, it writes the index of a directory; at boot it gets
 * the payloads that d2d.payload= names.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//config:config D2DPAYLOAD
//config:	bool "d2dpayload"
//config:	default y
//config:	select D2D_LIBD2D
//config:	select LONG_OPTS
//config:	help
//config:	Writes the index of a directory with a payload (hooks, images,
//config:	layers, settings), so that a server can offer it by HTTP or TFTP.
//config:
//config:config FEATURE_D2DPAYLOAD_FETCH
//config:	bool "Payloads on servers (HTTP, HTTPS, TFTP)"
//config:	default y
//config:	depends on D2DPAYLOAD
//config:	select D2D_LIBD2D_MOUNT
//config:	select D2D_LIBD2D_FETCH
//config:	help
//config:	d2d.payload=http://HOST/PATH: gets a payload from a server at boot,
//config:	before the store is unlocked, by busybox's wget and tftp. https://
//config:	needs the digest of the index on the command line, because wget
//config:	doesn't check certificates.

//applet:IF_D2DPAYLOAD(APPLET(d2dpayload, BB_DIR_USR_BIN, BB_SUID_DROP))

//kbuild:lib-$(CONFIG_D2DPAYLOAD) += d2dpayload.o

//usage:#define d2dpayload_trivial_usage
//usage:       "index DIR" IF_FEATURE_D2DPAYLOAD_FETCH(" | [-R ROOT] [-w SEC] fetch [URL]...")
//usage:#define d2dpayload_full_usage "\n\n"
//usage:       "Prepare or get hooks, images and settings on a server\n"
//usage:     "\n	index	Write DIR/d2d/index, which lists all files in DIR/d2d with their digests,"
//usage:     "\n		and print the option d2d.payload= with the digest of the index. To be"
//usage:     "\n		repeated after each change"
//usage:	IF_FEATURE_D2DPAYLOAD_FETCH(
//usage:     "\n	fetch	Get the payloads with these URLs, without URL those of d2d.payload=, that"
//usage:     "\n		aren't there already. A URL names the directory that was DIR:"
//usage:     "\n		http://HOST/PATH, tftp://HOST/PATH, or https://HOST/PATH#sha256=DIGEST"
//usage:     "\n		with the digest of the index; or an NFS export: nfs://HOST/PATH"
//usage:     "\n"
//usage:     "\n	-w,--wait SEC	Try for SEC seconds to get an answer (d2d.wait=, or 10)"
//usage:     "\n	-R,--root ROOT	Use ROOT instead of /, and mount nothing"
//usage:	)
//usage:     "\n"
//usage:     "\nExit status: 0 done, 1 something could not be got, 77 nothing to do"
//usage:#define d2dpayload_example_usage
//usage:       "$ d2d-host payload index /srv/www/kiosk\n"

#include "d2dpayload.h"

enum { WAIT_DEFAULT = 10, WAIT_MAX = 50 };	/* seconds */

static unsigned seconds_of(const char *text)
{
	unsigned n = bb_strtou(text, NULL, 10);

	return errno ? WAIT_DEFAULT : MIN(n, WAIT_MAX);
}

int d2dpayload_main(int argc, char **argv) MAIN_EXTERNALLY_VISIBLE;
int d2dpayload_main(int argc UNUSED_PARAM, char **argv)
{
	struct d2dpayload d = { .root = "" };
	const char *seconds = NULL;
	char *option;

	if (!ENABLE_FEATURE_D2DPAYLOAD_FETCH) {
		getopt32(argv, "^" "\0" "=2");
		argv += optind;
		if (strcmp(argv[0], "index") != 0)
			bb_show_usage();
		return d2dpayload_index(argv[1]);
	}
	getopt32long(argv, "^" "+R:w:" "\0" "-1", "root\0" Required_argument "R" "wait\0" Required_argument "w", &d.root, &seconds);
	argv += optind;
	if (strcmp(argv[0], "index") == 0 && argv[1] && !argv[2])
		return d2dpayload_index(argv[1]);
	if (strcmp(argv[0], "fetch") != 0)
		bb_show_usage();
	if (!d.root[0] && geteuid() != 0)
		bb_error_msg_and_die("%s: sudo d2d payload fetch", bb_msg_you_must_be_root);
	option = seconds ? NULL : d2d_option_at(d.root, "wait");
	d.wait = seconds ? xatou_range(seconds, 0, 3600) : option ? seconds_of(option) : WAIT_DEFAULT;
	free(option);
	return d2dpayload_fetch(&d, argv + 1);
}
