/*
 * d2dinstall: the kernel and the initramfs of one system, in a folder of their own.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#include "d2dinstall.h"

enum { PIECE = 1024 * 1024, FILES = 2 };

static const char *const names[FILES] = { "vmlinuz", "initramfs.img" };

static char *slot_file(const char *top, char slot, const char *name)
{
	return xasprintf("%s/%c/%s", top, slot, name);
}

/* The disk may be gone: it is named, not only the file. */
static void die_writing(const char *to) NORETURN;
static void die_writing(const char *to)
{
	int err = errno;
	struct mntent *m = find_mount_point(to, 1);

	bb_error_msg_and_die("can't write '%s' to '%s': %s", bb_basename(to), m ? m->mnt_fsname : to, strerror(err));
}

/* Copies a file to OUT, which is TO (-1: nowhere), with a progress bar on a terminal; dies when it can't. */
static void copy(const char *from, int out, const char *to, const char *what, char *hex)
{
	int in = xopen(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW), tty = isatty(STDERR_FILENO);
	off_t done = 0;
	struct stat st;
	char *piece = xmalloc(PIECE);
	bb_progress_t bar;
	sha256_ctx_t ctx;
	uint8_t digest[32];
	ssize_t len;

	xfstat(in, &st, from);
	sha256_begin(&ctx);
	bb_progress_init(&bar, what);
	while ((len = safe_read(in, piece, PIECE)) > 0) {
		sha256_hash(&ctx, piece, len);
		if (out >= 0 && full_write(out, piece, len) != len)
			die_writing(to);
		done += len;
		if (tty)
			bb_progress_update(&bar, 0, done, st.st_size);
	}
	if (len < 0)
		bb_perror_msg_and_die("can't read '%s'", from);
	if (tty)
		bb_putchar_stderr('\n');
	bb_progress_free(&bar);
	sha256_end(&ctx, digest);
	*bin2hex(hex, (void *)digest, sizeof(digest)) = '\0';
	free(piece);
	close(in);
}

static void write_file(const char *from, const char *to, const char *what, char *hex)
{
	int out = xopen3(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	copy(from, out, to, what, hex);
	if (fsync(out) != 0 || close(out) != 0)
		die_writing(to);
}

void d2dinstall_slot_write(const char *top, char slot, const struct install_source *src, char sha256[FILES][DIGEST_SIZE])
{
	char *config = concat_path_file(src->iso, "boot/grub/slot.cfg"), *dir = slot_file(top, slot, ""), *to, hex[DIGEST_SIZE];
	int i, r;

	if (bb_make_directory(dir, 0755, FILEUTILS_RECUR) != 0)
		xfunc_die();
	free(dir);
	/* GRUB offers a slot by its slot.cfg: it goes first and comes last. */
	to = slot_file(top, slot, "slot.cfg");
	if (unlink(to) != 0 && errno != ENOENT)
		bb_perror_msg_and_die("can't remove '%s'", to);
	r = d2d_disk_settle(top);
	if (r < 0)
		bb_error_msg_and_die("can't write '%s': %s", to, strerror(-r));
	for (i = 0; i < FILES; i++) {
		char *from = xasprintf("%s/boot/%s", src->iso, names[i]), *file = slot_file(top, slot, names[i]);

		write_file(from, file, names[i], sha256[i]);
		free(file);
		free(from);
	}
	write_file(config, to, "slot.cfg", hex);
	free(config);
	free(to);
}

void d2dinstall_slot_verify(const char *top, char slot, char sha256[FILES][DIGEST_SIZE])
{
	char hex[DIGEST_SIZE];
	int i;

	for (i = 0; i < FILES; i++) {
		char *file = slot_file(top, slot, names[i]);

		copy(file, -1, NULL, "verifying", hex);
		if (strcmp(hex, sha256[i]) != 0)
			bb_error_msg_and_die("the disk gives '%s' back wrong: it isn't used", names[i]);
		free(file);
	}
}
