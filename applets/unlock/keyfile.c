/*
 * d2dunlock: reads keys from files and from standard input.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DUNLOCK) += d2dunlock_keyfile.o

#include "d2dunlock.h"

char *d2dunlock_read_part(struct unlock *u, int fd, const char *shown, size_t *len, uint64_t offset, size_t size)
{
	char *key = NULL, path[D2D_FD_PATH];
	int r;

	if (fd < 0) {
		bb_error_msg("can't use key file '%s': %s", shown,
			fd == -EINVAL ? "it is not a file" : fd == -ELOOP ? "symbolic links aren't followed" : strerror(-fd));
		return NULL;
	}
	u->said[0] = '\0';
	d2d_fd_path(path, fd);
	r = crypt_keyfile_device_read(u->cd, path, &key, len, offset, size, 0);
	close(fd);
	if (r < 0) {
		bb_error_msg("can't use key file '%s': %s", shown, d2dunlock_reason(u, r));
		return NULL;
	}
	if (!*len) {
		bb_error_msg("can't use key file '%s': it is empty", shown);
		crypt_safe_free(key);
		return NULL;
	}
	return key;
}

int d2dunlock_open_file(const char *file)
{
	int fd = open(file, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return -EINVAL;
	}
	return fd;
}

char *d2dunlock_read_file(struct unlock *u, const char *file, size_t *len)
{
	return d2dunlock_read_part(u, d2dunlock_open_file(file), file, len, 0, 0);
}

char *d2dunlock_read_stdin(struct unlock *u, size_t *len)
{
	char *key;
	int r;

	u->said[0] = '\0';
	r = crypt_keyfile_device_read(u->cd, NULL, &key, len, 0, 0, CRYPT_KEYFILE_STOP_EOL);
	if (r < 0)
		bb_error_msg_and_die("can't read the passphrase from stdin: %s", d2dunlock_reason(u, r));
	return key;
}

char *d2dunlock_read_text(struct unlock *u)
{
	size_t len;
	char *key = d2dunlock_read_stdin(u, &len), *text = crypt_safe_alloc(len + 1);

	if (!text)
		bb_die_memory_exhausted();
	memcpy(text, key, len);
	text[len] = '\0';
	crypt_safe_free(key);
	return text;
}
