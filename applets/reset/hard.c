/*
 * d2dreset -H: recreates the store in a running system that uses it. All processes that use the store are ended first.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DRESET) += d2dreset_hard.o
#include "d2dreset.h"

#define CLOSE_STORE "/usr/lib/d2d/close-store"

static void announce_store_kept(void)
{
	d2d_console_write("\ndebian2docker: the reset has failed: Docker was stopped, the store is unchanged; restart to use it\n");
}

static void announce_store_lost(void)
{
	d2d_console_write("\ndebian2docker: the reset has failed: the store is not in use; "
		"try again by 'sudo d2d reset --hard DEVICE'\n");
}

static void close_store(const char *dev)
{
	char *argv[] = { (char *)CLOSE_STORE, NULL };
	struct mntent *m;

	die_func = announce_store_kept;
	spawn_and_wait(argv);
	m = find_mount_point(dev, 0);
	if (m)
		bb_error_msg_and_die("'%s' is still in use: mounted on %s", dev, printable_string(m->mnt_dir));
	die_func = announce_store_lost;
}

/* Whether close-store unmounts DIR: it unmounts these directories and everything below them. */
static bool is_closed(const char *dir)
{
	static const char places[] ALIGN1 = "/var/lib/docker\0"D2D_RUN"/layers\0""/home/docker\0"D2D_STORE"\0";
	const char *p, *rest;

	for (p = places; *p; p += strlen(p) + 1) {
		rest = is_prefixed_with(dir, p);
		if (rest && (!*rest || *rest == '/'))
			return true;
	}
	return false;
}

/* Whether a device is mounted as the store. Dies if it is mounted elsewhere only, or also at a place that close-store
 * doesn't unmount. */
static bool is_store(const char *dev)
{
	FILE *mounts = setmntent(bb_path_mtab_file, "r");
	char *first = NULL, *other = NULL;
	struct stat st, from;
	struct mntent *m;
	bool is = false;

	if (!mounts || stat(dev, &st) != 0)
		bb_perror_msg_and_die("can't find out whether '%s' is mounted", dev);
	while ((m = getmntent(mounts)) != NULL) {
		if (m->mnt_fsname[0] != '/' || stat(m->mnt_fsname, &from) != 0
		 || !S_ISBLK(from.st_mode) || from.st_rdev != st.st_rdev)
			continue;
		if (strcmp(m->mnt_dir, D2D_STORE) == 0)
			is = true;
		if (!first)
			first = xstrdup(m->mnt_dir);
		if (!other && !is_closed(m->mnt_dir))
			other = xstrdup(m->mnt_dir);
	}
	endmntent(mounts);
	if (other || (first && !is))
		bb_error_msg_and_die("'%s' is in use: mounted on %s", dev, printable_string(other ? other : first));
	free(first);
	return is;
}

/* Whether a mount is a layer of the running root whose file is on the store. */
static bool is_layer_of_store(const struct mntent *m)
{
	char *path, *file;
	bool is;

	if (!is_prefixed_with(m->mnt_dir, D2D_ROOT"/layers/") || !is_prefixed_with(m->mnt_fsname, "/dev/loop"))
		return false;
	path = xasprintf("/sys/class/block/%s", bb_basename(m->mnt_fsname));
	file = d2d_sysfs_read(path, "loop/backing_file");
	is = file && is_prefixed_with(file, D2D_STORE"/");
	free(file);
	free(path);
	return is;
}

/* Refuses a store that the running root needs: close-store can't unmount such a store, and would leave it mounted
 * read-only. */
static void refuse_root(void)
{
	FILE *mounts = setmntent(bb_path_mtab_file, "r");
	/* The union keeps its changes in upper/ of this directory, in memory, or else in the store. */
	bool in_store = is_directory(D2D_ROOT, 0) && !is_directory(D2D_ROOT"/upper", 0);
	struct mntent *m;

	while (mounts && !in_store && (m = getmntent(mounts)) != NULL)
		in_store = is_layer_of_store(m);
	if (mounts)
		endmntent(mounts);
	if (in_store)
		bb_simple_error_msg_and_die("the running root is on the store: choose Reset in the boot menu");
}

/* Returns the device below an open LUKS volume, or DEV itself for any other device. The caller frees it. */
static char *lower_device(const char *dev)
{
	char *pattern, **names, *lower = NULL;
	struct stat st;
	int n;

	if (stat(dev, &st) != 0)
		bb_perror_msg_and_die("can't open '%s'", dev);
	pattern = xasprintf("/sys/dev/block/%u:%u/slaves", major(st.st_rdev), minor(st.st_rdev));
	n = d2d_dir_list(pattern, INT_MAX, &names);
	if (n == 1)
		lower = concat_path_file("/dev", names[0]);
	if (n >= 0)
		d2d_dir_list_free(names, n);
	free(pattern);
	return lower ? lower : xstrdup(dev);
}

/* Redirects standard output and error to the console if they go to a file on the store, because close-store kills every
 * process with an open file there. Closes all other inherited descriptors except KEEP. */
static void leave_files(dev_t store, int keep)
{
	struct stat st;
	int fd;

	for (fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fstat(fd, &st) == 0 && st.st_dev == store) {
			int console = open(DEV_CONSOLE, O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);

			xmove_fd(console < 0 ? xopen(bb_dev_null, O_WRONLY) : console, fd);
			ndelay_off(fd);
		}
	}
	close_range(STDERR_FILENO + 1, keep - 1, 0);
	close_range(keep + 1, ~0U, 0);
}

/* Goes on in a child process that needs neither the calling shell nor its terminal: the shell is killed if it has files
 * open on the store, and its terminal may go with it. The parent only waits for the child and returns its exit status. */
static void detach_from_caller(struct install_key *key, dev_t store, int keep)
{
	int status = -1;
	pid_t pid;

	xchdir("/");
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	fflush_all();
	pid = xfork();
	if (pid > 0) {
		if (ENABLE_FEATURE_D2DINSTALL_LUKS)
			d2dinstall_key_wipe(key);
		safe_waitpid(pid, &status, 0);
		exit(WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE);
	}
	if (ENABLE_FEATURE_D2DINSTALL_LUKS && key)
		d2dinstall_key_lock(key);
	setsid();
	/* without a terminal on stdin, d2d_console_write() writes to all consoles */
	xmove_fd(xopen(bb_dev_null, O_RDONLY), STDIN_FILENO);
	leave_files(store, keep);
}

int d2dreset_hard(const char *path, unsigned opt)
{
	char *used = path ? xmalloc_realpath(path) : d2dreset_mounted(), *dev, *name;
	struct install_key *key = NULL;
	struct reset_volume held;
	struct stat st;
	bool mounted;

	if (!used || stat(used, &st) != 0)
		bb_perror_msg_and_die("can't open '%s'", path ? path : used);
	if (!S_ISBLK(st.st_mode))
		bb_error_msg_and_die("'%s' is not a block device", used);
	dev = path ? xstrdup(used) : lower_device(used);
	name = d2d_luks_open_as(dev);
	if (name) {
		free(used);
		used = xasprintf("/dev/mapper/%s", name);
		xstat(used, &st);
	}
	d2dreset_hold(&held, dev);
	mounted = is_store(used);
	if (mounted)
		refuse_root();
	printf("ALL OF %s IS LOST: %s \"%s\", with Docker's images, containers and volumes.\n", dev,
		held.on_it.fstype[0] ? held.on_it.fstype : "nothing", printable_string(held.on_it.label));
	d2dreset_ask(opt, bb_basename(dev));
	if (d2dreset_is_luks(&held))
		key = d2dreset_ask_key(false, 0);
	d2dreset_check(&held);
	/* The volume may have been mounted in the meantime. */
	mounted = is_store(used);
	if (mounted)
		puts("Docker is stopped, and users who work on the store are logged out");
	detach_from_caller(key, st.st_rdev, held.fd);
	if (mounted)
		close_store(used);
	/* The LUKS volume is still open if nothing in it could be mounted. */
	if (ENABLE_FEATURE_D2DINSTALL_LUKS && name)
		d2d_luks_close(name);
	d2dreset_refuse_used(dev);
	if (d2dreset_is_luks(&held))
		d2dreset_erase_keys(dev);
	d2dreset_make(dev, key);
	if (key)
		d2dinstall_key_wipe(key);
	puts("The store is new: restart to use it");
	d2d_console_write("\ndebian2docker: the store is new: restart to use it\n");
	d2d_volume_clear(&held.on_it);
	close(held.fd);
	free(name);
	free(used);
	free(dev);
	return EXIT_SUCCESS;
}
