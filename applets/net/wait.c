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
	ANY_S = 5, ALL_S = 30,	/* default time limits */
};

struct goal {
	enum { ANY, ALL, THESE } kind;	/* one card; all with a carrier; all that are named */
	char **names;			/* of THESE: names or MAC addresses */
	unsigned long long start, end, ipv6_since;	/* ipv6_since: 0 as long as IPv4 isn't all that is missing */
};

/* What the cards have reached. */
struct state {
	bool carrier;		/* one has a carrier */
	bool all_carriers;	/* all have one */
	bool online, online6;	/* the goal is reached, or is when addresses of IPv6 count */
};

/* Prints "eth0 10.0.0.2/24, eth1 no cable". */
static void report(const struct d2d_card *cards, int n)
{
	int i;

	for (i = 0; i < n; i++)
		printf("%s%s%s", i ? ", " : "", cards[i].name, cards[i].addresses[0] ? cards[i].addresses :
			cards[i].off ? " off" : cards[i].carrier ? " no address" : " no cable");
	bb_putchar('\n');
}

static bool is_online(const struct d2d_card *card, bool ipv6)
{
	return card->carrier && (card->ipv4 || (ipv6 && card->ipv6));
}

/* Whether the card with this name or MAC address is online. */
static bool named_online(const struct d2d_card *cards, int n, const char *name, bool ipv6)
{
	int i;

	for (i = 0; i < n; i++)
		if ((strcmp(cards[i].name, name) == 0 || strcmp(cards[i].mac, name) == 0) && is_online(&cards[i], ipv6))
			return true;
	return false;
}

static bool reached(const struct goal *goal, const struct d2d_card *cards, int n, bool ipv6)
{
	bool any = false, all = true;
	char **name;
	int i;

	for (i = 0; i < n; i++) {
		bool online = is_online(&cards[i], ipv6);

		any |= online;
		all &= online || cards[i].off || !cards[i].carrier;
	}
	for (name = goal->names; goal->kind == THESE && *name; name++)
		all &= named_online(cards, n, *name, ipv6);
	return goal->kind == ANY ? any : goal->kind == ALL ? any && all : all;
}

static struct state look(const struct goal *goal, const struct d2d_card *cards, int n)
{
	struct state s = { .all_carriers = true };
	int i;

	for (i = 0; i < n; i++) {
		s.carrier |= cards[i].carrier && !cards[i].off;
		s.all_carriers &= cards[i].carrier || cards[i].off;
	}
	s.online = reached(goal, cards, n, false);
	s.online6 = reached(goal, cards, n, true);
	return s;
}

/* Returns the time until which it is worth to wait, as from d2d_now(). */
static unsigned long long until_when(struct goal *goal, const struct state *s, int n, unsigned long long now)
{
	unsigned long long carriers = goal->start + CARRIER_MS, until = goal->end;

	if (n == 0 && goal->kind != THESE)
		return now;
	if (s->online6 && !goal->ipv6_since)
		goal->ipv6_since = now;
	if (s->online)
		until = now;
	else if (s->online6)
		until = MIN(until, goal->ipv6_since + IPV4_MS);
	else if (!s->carrier && goal->kind != THESE)
		until = s->all_carriers ? now : MIN(until, carriers);
	/* Another card may still look for its carrier. */
	if (goal->kind == ALL && !s->all_carriers && until < carriers)
		until = MIN(goal->end, carriers);
	return until;
}

/* Sets the goal by the words of d2d.wait-online= and of the command. Returns whether there is anything to wait for. */
static bool set_goal(struct goal *goal, char *what, unsigned seconds, unsigned limit)
{
	int word = index_in_strings("any\0all\0no\0", what);
	unsigned n = 0;

	goal->kind = word == 1 ? ALL : word == 0 || !what[0] ? ANY : THESE;
	if (goal->kind == THESE) {
		char *name;

		while ((name = strsep(&what, ",")) != NULL) {
			goal->names = xrealloc_vector(goal->names, 3, n);
			goal->names[n++] = name;
		}
		goal->names = xrealloc_vector(goal->names, 3, n);
		goal->names[n] = NULL;
	}
	goal->start = d2d_now();
	goal->end = goal->start + (limit ? : seconds ? : goal->kind == ANY ? ANY_S : ALL_S) * 1000ULL;
	return word != 2;
}

/* Waits for the goal. Returns the exit status. */
static int wait_for(struct goal *goal, char **names)
{
	int fd = d2dnet_netlink(RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR);
	struct pollfd poll_fd = { fd, POLLIN, 0 };
	char buf[16 * 1024];

	for (;;) {
		struct d2d_card *cards;
		int n = d2d_net_cards(names, &cards);
		unsigned long long now = d2d_now(), until;
		struct state s = look(goal, cards, n);

		until = until_when(goal, &s, n, now);
		if (now >= until) {
			if (n == 0)
				puts("no network card found");
			else
				report(cards, n);
			d2d_net_cards_free(cards, n);
			close(fd);
			return s.online6 ? EXIT_SUCCESS : s.carrier || goal->kind == THESE ? EXIT_FAILURE : D2D_EXIT_NOTHING;
		}
		d2d_net_cards_free(cards, n);
		/* What happened doesn't matter: all is looked at again, also after messages were lost (ENOBUFS). */
		if (safe_poll(&poll_fd, 1, until - now) > 0)
			while (recv(fd, buf, sizeof(buf), MSG_DONTWAIT) > 0)
				continue;
	}
}

int d2dnet_wait(const struct d2dnet *d, char **names, unsigned seconds, bool all)
{
	struct d2dnet_plan p = { 0 };
	struct goal goal = { 0 };
	unsigned limit = 0;
	char *what = NULL;
	int status;

	d2dnet_plan_read(d, &p);
	/* The interfaces of the command are those of which one is enough. */
	if (all)
		what = xstrdup("all");
	else if (names[0] || !p.wait_online || !d2dnet_wait_online(p.wait_online, &what, &limit))
		what = xzalloc(1);
	if (set_goal(&goal, what, limit, seconds)) {
		status = wait_for(&goal, names[0] ? names : NULL);
	} else {
		puts("d2d.wait-online=no: the boot doesn't wait for the network");
		status = D2D_EXIT_NOTHING;
	}
	free(goal.names);
	free(what);
	d2dnet_plan_free(&p);
	return status;
}
