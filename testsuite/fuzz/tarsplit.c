/*
 * Reads tar-split.json.gz, with a directory that contains the files "f" and "d/g".
 * needs: d2d_tarsplit_join.c d2d_tarsplit.c d2d_stream.c d2d_stream_hash.c d2d_ring.c d2d_sha256.c d2d_unpack.c d2d_beneath.c d2d_text.c d2d_file.c d2d_json.c
 * libs: -ljson-c -ld2disal -lz -lzstd -lnettle
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#include <sys/mman.h>
#include "fuzz.h"
#include "bb_archive.h"

/* Busybox's decompressors run in a process of their own and are not tested here. */
IF_DESKTOP(long long) int FAST_FUNC unpack_xz_stream(transformer_state_t *xstate) { return -1; }
IF_DESKTOP(long long) int FAST_FUNC unpack_bz2_stream(transformer_state_t *xstate) { return -1; }
void FAST_FUNC init_transformer_state(transformer_state_t *xstate) { memset(xstate, 0, sizeof(*xstate)); }

static char dir[] = "/tmp/fuzz.XXXXXX";

static void clean(void)
{
	static const char *const names[] = { "d/l", "d/g", "d", "f" };
	unsigned i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (chdir(dir) == 0)
			remove(names[i]);
	rmdir(dir);
}

static int folder(void)
{
	int fd, file;

	CHECK(mkdtemp(dir));
	atexit(clean);
	fd = open(dir, O_RDONLY | O_DIRECTORY);
	file = openat(fd, "f", O_WRONLY | O_CREAT, 0600);
	CHECK(write(file, "f\n", 2) == 2 && close(file) == 0);
	CHECK(mkdirat(fd, "d", 0700) == 0 && symlinkat("../f", fd, "d/l") == 0);
	file = openat(fd, "d/g", O_WRONLY | O_CREAT, 0600);
	CHECK(write(file, "0123456789", 10) == 10 && close(file) == 0);
	return fd;
}

static int add(void *arg, const void *buf, size_t len)
{
	off_t *sum = arg;

	CHECK(len && buf);
	*sum += len;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t xz[] = { 0xfd, '7', 'z' };
	static int fd_dir;
	off_t length, sum = 0;
	char *why;
	int fd, err, joined;

	/* Starting a process for each input would be slow. */
	if (size >= 3 && (memcmp(data, xz, 3) == 0 || memcmp(data, "BZh", 3) == 0))
		return 0;
	if (!fd_dir)
		fd_dir = folder();
	fd = memfd_create("fuzz", MFD_CLOEXEC);
	CHECK(full_write(fd, data, size) == (ssize_t)size);
	err = d2d_tarsplit_length(fd, &length, &why);
	CHECK(err <= 0 && length >= 0 && (err != -EBADMSG || why));
	free(why);
	joined = d2d_tarsplit_join(fd, fd_dir, add, &sum, &why);
	CHECK(joined <= 0 && (joined != -EBADMSG || why));
	/* If the archive can be rebuilt, its length is the one reported before. */
	CHECK(joined < 0 || (err == 0 && sum == length));
	free(why);
	close(fd);
	return 0;
}
