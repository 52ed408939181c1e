/*
 * d2dcheck: lists what an ISO of debian2docker contains, verifies it, and says what would run when it boots. It mounts nothing
 * and needs no privileges.
 *
 * This file holds the options; the parts are in applets/check/.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//config:config D2DCHECK
//config:	bool "d2dcheck"
//config:	default n
//config:	depends on D2DIMPORT && D2DHOOK
//config:	select D2D_LIBD2D_ISO
//config:	select LONG_OPTS
//config:	help
//config:	Lists and verifies the content of an ISO (docs/remaster.md). It runs
//config:	xorriso, which the image doesn't contain. It is meant for the machine
//config:	on which media are made ('make host').

//applet:IF_D2DCHECK(APPLET(d2dcheck, BB_DIR_USR_BIN, BB_SUID_DROP))

//kbuild:lib-$(CONFIG_D2DCHECK) += d2dcheck.o

//usage:#define d2dcheck_trivial_usage
//usage:       "[-q] [-k KEY]... ISO"
//usage:#define d2dcheck_full_usage "\n\n"
//usage:       "List and verify what an ISO contains, and say what would run at boot (needs\n"
//usage:       "xorriso). ISO is a file, or a disk to which one was written. It isn't mounted, and\n"
//usage:       "a file needs no root\n"
//usage:     "\n	-k,--key KEY	Verify signatures by this public key of minisign, too"
//usage:     "\n	-q,--quiet	Show no progress"
//usage:     "\n"
//usage:     "\nExit status: 0 all is right, 1 something is damaged or can't be used"

#include "d2dcheck.h"
#include "d2d_trust.h"

static void add_key(struct d2dcheck *c, const char *path)
{
	struct d2d_minisign_key key;
	char *text;
	size_t len;
	int r = d2d_file_read(path, D2D_MINISIGN_MAX, &text, &len);

	if (r < 0)
		bb_error_msg_and_die("'%s' %s", printable_string(path), d2d_file_error(r));
	if (!ENABLE_FEATURE_D2DHOOK_SIGNED || d2d_minisign_key_parse(text, len, &key) < 0)
		bb_error_msg_and_die("'%s' is not a public key of minisign", printable_string(path));
	llist_add_to_end(&c->keys, text);
}

int d2dcheck_main(int argc, char **argv) MAIN_EXTERNALLY_VISIBLE;
int d2dcheck_main(int argc UNUSED_PARAM, char **argv)
{
	struct d2dcheck c = { .root = NULL };
	llist_t *keys = NULL, *l;
	char *why = NULL;

	c.opt = getopt32long(argv, "^" "k:*q" "\0" "=1", "key\0" Required_argument "k" "quiet\0" No_argument "q", &keys);
	argv += optind;
	for (l = keys; l; l = l->link)
		add_key(&c, l->data);
	if (d2d_iso_open(&c.iso, argv[0], &why) < 0)
		bb_error_msg_and_die("'%s': %s", printable_string(argv[0]), printable_string(why));
	d2dcheck_boot(&c);
	d2dcheck_settings(&c);
	d2dcheck_images(&c);
	d2dcheck_tree(&c);
	d2dcheck_hooks(&c);
	d2dcheck_tree_remove(&c);
	d2dcheck_sums(&c);
	d2d_iso_close(&c.iso);
	fflush_all();
	return c.bad ? EXIT_FAILURE : EXIT_SUCCESS;
}
