/*
 * d2dinstall: writes, verifies and removes a slot: the directory of one system with its kernel, its initramfs and, for
 * the variant lean, its base system.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_FEATURE_D2DINSTALL_ISO) += d2dinstall_slot.o
#include "d2dinstall.h"
#include "d2d_archive.h"

enum { PIECE = 1024 * 1024 };

/* The files of a slot, and where an ISO has them. A slot of a signed system has signatures and its own GRUB, which has the key that
 * these signatures are by. */
static const struct {
	const char *name, *from;
	smallint lean, is_signed;	/* only of the variant lean, only of a signed system */
} files[INSTALL_FILES] = {
	{ "vmlinuz", "boot/vmlinuz", 0, 0 },
	{ "initramfs.img", "boot/initramfs.img", 0, 0 },
	{ "base.sqfs", "boot/base.sqfs", 1, 0 },
	{ "vmlinuz.sig", "boot/vmlinuz.sig", 0, 1 },
	{ "initramfs.img.sig", "boot/initramfs.img.sig", 0, 1 },
	{ INSTALL_GRUB, INSTALL_EFI, 0, 1 },
};

static bool has(const struct install_source *src, int i)
{
	return (!files[i].lean || src->is_lean) && (!files[i].is_signed || src->is_signed);
}

static char *slot_file(const char *top, char slot, const char *name)
{
	return xasprintf("%s/%c/%s", top, slot, name);
}

/* Names the device as well as the file, because the disk may have been pulled out. */
static void die_writing(const char *to) NORETURN;
static void die_writing(const char *to)
{
	int err = errno;
	struct mntent *m = find_mount_point(to, 1);

	bb_error_msg_and_die("can't write '%s' to '%s': %s", bb_basename(to), m ? m->mnt_fsname : to, strerror(err));
}

/* Copies a file to the descriptor OUT, whose path is TO (-1: only read it), with a progress bar on a terminal that
 * begins with WHAT. Writes the SHA-256 of the data to HEX, in hexadecimal. Dies on an error or a noted signal. */
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
	/* Data to be verified must come from the disk, not from the page cache. */
	if (out < 0)
		posix_fadvise(in, 0, 0, POSIX_FADV_DONTNEED);
	while ((len = safe_read(in, piece, PIECE)) > 0) {
		if (bb_got_signal)
			bb_simple_error_msg_and_die("interrupted");
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
	d2d_hex(hex, digest, sizeof(digest));
	free(piece);
	close(in);
}

void d2dinstall_write(const char *from, const char *to, const char *what, char hex[DIGEST_SIZE])
{
	int out = xopen3(to, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);

	copy(from, out, to, what, hex);
	if (fsync(out) != 0 || close(out) != 0)
		die_writing(to);
}

void d2dinstall_digest(const char *path, const char *what, char hex[DIGEST_SIZE])
{
	copy(path, -1, NULL, what, hex);
}

/* Writes the slot.cfg of the ISO to the file TO. For the variant lean it also gets d2d.base=, the path of the base
 * system on the medium. */
static void write_config(const char *to, const char *at, char slot, const struct install_source *src)
{
	char *from = concat_path_file(src->iso, "boot/grub/slot.cfg"),
		*config = xmalloc_xopen_read_close(from, NULL), *text = config;
	int out = xopen3(to, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);

	if (src->is_lean)
		text = xasprintf("%sset options=\"$options d2d.base=%s/%c/%s\"\n", config, at, slot, "base.sqfs");
	errno = EIO;
	if (full_write(out, text, strlen(text)) != (ssize_t)strlen(text) || fsync(out) != 0 || close(out) != 0)
		bb_perror_msg_and_die("can't write '%s'", to);
	if (text != config)
		free(text);
	free(config);
	free(from);
}

void d2dinstall_slot_write(const char *top, const char *at, char slot, const struct install_source *src,
		char sha256[INSTALL_FILES][DIGEST_SIZE])
{
	char *dir = slot_file(top, slot, ""), *to;
	int i, r;

	if (bb_make_directory(dir, 0755, FILEUTILS_RECUR) != 0)
		xfunc_die();
	free(dir);
	/* GRUB offers only a slot with a slot.cfg, so this file is removed first and written last. */
	to = slot_file(top, slot, "slot.cfg");
	if (unlink(to) != 0 && errno != ENOENT)
		bb_perror_msg_and_die("can't remove '%s'", to);
	r = d2d_disk_settle(top);
	if (r < 0)
		bb_error_msg_and_die("can't write '%s': %s", to, strerror(-r));
	/* The earlier system in this slot may have more files than the new one. */
	d2dinstall_slot_remove(top, slot);
	for (i = 0; i < INSTALL_FILES; i++) {
		char *from = concat_path_file(src->iso, files[i].from), *file = slot_file(top, slot, files[i].name);

		if (has(src, i))
			d2dinstall_write(from, file, files[i].name, sha256[i]);
		free(file);
		free(from);
	}
	write_config(to, at, slot, src);
	free(to);
}

void d2dinstall_slot_verify(const char *top, char slot, const struct install_source *src, char sha256[INSTALL_FILES][DIGEST_SIZE])
{
	char hex[DIGEST_SIZE];
	int i;

	for (i = 0; i < INSTALL_FILES; i++) {
		char *file = slot_file(top, slot, files[i].name);

		if (has(src, i)) {
			d2dinstall_digest(file, "verifying", hex);
			if (strcmp(hex, sha256[i]) != 0)
				bb_error_msg_and_die("'%s' doesn't read back as it was written: the slot isn't used", files[i].name);
		}
		free(file);
	}
}

uint64_t d2dinstall_slot_size(const char *top, char slot)
{
	uint64_t size = 0;
	int i;

	for (i = 0; i < INSTALL_FILES; i++) {
		char *file = slot_file(top, slot, files[i].name);
		struct stat st;

		if (lstat(file, &st) == 0)
			size += (uint64_t)st.st_blocks * 512;
		free(file);
	}
	return size;
}

void d2dinstall_slot_remove(const char *top, char slot)
{
	char *config = slot_file(top, slot, "slot.cfg");
	int i;

	unlink(config);
	free(config);
	for (i = 0; i < INSTALL_FILES; i++) {
		char *file = slot_file(top, slot, files[i].name);

		unlink(file);
		free(file);
	}
}
