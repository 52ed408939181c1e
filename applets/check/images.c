/*
 * d2dcheck: the images that the boot would import or mount.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DCHECK) += d2dcheck_images.o

#include "d2dcheck.h"
#include "d2d_image.h"

/* A part of the ISO as the source of an archive. */
struct part {
	const struct d2d_iso *iso;
	const struct d2d_iso_file *file;
};

static struct d2d_stream *open_part(const struct d2d_origin *origin, const struct d2d_progress *progress)
{
	const struct part *part = origin->arg;

	return d2d_stream_file(part->iso->fd, part->file->at, part->file->size, progress);
}

static void show_rootfs(const struct d2d_iso_file *file, const char *name)
{
	char *stem = xstrndup(name, d2d_rootfs_stem(name) - strlen(".rootfs")), *image = d2d_image_name_of_file(stem);

	d2dcheck_row("image", "%s:latest (%s)", image, file->path);
	free(image);
	free(stem);
}

static void show(struct d2dcheck *c, const struct d2d_iso_file *file, const char *name)
{
	struct part part = { &c->iso, file };
	struct d2d_origin origin = { open_part, &part, file->size };
	struct d2d_images images = { .n = 0 };
	struct d2d_archive *a = NULL;
	char digest[D2D_DIGEST + 1], *why = NULL;
	unsigned i, k;
	int r;

	if (d2d_rootfs_stem(name))
		r = d2d_archive_open_whole(&a, c->iso.fd, &origin, 0, NULL, NULL, digest, &why);
	else
		r = d2d_archive_open_early(&a, c->iso.fd, &origin, 0, NULL, NULL, &why);
	if (r == 0 && !d2d_rootfs_stem(name))
		r = d2d_images_of(a, name, &images, &why);
	if (r < 0)
		d2dcheck_wrong(c, "'%s': %s", file->path, why ? why : strerror(-r));
	else if (d2d_rootfs_stem(name))
		show_rootfs(file, name);
	for (i = 0; i < images.n; i++) {
		const struct d2d_image *image = &images.image[i];

		for (k = 0; k < MAX(image->n_tags, 1); k++)
			d2dcheck_row("image", "%s (%s%s)", image->n_tags ? image->tags[k] : image->id, file->path,
				images.squash ? ", mounted in place" : "");
	}
	d2d_images_free(&images);
	d2d_archive_close(a);
	free(why);
}

void d2dcheck_images(struct d2dcheck *c)
{
	unsigned i;

	for (i = 0; i < c->iso.n; i++) {
		const struct d2d_iso_file *file = &c->iso.file[i];
		const char *name = is_prefixed_with(file->path, "d2d/images/"), *layout;

		if (!name || name[0] == '.')
			continue;
		layout = strchr(name, '/');
		if (S_ISREG(file->mode) && !layout && (d2d_archive_name_ok(name) || is_suffixed_with(name, ".d2i")))
			show(c, file, name);
		/* Their members are files of the ISO, which the checksums cover. */
		else if (layout && (strcmp(layout, "/oci-layout") == 0 || strcmp(layout, "/d2i.json") == 0))
			d2dcheck_row("image", "%.*s/ (a directory, not looked into)", (int)(layout - file->path), file->path);
	}
}
