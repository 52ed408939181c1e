/*
 * The JSON of image files. The input consists of texts separated by null bytes. The first is manifest.json or, if it
 * begins with '{', index.json; the others are blobs 1 to 9. In a text, "@N" is replaced by the digest of blob N, which
 * must be a later one, and "@0" by the digest of an empty text, because a fuzzer can't find digests.
 * needs: d2d_archive.c d2d_archive_member.c d2d_tar.c d2d_tar_pax.c d2d_stream.c d2d_stream_hash.c d2d_ring.c d2d_sha256.c d2d_unpack.c d2d_beneath.c d2d_image.c d2d_image_oci.c d2d_image_type.c d2d_image_squash.c d2d_reference.c d2d_digest.c d2d_text.c d2d_file.c d2d_image_build.c d2d_json.c d2d_tar_map.c
 * libs: -ljson-c -ld2disal -lz -lzstd -lnettle
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#include "image.h"

enum { TEXTS = 10 };

static void put_member(int fd, const char *name, const char *text, size_t len)
{
	static const char zeros[512];
	char *header = xzalloc(513);
	uint8_t *summed;

	strcpy(header, name);
	strcpy(header + 100, "0000644");
	sprintf(header + 124, "%011o", (unsigned)len);
	header[156] = '0';
	memcpy(header + 257, "ustar\00000", 8);
	summed = with_sums((uint8_t *)header, 512);
	CHECK(full_write(fd, summed, 512) == 512 && full_write(fd, text, len) == (ssize_t)len);
	CHECK(full_write(fd, zeros, -len & 511) == (ssize_t)(-len & 511));
	free(summed);
	free(header);
}

static void put_blob(int fd, const char *text, size_t len, char *hex)
{
	char *name;

	d2d_digest(hex, text, len);
	name = xasprintf("blobs/sha256/%s", hex);
	put_member(fd, name, text, len);
	free(name);
}

/* expand: replaces "@N" by digests. */
static char *expand(const char *text, size_t len, char hex[TEXTS][D2D_DIGEST + 1], size_t *out)
{
	char *to = xzalloc(len * D2D_DIGEST + 1);
	size_t i;

	for (i = *out = 0; i < len; i++) {
		if (text[i] == '@' && i + 1 < len && isdigit(text[i + 1])) {
			memcpy(to + *out, hex[text[++i] - '0'], D2D_DIGEST);
			*out += D2D_DIGEST;
		} else {
			to[(*out)++] = text[i];
		}
	}
	return to;
}

static void look(struct d2d_archive *a)
{
	struct d2d_images images;
	char *why;
	unsigned i;
	int err = d2d_images_of(a, "fuzz.tar", &images, &why);

	CHECK((why != NULL) == (err < 0));
	CHECK((images.n > 0) == (err == 0));
	for (i = 0; i < images.n; i++)
		check_image(&images.image[i]);
	free(why);
	d2d_images_free(&images);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char hex[TEXTS][D2D_DIGEST + 1], *text, *why;
	const char *at[TEXTS], *p = (const char *)data, *end = p + size;
	size_t len[TEXTS], n = 0, out;
	struct d2d_archive *a;
	int fd, err;

	for (; p < end && n < TEXTS; p = at[n] + len[n] + 1, n++) {
		at[n] = p;
		len[n] = strnlen(p, end - p);
	}
	if (!n)
		return 0;
	fd = memfd_create("fuzz", MFD_CLOEXEC);
	memset(hex, 'a', sizeof(hex));
	put_blob(fd, "", 0, hex[0]);
	while (--n) {
		text = expand(at[n], len[n], hex, &out);
		put_blob(fd, text, out, hex[n]);
		free(text);
	}
	text = expand(at[0], len[0], hex, &out);
	put_member(fd, text[0] == '{' ? "index.json" : "manifest.json", text, out);
	put_member(fd, "l/layer.tar", "", 0);
	free(text);
	text = xzalloc(1024);
	CHECK(full_write(fd, text, 1024) == 1024);
	free(text);
	err = d2d_archive_open(&a, fd, 1 << 24, NULL, &why);
	CHECK(err == 0 && a);
	look(a);
	d2d_archive_close(a);
	close(fd);
	return 0;
}
