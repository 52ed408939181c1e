/*
 * d2dnet: the netlink socket (rtnetlink(7)).
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DNET) += d2dnet_netlink.o

#include "d2dnet.h"
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

int d2dnet_netlink(unsigned groups)
{
	struct sockaddr_nl addr = { .nl_family = AF_NETLINK, .nl_groups = groups };
	const int size = 1024 * 1024;
	int fd = xsocket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	/* Docker makes and removes interfaces, many at once. Without CAP_NET_ADMIN the default size has to do. */
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	xbind(fd, (struct sockaddr *)&addr, sizeof(addr));
	return fd;
}

void d2dnet_ask_links(int fd, unsigned char family)
{
	struct {
		struct nlmsghdr header;
		struct ifinfomsg info;
	} request = {
		.header = { .nlmsg_len = sizeof(request), .nlmsg_type = RTM_GETLINK, .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
		.info = { .ifi_family = family },
	};

	if (send(fd, &request, sizeof(request), 0) < 0)
		bb_simple_perror_msg_and_die("can't ask the kernel for network cards");
}
