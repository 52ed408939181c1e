/*
 * d2dnet wait: waits until this machine is on a network, so that what comes later in the boot finds one.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DNET) += d2dnet_wait.o

#include "d2dnet.h"
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

enum {
	CARRIER_MS = 3000,	/* that a card needs to find out whether something is at the other end of the cable */
	IPV4_MS = 1000,		/* that a DHCP server gets after there is an IPv6 address */
};

/* Prints "eth0 10.0.0.2/24, eth1 no cable". */
static void report(const struct d2d_card *cards, int n)
{
	int i;

	for (i = 0; i < n; i++)
		printf("%s%s%s", i ? ", " : "", cards[i].name,
			cards[i].addresses[0] ? cards[i].addresses : cards[i].carrier ? " no address" : " no cable");
	bb_putchar('\n');
}

int d2dnet_wait(char **names, unsigned seconds)
{
	int fd = d2dnet_netlink(RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR);
	struct pollfd poll_fd = { fd, POLLIN, 0 };
	unsigned long long start = d2d_now(), end = start + seconds * 1000ULL, ipv6_since = 0;
	char buf[16 * 1024];

	for (;;) {
		struct d2d_card *cards;
		int i, n = d2d_net_cards(names[0] ? names : NULL, &cards);
		unsigned long long now = d2d_now(), until = end;
		bool carrier = false, ipv4 = false, ipv6 = false;

		for (i = 0; i < n; i++) {
			carrier |= cards[i].carrier;
			ipv4 |= cards[i].ipv4;
			ipv6 |= cards[i].ipv6;
		}
		if (ipv6 && !ipv6_since)
			ipv6_since = now;
		if (ipv6)
			until = MIN(until, ipv6_since + IPV4_MS);
		else if (!carrier)
			until = MIN(until, start + CARRIER_MS);
		if (n == 0 || ipv4 || now >= until) {
			if (n == 0)
				puts("no network card found");
			else
				report(cards, n);
			d2d_net_cards_free(cards, n);
			close(fd);
			return ipv4 || ipv6 ? EXIT_SUCCESS : carrier ? EXIT_FAILURE : D2D_EXIT_NOTHING;
		}
		d2d_net_cards_free(cards, n);
		/* What happened doesn't matter: all is looked at again, also after messages were lost (ENOBUFS). */
		if (safe_poll(&poll_fd, 1, until - now) > 0)
			while (recv(fd, buf, sizeof(buf), MSG_DONTWAIT) > 0)
				continue;
	}
}
