/*
 * d2diso: an ISO that was built for Secure Boot. Its signed GRUB has the menu in itself, and starts only the kernel and the initramfs
 * that it was built with: these stay as they are, so the new ISO starts as the old one does. What only GRUB could read from the
 * ISO has nobody's signature, and GRUB would leave it out.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DISO) += d2diso_secure.o

#include "d2diso.h"

void d2diso_refuse_signed(const struct d2diso *d, const char *what)
{
	char *uuid = d2d_iso_info(&d->iso, D2D_ISO_SECUREBOOT);

	if (uuid)
		bb_error_msg_and_die("'%s' is built for Secure Boot, and its signed GRUB would not use %s: build the ISO with that (docs/secureboot.md)",
			printable_string(d->iso.path), what);
}

void d2diso_secure(const struct d2diso *d)
{
	char *uuid = d2d_iso_info(&d->iso, D2D_ISO_SECUREBOOT);
	unsigned i;

	for (i = 0; i < d->n; i++)
		if (strcmp(d->add[i].path, "d2d/early.img") == 0)
			d2diso_refuse_signed(d, "d2d/early.img without a signature");
	if (uuid && !(d->opt & OPT_q))
		printf("%s is built for Secure Boot, and so is the new ISO; with Secure Boot on, hooks, layers and settings%s need a "
			"signature by minisign\n", printable_string(d->iso.path), d->options.set || (d->opt & OPT_p) ? ", also those of -s and -p," : "");
	free(uuid);
}
