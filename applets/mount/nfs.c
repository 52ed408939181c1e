/*
 * d2dmount --url: mounts a payload from an NFS server. Always ends within its time limit, even if the server doesn't
 * answer.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_FEATURE_D2DMOUNT_NFS) += d2dmount_nfs.o
#include <sys/mount.h>
#include "d2dmount.h"

/* Exit statuses of an attempt that stand for no errno of mount(2); errnos are smaller. */
enum { NO_HOST = 250, NO_FOLDER };

/* Runs in a child process, so that a signal can end it wherever it hangs. Returns its exit status: 0, an errno or one
 * of the above. */
static int attempt(const struct d2d_nfs *nfs, const char *target, unsigned seconds)
{
	len_and_sockaddr *lsa;
	struct stat st;
	char *address, *dir;
	int r;

	alarm(seconds);
	logmode = LOGMODE_NONE;	/* the parent reports what the resolver's message would say */
	lsa = host2sockaddr(nfs->host, nfs->port);
	if (!lsa)
		return NO_HOST;
	address = xmalloc_sockaddr2dotted_noport(&lsa->u.sa);
	/* libbb puts an IPv6 address in brackets, as in [::1]; the kernel expects the address without them. */
	if (address[0] == '[') {
		address++;
		*strchrnul(address, ']') = '\0';
	}
	r = d2d_nfs_mount(nfs, address, target);
	if (r < 0)
		return -r;
	dir = concat_path_file(target, "d2d");
	return stat(dir, &st) == 0 && S_ISDIR(st.st_mode) ? EXIT_SUCCESS : NO_FOLDER;
}

/* Returns the exit status of attempt(), or ETIMEDOUT if it took longer than SECONDS. */
static int attempt_in_child(const struct d2d_nfs *nfs, const char *target, unsigned seconds)
{
	int status;
	pid_t pid;

	fflush_all();
	pid = xfork();
	if (pid == 0)
		_exit(attempt(nfs, target, seconds));
	safe_waitpid(pid, &status, 0);
	status = WIFEXITED(status) ? WEXITSTATUS(status) : ETIMEDOUT;
	if (status != EXIT_SUCCESS)
		umount2(target, MNT_DETACH);
	return status;
}

/* Whether a later attempt may succeed, because the network or the server isn't up yet. */
static bool may_change(int code)
{
	return code == NO_HOST || code == ENETUNREACH || code == EHOSTUNREACH || code == ENETDOWN || code == EHOSTDOWN
		|| code == ECONNREFUSED || code == ETIMEDOUT || code == EADDRNOTAVAIL;
}

static const char *reason(int code)
{
	switch (code) {
	case NO_HOST:
		return "the host name can't be resolved";
	case NO_FOLDER:
		return "it has no directory d2d/";
	case ENOENT:
		return "the server has no such directory";
	case EACCES:
	case EPERM:
		return "the server refuses access";
	case EPROTONOSUPPORT:
		return "the server or this kernel doesn't support this NFS version";
	case ENODEV:
		return "this kernel has no NFS client";
	case ETIMEDOUT:
		return "the server doesn't answer";
	default:
		return strerror(code);
	}
}

/* Returns the mount point for an export, which the caller frees, or NULL if it is mounted already. */
static char *choose_target(const struct d2d_nfs *nfs)
{
	char *source = xasprintf("%s:%s", nfs->host, nfs->path), *target = xstrdup(D2D_NFS);
	struct d2d_volume *list = NULL;
	int i, n = d2d_net_payloads_add(&list, 0), number = 1;

	for (i = 0; i < n; i++)
		if (strcmp(list[i].fstype, "nfs") == 0 && strcmp(list[i].dev, source) == 0) {
			free(target);
			target = NULL;
			break;
		}
	for (i = 0; target && i < n; i++)
		if (strcmp(list[i].mountpoint, target) == 0) {
			free(target);
			target = xasprintf(D2D_NFS"%d", ++number);
			i = -1;
		}
	d2d_volumes_free(list, n);
	free(source);
	return target;
}

int d2dmount_nfs(const char *url, unsigned seconds)
{
	unsigned long long end = monotonic_ms() + seconds * 1000ULL;
	struct d2d_nfs nfs;
	const char *why = d2d_nfs_parse(url, &nfs);
	char *target;
	int code;

	if (why)
		bb_error_msg_and_die("payload '%s': %s", printable_string(url), why);
	target = choose_target(&nfs);
	if (!target) {
		printf("payload: %s is mounted already\n", printable_string(url));
		return EXIT_SUCCESS;
	}
	if (bb_make_directory(xstrdup(target), 0755, FILEUTILS_RECUR) != 0)
		return EXIT_FAILURE;
	for (;;) {
		long long left = (long long)(end - monotonic_ms()) / 1000;

		code = attempt_in_child(&nfs, target, left > 0 ? left : 1);
		if (code == EXIT_SUCCESS) {
			printf("payload: %s (nfs) on %s\n", printable_string(url), target);
			return EXIT_SUCCESS;
		}
		if (!may_change(code) || left < 2)
			break;
		sleep1();
	}
	rmdir(target);
	bb_error_msg_and_die("payload '%s': %s", printable_string(url), reason(code));
}
