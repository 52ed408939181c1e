/*
 * d2dhook unsigned: tells whether programs of the store may run without a signature, as its hooks do, for scripts that run other
 * files of the store.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DHOOK) += d2dhook_unsigned.o

#include "d2dhook.h"

int d2dhook_unsigned(struct d2dhook *d)
{
	const char *why = NULL;

	if (d->dirs[0])
		bb_show_usage();
	d->env = d2d_hook_env(d->root, NULL);
	d2d_trust_begin(&d->trust, d->root, d2dhook_option(d, "HOOKS"), d2dhook_option(d, "STORE"));
	if (d->trust.mode == D2D_TRUST_BUILTIN)
		why = "only the image's own hooks run here";
	else if (!d->trust.store)
		why = d2d_trust_required(&d->trust, "60-services");
	if (why)
		puts(why);
	fflush_stdout_and_exit(why ? EXIT_BAD : EXIT_SUCCESS);
}
