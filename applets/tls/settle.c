/*
 * d2dtls: hears from the kernel of new addresses, and waits for those of the first boot.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DTLS) += d2dtls_settle.o

#include "d2dtls.h"
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

enum {
	SETTLE_MS = 3000,	/* in this time routers answer, and IPv6 looks for duplicate addresses */
	SETTLE_MAX_MS = 8000,
	BUFFER = 16 * 1024,
};

int d2dtls_addresses(void)
{
	struct sockaddr_nl local = { .nl_family = AF_NETLINK, .nl_groups = RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR };
	int fd = xsocket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	xbind(fd, (struct sockaddr *)&local, sizeof(local));
	return fd;
}

void d2dtls_settle(void)
{
	static const char *const wait[] = { "d2dnet", "-a", "-t", "5", "wait", NULL };
	struct pollfd fd = { .fd = d2dtls_addresses(), .events = POLLIN };
	unsigned long long end;
	char buf[BUFFER];

	if (find_applet_by_name("d2dnet") >= 0)
		spawn_and_wait((char **)wait);
	for (end = d2d_now() + SETTLE_MAX_MS; d2d_now() < end && safe_poll(&fd, 1, SETTLE_MS) > 0; )
		while (recv(fd.fd, buf, sizeof(buf), MSG_DONTWAIT) > 0)
			continue;
	close(fd.fd);
}
