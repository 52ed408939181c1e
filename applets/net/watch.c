/*
 * d2dnet watch: the daemon that configures each card. The kernel reports over netlink when a card appears, gets a carrier or
 * disappears, and what routers announce: the kernel itself takes addresses and routes from an advertisement (SLAAC), the rest is
 * done here. For each card this starts udhcpc and, when a router asks for DHCPv6, udhcpc6.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DNET) += d2dnet_watch.o

#include "d2dnet.h"
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#define SCRIPTS "/usr/lib/d2d"
#define INTERFACES_MAX 4096

/* The flags of router advertisements in IFLA_INET6_FLAGS, which the kernel's headers for programs lack (net/if_inet6.h). */
enum { RA_OTHERCONF = 0x80, RA_MANAGED = 0x40 };

enum dhcp6_mode { DHCP6_NONE, DHCP6_STATELESS, DHCP6_STATEFUL };

enum got {
	GOT_SOME,	/* messages */
	GOT_ALL,	/* the end of the answer to d2dnet_ask_links() */
	GOT_LOSS,	/* there were so many messages that the kernel has dropped some */
};

struct card {
	struct card *next;
	int index;
	char name[IFNAMSIZ];
	bool carrier, dhcp;	/* dhcp: udhcpc runs */
	enum dhcp6_mode dhcp6;	/* how udhcpc6 runs */
	struct d2dnet_nd nd;
};

struct watch {
	const struct d2dnet *d;
	char **names;		/* the only interfaces to configure; NULL: each card */
	int fd;
	struct card *cards;
};

static struct card *find(const struct watch *w, int index)
{
	struct card *card;

	for (card = w->cards; card && card->index != index; card = card->next)
		continue;
	return card;
}

static void stop(const struct watch *w, const struct card *card, const char *client)
{
	char *name = xasprintf("%s-%s", client, card->name);
	const char *argv[] = { "d2dstart", "-k", "-t", "3", name, NULL };

	d2dnet_run(w->d, argv);
	free(name);
}

static void start_dhcp(const struct watch *w, struct card *card)
{
	char *name = xasprintf("udhcpc-%s", card->name), *pid = xasprintf("/run/udhcpc.%s.pid", card->name);
	char *host = safe_gethostname(), *option = xasprintf("hostname:%s", host);
	/* Five requests, one per second; then again every ten seconds, since a server may start later than this machine. */
	const char *argv[] = { "d2dstart", name, "--", "udhcpc", "-f", "-i", card->name, "-p", pid, "-s", SCRIPTS"/udhcpc.script",
		"-t", "5", "-T", "1", "-A", "10", "-x", option,
		"-O", "mtu", "-O", "search", "-O", "staticroutes", "-O", "msstaticroutes", NULL };

	d2dnet_run(w->d, argv);
	card->dhcp = true;
	free(option);
	free(host);
	free(pid);
	free(name);
}

static void set_dhcp6(const struct watch *w, struct card *card, enum dhcp6_mode mode)
{
	static const struct d2dnet_settings nothing;
	char *name = xasprintf("udhcpc6-%s", card->name);
	const char *argv[] = { "d2dstart", name, "--", "udhcpc6", "-f", "-i", card->name, "-s", SCRIPTS"/udhcpc6.script",
		"-t", "5", "-T", "1", "-A", "10", "-O", "dns", "-O", "search", mode == DHCP6_STATELESS ? "-l" : NULL, NULL };

	if (mode != card->dhcp6) {
		if (card->dhcp6 != DHCP6_NONE)
			stop(w, card, "udhcpc6");
		if (mode != DHCP6_NONE)
			d2dnet_run(w->d, argv);
		else
			d2dnet_apply(w->d, card->name, "dhcp6", &nothing);
		card->dhcp6 = mode;
	}
	free(name);
}

/* Whether a process, by the text of a PID file, is a udhcpc: it may have been killed, and its PID reused. */
static bool is_udhcpc(const char *pid)
{
	char *path = xasprintf("/proc/%u/comm", atoi(pid)), name[16] = "";

	open_read_close(path, name, sizeof(name) - 1);
	free(path);
	return strcmp(name, "udhcpc\n") == 0;
}

/* The cable was plugged in, or the switch has restarted. Without a lease, ask at once; a lease may be one of another network, so
 * ask the server again, and keep it if that is still starting, too. */
static void got_carrier(const struct watch *w, struct card *card)
{
	llist_t *lease = d2dnet_read(w->d, card->name, "dhcp");
	char *path = xasprintf("/run/udhcpc.%s.pid", card->name);
	char pid[16] = "";

	if (card->dhcp && lease && open_read_close(path, pid, sizeof(pid) - 1) > 0 && is_udhcpc(pid)) {
		kill(atoi(pid), SIGUSR1);
	} else {
		if (card->dhcp)
			stop(w, card, "udhcpc");
		start_dhcp(w, card);
	}
	free(path);
	llist_free(lease, free);
}

static void add_card(struct watch *w, int index, const char *name)
{
	const char *up[] = { "ip", "link", "set", name, "up", NULL };
	char *accept = xasprintf("/proc/sys/net/ipv6/conf/%s/accept_ra", name);
	struct card *card = xzalloc(sizeof(*card));
	int fd = open(accept, O_WRONLY | O_CLOEXEC);

	/* Listen to routers even if this machine is one, too, which Docker makes it for networks with IPv6. */
	if (fd >= 0) {
		full_write(fd, "2", 1);
		close(fd);
	}
	free(accept);
	card->index = index;
	safe_strncpy(card->name, name, sizeof(card->name));
	card->next = w->cards;
	w->cards = card;
	bb_info_msg("%s: configured from now on", name);
	d2dnet_run(w->d, up);
}

static void remove_card(struct watch *w, struct card *card)
{
	struct card **p = &w->cards;

	bb_info_msg("%s: is gone", card->name);
	while (*p != card)
		p = &(*p)->next;
	*p = card->next;
	if (card->dhcp)
		stop(w, card, "udhcpc");
	if (card->dhcp6 != DHCP6_NONE)
		stop(w, card, "udhcpc6");
	d2dnet_forget(w->d, card->name);
	d2dnet_nd_free(&card->nd);
	free(card);
}

static bool is_ours(const struct watch *w, const char *name)
{
	char **p;

	for (p = w->names; p && *p; p++)
		if (strcmp(*p, name) == 0)
			return true;
	return !w->names && d2d_net_is_card(name);
}

/* Returns the attribute TYPE among the LEN bytes of attributes from FIRST on, or NULL. */
static struct rtattr *attribute(struct rtattr *first, int len, unsigned type)
{
	for (; RTA_OK(first, len); first = RTA_NEXT(first, len))
		if ((first->rta_type & NLA_TYPE_MASK) == type)
			return first;
	return NULL;
}

static void link_message(struct watch *w, struct nlmsghdr *h)
{
	struct ifinfomsg *info = NLMSG_DATA(h);
	struct rtattr *name = attribute(IFLA_RTA(info), IFLA_PAYLOAD(h), IFLA_IFNAME);
	struct card *card = find(w, info->ifi_index);
	const char *text = name ? RTA_DATA(name) : "";
	bool carrier = info->ifi_flags & IFF_LOWER_UP;

	if (!name || strnlen(text, RTA_PAYLOAD(name)) >= MIN(RTA_PAYLOAD(name), IFNAMSIZ))
		return;
	/* The card was pulled out, went to a container, was renamed, or became a part of a bridge or bond. */
	if (card && (h->nlmsg_type == RTM_DELLINK || strcmp(card->name, text) != 0 || !is_ours(w, text))) {
		remove_card(w, card);
		card = NULL;
	}
	if (h->nlmsg_type == RTM_DELLINK || !is_ours(w, text))
		return;
	if (!card) {
		add_card(w, info->ifi_index, text);
		card = w->cards;
	}
	if (carrier && !card->carrier)
		got_carrier(w, card);
	card->carrier = carrier;
}

/* The flags of the last router advertisement say whether there is a DHCPv6 server: for addresses and names, or for names only. */
static void inet6_message(struct watch *w, struct nlmsghdr *h)
{
	struct ifinfomsg *info = NLMSG_DATA(h);
	struct rtattr *proto = attribute(IFLA_RTA(info), IFLA_PAYLOAD(h), IFLA_PROTINFO);
	struct rtattr *flags = proto ? attribute(RTA_DATA(proto), RTA_PAYLOAD(proto), IFLA_INET6_FLAGS) : NULL;
	struct card *card = find(w, info->ifi_index);
	uint32_t bits;

	if (!card || !flags || RTA_PAYLOAD(flags) < sizeof(bits))
		return;
	memcpy(&bits, RTA_DATA(flags), sizeof(bits));
	set_dhcp6(w, card, bits & RA_MANAGED ? DHCP6_STATEFUL : bits & RA_OTHERCONF ? DHCP6_STATELESS : DHCP6_NONE);
}

static void apply_nd(const struct watch *w, const struct card *card)
{
	struct d2dnet_settings s = { 0 };
	unsigned i;

	for (i = 0; i < card->nd.n; i++)
		llist_add_to_end(&s.lines, xstrdup(card->nd.item[i].line));
	d2dnet_apply(w->d, card->name, "ra", &s);
	d2dnet_settings_free(&s);
}

static void useropt_message(struct watch *w, struct nlmsghdr *h)
{
	struct nduseroptmsg *m = NLMSG_DATA(h);
	struct card *card;

	if (h->nlmsg_len < NLMSG_LENGTH(sizeof(*m)) || h->nlmsg_len - NLMSG_LENGTH(sizeof(*m)) < m->nduseropt_opts_len)
		return;
	card = find(w, m->nduseropt_ifindex);
	if (card && d2dnet_nd_options(&card->nd, (uint8_t *)(m + 1), m->nduseropt_opts_len))
		apply_nd(w, card);
}

/* Reads messages once. */
static enum got read_messages(struct watch *w)
{
	char buf[32 * 1024] ALIGNED(8);
	struct sockaddr_nl from;
	socklen_t from_len = sizeof(from);
	int len = recvfrom(w->fd, buf, sizeof(buf), 0, (struct sockaddr *)&from, &from_len);
	struct nlmsghdr *h;
	enum got got = GOT_SOME;

	if (len < 0) {
		if (errno == ENOBUFS)
			return GOT_LOSS;
		if (errno != EINTR && errno != EAGAIN)
			bb_simple_perror_msg_and_die("can't read the kernel's messages about network cards");
		return GOT_SOME;
	}
	if (from.nl_pid != 0)	/* not from the kernel */
		return GOT_SOME;
	for (h = (struct nlmsghdr *)buf; NLMSG_OK(h, (unsigned)len); h = NLMSG_NEXT(h, len)) {
		struct ifinfomsg *info = NLMSG_DATA(h);

		if (h->nlmsg_type == NLMSG_DONE || h->nlmsg_type == NLMSG_ERROR)
			got = GOT_ALL;
		else if (h->nlmsg_type == RTM_NEWNDUSEROPT)
			useropt_message(w, h);
		else if (h->nlmsg_type != RTM_NEWLINK && h->nlmsg_type != RTM_DELLINK)
			continue;
		else if (h->nlmsg_len < NLMSG_LENGTH(sizeof(*info)))
			continue;
		else if (info->ifi_family == AF_UNSPEC)
			link_message(w, h);
		else if (info->ifi_family == AF_INET6 && h->nlmsg_type == RTM_NEWLINK)
			inet6_message(w, h);
	}
	return got;
}

/* Returns the time until the next name server expires in ms, or -1. */
static int until_next(struct watch *w)
{
	unsigned long long next = ULLONG_MAX, now;
	struct card *card;

	for (card = w->cards; card; card = card->next)
		if (d2dnet_nd_expire(&card->nd, &next))
			apply_nd(w, card);
	now = d2d_now();
	return next == ULLONG_MAX ? -1 : next <= now ? 0 : (int)MIN(next - now, INT_MAX);
}

/* Forgets the interfaces that are gone: a daemon that ran before this one knew them, or the message about it was lost. */
static void forget_gone(struct watch *w)
{
	char *dir = xasprintf("%s"D2D_NET_RUN, w->d->root), **names;
	int i, n = d2d_dir_list(dir, INTERFACES_MAX, &names);
	struct card *card, *next;

	for (card = w->cards; card; card = next) {
		next = card->next;
		if (if_nametoindex(card->name) != (unsigned)card->index)
			remove_card(w, card);
	}
	for (i = 0; i < n; i++) {
		struct card old = { 0 };

		if (strcmp(names[i], "lock") == 0 || strlen(names[i]) >= sizeof(old.name) || if_nametoindex(names[i]) != 0)
			continue;
		strcpy(old.name, names[i]);
		stop(w, &old, "udhcpc");
		stop(w, &old, "udhcpc6");
		d2dnet_forget(w->d, old.name);
	}
	if (n > 0)
		d2d_dir_list_free(names, n);
	free(dir);
}

/* Asks for the state of all cards, instead of waiting for changes. */
static void synchronize(struct watch *w)
{
	enum got got;

	do {
		forget_gone(w);
		d2dnet_ask_links(w->fd, AF_UNSPEC);
		do
			got = read_messages(w);
		while (got == GOT_SOME);
	} while (got == GOT_LOSS);
	d2dnet_ask_links(w->fd, AF_INET6);
}

int d2dnet_watch(const struct d2dnet *d, char **names)
{
	struct watch w = { .d = d, .names = names[0] ? names : NULL };
	struct pollfd poll_fd;

	w.fd = d2dnet_netlink(RTMGRP_LINK | RTMGRP_IPV6_IFINFO | 1U << (RTNLGRP_ND_USEROPT - 1));
	synchronize(&w);
	poll_fd = (struct pollfd){ w.fd, POLLIN, 0 };
	for (;;) {
		if (safe_poll(&poll_fd, 1, until_next(&w)) > 0 && read_messages(&w) == GOT_LOSS)
			synchronize(&w);
	}
}
