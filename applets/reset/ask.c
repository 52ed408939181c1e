/*
 * d2dreset: finds the store to be reset, and asks the user for confirmation and for the new passphrase.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DRESET) += d2dreset_ask.o

#include "d2dreset.h"

char *d2dreset_mounted(void)
{
	struct mntent *m = find_mount_point(D2D_STORE, 0);

	if (!m || strcmp(m->mnt_dir, D2D_STORE) != 0)
		bb_simple_error_msg_and_die("no store is mounted: name the device that is to be reset");
	return xstrdup(m->mnt_fsname);
}

void d2dreset_ask(unsigned opt, const char *word)
{
	char *answer;

	if (opt & INSTALL_DRY_RUN)
		fflush_stdout_and_exit_SUCCESS();
	if (opt & INSTALL_YES)
		return;
	printf("Type %s to go on: ", printable_string(word));
	fflush_all();
	answer = xmalloc_fgetline(stdin);
	if (!answer || strcmp(answer, word) != 0)
		bb_simple_error_msg_and_die("not confirmed: nothing has changed");
	free(answer);
}

struct install_key *d2dreset_ask_key(bool console, int seconds)
{
	struct install_key *key;
	int r;

	if (!ENABLE_FEATURE_D2DINSTALL_LUKS)
		return NULL;
	key = d2dinstall_key(NULL);
	r = d2dinstall_key_ask(key, console, seconds);
	if (r < 0)
		bb_error_msg_and_die("%s: nothing has changed", d2dinstall_key_error(r));
	return key;
}
