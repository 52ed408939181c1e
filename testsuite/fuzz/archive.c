/*
 * Image files: what they hold, and all that is named there.
 * needs: d2d_archive.c d2d_tar.c d2d_tar_pax.c d2d_stream.c d2d_unpack.c d2d_beneath.c d2d_image.c d2d_image_oci.c d2d_reference.c d2d_digest.c d2d_text.c
 * libs: -ljson-c -lz -lzstd -lnettle
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#include <sys/mman.h>
#include "fuzz.h"
#include "bb_archive.h"

/* Theirs is other code, in a process of its own. */
IF_DESKTOP(long long) int FAST_FUNC unpack_xz_stream(transformer_state_t *xstate) { return -1; }
IF_DESKTOP(long long) int FAST_FUNC unpack_bz2_stream(transformer_state_t *xstate) { return -1; }
void FAST_FUNC init_transformer_state(transformer_state_t *xstate) { memset(xstate, 0, sizeof(*xstate)); }

static void look(struct d2d_archive *a)
{
	struct d2d_images images;
	struct d2d_stream *in;
	char buf[4096], *why, *again;
	unsigned i, k;
	int err = d2d_images_of(a, "fuzz.tar", &images, &why);

	CHECK((why != NULL) == (err < 0));
	CHECK((images.n > 0) == (err == 0));
	for (i = 0; i < images.n; i++) {
		struct d2d_image *image = &images.image[i];

		CHECK(d2d_is_digest(image->id));
		CHECK(image->n_layers <= 125);
		for (k = 0; k < image->n_tags; k++) {
			again = d2d_reference(image->tags[k]);
			CHECK(again && strcmp(again, image->tags[k]) == 0);
			CHECK(is_printable(again));
			free(again);
		}
		for (k = 0; k < image->n_layers; k++) {
			CHECK(d2d_is_digest(image->layers[k].chain) && d2d_is_digest(image->layers[k].diff));
			if (d2d_archive_take(a, image->layers[k].member, &in) >= 0)
				while (d2d_stream_read(in, buf, sizeof(buf)) > 0)
					continue;
			d2d_stream_close(in);
		}
	}
	free(why);
	d2d_images_free(&images);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t xz[] = { 0xfd, '7', 'z' };
	struct d2d_archive *a;
	uint8_t *copy;
	char *why;
	int err, fd;

	/* a process for each would be slow */
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
