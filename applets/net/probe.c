/*
 * d2dnet: finds out whether another machine has an address of this one. For IPv4 this asks by ARP, as RFC 5227 describes; for
 * IPv6 the kernel has done it (RFC 4862, 5.4). The address is used meanwhile: a boot shouldn't wait seconds for the answer
 * that hardly ever comes.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DNET) += d2dnet_probe.o

#include "d2dnet.h"
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if_arp.h>
#include <netinet/if_ether.h>
#include <netpacket/packet.h>

enum { PROBES = 3, INTERVAL_MS = 700, ADDRESSES_MAX = 16, DADFAILED = 0x08 };

struct probe {
	const char *interface;
	int fd, index;
	uint8_t mac[ETH_ALEN];
	struct in_addr address[ADDRESSES_MAX];
	bool taken[ADDRESSES_MAX];
	unsigned n;
	char *text;	/* what is wrong */
};

static void add_text(struct probe *p, const char *address, const char *who)
{
	char *more = xasprintf("%sanother machine has the address %s, too%s\n", p->text, address, who);

	free(p->text);
	p->text = more;
}

/* Reads the IPv4 addresses and the MAC address of the interface. */
static void read_addresses(struct probe *p)
{
	struct ifaddrs *list = NULL, *a;

	if (getifaddrs(&list) < 0)
		return;
	for (a = list; a; a = a->ifa_next) {
		if (!a->ifa_addr || strcmp(a->ifa_name, p->interface) != 0)
			continue;
		if (a->ifa_addr->sa_family == AF_INET && p->n < ADDRESSES_MAX)
			p->address[p->n++] = ((struct sockaddr_in *)a->ifa_addr)->sin_addr;
		else if (a->ifa_addr->sa_family == AF_PACKET && ((struct sockaddr_ll *)a->ifa_addr)->sll_halen == ETH_ALEN)
			memcpy(p->mac, ((struct sockaddr_ll *)a->ifa_addr)->sll_addr, ETH_ALEN);
	}
	freeifaddrs(list);
}

/* Opens a socket for the ARP packets of the interface. Returns whether that was possible. */
static bool open_socket(struct probe *p)
{
	struct sockaddr_ll addr = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ARP) };

	p->index = addr.sll_ifindex = if_nametoindex(p->interface);
	p->fd = p->index ? socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, htons(ETH_P_ARP)) : -1;
	return p->fd >= 0 && bind(p->fd, (struct sockaddr *)&addr, sizeof(addr)) == 0;
}

/* Asks who has the address. The sender's own address is left out, so that nobody remembers it (RFC 5227, 1.1). */
static void ask(const struct probe *p, struct in_addr address)
{
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ARP), .sll_ifindex = p->index, .sll_halen = ETH_ALEN,
		.sll_addr = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff },
	};
	struct ether_arp arp = {
		.ea_hdr = { htons(ARPHRD_ETHER), htons(ETHERTYPE_IP), ETH_ALEN, sizeof(address), htons(ARPOP_REQUEST) },
	};

	memcpy(arp.arp_sha, p->mac, ETH_ALEN);
	memcpy(arp.arp_tpa, &address, sizeof(address));
	sendto(p->fd, &arp, sizeof(arp), 0, (struct sockaddr *)&to, sizeof(to));
}

/* Reads a packet. A sender with one of our addresses and another MAC address has that address; so does one that probes for it,
 * too. */
static void read_packet(struct probe *p)
{
	struct ether_arp arp;
	ssize_t len = recv(p->fd, &arp, sizeof(arp), MSG_DONTWAIT);
	char address[INET_ADDRSTRLEN], who[64];
	const uint8_t *sha = arp.arp_sha;
	unsigned i;

	if (len < (ssize_t)sizeof(arp) || memcmp(sha, p->mac, ETH_ALEN) == 0)
		return;
	for (i = 0; i < p->n; i++) {
		if (p->taken[i] || memcmp(arp.arp_spa, &p->address[i], sizeof(p->address[i])) != 0)
			continue;
		p->taken[i] = true;
		sprintf(who, ": %02x:%02x:%02x:%02x:%02x:%02x", sha[0], sha[1], sha[2], sha[3], sha[4], sha[5]);
		add_text(p, inet_ntop(AF_INET, &p->address[i], address, sizeof(address)), who);
	}
}

/* Adds the addresses for which the kernel got an answer. Lines of if_inet6: address, index, prefix, scope, flags, interface. */
static void read_dad(struct probe *p)
{
	FILE *f = fopen_for_read("/proc/net/if_inet6");
	char hex[33], name[32], text[INET6_ADDRSTRLEN];
	uint8_t bytes[16];
	unsigned flags;

	while (f && fscanf(f, "%32s %*x %*x %*x %x %31s", hex, &flags, name) == 3) {
		if (!(flags & DADFAILED) || strcmp(name, p->interface) != 0)
			continue;
		if (hex2bin((char *)bytes, hex, sizeof(bytes)))
			add_text(p, inet_ntop(AF_INET6, bytes, text, sizeof(text)), "");
	}
	if (f)
		fclose(f);
}

static void probe(const struct d2dnet *d, const char *interface)
{
	struct probe p = { .interface = interface, .text = xzalloc(1) };
	bool arp;
	unsigned i, round;

	read_addresses(&p);
	arp = open_socket(&p);
	for (round = 0; round < PROBES; round++) {
		unsigned long long now = d2d_now(), end = now + INTERVAL_MS;

		for (i = 0; arp && i < p.n; i++)
			ask(&p, p.address[i]);
		for (; now < end; now = d2d_now()) {
			struct pollfd poll_fd = { arp ? p.fd : -1, POLLIN, 0 };

			if (safe_poll(&poll_fd, 1, end - now) > 0)
				read_packet(&p);
		}
	}
	read_dad(&p);
	if (if_nametoindex(interface) != 0)
		d2dnet_say_wrong(d, interface, "address", p.text);
}

void d2dnet_probe(const struct d2dnet *d, const char *interface)
{
	pid_t pid;

	if (d->root[0])
		return;
	fflush_all();
	/* The grandchild has no parent that would have to wait for it. */
	pid = fork();
	if (pid == 0) {
		if (fork() == 0) {
			setsid();
			probe(d, interface);
			fflush_all();
		}
		_exit(EXIT_SUCCESS);
	}
	if (pid > 0)
		safe_waitpid(pid, NULL, 0);
	else
		bb_simple_perror_msg("can't look for machines with the same address");
}
