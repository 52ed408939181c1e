/*
 * Runs xorriso, which lists and writes ISO 9660 file systems. It never runs under a shell: paths are arguments, or quoted in a
 * file of commands.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D_ISO) += d2d_iso_xorriso.o

#include <sys/mman.h>
#include "d2d_iso.h"

bool d2d_xorriso_exists(char **why)
{
	if (executable_exists("xorriso"))
		return true;
	/* In a running debian2docker there is no apt, and xorriso can only come with a layer. */
	if (access("/etc/d2d/release", F_OK) == 0)
		d2d_refuse(why, "this system has no xorriso, which does the work: use another Linux machine, or a layer that brings xorriso");
	else
		d2d_refuse(why, "xorriso isn't installed, which does the work: apt install xorriso");
	return false;
}

static void run(char **argv) NORETURN;
static void run(char **argv)
{
	/* The language of messages, and dates in local time, must not depend on the user. */
	xsetenv("LC_ALL", "C");
	xsetenv("TZ", "UTC0");
	execvp(argv[0], argv);
	dprintf(STDERR_FILENO, "can't execute xorriso: %s\n", strerror(errno));
	_exit(127);
}

/* Returns the last line of the messages that says what went wrong, or NULL; the caller frees it. */
static char *last_message(int messages)
{
	char text[4096], *line, *last = NULL, *rest = text;
	off_t end = lseek(messages, 0, SEEK_END);
	ssize_t n = pread(messages, text, sizeof(text) - 1, MAX(end - (off_t)sizeof(text) + 1, 0));

	text[MAX(n, 0)] = '\0';
	while ((line = strsep(&rest, "\n")) != NULL) {
		/* "xorriso : aborting : ..." and "xorriso : NOTE : ..." only follow the reason. */
		if (!*line || strstr(line, ": NOTE :") || strstr(line, " : aborting") || strstr(line, ": UPDATE :"))
			continue;
		last = line;
	}
	return last ? d2d_printable(last, strlen(last)) : NULL;
}

int d2d_xorriso_end(int status, int messages, char **why)
{
	char *said;

	if (status == 0)
		return 0;
	said = last_message(messages);
	d2d_fail(-EIO, why, "%s", said ? said : WIFSIGNALED(status) ? "xorriso was killed" : "xorriso failed");
	free(said);
	return -EIO;
}

pid_t d2d_xorriso_start(int commands, int messages)
{
	char file[D2D_FD_PATH];
	char *argv[] = { (char *)"xorriso", (char *)"-no_rc", (char *)"-options_from_file", file, NULL };
	pid_t pid;

	fflush_all();
	pid = xfork();
	if (pid == 0) {
		xdup2(messages, STDOUT_FILENO);
		xdup2(messages, STDERR_FILENO);
		/* xorriso opens this path in its own process. */
		fcntl(commands, F_SETFD, 0);
		d2d_fd_path(file, commands);
		run(argv);
	}
	return pid;
}

int d2d_xorriso_read(const char *const *args, size_t max, char **out, char **why)
{
	int messages = memfd_create("xorriso", MFD_CLOEXEC), pipe, status, r;
	size_t len = max;
	unsigned n = 0;
	char **argv;
	pid_t pid;

	*out = NULL;
	if (!d2d_xorriso_exists(why))
		return -ENOENT;
	if (messages < 0)
		return d2d_fail(-errno, why, "can't run xorriso: %s", strerror(errno));
	while (args[n])
		n++;
	argv = xzalloc((n + 3) * sizeof(*argv));
	argv[0] = (char *)"xorriso";
	argv[1] = (char *)"-no_rc";
	memcpy(argv + 2, args, n * sizeof(*argv));
	pid = d2d_fork_piped(STDOUT_FILENO, &pipe);
	if (pid == 0) {
		xdup2(messages, STDERR_FILENO);
		run(argv);
	}
	*out = xmalloc_read(pipe, &len);
	close(pipe);
	if (safe_waitpid(pid, &status, 0) < 0)
		status = -1;
	r = d2d_xorriso_end(status, messages, why);
	if (r == 0 && (!*out || len == max))
		r = d2d_fail(-EFBIG, why, "it contains too many files");
	close(messages);
	free(argv);
	return r;
}
