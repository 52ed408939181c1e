/*
 * Layers with hostile names and links: unpacks them beside a file that must stay as it is, and converts them for a squashfs. When
 * both succeed, both must have made the same files, and the archive must be the same after it was rebuilt. All this happens in
 * a file system of its own on /mnt, in a mount namespace, so that short links such as "/mnt" and "../c" lead to the file.
 * needs: d2d_layer.c d2d_layer_file.c d2d_layer_path.c d2d_tar.c d2d_tar_pax.c d2d_tar_map.c d2d_tar_write.c d2d_stream.c d2d_stream_hash.c d2d_ring.c d2d_sha256.c d2d_unpack.c d2d_tarsplit.c d2d_tarsplit_join.c d2d_squash_layer.c d2d_squash_tree.c d2d_squash_tar.c d2d_beneath.c d2d_text.c d2d_file.c d2d_json.c
 * libs: -ljson-c -ld2disal -lz -lzstd -lnettle
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#include <ftw.h>
#include <sched.h>
#include <sys/mount.h>
#include "image.h"
#include "d2d_squash.h"

#define TOP "/mnt"

static struct stat canary, top;

/* Without root, a user namespace allows to mount; owners and devices in a layer are errors then. */
static void mount_top(void)
{
	int fd;

	if (unshare(CLONE_NEWNS) < 0)
		CHECK(unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0);
	CHECK(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 && mount("tmpfs", TOP, "tmpfs", 0, "size=4m") == 0);
	fd = open(TOP"/c", O_WRONLY | O_CREAT, 0600);
	CHECK(write(fd, "canary", 6) == 6 && close(fd) == 0);
	CHECK(mkdir(TOP"/l", 0755) == 0 && lstat(TOP, &top) == 0 && lstat(TOP"/c", &canary) == 0);
}

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_mode == b->st_mode && a->st_nlink == b->st_nlink && a->st_uid == b->st_uid
		&& a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec
		&& a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

/* Anything that was made, removed or changed outside of the layer changes a time stamp. */
static void check_outside(void)
{
	struct stat st;

	CHECK(lstat(TOP, &st) == 0 && is_same(&st, &top));
	CHECK(lstat(TOP"/c", &st) == 0 && is_same(&st, &canary));
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	if (ftw->level)
		CHECK(remove(path) == 0);
	return 0;
}

static int open_layer(void)
{
	CHECK(nftw(TOP"/l", remove_one, 16, FTW_DEPTH | FTW_PHYS) == 0);
	return open(TOP"/l", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

struct again {
	const uint8_t *data;
	size_t at, size;
};

static int compare(void *arg, const void *buf, size_t len)
{
	struct again *again = arg;

	CHECK(len <= again->size - again->at && memcmp(again->data + again->at, buf, len) == 0);
	again->at += len;
	return 0;
}

/* Checks that each file of the archive for mksquashfs was unpacked, too. */
static void check_files(int archive, int diff)
{
	static const char types[] = "052346";
	static const mode_t modes[] = { S_IFREG, S_IFDIR, S_IFLNK, S_IFCHR, S_IFBLK, S_IFIFO };
	struct d2d_tar_entry e = { .name = NULL };
	struct d2d_tar t = { .raw = NULL };
	struct stat st;
	const char *type;
	int fd, r;

	t.in = d2d_stream_file(archive, 0, lseek(archive, 0, SEEK_END), NULL);
	while ((r = d2d_tar_next(&t, &e)) > 0) {
		fd = d2d_open_beneath(diff, e.name, O_PATH | O_NOFOLLOW);
		CHECK(fd >= 0 && fstat(fd, &st) == 0);
		close(fd);
		type = strchr(types, e.type);
		CHECK(type ? (st.st_mode & S_IFMT) == modes[type - types] : e.type == '1');
	}
	CHECK(r == 0);
	d2d_tar_entry_clear(&e);
	d2d_stream_close(t.in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = with_sums(data, size);
	struct again again = { .data = copy, .size = size };
	struct d2d_layer_result result;
	int fd = memfd_create("fuzz", MFD_CLOEXEC), split = memfd_create("split", MFD_CLOEXEC), null, diff, unpacked, squashed;
	struct d2d_stream *in;
	char *why;
	FILE *to;

	if (!canary.st_ino)
		mount_top();
	CHECK(full_write(fd, copy, size) == (ssize_t)size);
	diff = open_layer();
	in = d2d_stream_file(fd, 0, size, NULL);
	unpacked = d2d_layer_unpack(in, false, diff, split, &result, &why);
	d2d_stream_close(in);
	CHECK((why != NULL) == (unpacked < 0));
	free(why);
	check_outside();

	null = open(bb_dev_null, O_WRONLY | O_CLOEXEC);
	to = fdopen(memfd_create("squash", MFD_CLOEXEC), "w+");
	in = d2d_stream_file(fd, 0, size, NULL);
	squashed = d2d_layer_squash(in, to, diff, null, &result, &why);
	d2d_stream_close(in);
	free(why);
	CHECK(fflush(to) == 0);
	if (unpacked == 0 && squashed == 0) {
		check_files(fileno(to), diff);
		CHECK(d2d_tarsplit_join(split, diff, compare, &again, &why) == 0 && again.at == size);
	}
	fclose(to);
	close(null);
	close(diff);
	close(split);
	close(fd);
	free(copy);
	return 0;
}
