/*
 * The archive of a layer: content and other bytes together give the archive again, in order. Also writes its tar-split.
 * needs: d2d_tar.c d2d_tar_pax.c d2d_stream.c d2d_stream_hash.c d2d_ring.c d2d_sha256.c d2d_tarsplit.c d2d_beneath.c d2d_tar_map.c d2d_text.c
 * libs: -lz -lnettle
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#include <sys/mman.h>
#include "fuzz.h"

struct again {
	const uint8_t *data;
	size_t at;
	struct d2d_tarsplit *split;
};

static void raw(void *arg, const void *buf, size_t len)
{
	struct again *again = arg;

	CHECK(memcmp(again->data + again->at, buf, len) == 0);
	again->at += len;
	d2d_tarsplit_raw(again->split, buf, len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = with_sums(data, size);
	struct d2d_tar_entry e = { .name = NULL };
	struct again again = { .data = copy };
	struct d2d_tar t = { .raw = raw, .arg = &again };
	int fd = memfd_create("fuzz", MFD_CLOEXEC), null = open(bb_dev_null, O_WRONLY), r;
	char buf[1000], *name;
	ssize_t n;
	off_t sum;
	unsigned i;

	CHECK(full_write(fd, copy, size) == (ssize_t)size);
	t.in = d2d_stream_file(fd, 0, size, NULL);
	again.split = d2d_tarsplit_open(null);
	while ((r = d2d_tar_next(&t, &e)) > 0) {
		CHECK(e.name && e.size >= 0);
		for (i = 0, sum = 0; e.sparse && i < e.n_map; i++) {
			CHECK(e.map[i].from >= sum && e.map[i].len >= 0 && e.map[i].from + e.map[i].len <= e.size);
			sum = e.map[i].from + e.map[i].len;
		}
		name = d2d_clean_name(e.name);
		CHECK(!name || (name[0] != '/' && strcmp(name, "..") != 0 && !is_prefixed_with(name, "../") && !strstr(name, "/../")));
		free(name);
		while ((n = d2d_tar_read(&t, buf, sizeof(buf))) > 0) {
			CHECK(memcmp(copy + again.at, buf, n) == 0);
			again.at += n;
			d2d_tarsplit_content(again.split, buf, n);
		}
		if (n < 0)
			break;
		d2d_tarsplit_file(again.split, e.name, e.size);
	}
	CHECK(r != 0 || (off_t)again.at == d2d_stream_position(t.in));
	d2d_tar_entry_clear(&e);
	CHECK(d2d_tarsplit_close(again.split) == 0);
	d2d_stream_close(t.in);
	close(null);
	close(fd);
	free(copy);
	return 0;
}
