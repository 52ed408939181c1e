/*
 * d2dsetup: the page for SSH keys, which d2dssh takes from USB sticks.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DSETUP) += d2dsetup_ssh.o

#include "d2dsetup.h"

void d2dsetup_ssh(const struct d2dsetup *s)
{
	const char *look[] = { "d2dssh", "-R", s->root, "-b", NULL }, *list[] = { "d2dssh", "-R", s->root, NULL };
	char *output;
	int status;

	if (!d2dsetup_confirm("SSH keys", "Copy your public key to a USB stick, as the file d2d/authorized_keys, and plug it in now. "
			"The key counts whenever the stick is plugged in at boot, and until this machine is switched off.",
			"Look for keys on the stick"))
		return;
	status = d2dsetup_run(s, look, &output);
	if (status != 0 && output[0])
		d2dsetup_message("SSH keys", output);
	free(output);
	d2dsetup_show(s, "SSH keys", list);
}
