/*
 * d2diso: recognizes a file by its first bytes, and only where these can't tell by its name.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DISO) += d2diso_file.o

#include "d2diso.h"
#include "d2d_image.h"

/* Returns NAME below DIR, with SUFFIX unless it has that. */
static char *with_suffix(const char *dir, const char *name, const char *suffix)
{
	return xasprintf("%s/%s%s", dir, name, is_suffixed_with(name, suffix) ? "" : suffix);
}

/* A program: a hook if its directory is a stage, a plugin by its name, else a command. */
static char *place_of_program(const char *file, const char *name, char **why)
{
	char *full = xmalloc_realpath(file), *copy = xstrdup(full ? full : file), *path = NULL;
	const char *stage = bb_basename(dirname(copy));

	if (d2d_hook_name_ok(name) && d2d_hook_name_ok(stage))
		path = xasprintf("d2d/hooks/%s/%s", stage, name);
	else if (d2d_hook_name_ok(name))
		*why = xasprintf("it has the name of a hook, but is in no directory NN-stage");
	else if (is_prefixed_with(name, "docker-"))
		path = concat_path_file("d2d/cli-plugins", name);
	else
		path = concat_path_file("d2d/bin", name);
	free(copy);
	free(full);
	return path;
}

/* An image file gets the suffix by which the boot finds it. One that is compressed is opened only once, by d2diso_check(),
 * because that takes long. */
static char *place_of_image(const char *file, const char *name, int packing, char **why)
{
	static const char *const suffix[] = { ".tar", ".tar.gz", ".tar.zst", ".tar.xz" };
	struct d2d_images images = { .n = 0 };
	struct d2d_archive *a = NULL;
	char *path = NULL;
	int fd, r;

	if (packing == D2D_BZIP2) {
		*why = xstrdup("it is compressed with bzip2, which the boot doesn't import: use gzip, xz or zstd");
		return NULL;
	}
	if (d2d_archive_name_ok(name) && (packing != D2D_PLAIN || d2d_rootfs_stem(name)))
		return concat_path_file("d2d/images", name);
	if (packing != D2D_PLAIN)
		return with_suffix("d2d/images", name, suffix[packing]);
	fd = open(file, O_RDONLY | O_CLOEXEC);
	r = fd < 0 ? -errno : d2d_archive_open(&a, fd, 0, NULL, why);
	if (r == 0)
		r = d2d_images_of(a, name, &images, why);
	if (r == 0 && images.squash)
		path = with_suffix("d2d/images", name, ".d2i");
	else if (r == 0)
		path = d2d_archive_name_ok(name) ? concat_path_file("d2d/images", name) : with_suffix("d2d/images", name, ".tar");
	d2d_images_free(&images);
	d2d_archive_close(a);
	if (fd >= 0)
		close(fd);
	return path;
}

char *d2diso_place_of(const char *file, const char *head, size_t len, char **why)
{
	const char *name = bb_basename(file);

	*why = NULL;
	if (!len) {
		*why = xstrdup("it is empty");
		return NULL;
	}
	if (len >= 4 && memcmp(head, "hsqs", 4) == 0)
		return with_suffix("d2d/layers", name, ".sqfs");
	if (len >= 7 && memcmp(head, "bkeymap", 7) == 0)
		return with_suffix("d2d/keymaps", name, ".bmap");
	if (len >= 6 && (memcmp(head, "070701", 6) == 0 || memcmp(head, "070702", 6) == 0))
		return xstrdup("d2d/early.img");
	if (strcmp(name, "early.img") == 0)
		return xstrdup("d2d/early.img");
	if (head[0] == '#' && head[1] == '!')
		return place_of_program(file, name, why);
	if (len >= 4 && memcmp(head, "\177ELF", 4) == 0)
		return place_of_program(file, name, why);
	return place_of_image(file, name, d2d_compression_of(head, len), why);
}
