/*
 * d2droot: decides whether changes to the root file system are kept on the store, which must be trusted, or in memory.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DROOT) += d2droot_changes.o

#include <sys/statvfs.h>
#include "d2droot.h"

void d2droot_keep_in_memory(struct d2droot *r, const char *why)
{
	bb_error_msg("changes of the root are kept in memory, not on the store: %s", why);
	r->keep = false;
	r->code = EXIT_FAILURE;
}

/* Checks whether changes may be kept on the store. A file there replaces any program of the root, so the store must be
 * trusted like an unsigned hook. */
void d2droot_check_store(struct d2droot *r)
{
	const char *why = NULL;
	struct stat st, above;
	struct statvfs vfs;

	if (stat(D2D_STORE, &st) != 0 || stat(D2D_RUN, &above) != 0 || st.st_dev == above.st_dev)
		why = "there is no store";
	else if (statvfs(D2D_STORE, &vfs) == 0 && (vfs.f_flag & ST_RDONLY))
		why = "it is read-only";
	else if (r->trust.mode == D2D_TRUST_BUILTIN)
		why = "only what is in the image is trusted";
	else if (!r->trust.store)
		why = d2d_trust_required(&r->trust, d2d_kind_dir(D2D_KIND_LAYERS));
	if (why)
		d2droot_keep_in_memory(r, why);
}
