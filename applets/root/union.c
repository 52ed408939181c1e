/*
 * d2droot: mounts the union of the layers, and makes it the root.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DROOT) += d2droot_union.o

#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include "d2droot.h"

#define NEW "/mnt"	/* mount point of the new root until pivot_root(2); not below a mount that is moved */

/* The mount points directly below the mount on /. All other mounts hang on these and move with them. */
struct mounts {
	char **path;
	unsigned n, moved;
};

static int fail(int err, const char *what, const char *of)
{
	bb_error_msg("can't make the root a union: %s%s: %s", what, of, strerror(-err));
	return err;
}

bool d2droot_is_union(void)
{
	enum { OVERLAY = 0x794c7630, AUFS = 0x61756673 };
	struct statfs fs;

	return statfs("/", &fs) == 0 && (fs.f_type == OVERLAY || fs.f_type == AUFS);
}

int d2droot_begin(void)
{
	if (bb_make_directory(xstrdup(D2D_ROOT), 0755, FILEUTILS_RECUR) < 0
	 || mount("root", D2D_ROOT, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0700") < 0)
		return fail(-errno, "can't mount ", D2D_ROOT);
	return 0;
}

void d2droot_end(void)
{
	umount2(D2D_ROOT, MNT_DETACH);
	rmdir(D2D_ROOT);
}

/* ---- what is mounted ---- */

/* Finds the mounts whose parent is the mount on /. mountinfo isn't sorted by hierarchy, so the parent's mount ID is
 * compared. */
static int find_mounts(struct mounts *m)
{
	FILE *f;
	struct statx st;
	char *line;

	if (statx(AT_FDCWD, "/", 0, STATX_MNT_ID, &st) < 0)
		return -errno;
	if (!(st.stx_mask & STATX_MNT_ID))
		return -ENOSYS;
	f = fopen_for_read("/proc/self/mountinfo");
	if (!f)
		return -errno;
	while ((line = xmalloc_fgetline(f)) != NULL) {
		char path[PATH_MAX];
		unsigned long long parent;

		if (strlen(line) < sizeof(path) && sscanf(line, "%*s %llu %*s %*s %4095s", &parent, path) == 2) {
			d2d_unescape_mount(path);
			if (parent == st.stx_mnt_id && strcmp(path, "/") != 0 && strcmp(path, NEW) != 0) {
				m->path = xrealloc_vector(m->path, 4, m->n);
				m->path[m->n++] = xstrdup(path);
			}
		}
		free(line);
	}
	fclose(f);
	return 0;
}

static void free_mounts(struct mounts *m)
{
	while (m->n)
		free(m->path[--m->n]);
	free(m->path);
}

/* ---- the union ---- */

/* Returns the directory for the changes of the root, and for the work directory of overlayfs. */
static const char *changes_of(const struct d2droot *r)
{
	if (!r->keep)
		return D2D_ROOT;
	return r->kind == D2DROOT_AUFS ? D2DROOT_STORE_AUFS : D2DROOT_STORE;
}

static int make_folders(const struct d2droot *r)
{
	const char *changes = changes_of(r);
	char *upper = xasprintf("%s/upper", changes), *work = xasprintf("%s/work", changes);
	int err = 0;

	if (r->keep && bb_make_directory(xstrdup(changes), 0755, FILEUTILS_RECUR) < 0)
		err = -errno;
	/* The mode of upper/ becomes the mode of the root. */
	if (!err && ((mkdir(upper, 0755) < 0 && errno != EEXIST) || (mkdir(work, 0700) < 0 && errno != EEXIST)
	 || (mkdir(D2DROOT_LAYERS, 0700) < 0 && errno != EEXIST))
	)
		err = -errno;
	free(upper);
	free(work);
	return err;
}

/* Mounts the union on NEW. The paths of layers are relative, because the options of a mount must fit into one page. */
static int mount_union(struct d2droot *r, const struct mounts *m)
{
	const char *changes = changes_of(r);
	bool aufs = r->kind == D2DROOT_AUFS;
	char *layers, *data;
	int err = 0;

	layers = d2droot_layers(r, aufs ? "=ro+wh" : "", m->path, m->n);
	if (!layers)
		return -EIO;
	if (chdir(D2DROOT_LAYERS) < 0)
		err = fail(-errno, "can't open ", D2DROOT_LAYERS);
	if (!err) {
		if (aufs)
			/* Without xino=, aufs keeps its inode table on the store, always open for writing. */
			data = xasprintf("br:%s/upper=rw:%s/=ro+wh,xino="D2D_ROOT"/.aufs.xino", changes, layers);
		else
			data = xasprintf("lowerdir=%s/,upperdir=%s/upper,workdir=%s/work", layers, changes, changes);
		if (mount("root", NEW, aufs ? "aufs" : "overlay", MS_SILENT, data) < 0)
			err = errno == ENODEV ? fail(-errno, "this kernel has no ", aufs ? "aufs" : "overlay")
				: fail(-errno, "can't mount the union of ", data);
		free(data);
	}
	if (chdir("/") < 0)
		err = err ? : -errno;
	free(layers);
	return err;
}

/* ---- the change of roots ---- */

static int move_mounts(struct mounts *m)
{
	for (; m->moved < m->n; m->moved++) {
		char *to = xasprintf(NEW"%s", m->path[m->moved]);
		int err = 0;

		if (mount(m->path[m->moved], to, NULL, MS_MOVE, NULL) < 0)
			err = fail(-errno, "can't move to ", to);
		free(to);
		if (err)
			return err;
	}
	return 0;
}

static void move_back(struct mounts *m)
{
	while (m->moved) {
		char *from = xasprintf(NEW"%s", m->path[--m->moved]);

		mount(from, m->path[m->moved], NULL, MS_MOVE, NULL);
		free(from);
	}
}

static int change_roots(void)
{
	struct mounts m = { NULL, 0, 0 };
	int err;

	/* The kernel doesn't move a mount whose parent is shared. */
	mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
	err = find_mounts(&m);
	if (err)
		fail(err, "can't find out what is mounted", "");
	else
		err = move_mounts(&m);
	if (!err && (chdir(NEW) < 0 || syscall(SYS_pivot_root, ".", ".") < 0))
		err = fail(-errno, "pivot_root", "");
	if (err)
		move_back(&m);
	else
		umount2(".", MNT_DETACH); /* the old root is now mounted over the new one; the union still uses it as a layer */
	if (chdir("/") < 0)
		err = err ? : -errno;
	mount(NULL, "/", NULL, MS_REC | MS_SHARED, NULL);
	free_mounts(&m);
	return err;
}

/* Unmounts the base system and the layers, as far as they were mounted. */
static void unmount_layers(const struct d2droot *r)
{
	unsigned n;

	for (n = 0; n <= r->used; n++) {
		char *place = xasprintf(D2DROOT_LAYERS"/%u", n);

		umount2(place, MNT_DETACH);
		free(place);
	}
}

/* Returns D2DROOT_NO_LAYERS if no layer is left and a union without layers isn't wanted. */
static int try_union(struct d2droot *r)
{
	struct mounts m = { NULL, 0, 0 };
	int err = find_mounts(&m);

	if (err)
		fail(err, "can't find out what is mounted", "");
	else
		err = mount_union(r, &m);
	free_mounts(&m);
	if (!err && !r->used && !r->base && r->kind == D2DROOT_AUTO)
		err = D2DROOT_NO_LAYERS;
	if (!err)
		err = change_roots();
	if (err) {
		umount2(NEW, MNT_DETACH);
		unmount_layers(r);
	}
	return err;
}

/* Leaves all layers out that are left, because nothing tells which of them is at fault. */
static void leave_all_out(struct d2droot *r)
{
	unsigned i;

	for (i = 0; i < r->layers.n; i++)
		if (r->layers.hook[i]->state == D2D_HOOK_RUNS)
			d2droot_leave_out(r, r->layers.hook[i], xstrdup("there is no union with it"));
}

int d2droot_union(struct d2droot *r)
{
	int err = make_folders(r);

	/* Fall back to changes in memory: a root of layers without the saved changes is better than no layers, because
	 * the variant lean consists of layers. */
	if (err && r->keep) {
		d2droot_keep_in_memory(r, strerror(-err));
		err = make_folders(r);
	}
	if (err)
		return fail(err, "can't create directories in ", changes_of(r));
	err = try_union(r);
	if (err < 0 && r->base && r->used) {
		leave_all_out(r);
		err = try_union(r);
	}
	return err;
}
