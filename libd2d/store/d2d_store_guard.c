/*
 * Checks whether a data-root may be written to: it must be empty, or hold only what Docker's overlay2 driver and its
 * own image store (not containerd's) create, and no dockerd may be using it.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DIMPORT) += d2d_store_guard.o

#include <json-c/json.h>
#include <linux/magic.h>
#include <sys/file.h>
#include <sys/vfs.h>
#include "d2d_store_private.h"

#define DAEMON_JSON "/etc/docker/daemon.json"
#define DATA_ROOT "/var/lib/docker"
#define DOCKER_PID "/run/docker.pid"

enum { DAEMON_JSON_MAX = 1024 * 1024, ENTRIES_MAX = 10000 };

/* Checks that a directory has no entries but these names (each ends in a null byte, the list in another one). A missing
 * directory is fine. */
static int check_names(const struct d2d_store *s, const char *dir, const char *allowed, char **why)
{
	char *path = xasprintf("%s/%s", s->path, dir), **names, *shown;
	int i, n = d2d_dir_list(path, ENTRIES_MAX, &names), r = n == -ENOENT ? 0 : MIN(n, 0);

	for (i = 0; i < n && r == 0; i++) {
		/* a temporary file that dockerd left when it died before renaming it */
		if (index_in_strings(allowed, names[i]) >= 0 || is_prefixed_with(names[i], ".tmp-"))
			continue;
		shown = d2d_printable(names[i], strlen(names[i]));
		r = d2d_fail(-ENOTSUP, why, "unknown layout: '%s/%s'", dir, shown);
		free(shown);
	}
	if (n >= 0)
		d2d_dir_list_free(names, n);
	free(path);
	return r;
}

/* Docker keeps a directory image/DRIVER for each graph driver that was ever used. */
static int check_driver(const struct d2d_store *s, char **why)
{
	char *path = xasprintf("%s/image", s->path), **names, *shown;
	int n = d2d_dir_list(path, ENTRIES_MAX, &names), r = 0;

	free(path);
	if (n < 0)
		return n == -ENOENT ? 0 : n;
	if (n > 0 && !d2d_store_exists(s, STORE_IMAGE)) {
		shown = d2d_printable(names[0], strlen(names[0]));
		r = d2d_fail(-ENOTSUP, why, "its graph driver is '%s', not overlay2", shown);
		free(shown);
	}
	d2d_dir_list_free(names, n);
	return r;
}

/* Detects a running dockerd by the locks that it holds on its databases. */
static int check_running(const struct d2d_store *s, char **why)
{
	static const char databases[] ALIGN1 =
		"volumes/metadata.db\0" "network/files/local-kv.db\0" "buildkit/cache.db\0" "buildkit/snapshots.db\0";
	const char *name;
	int fd, busy = 0;

	for (name = databases; *name && !busy; name += strlen(name) + 1) {
		fd = openat(s->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
		if (fd < 0)
			continue;
		busy = flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK;
		close(fd);
	}
	if (busy)
		d2d_fail(-ENOTSUP, why, "a dockerd is running on it");
	return busy ? -EBUSY : 0;
}

/* Detects a dockerd that has just started: it has written its PID file, but has not opened a database yet. */
static int check_starting(char **why)
{
	size_t len = sizeof("4294967295");
	char *pid = xmalloc_open_read_close(DOCKER_PID, &len), *path, *comm;
	int busy;

	if (!pid || !isdigit(pid[0])) {
		free(pid);
		return 0;
	}
	len = sizeof("dockerd") - 1;
	path = xasprintf("/proc/%u/comm", atoi(pid));
	comm = xmalloc_open_read_close(path, &len);
	busy = comm && is_prefixed_with(comm, "dockerd");
	free(comm);
	free(path);
	free(pid);
	if (busy)
		d2d_fail(-ENOTSUP, why, "a dockerd is running on it");
	return busy ? -EBUSY : 0;
}

/* Checks the configuration of this machine's dockerd, if it refers to this store. */
static int check_settings(const struct d2d_store *s, char **why)
{
	size_t len = DAEMON_JSON_MAX;
	char *text = xmalloc_open_read_close(DAEMON_JSON, &len), *real;
	struct json_object *settings = text ? json_tokener_parse(text) : NULL, *features;
	const char *driver = d2d_json_text(settings, "storage-driver"), *root = d2d_json_text(settings, "data-root");
	int r = 0;

	free(text);
	real = xmalloc_realpath(root ? root : DATA_ROOT);
	if (real && strcmp(real, s->path) == 0) {
		if (driver && strcmp(driver, "overlay2") != 0)
			r = d2d_fail(-ENOTSUP, why, DAEMON_JSON" chooses the graph driver '%s', not overlay2", driver);
		else if (d2d_json_text(settings, "userns-remap"))
			r = d2d_fail(-ENOTSUP, why, DAEMON_JSON" remaps users");
		else if (json_object_object_get_ex(settings, "features", &features)
		 && json_object_get_boolean(json_object_object_get(features, "containerd-snapshotter"))
		) {
			r = d2d_fail(-ENOTSUP, why, DAEMON_JSON" chooses containerd's image store");
		} else {
			r = check_starting(why);
		}
	}
	free(real);
	json_object_put(settings);
	return r;
}

static int check_place(const struct d2d_store *s, char **why)
{
	struct stat st, part;
	struct statfs fs;

	if (fstatfs(s->fd, &fs) < 0 || fstat(s->fd, &st) < 0)
		return -errno;
	if (fs.f_type == OVERLAYFS_SUPER_MAGIC)
		return d2d_fail(-ENOTSUP, why, "it is on overlayfs, where overlay2 can't work");
	if ((fstatat(s->fd, STORE_LAYERS, &part, 0) == 0 && part.st_dev != st.st_dev)
	 || (fstatat(s->fd, "image", &part, 0) == 0 && part.st_dev != st.st_dev)
	) {
		return d2d_fail(-ENOTSUP, why, "a part of it is a separate file system");
	}
	return 0;
}

int d2d_store_guard(const struct d2d_store *s, char **why)
{
	struct json_object *names;
	int r = check_place(s, why);

	if (r == 0)
		r = check_settings(s, why);
	/* containerd's image store mounts its containers in this directory */
	if (r == 0 && d2d_store_exists(s, "rootfs"))
		r = d2d_fail(-ENOTSUP, why, "it has containerd's image store");
	if (r == 0)
		r = check_driver(s, why);
	if (r == 0)
		r = check_names(s, STORE_IMAGE, "distribution\0" "imagedb\0" "layerdb\0" "repositories.json\0", why);
	if (r == 0)
		r = check_names(s, STORE_IMAGE"/imagedb", "content\0" "metadata\0", why);
	if (r == 0)
		r = check_names(s, STORE_IMAGE"/imagedb/content", "sha256\0", why);
	if (r == 0)
		r = check_names(s, STORE_IMAGE"/layerdb", "sha256\0" "mounts\0" "tmp\0", why);
	if (r == 0) {
		names = d2d_store_names(s);
		if (!names)
			r = d2d_fail(-ENOTSUP, why, "unknown layout: its repositories.json: %s",
				errno == EUCLEAN ? "invalid" : strerror(errno));
		json_object_put(names);
	}
	return r ? r : check_running(s, why);
}
