/*
 * d2d: what the user can do so that Docker's data outlasts the power.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D) += d2dfront_keep.o

#include "d2dfront.h"
#include "d2d_volume.h"

char *d2dfront_how_to_keep(const struct d2d_volume *volumes, int n)
{
	int i;

	for (i = 0; i < n; i++)
		if (volumes[i].role == D2D_ROLE_STORE)
			return xasprintf("repair the store on %s and restart", volumes[i].dev);
	if (find_applet_by_name("d2dinstall") >= 0)
		return xstrdup("sudo d2d install DISK");
	return xstrdup("sudo e2label DEVICE D2D-STORE for an ext4 partition, and restart");
}
