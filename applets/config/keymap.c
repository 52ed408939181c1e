/*
 * d2dconfig: the keyboard layout. The hook that loads the layout of the kernel command line, before the store is there, also loads
 * that of the store.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DCONFIG) += d2dconfig_keymap.o

#include "d2dconfig.h"

#define HOOK D2D_HOOKS"/20-devices/40-keymap"

int d2dconfig_keymap(const struct d2dconfig *c, const char *name)
{
	char *argv[] = { (char *)HOOK, NULL };
	int status;

	if (c->root[0])
		return 0;
	if (access(HOOK, X_OK) != 0) {
		bb_simple_error_msg("this image has no hook 20-devices/40-keymap, which loads keyboard layouts");
		return EXIT_FAILURE;
	}
	fflush_all();
	xsetenv("D2D_OPT_KEYMAP", name);
	status = spawn_and_wait(argv);
	unsetenv("D2D_OPT_KEYMAP");
	return status;
}

int d2dconfig_keymap_apply(const struct d2dconfig *c)
{
	llist_t *cmdline = NULL, *l;
	char *name = d2d_option_at(c->root, "keymap");
	bool loaded = false;
	int status = 0;

	d2d_options_read(c->root, D2D_CMDLINE, &cmdline);
	for (l = cmdline; l; l = l->link)
		loaded |= d2dconfig_is_key(l->data, "keymap");
	if (name && name[0] && !loaded)
		status = d2dconfig_keymap(c, name);
	llist_free(cmdline, free);
	free(name);
	return status;
}
