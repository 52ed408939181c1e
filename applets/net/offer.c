/*
 * d2dnet: listens to what DHCP servers offer. udhcpc takes the first offer and ignores all others, so this is how a second
 * server is noticed, which gives other leases: the usual reason for a machine that is on the right network on some days only.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DNET) += d2dnet_offer.o

#include "d2dnet.h"
#include <arpa/inet.h>
#include <linux/filter.h>
#include <netinet/if_ether.h>
#include <netinet/udp.h>
#include <netpacket/packet.h>

/* Of a DHCP message (RFC 2131, 2.): offsets and values. */
enum {
	OP = 0, REPLY = 2, YIADDR = 16, CHADDR = 28, COOKIE = 236, OPTIONS = 240,
	OPT_PAD = 0, OPT_MASK = 1, OPT_ROUTER = 3, OPT_TYPE = 53, OPT_SERVER = 54, OPT_END = 255,
	TYPE_OFFER = 2, TYPE_ACK = 5, CLIENT_PORT = 68,
};

/* Reads the options. Returns the message's type, 0 if there is none. */
static unsigned read_options(const uint8_t *p, const uint8_t *end, struct d2dnet_offer *offer)
{
	unsigned type = 0;

	while (p < end && *p != OPT_END) {
		unsigned option = *p++, len;

		if (option == OPT_PAD)
			continue;
		if (p == end || *p > end - p - 1)
			break;
		len = *p++;
		if (option == OPT_TYPE && len == 1)
			type = *p;
		else if (option == OPT_SERVER && len == 4)
			memcpy(&offer->server, p, 4);
		else if (option == OPT_MASK && len == 4)
			memcpy(&offer->mask, p, 4);
		else if (option == OPT_ROUTER && len >= 4)
			memcpy(&offer->router, p, 4);
		p += len;
	}
	return type;
}

bool d2dnet_offer_parse(const uint8_t *packet, size_t len, const uint8_t mac[6], struct d2dnet_offer *offer)
{
	static const uint8_t cookie[4] = { 99, 130, 83, 99 };
	size_t head = len ? (packet[0] & 0xf) * 4 + sizeof(struct udphdr) : 0;
	unsigned type;

	if (len < 20 || head < 20 + sizeof(struct udphdr) || len < head + OPTIONS)
		return false;
	packet += head;
	len -= head;
	if (packet[OP] != REPLY || memcmp(packet + CHADDR, mac, 6) != 0 || memcmp(packet + COOKIE, cookie, 4) != 0)
		return false;
	memset(offer, 0, sizeof(*offer));
	memcpy(&offer->address, packet + YIADDR, 4);
	type = read_options(packet + OPTIONS, packet + len, offer);
	return (type == TYPE_OFFER || type == TYPE_ACK) && offer->server && offer->address;
}

void d2dnet_offers_open(struct d2dnet_offers *offers, int index)
{
	/* UDP, not a later fragment, to the port of DHCP clients. */
	static struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 9),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_UDP, 0, 6),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 6),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x1fff, 4, 0),
		BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),
		BPF_STMT(BPF_LD | BPF_H | BPF_IND, 2),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, CLIENT_PORT, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	const struct sock_fprog program = { ARRAY_SIZE(filter), filter };
	struct sockaddr_ll addr = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP), .sll_ifindex = index };

	d2dnet_offers_close(offers);
	/* It receives nothing before it is bound, and so no packet that the filter hasn't seen. */
	offers->fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (offers->fd >= 0 && (setsockopt(offers->fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) < 0
			|| bind(offers->fd, (struct sockaddr *)&addr, sizeof(addr)) < 0))
		d2dnet_offers_close(offers);
}

void d2dnet_offers_close(struct d2dnet_offers *offers)
{
	if (offers->fd >= 0)
		close(offers->fd);
	offers->fd = -1;
	offers->n = 0;
}

/* Whether two servers give leases of different networks. */
static bool contradict(const struct d2dnet_offer *a, const struct d2dnet_offer *b)
{
	return a->mask != b->mask || a->router != b->router || (a->address & a->mask) != (b->address & b->mask);
}

/* Keeps the last answer of each server. Returns whether it was another one before. */
static bool keep(struct d2dnet_offers *offers, const struct d2dnet_offer *offer)
{
	unsigned i;

	for (i = 0; i < offers->n; i++)
		if (offers->offer[i].server == offer->server)
			break;
	if (i == D2DNET_OFFERS_MAX || (i < offers->n && memcmp(&offers->offer[i], offer, sizeof(*offer)) == 0))
		return false;
	offers->offer[i] = *offer;
	offers->n = MAX(offers->n, i + 1);
	return true;
}

static void say(const struct d2dnet *d, const char *interface, const struct d2dnet_offers *offers)
{
	char *text = xzalloc(1), *more, server[INET_ADDRSTRLEN], address[INET_ADDRSTRLEN];
	bool wrong = false;
	unsigned i;

	for (i = 0; i < offers->n; i++) {
		inet_ntop(AF_INET, &offers->offer[i].server, server, sizeof(server));
		inet_ntop(AF_INET, &offers->offer[i].address, address, sizeof(address));
		wrong |= contradict(&offers->offer[0], &offers->offer[i]);
		more = xasprintf("%s%s%s gives %s", text, i ? ", " : "DHCP servers contradict each other: ", server, address);
		free(text);
		text = more;
	}
	more = xasprintf("%s\n", text);
	d2dnet_say_wrong(d, interface, "dhcp", wrong ? more : "");
	free(more);
	free(text);
}

void d2dnet_offers_read(const struct d2dnet *d, const char *interface, const char *mac, struct d2dnet_offers *offers)
{
	uint8_t packet[2048], own[6];
	struct d2dnet_offer offer;
	bool changed = false;
	unsigned i;
	ssize_t len;

	/* The text has the form of d2dnet_mac(). */
	for (i = 0; i < sizeof(own); i++)
		own[i] = mac[0] ? strtoul(mac + 3 * i, NULL, 16) : 0;
	while ((len = recv(offers->fd, packet, sizeof(packet), MSG_DONTWAIT)) > 0)
		if (d2dnet_offer_parse(packet, len, own, &offer))
			changed |= keep(offers, &offer);
	if (changed)
		say(d, interface, offers);
}
