/*
 * Image files: reads the images in them and all members that they name, and writes an archive of them.
 * needs: d2d_archive.c d2d_archive_member.c d2d_tar.c d2d_tar_pax.c d2d_stream.c d2d_stream_hash.c d2d_ring.c d2d_sha256.c d2d_unpack.c d2d_beneath.c d2d_image.c d2d_image_oci.c d2d_image_type.c d2d_image_squash.c d2d_save.c d2d_tarsplit_join.c d2d_tarsplit.c d2d_reference.c d2d_digest.c d2d_text.c d2d_file.c d2d_image_build.c d2d_json.c d2d_tar_map.c d2d_tar_write.c
 * libs: -ljson-c -ld2disal -lz -lzstd -lnettle
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#include "image.h"

/* Mounting a squashfs is kernel code and not tested here. */
int d2d_squash_open_layer(struct d2d_archive *a, const struct d2d_image_layer *layer, struct d2d_stream **in, char **why)
{
	*in = NULL;
	return -ENODEV;
}

static void save(struct d2d_archive *a, const struct d2d_images *images)
{
	struct d2d_stream *in;
	char buf[4096], *why;
	off_t size, sum = 0;
	ssize_t n = d2d_save_open(a, images, &in, &size, &why);

	CHECK((n < 0) == (in == NULL) && (n >= 0 || why));
	while (in && (n = d2d_stream_read(in, buf, sizeof(buf))) > 0)
		sum += n;
	CHECK(n < 0 ? why != NULL : sum == size);
	d2d_stream_close(in);
	free(why);
}

static void look(struct d2d_archive *a)
{
	struct d2d_images images;
	struct d2d_stream *in;
	char buf[4096], *why;
	unsigned i, k;
	int err = d2d_images_of(a, "fuzz.tar", &images, &why);

	CHECK((why != NULL) == (err < 0));
	CHECK((images.n > 0) == (err == 0));
	for (i = 0; i < images.n; i++) {
		struct d2d_image *image = &images.image[i];

		check_image(image);
		for (k = 0; k < image->n_layers; k++) {
			if (d2d_archive_open_member(a, image->layers[k].member, &in) >= 0)
				while (d2d_stream_read(in, buf, sizeof(buf)) > 0)
					continue;
			d2d_stream_close(in);
		}
	}
	free(why);
	if (err == 0) {
		d2d_save_needed(a, &images);
		save(a, &images);
	}
	d2d_images_free(&images);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t xz[] = { 0xfd, '7', 'z' };
	struct d2d_archive *a;
	uint8_t *copy;
	char *why;
	int err, fd;

	/* Starting a process for each input would be slow. */
	if (size >= 3 && (memcmp(data, xz, 3) == 0 || memcmp(data, "BZh", 3) == 0))
		return 0;
	copy = with_sums(data, size);
	fd = memfd_create("fuzz", MFD_CLOEXEC);
	CHECK(full_write(fd, copy, size) == (ssize_t)size);
	err = d2d_archive_open(&a, fd, 1 << 24, NULL, &why);
	CHECK(err <= 0 && (a != NULL) == (err == 0));
	CHECK(err != -EBADMSG || why);
	if (a)
		look(a);
	free(why);
	d2d_archive_close(a);
	close(fd);
	free(copy);
	return 0;
}
