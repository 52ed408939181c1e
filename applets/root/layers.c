/*
 * d2droot: mounts the base system and the layers of the union. A layer that can't be used is left out: anybody may put a file on
 * a stick, and without the base system of the variant "lean" there is no engine.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DROOT) += d2droot_layers.o

#include <sys/mount.h>
#include "d2droot.h"
#include "d2d_archive.h"

enum { LAYERS_MAX = 100 };

void d2droot_leave_out(struct d2droot *r, struct d2d_hook *layer, char *why)
{
	char *file = d2d_printable(layer->file, strlen(layer->file));

	bb_error_msg("the layer '%s' is left out: %s", file, why);
	free(file);
	free(layer->why);
	layer->why = why;
	layer->state = D2D_HOOK_REFUSED;
	r->code = EXIT_FAILURE;
}

/* Mounts a squashfs as D2DROOT_LAYERS/N. Returns NULL, or the reason why that failed, which the caller frees. */
static char *mount_layer(const char *path, unsigned n)
{
	char *place = xasprintf(D2DROOT_LAYERS"/%u", n), *device = NULL, *why = NULL;
	int fd, loop = set_loop(&device, path, 0, 0, BB_LO_FLAGS_READ_ONLY | BB_LO_FLAGS_AUTOCLEAR);

	if (loop < 0) {
		why = xasprintf("no loop device: %s", strerror(errno));
	} else if (mkdir(place, 0755) < 0 && errno != EEXIST) {
		why = xstrdup(strerror(errno));
	} else if (mount(device, place, "squashfs", MS_RDONLY | MS_NODEV | MS_SILENT, NULL) < 0) {
		int err = -errno;

		fd = open(path, O_RDONLY | O_CLOEXEC);
		why = d2d_squashfs_error(fd, 0, err);
		close(fd);
	}
	if (loop >= 0)
		close(loop);
	free(device);
	free(place);
	return why;
}

/* Returns why a mount on PATH, which begins with '/', wouldn't be possible in a union with the layer D2DROOT_LAYERS/N on top, or
 * NULL; the caller frees it. A whiteout is a device, too. */
static char *hides(unsigned n, const char *path)
{
	char *file = xasprintf(D2DROOT_LAYERS"/%u%s", n, path), *slash = file + strlen(file) - strlen(path), *why = NULL;
	struct stat st;

	do {
		slash = strchrnul(slash + 1, '/');
		if (*slash)
			*slash = '\0';
		else
			slash = NULL;
		if (lstat(file, &st) < 0) {
			if (errno != ENOENT)
				why = xasprintf("can't read its '%s': %s", path, strerror(errno));
			break;
		}
		if (!S_ISDIR(st.st_mode))
			why = xasprintf("it has something else in the place of the directory '%s'", path);
		if (slash)
			*slash = '/';
	} while (slash && !why);
	free(file);
	return why;
}

/* Mounts a layer as D2DROOT_LAYERS/N and looks into it. Returns why it can't be used, or NULL; the caller frees it. */
static char *try_layer(const struct d2droot *r, const struct d2d_hook *layer, unsigned n, char **paths, unsigned n_paths)
{
	char *place, *why;
	unsigned i;

	if (n == LAYERS_MAX)
		return xasprintf("there are more than %u layers", (unsigned)LAYERS_MAX);
	why = mount_layer(layer->path, n);
	if (why)
		return why;
	for (i = 0; i < n_paths && !why; i++)
		why = hides(n, paths[i]);
	place = xasprintf(D2DROOT_LAYERS"/%u", n);
	if (!why)
		why = d2droot_unfit(r, layer, place);
	if (why)
		umount2(place, MNT_DETACH);
	free(place);
	return why;
}

char *d2droot_layers(struct d2droot *r, const char *suffix, char **paths, unsigned n_paths)
{
	char *list = xstrdup(""), *why, *longer;
	unsigned i, n = 0;

	r->used = 0;
	if (r->base) {
		why = mount_layer(r->base, n);
		free(list);
		if (why) {
			bb_error_msg("can't make the root a union: can't mount %s: %s", r->base, why);
			free(why);
			return NULL;
		}
		list = xasprintf("%u%s:", n++, suffix);
	}
	for (i = 0; i < r->layers.n; i++) {
		struct d2d_hook *layer = r->layers.hook[i];

		if (layer->state != D2D_HOOK_RUNS)
			continue;
		why = try_layer(r, layer, n, paths, n_paths);
		if (why) {
			d2droot_leave_out(r, layer, why);
			continue;
		}
		longer = xasprintf("%u%s:%s", n++, suffix, list);
		free(list);
		list = longer;
		r->used++;
	}
	return list;
}
