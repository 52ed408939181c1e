/*
 * d2dssh: makes, reads and converts private keys, by the programs that come with the server.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DSSH) += d2dssh_key.o

#include "d2dssh.h"

/* Runs a program without its output. Returns whether it succeeded. */
static bool run(const char *const *argv)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		int null = open(bb_dev_null, O_RDWR);

		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
		execvp(argv[0], (char **)argv);
		_exit(127);
	}
	return pid > 0 && safe_waitpid(pid, &status, 0) == pid && status == 0;
}

ssize_t d2dssh_key_read(int fd, char *buf)
{
	ssize_t len = -1;
	struct stat st;

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size <= D2DSSH_KEY_MAX)
		len = full_read(fd, buf, D2DSSH_KEY_MAX);
	close(fd);
	return len;
}

bool d2dssh_key_make(const char *type, const char *path)
{
	const char *argv[] = { "dropbearkey", "-t", type, "-f", path, NULL };
	/* Since dropbear 2024.84 the public key is written, too. */
	char *public = xasprintf("%s.pub", path);
	bool ok;

	unlink(path);
	ok = run(argv);
	unlink(public);
	free(public);
	return ok;
}

bool d2dssh_key_convert(const char *buf, size_t len, const char *path)
{
	char *from = xasprintf("%s.old", path);
	const char *argv[] = { "dropbearconvert", "openssh", "dropbear", from, path, NULL };
	bool ok;
	int fd;

	unlink(from);
	unlink(path);
	fd = open(from, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	ok = fd >= 0 && full_write(fd, buf, len) == (ssize_t)len && run(argv);
	if (fd >= 0)
		close(fd);
	unlink(from);
	if (!ok)
		unlink(path);
	free(from);
	return ok;
}
