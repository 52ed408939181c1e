/*
 * d2dengine: writes results below /run/d2d/engine, and mounts or links them over files of the image.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DENGINE) += d2dengine_place.o

#include <sys/mount.h>
#include "d2dengine.h"

/* Removes the links to our results in the directory of certificates for registries. */
static void unlink_certs(const struct d2dengine *e)
{
	char *dir = xasprintf("%s"D2DENGINE_CERTS, e->root), **names;
	int i, n = d2d_dir_list(dir, INT_MAX - 1, &names);

	for (i = 0; i < n; i++) {
		char *path = concat_path_file(dir, names[i]), *target = xmalloc_readlink(path);

		if (target && is_prefixed_with(target, D2DENGINE_DIR"/"))
			unlink(path);
		free(target);
		free(path);
	}
	d2d_dir_list_free(names, n);
	free(dir);
}

void d2dengine_undo(const struct d2dengine *e)
{
	static const char *const results[] = { "daemon.json", "ca-certificates.crt", "proxy", "environment", "certs.d" };
	unsigned i;

	if (!e->root[0]) {
		/* Both fail if nothing is mounted there. */
		umount2(D2DENGINE_DAEMON_JSON, MNT_DETACH);
		umount2(D2DENGINE_CA, MNT_DETACH);
	}
	unlink_certs(e);
	for (i = 0; i < ARRAY_SIZE(results); i++) {
		char *path = xasprintf("%s"D2DENGINE_DIR"/%s", e->root, results[i]);

		d2d_remove_tree(path);
		free(path);
	}
}

char *d2dengine_write(struct d2dengine *e, const char *name, const char *text, size_t len, mode_t mode)
{
	char *path = xasprintf("%s"D2DENGINE_DIR"/%s", e->root, name);
	int err = d2d_make_parent_dirs(path);

	if (!err)
		err = d2d_file_save_as(path, text, len, mode, NULL);
	if (err < 0) {
		bb_error_msg("can't write '%s': %s", path, strerror(-err));
		free(path);
		path = NULL;
		e->code = EXIT_FAILURE;
	}
	return path;
}

void d2dengine_mount(struct d2dengine *e, const char *file, const char *target)
{
	if (!e->root[0] && mount(file, target, NULL, MS_BIND, NULL) < 0) {
		bb_perror_msg("can't mount '%s' on '%s'", file, target);
		e->code = EXIT_FAILURE;
	}
}

void d2dengine_link(struct d2dengine *e, const char *name, const char *target)
{
	char *result = xasprintf(D2DENGINE_DIR"/%s", name), *path = xasprintf("%s%s", e->root, target);
	int err = d2d_make_parent_dirs(path);

	if (!err && symlink(result, path) < 0)
		err = -errno;
	if (err == -EEXIST) {
		char *old = xmalloc_readlink(path);

		if (old && strcmp(old, result) == 0) {
			err = 0;
		} else {
			bb_error_msg("'%s' exists already and is used instead of the files of volumes", path);
			e->code = EXIT_FAILURE;
		}
		free(old);
	} else if (err < 0) {
		bb_error_msg("can't write '%s': %s", path, strerror(-err));
		e->code = EXIT_FAILURE;
	}
	free(path);
	free(result);
}
