/*
 * Runs mksquashfs in a child process, which reads a tar archive from a pipe.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_FEATURE_D2DIMPORT_SQUASH) += d2d_squash_run.o

#include <sched.h>
#include <sys/mman.h>
#include "d2d_squash.h"

/* Measured with a Debian system: 128K gives 132.9 MB, 256K 129.7, 512K 132.4 and 1M 130.2 (zstd chooses other parameters for
 * other sizes). A random read takes as long as with 128K; from 512K on it takes twice as long. Compression level 19 instead
 * of the default for zstd, 15, would save 0.5 % of the size and take 2.4 times as long. */
#define BLOCK_SIZE "256K"

enum { PIPE_SIZE = 1024 * 1024 };

/* mksquashfs 4.5 gives the root directory the owner of its own process. That shall be root for any user, so this function
 * enters a user namespace. If the kernel doesn't allow this, the owner stays wrong, which nobody sees: other layers always
 * cover this root directory with their own. */
static void be_root(void)
{
	char *map = xasprintf("0 %u 1", (unsigned)geteuid()), *gmap = xasprintf("0 %u 1", (unsigned)getegid());
	unsigned i;

	if ((geteuid() || getegid()) && unshare(CLONE_NEWUSER) == 0) {
		const char *const files[] = { "setgroups", "deny", "uid_map", map, "gid_map", gmap };

		for (i = 0; i < ARRAY_SIZE(files); i += 2) {
			char *path = xasprintf("/proc/self/%s", files[i]);
			int fd = open(path, O_WRONLY | O_CLOEXEC);

			if (fd >= 0)
				full_write(fd, files[i + 1], strlen(files[i + 1]));
		}
	}
}

static void run(int dir, int in, int err, const char *name) NORETURN;
static void run(int dir, int in, int err, const char *name)
{
	/* The same layer must always give the same bytes, whoever runs this and when. (mksquashfs refuses SOURCE_DATE_EPOCH
	 * together with the time options used here.) Uncompressed inodes (-noI) cost 1 % of the size and are found faster. */
	const char *const argv[] = { "mksquashfs", "-", name, "-tar", "-comp", "zstd", "-b", BLOCK_SIZE, "-noI", "-noappend",
		"-reproducible", "-mkfs-time", "0", "-root-mode", "755", "-root-uid", "0", "-root-gid", "0", "-root-time", "0",
		"-no-progress", "-quiet", "-no-recovery", "-exit-on-error", NULL };
	int null = open(bb_dev_null, O_WRONLY | O_CLOEXEC);

	unsetenv("SOURCE_DATE_EPOCH");
	be_root();
	signal(SIGPIPE, SIG_DFL);
	if (null >= 0 && dup2(in, STDIN_FILENO) >= 0 && dup2(null, STDOUT_FILENO) >= 0 && dup2(err, STDERR_FILENO) >= 0
	 && fchdir(dir) == 0
	) {
		execvp(argv[0], (char **)argv);
	}
	dprintf(err, "%s\n", strerror(errno));
	_exit(127);
}

int d2d_mksquashfs_begin(struct d2d_mksquashfs *m, int dir, const char *name)
{
	int ends[2], err;

	memset(m, 0, sizeof(*m));
	m->err = memfd_create("mksquashfs", MFD_CLOEXEC);
	if (m->err < 0)
		return -errno;
	if (pipe2(ends, O_CLOEXEC) < 0) {
		err = -errno;
		close(m->err);
		return err;
	}
	fcntl(ends[1], F_SETPIPE_SZ, PIPE_SIZE);
	fflush_all();
	m->pid = fork();
	if (m->pid == 0)
		run(dir, ends[0], m->err, name);
	err = -errno;
	close(ends[0]);
	if (m->pid < 0) {
		close(ends[1]);
		close(m->err);
		return err;
	}
	m->to = xfdopen_for_write(ends[1]);
	return 0;
}

/* Returns the first line of the error messages, since later ones say nothing new; NULL if there is none. The caller frees it. */
static char *message(int fd)
{
	char text[1024], *line = text;
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	line += strspn(line, "\n");
	return line[0] ? d2d_printable(line, strcspn(line, "\n")) : NULL;
}

int d2d_mksquashfs_end(struct d2d_mksquashfs *m, int r, char **why)
{
	char *said;
	int status;

	if (r < 0 && r != -EPIPE)
		kill(m->pid, SIGKILL);
	if (fclose(m->to) != 0 && r == 0)
		r = -errno;
	if (safe_waitpid(m->pid, &status, 0) < 0)
		status = -1;
	if (r == -EPIPE || (r == 0 && status != 0)) {
		said = message(m->err);
		r = -EIO;
		*why = xasprintf("mksquashfs: %s", said ? said : "it ended early");
		free(said);
	}
	close(m->err);
	return r;
}
