/*
 * Payloads that came over the network, as rows of the list of volumes: NFS exports, and what d2dpayload has downloaded into a tmpfs,
 * whose source in /proc/mounts is the URL.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D_PROBE) += d2d_net_payload.o

#include <glob.h>
#include "d2d_volume.h"

int d2d_payload_from(const char *name)
{
	static const char kinds[] ALIGN1 = "nfs\0net\0pinned\0";
	const char *kind, *digits;
	int i = D2D_FROM_NFS;

	for (kind = kinds; *kind; kind += strlen(kind) + 1, i++) {
		digits = is_prefixed_with(name, kind);
		if (digits && !digits[strspn(digits, "0123456789")])
			return i;
	}
	return D2D_FROM_VOLUME;
}

llist_t *d2d_volume_dirs(const char *root)
{
	char *pattern = xasprintf("{%s"D2D_MEDIUM",%s"D2D_PAYLOAD"/*}", root, root);
	llist_t *dirs = NULL;
	size_t i;
	glob_t g;

	if (glob(pattern, GLOB_BRACE, NULL, &g) == 0) {
		for (i = 0; i < g.gl_pathc; i++)
			if (d2d_payload_from(bb_basename(g.gl_pathv[i])) == D2D_FROM_VOLUME)
				llist_add_to_end(&dirs, xstrdup(g.gl_pathv[i]));
		globfree(&g);
	}
	free(pattern);
	return dirs;
}

/* Reads only /proc/mounts: a request to the server would block while the server can't be reached. */
int d2d_net_payloads_add(struct d2d_volume **list, int n)
{
	FILE *mounts = setmntent("/proc/mounts", "r");
	struct mntent *m;

	while (mounts && (m = getmntent(mounts)) != NULL) {
		const char *name = is_prefixed_with(m->mnt_dir, D2D_PAYLOAD"/");
		struct d2d_volume *v;

		if (!name || d2d_payload_from(name) == D2D_FROM_VOLUME)
			continue;
		*list = xrealloc(*list, sizeof(**list) * (n + 1));
		v = *list + n++;
		memset(v, 0, sizeof(*v));
		v->dev = xstrdup(m->mnt_fsname);
		v->name = xstrdup(name);
		v->fstype = xstrdup(is_prefixed_with(m->mnt_type, "nfs") ? "nfs" : m->mnt_type);
		v->uuid = xstrdup("");
		v->label = xstrdup("");
		v->mountpoint = xstrdup(m->mnt_dir);
		d2d_role_set(v, D2D_ROLE_PAYLOAD, "is named by d2d.payload=, has a directory d2d/");
	}
	if (mounts)
		endmntent(mounts);
	return n;
}
