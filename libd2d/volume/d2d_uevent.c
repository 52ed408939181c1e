/*
 * Waits for devices: the kernel reports on a netlink socket which devices were added, changed and removed.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_uevent.o

#include <linux/netlink.h>
#include "d2d_volume.h"

enum {
	KERNEL_GROUP = 1,		/* multicast group of the kernel's uevents; 2 is that of udevd */
	EVENT_SIZE = 16 * 1024,		/* bytes; the kernel's own limit is 2 KiB of variables and the path */
};

int d2d_uevent_open(void)
{
	struct sockaddr_nl sa = { .nl_family = AF_NETLINK, .nl_groups = KERNEL_GROUP };
	int err, fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);

	if (fd < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)&sa, sizeof(sa)) == 0)
		return fd;
	err = -errno;
	close(fd);
	return err;
}

/* Reads all queued events. Returns 1 if any of them comes from the kernel and belongs to this subsystem (NULL: any), else 0. */
static int drain(int fd, const char *subsystem)
{
	char *buf = xmalloc(EVENT_SIZE + 1);
	int seen = 0;

	for (;;) {
		struct sockaddr_nl from;
		socklen_t fromlen = sizeof(from);
		ssize_t len = recvfrom(fd, buf, EVENT_SIZE, 0, (struct sockaddr *)&from, &fromlen);
		char *s;

		if (len < 0) {
			/* The kernel dropped events because the socket buffer was full; report a change, so that the
			 * caller scans again. */
			if (errno == ENOBUFS)
				seen = 1;
			if (errno == ENOBUFS || errno == EINTR)
				continue;
			break;
		}
		if (fromlen != sizeof(from) || from.nl_pid != 0)
			continue;
		buf[len] = '\0';
		for (s = buf; s < buf + len; s += strlen(s) + 1)
			if (is_prefixed_with(s, "SUBSYSTEM=") && (!subsystem || strcmp(s + 10, subsystem) == 0))
				seen = 1;
	}
	free(buf);
	return seen;
}

int d2d_uevent_wait(int fd, const char *subsystem, int ms)
{
	unsigned long long end = monotonic_ms() + ms;
	struct pollfd pfd = { .fd = fd, .events = POLLIN };

	for (;;) {
		long long left = end - monotonic_ms();
		int r = poll(&pfd, 1, left > 0 ? left : 0);

		if (r < 0 && errno != EINTR)
			return -errno;
		if (r > 0 && drain(fd, subsystem))
			return 1;
		if (left <= 0)
			return 0;
	}
}
