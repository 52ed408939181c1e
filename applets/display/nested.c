/*
 * d2ddisplay: a Docker engine of its own for an application ("nested"), which runs in a user namespace of the application's
 * container. Its root is UID 1000 outside, like all of the application, and it has no capabilities outside. This file has what the
 * container gets for that, and the server that gives the user namespace its IDs.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DDISPLAY) += d2ddisplay_nested.o

#include <json-c/json.h>
#include <linux/nsfs.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include "d2ddisplay.h"

#define IN_CONTAINER "/run/d2d-nested"	/* where the directory with the socket is mounted */

enum {
	/* IDs that nobody else has: the nested engine's containers write files with them into the volume with the home directory. They
	 * are the same for each display, as UID 1000 is, because no display sees the processes or files of another. */
	FIRST_ID = 1 << 30,
	IDS = 65536,
	PROFILE_MAX = 256 * 1024,	/* bytes */
};

/* ---- what the container gets ---- */

/* /dev/net/tun, by which pasta connects the nested engine's network with that of the container. Without CAP_NET_ADMIN, which a
 * process has only in its own user namespace, nobody can make an interface with it. */
static struct json_object *tun(const struct d2ddisplay *d)
{
	struct json_object *device = json_object_new_object();
	char *path = xasprintf("%s/tun", d->dir);

	json_object_object_add(device, "PathOnHost", json_object_new_string(path));
	json_object_object_add(device, "PathInContainer", json_object_new_string("/dev/net/tun"));
	json_object_object_add(device, "CgroupPermissions", json_object_new_string("rw"));
	free(path);
	return device;
}

int d2ddisplay_can_nest(const struct d2ddisplay *d, char **why)
{
	char *path = xasprintf("%s"D2DDISPLAY_PROFILE, d->root);
	int r = 0;

	if (access(path, R_OK) < 0)
		r = d2d_fail(-ENOSYS, why, "'%s' asks for 'nested', but this system was built without it (D2D_DISPLAY_NESTED)", d->image);
	free(path);
	return r;
}

void d2ddisplay_nested(const struct d2ddisplay *d, struct json_object *host)
{
	char *path = xasprintf("%s"D2DDISPLAY_PROFILE, d->root), *profile = NULL, *text;
	size_t len;

	/* If it can't be read, Docker's own profile is used, with which no engine starts. */
	if (d2d_file_read(path, PROFILE_MAX, &profile, &len) == 0) {
		text = xasprintf("seccomp=%s", profile);
		d2ddisplay_append(host, "SecurityOpt", json_object_new_string(text));
		free(text);
	}
	/* The kernel lets a user namespace mount /proc and /sys only if nothing in those of the container is covered. */
	json_object_object_add(host, "MaskedPaths", json_object_new_array());
	json_object_object_add(host, "ReadonlyPaths", json_object_new_array());
	if (!d->wish.offline)
		d2ddisplay_append(host, "Devices", tun(d));
	text = xasprintf("%s/nested:"IN_CONTAINER":ro", d->dir);
	d2ddisplay_append(host, "Binds", json_object_new_string(text));
	free(text);
	free(profile);
	free(path);
}

/* ---- the server of IDs ---- */

/* Whether the open namespace NS is a user namespace that an application has made, in the one of this process. */
static bool is_of_application(int ns)
{
	uid_t owner = 0;
	struct stat parent_st, own_st;
	int parent;
	bool is;

	if (ioctl(ns, NS_GET_OWNER_UID, &owner) < 0 || owner != D2DDISPLAY_USER)
		return false;
	parent = ioctl(ns, NS_GET_PARENT);
	if (parent < 0)
		return false;
	is = fstat(parent, &parent_st) == 0 && stat("/proc/self/ns/user", &own_st) == 0
		&& parent_st.st_dev == own_st.st_dev && parent_st.st_ino == own_st.st_ino;
	close(parent);
	return is;
}

/* Writes a map with root and IDS - 1 others. The kernel accepts one only once, and at once. */
static int write_map(int proc, const char *name)
{
	char map[128];
	int len = snprintf(map, sizeof(map), "0 %d 1\n1 %d %d\n", D2DDISPLAY_USER, FIRST_ID + 1, IDS - 1);
	int fd = openat(proc, name, O_WRONLY | O_CLOEXEC);
	int r = fd < 0 || write(fd, map, len) != len ? -errno : 0;

	if (fd >= 0)
		close(fd);
	return r;
}

/* Gives IDs to the user namespace of process PID. Returns 0 or a negative errno. Should PID belong to another process by now, that
 * process has just made a user namespace without IDs as UID 1000, which means in another display. */
static int give_ids(pid_t pid)
{
	char path[32];
	int proc, ns, r = -EPERM;

	snprintf(path, sizeof(path), "/proc/%d", (int)pid);
	proc = open(path, O_DIRECTORY | O_RDONLY | O_CLOEXEC);
	if (proc < 0)
		return -errno;
	ns = openat(proc, "ns/user", O_RDONLY | O_CLOEXEC);
	if (ns >= 0 && is_of_application(ns)) {
		r = write_map(proc, "gid_map");
		if (r == 0)
			r = write_map(proc, "uid_map");
	}
	if (ns >= 0)
		close(ns);
	close(proc);
	return r;
}

static void answer(int client)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);
	char text[80];
	int r = getsockopt(client, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0 ? -errno : peer.pid > 0 ? give_ids(peer.pid) : -ESRCH;

	snprintf(text, sizeof(text), "%s\n", r == 0 ? "ok" : r != -EPERM ? strerror(-r)
		: "this process has no user namespace of its own, or it has IDs already");
	send(client, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* Makes the device and the socket. Returns the socket or a negative errno. */
static int listen_for(const struct d2ddisplay *d)
{
	char *device = xasprintf("%s/tun", d->dir);
	int fd = d2ddisplay_listen(d, "nested", "ids");

	unlink(device);
	if (fd >= 0 && (mknod(device, S_IFCHR | 0600, makedev(10, 200)) < 0 || chown(device, D2DDISPLAY_USER, D2DDISPLAY_USER) < 0)) {
		int r = -errno;

		close(fd);
		fd = r;
	}
	free(device);
	return fd;
}

static void serve(int fd) NORETURN;
static void serve(int fd)
{
	for (;;) {
		int client = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

		if (client < 0 && errno != EINTR && errno != ECONNABORTED)
			bb_simple_perror_msg_and_die("no IDs for nested engines");
		if (client < 0)
			continue;
		answer(client);
		close(client);
	}
}

int d2ddisplay_ids(const char *root, const char *name)
{
	struct d2ddisplay d = { .root = root };
	int fd;

	d2ddisplay_set(&d, name);
	fd = listen_for(&d);
	if (fd < 0)
		bb_error_msg_and_die("no IDs for a nested engine of '%s': %s", name, strerror(-fd));
	serve(fd);
}

pid_t d2ddisplay_ids_start(const struct d2ddisplay *d)
{
	int fd = listen_for(d);
	pid_t pid;

	if (fd < 0)
		return fd;
	fflush_all();
	pid = fork();
	if (pid == 0) {
		/* It ends with the supervisor, however that ends. */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		serve(fd);
	}
	if (pid < 0)
		pid = -errno;
	close(fd);
	return pid;
}
