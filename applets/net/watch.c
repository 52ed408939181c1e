/*
 * d2dnet watch: the daemon that configures each card, as the plan says, else by DHCP and by router advertisements. The kernel
 * reports over netlink when a card appears, gets a carrier or disappears, and what routers announce: the kernel itself takes
 * addresses and routes from an advertisement (SLAAC), the rest is done here.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DNET) += d2dnet_watch.o

#include "d2dnet.h"
#include <libgen.h>
#include <sys/inotify.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#define INTERFACES_MAX 4096

/* The flags of router advertisements in IFLA_INET6_FLAGS, which the kernel's headers for programs lack (net/if_inet6.h). */
enum { RA_OTHERCONF = 0x80, RA_MANAGED = 0x40 };

enum got {
	GOT_SOME,	/* messages */
	GOT_ALL,	/* the end of the answer to d2dnet_ask_links() */
	GOT_LOSS,	/* there were so many messages that the kernel has dropped some */
};

static struct d2dnet_card *find(const struct d2dnet_daemon *w, int index)
{
	struct d2dnet_card *card;

	for (card = w->cards; card && card->index != index; card = card->next)
		continue;
	return card;
}

static struct d2dnet_card *add_card(struct d2dnet_daemon *w, int index, const char *name, const char *mac)
{
	struct d2dnet_card *card = xzalloc(sizeof(*card));

	card->index = index;
	card->offers.fd = -1;
	safe_strncpy(card->name, name, sizeof(card->name));
	strcpy(card->mac, mac);
	card->next = w->cards;
	w->cards = card;
	bb_info_msg("%s: configured from now on", name);
	d2dnet_configure(w, card);
	return card;
}

/* If the card that D2DNET_FIRST means is gone, another one may take its place. */
static void choose_first(struct d2dnet_daemon *w)
{
	struct d2dnet_card *card;

	for (card = w->cards; card; card = card->next)
		if (d2dnet_claim_first(w, card))
			d2dnet_configure(w, card);
}

static void remove_card(struct d2dnet_daemon *w, struct d2dnet_card *card)
{
	struct d2dnet_card **p = &w->cards;

	bb_info_msg("%s: is gone", card->name);
	while (*p != card)
		p = &(*p)->next;
	*p = card->next;
	if (card->dhcp)
		d2dnet_client_stop(w, card->name, "udhcpc");
	if (card->dhcp6 != DHCP6_NONE)
		d2dnet_client_stop(w, card->name, "udhcpc6");
	d2dnet_forget(w->d, card->name);
	d2dnet_offers_close(&card->offers);
	d2dnet_nd_free(&card->nd);
	if (w->first == card->index) {
		w->first = 0;
		choose_first(w);
	}
	free(card);
}

static bool is_ours(const struct d2dnet_daemon *w, const char *name)
{
	char **p;

	if (!w->names)
		return d2d_net_is_card(name);
	for (p = w->names; *p; p++)
		if (strcmp(*p, name) == 0)
			return !d2d_net_is_member(name);
	return false;
}

/* Returns the attribute TYPE among the LEN bytes of attributes from FIRST on, or NULL. */
static struct rtattr *attribute(struct rtattr *first, int len, unsigned type)
{
	for (; RTA_OK(first, len); first = RTA_NEXT(first, len))
		if ((first->rta_type & NLA_TYPE_MASK) == type)
			return first;
	return NULL;
}

/* Writes the MAC address of the link, or "" if it has none of the usual form. */
static void read_mac(struct ifinfomsg *info, size_t len, char mac[D2DNET_MAC])
{
	struct rtattr *address = attribute(IFLA_RTA(info), len, IFLA_ADDRESS);
	const uint8_t *p = address ? RTA_DATA(address) : NULL;

	mac[0] = '\0';
	if (p && RTA_PAYLOAD(address) == 6)
		sprintf(mac, "%02x:%02x:%02x:%02x:%02x:%02x", p[0], p[1], p[2], p[3], p[4], p[5]);
}

/* The card has a carrier: ask the DHCP server, and look whether its addresses are its own. */
static void got_carrier(struct d2dnet_daemon *w, struct d2dnet_card *card)
{
	llist_t *own;

	if (d2dnet_claim_first(w, card))
		d2dnet_configure(w, card);	/* asks the server, if it is to be asked */
	else if (card->wants_dhcp)
		d2dnet_client_carrier(w, card);
	own = d2dnet_read(w->d, card->name, "config");
	if (own)
		d2dnet_probe(w->d, card->name);
	llist_free(own, free);
}

static void link_message(struct d2dnet_daemon *w, struct nlmsghdr *h)
{
	struct ifinfomsg *info = NLMSG_DATA(h);
	struct rtattr *name = attribute(IFLA_RTA(info), IFLA_PAYLOAD(h), IFLA_IFNAME);
	struct d2dnet_card *card = find(w, info->ifi_index);
	const char *text = name ? RTA_DATA(name) : "";
	bool carrier = info->ifi_flags & IFF_LOWER_UP, had;
	char mac[D2DNET_MAC];

	if (!name || strnlen(text, RTA_PAYLOAD(name)) >= MIN(RTA_PAYLOAD(name), IFNAMSIZ))
		return;
	/* The card was pulled out, went to a container, was renamed, or became a part of a bridge or bond. */
	if (card && (h->nlmsg_type == RTM_DELLINK || strcmp(card->name, text) != 0 || !is_ours(w, text))) {
		remove_card(w, card);
		card = NULL;
		/* What was forgotten may be the mark of a bond that has been made anew meanwhile. */
		d2dnet_links_make(w);
	}
	if (h->nlmsg_type == RTM_DELLINK || !is_ours(w, text))
		return;
	read_mac(info, IFLA_PAYLOAD(h), mac);
	if (!card && d2dnet_link_join(w, text, mac))
		return;
	if (!card) {
		card = add_card(w, info->ifi_index, text, mac);
		/* It may be what a VLAN of the plan is on. */
		d2dnet_links_make(w);
	}
	/* A bond and a bridge get theirs from their first member. */
	strcpy(card->mac, mac);
	had = card->carrier;
	card->carrier = carrier;
	if (carrier && !had)
		got_carrier(w, card);
}

/* The flags of the last router advertisement say whether there is a DHCPv6 server: for addresses and names, or for names only. */
static void inet6_message(struct d2dnet_daemon *w, struct nlmsghdr *h)
{
	struct ifinfomsg *info = NLMSG_DATA(h);
	struct rtattr *proto = attribute(IFLA_RTA(info), IFLA_PAYLOAD(h), IFLA_PROTINFO);
	struct rtattr *flags = proto ? attribute(RTA_DATA(proto), RTA_PAYLOAD(proto), IFLA_INET6_FLAGS) : NULL;
	struct d2dnet_card *card = find(w, info->ifi_index);
	uint32_t bits;

	if (!card || !flags || RTA_PAYLOAD(flags) < sizeof(bits))
		return;
	memcpy(&bits, RTA_DATA(flags), sizeof(bits));
	if (!card->wants_ra)
		bits = 0;
	d2dnet_client_dhcp6(w, card, bits & RA_MANAGED ? DHCP6_STATEFUL : bits & RA_OTHERCONF ? DHCP6_STATELESS : DHCP6_NONE);
}

static void apply_nd(const struct d2dnet_daemon *w, const struct d2dnet_card *card)
{
	struct d2dnet_settings s = { 0 };
	unsigned i;

	for (i = 0; i < card->nd.n; i++)
		llist_add_to_end(&s.lines, xstrdup(card->nd.item[i].line));
	d2dnet_apply(w->d, card->name, "ra", &s);
	d2dnet_settings_free(&s);
}

static void useropt_message(struct d2dnet_daemon *w, struct nlmsghdr *h)
{
	struct nduseroptmsg *m = NLMSG_DATA(h);
	struct d2dnet_card *card;

	if (h->nlmsg_len < NLMSG_LENGTH(sizeof(*m)) || h->nlmsg_len - NLMSG_LENGTH(sizeof(*m)) < m->nduseropt_opts_len)
		return;
	card = find(w, m->nduseropt_ifindex);
	if (card && card->wants_ra && d2dnet_nd_options(&card->nd, (uint8_t *)(m + 1), m->nduseropt_opts_len))
		apply_nd(w, card);
}

/* Reads messages once. */
static enum got read_messages(struct d2dnet_daemon *w)
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
static int until_next(struct d2dnet_daemon *w)
{
	unsigned long long next = ULLONG_MAX, now;
	struct d2dnet_card *card;

	for (card = w->cards; card; card = card->next)
		if (d2dnet_nd_expire(&card->nd, &next))
			apply_nd(w, card);
	now = d2d_now();
	return next == ULLONG_MAX ? -1 : next <= now ? 0 : (int)MIN(next - now, INT_MAX);
}

/* Forgets the interfaces that are gone: a daemon that ran before this one knew them, or the message about it was lost. */
static void forget_gone(struct d2dnet_daemon *w)
{
	char *dir = xasprintf("%s"D2D_NET_RUN, w->d->root), **names;
	int i, n = d2d_dir_list(dir, INTERFACES_MAX, &names);
	struct d2dnet_card *card, *next;

	for (card = w->cards; card; card = next) {
		next = card->next;
		if (if_nametoindex(card->name) != (unsigned)card->index)
			remove_card(w, card);
	}
	for (i = 0; i < n; i++) {
		if (strcmp(names[i], "lock") == 0 || strlen(names[i]) >= IFNAMSIZ || if_nametoindex(names[i]) != 0)
			continue;
		d2dnet_client_stop(w, names[i], "udhcpc");
		d2dnet_client_stop(w, names[i], "udhcpc6");
		d2dnet_forget(w->d, names[i]);
	}
	if (n > 0)
		d2d_dir_list_free(names, n);
	free(dir);
}

/* Asks for the state of all cards, instead of waiting for changes. */
static void synchronize(struct d2dnet_daemon *w)
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

/* Reads the plan again, and configures each card by it. */
static void read_plan(struct d2dnet_daemon *w)
{
	struct d2dnet_plan old = w->plan;
	struct d2dnet_card *card, *next;
	const llist_t *l;

	memset(&w->plan, 0, sizeof(w->plan));
	d2dnet_plan_read(w->d, &w->plan);
	for (l = w->plan.wrong; l; l = l->link)
		bb_simple_error_msg(l->data);
	llist_free(w->failed, free);
	w->failed = NULL;
	d2dnet_links_remove(w, &old);
	d2dnet_plan_free(&old);
	d2dnet_links_make(w);
	for (card = w->cards; card; card = next) {
		next = card->next;
		/* The kernel's message that it is a part of another interface comes after this one. */
		if (d2dnet_plan_master(&w->plan, card->name, card->mac)) {
			d2dnet_client_end_dhcp(w, card);
			d2dnet_client_dhcp6(w, card, DHCP6_NONE);
			if (d2dnet_link_join(w, card->name, card->mac))
				continue;
		}
		d2dnet_configure(w, card);
		if (card->carrier)
			d2dnet_probe(w->d, card->name);
	}
	choose_first(w);
}

/* Watches the directory of the plan. Returns the descriptor. */
static int watch_plan(const struct d2dnet_daemon *w)
{
	char *path = xasprintf("%s"D2DNET_PLAN, w->d->root), *dir = dirname(xstrdup(path));
	int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK), err = d2d_make_parent_dirs(path);

	if (fd < 0 || err < 0 || inotify_add_watch(fd, dir, IN_MOVED_TO | IN_CLOSE_WRITE) < 0)
		bb_perror_msg("can't watch '%s': changes of the plan count after a restart", dir);
	free(path);
	return fd;
}

/* Whether something has happened in the directory of the plan. */
static bool has_event(int fd)
{
	char buf[4096] ALIGNED(8);
	bool any = false;

	while (read(fd, buf, sizeof(buf)) > 0)
		any = true;
	return any;
}

/* Fills the list of descriptors to wait for, which grows with the number of cards. */
static unsigned descriptors(const struct d2dnet_daemon *w, int plan, struct pollfd **fds)
{
	struct d2dnet_card *card;
	unsigned n = 2;

	for (card = w->cards; card; card = card->next)
		n++;
	*fds = xrealloc(*fds, n * sizeof(**fds));
	(*fds)[0] = (struct pollfd){ w->fd, POLLIN, 0 };
	(*fds)[1] = (struct pollfd){ plan, POLLIN, 0 };
	for (n = 2, card = w->cards; card; card = card->next)
		(*fds)[n++] = (struct pollfd){ card->offers.fd, POLLIN, 0 };
	return n;
}

int d2dnet_watch(const struct d2dnet *d, char **names)
{
	struct d2dnet_daemon w = { .d = d, .names = names[0] ? names : NULL };
	struct pollfd *fds = NULL;
	int plan = watch_plan(&w);

	w.fd = d2dnet_netlink(RTMGRP_LINK | RTMGRP_IPV6_IFINFO | 1U << (RTNLGRP_ND_USEROPT - 1));
	read_plan(&w);
	synchronize(&w);
	for (;;) {
		unsigned n = descriptors(&w, plan, &fds);
		struct d2dnet_card *card;

		if (safe_poll(fds, n, until_next(&w)) <= 0)
			continue;
		for (card = w.cards; card; card = card->next)
			if (card->offers.fd >= 0)
				d2dnet_offers_read(d, card->name, card->mac, &card->offers);
		if (fds[1].revents && has_event(plan))
			read_plan(&w);
		if (fds[0].revents && read_messages(&w) == GOT_LOSS)
			synchronize(&w);
	}
}
