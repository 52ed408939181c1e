/*
 * Reads the lists of packages in a layer, and compares them with the packages of an ISO's base system. unsquashfs reads the layer,
 * also where it is a part of an ISO, so that nothing has to be mounted.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D_ISO) += d2d_iso_layer.o

#include "d2d_iso.h"
#include "d2d_packages.h"

enum { NO_SUCH_FILE = 2, CANT_EXECUTE = 127 };	/* exit status of unsquashfs, and of the child process without it */

static void run(const char *file, off_t at) NORETURN;
static void run(const char *file, off_t at)
{
	char offset[sizeof(at) * 3 + 1];
	char *argv[] = { (char *)"unsquashfs", (char *)"-o", offset, (char *)"-cat", (char *)file,
		(char *)D2D_PACKAGES_LAYERS"/*.list", NULL };
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	sprintf(offset, "%llu", (unsigned long long)at);
	xsetenv("LC_ALL", "C");
	if (null >= 0)
		dup2(null, STDERR_FILENO);
	execvp(argv[0], argv);
	_exit(CANT_EXECUTE);
}

/* Sets *TEXT to the lists of the layer at the offset AT of a file, one after the other, or to NULL if it has none. Returns 0, or a
 * negative errno and the reason. */
static int read_lists(const char *file, off_t at, char **text, size_t *len, char **why)
{
	/* A path that begins with '-' would be an option. */
	char *path = file[0] == '/' ? xstrdup(file) : xasprintf("./%s", file);
	int pipe, status, r = 0;
	pid_t pid;

	*text = NULL;
	*len = D2D_PACKAGES_MAX;
	pid = d2d_fork_piped(STDOUT_FILENO, &pipe);
	if (pid == 0)
		run(path, at);
	*text = xmalloc_read(pipe, len);
	close(pipe);
	if (safe_waitpid(pid, &status, 0) < 0)
		status = -1;
	if (WIFEXITED(status) && WEXITSTATUS(status) == CANT_EXECUTE)
		r = d2d_fail(-ENOENT, why, "unsquashfs isn't installed: apt install squashfs-tools");
	else if (*text && *len == D2D_PACKAGES_MAX)
		r = d2d_fail(-EFBIG, why, "its list of packages is too long");
	else if (status != 0 && !(WIFEXITED(status) && WEXITSTATUS(status) == NO_SUCH_FILE))
		r = d2d_fail(-EIO, why, "unsquashfs can't read it");
	if (r < 0 || status != 0) {
		free(*text);
		*text = NULL;
	}
	free(path);
	return r;
}

int d2d_iso_layer_fits(const struct d2d_iso *iso, const char *file, off_t at, llist_t **others, char **why)
{
	const struct d2d_iso_file *list = d2d_iso_regular(iso, D2D_PACKAGES_ISO);
	struct d2d_packages base = { .n = 0 }, layer = { .n = 0 };
	char *text = NULL, *lists = NULL;
	size_t len;
	int r;

	*why = NULL;
	/* An ISO of an earlier version doesn't say what it is made of. */
	if (!list)
		return 0;
	r = d2d_iso_read(iso, list, D2D_PACKAGES_MAX, &text, &len);
	if (r < 0)
		r = d2d_fail(-EIO, why, "can't read the ISO's "D2D_PACKAGES_ISO);
	if (r == 0)
		r = d2d_packages_parse(text, len, &base, why);
	if (r == 0)
		r = read_lists(file, at, &lists, &len, why);
	if (r == 0 && lists)
		r = d2d_packages_parse(lists, len, &layer, why);
	if (r == 0 && lists) {
		*why = d2d_packages_missing(&base, &layer, others);
		r = *why ? -EBADMSG : 0;
	}
	d2d_packages_free(&layer);
	d2d_packages_free(&base);
	free(lists);
	free(text);
	return r;
}
