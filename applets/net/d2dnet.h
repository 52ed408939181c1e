/*
 * Declarations shared by the parts of d2dnet, which configures the network cards.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2DNET_H
#define D2DNET_H 1

#include "d2dnet_plan.h"

struct d2dnet {
	const char *root;	/* "" for /, else a directory for tests: commands are printed instead of executed then */
};

/* ---- net/load.c ---- */

#define D2DNET_PLAN D2D_RUN"/network/plan"	/* written by 'load', read by 'watch' and 'wait' */

/* Reads all sources into *P, which is zeroed: the command line, the store's d2d/config, and one file d2d/network, unless the
 * former two say something about all cards. *NOTE is set to a sentence about the file that isn't used, or to NULL; the caller
 * frees it. */
void d2dnet_load(const struct d2dnet *d, struct d2dnet_plan *p, char **note);

/* Reads the file that 'load' has written. */
void d2dnet_plan_read(const struct d2dnet *d, struct d2dnet_plan *p);

/* The verb 'load': reads all sources, prints what is wrong, and writes D2DNET_PLAN. The verb 'check' only prints: about all
 * sources or, if PATH isn't NULL, about one file. Return the exit status. */
int d2dnet_load_verb(const struct d2dnet *d);
int d2dnet_check_verb(const struct d2dnet *d, const char *path);

/* ---- net/apply.c ---- */

/* Makes these settings those that SOURCE ("static", "config", "dhcp", "dhcp6" or "ra") has for the interface: addresses and
 * routes that it had before and has no longer are removed, then the files below D2D_NET_RUN and resolv.conf are written.
 * Without settings, forgets the source. Returns the exit status. */
int d2dnet_apply(const struct d2dnet *d, const char *interface, const char *source, const struct d2dnet_settings *s);

/* Returns the metric of the routes that SOURCE has for the interface. */
unsigned d2dnet_metric(const char *interface, const char *source);

/* Forgets all sources of an interface that is gone. */
int d2dnet_forget(const struct d2dnet *d, const char *interface);

/* Runs a program and waits for it; with a root, prints its command line instead. Returns whether it succeeded. */
bool d2dnet_run(const struct d2dnet *d, const char *const *argv);

/* ---- net/mtu.c ---- */

/* Returns the MTU to be set in bytes, now that SOURCE says LINES about the interface: that of the first source that says one, or the
 * one that the interface had before; 0 if it has that already. */
unsigned d2dnet_mtu(const struct d2dnet *d, const char *interface, const char *source, const llist_t *lines);

/* ---- net/files.c ---- */

/* Reads what a source said about the interface. The caller frees the lines with llist_free(lines, free). */
llist_t *d2dnet_read(const struct d2dnet *d, const char *interface, const char *source);

/* Reads what all sources said. */
llist_t *d2dnet_read_all(const struct d2dnet *d, const char *interface);

/* Writes a file in the directory of an interface, unless it has these contents already; removes it if TEXT is empty. Returns 1
 * if it has changed, 0, or a negative errno. */
int d2dnet_replace(const struct d2dnet *d, const char *interface, const char *file, const char *text);

/* Whether another source than SOURCE says LINE about the interface. */
bool d2dnet_others_say(const struct d2dnet *d, const char *interface, const char *source, const char *line);

/* Writes, or without lines removes, the file of a source. Returns 0 or a negative errno. */
int d2dnet_write(const struct d2dnet *d, const char *interface, const char *source, llist_t *lines);

/* Writes INTERFACE/resolv, ntp and hostname for all interfaces, and resolv.conf from all of them. Sets *NTP_CHANGED. Returns 0 or
 * a negative errno. */
int d2dnet_merge(const struct d2dnet *d, bool *ntp_changed);

/* Takes the lock that serializes all changes, and returns its descriptor; closing it gives it back. */
int d2dnet_lock(const struct d2dnet *d);

/* ---- net/dhcp.c ---- */

/* File of an interface with "SERVER SECONDS UPTIME": who gave the lease, for how long, and when. */
#define D2DNET_LEASE "lease"

/* Handles an event of udhcpc or, with V6, of udhcpc6, which passes the server's answer in the environment. Returns the exit
 * status. */
int d2dnet_dhcp(const struct d2dnet *d, const char *event, bool v6);

/* ---- net/nd.c ---- */

enum { D2DNET_ND_MAX = 8, D2DNET_FOREVER = 0 };

/* Name servers and search domains that routers have announced, each until it expires. */
struct d2dnet_nd {
	struct d2dnet_nd_item {
		char *line;			/* "dns A" or "search DOMAIN" */
		unsigned long long expires;	/* as from d2d_now(), D2DNET_FOREVER: never */
	} item[2 * D2DNET_ND_MAX];
	unsigned n;
};

/* Takes the options of a router advertisement. Returns whether the list of names has changed. */
bool d2dnet_nd_options(struct d2dnet_nd *nd, const uint8_t *options, size_t len);

/* Removes what has expired. Returns whether the list has changed; *NEXT becomes the time of the next change if that is
 * earlier. */
bool d2dnet_nd_expire(struct d2dnet_nd *nd, unsigned long long *next);
void d2dnet_nd_free(struct d2dnet_nd *nd);

/* ---- net/netlink.c ---- */

/* Opens a netlink socket for the given RTMGRP_* groups; exits on failure. */
int d2dnet_netlink(unsigned groups);

/* Asks the kernel for all links in the family AF_UNSPEC or AF_INET6. The answers end with NLMSG_DONE. */
void d2dnet_ask_links(int fd, unsigned char family);

/* ---- net/wrong.c ---- */

/* Writes what is wrong with an interface, a sentence on each line, or, with an empty text, that nothing is. WHAT is one of the
 * words of d2d_net_wrong(): "address", "gateway", "dhcp". */
void d2dnet_say_wrong(const struct d2dnet *d, const char *interface, const char *what, const char *text);

/* Looks whether the gateways that all sources give are in a network of the interface. */
void d2dnet_check_gateways(const struct d2dnet *d, const char *interface);

/* ---- net/probe.c ---- */

/* Starts a process that finds out in the next seconds whether another machine has an address of this interface. */
void d2dnet_probe(const struct d2dnet *d, const char *interface);

/* ---- net/offer.c ---- */

enum { D2DNET_OFFERS_MAX = 4 };

/* What DHCP servers have offered to this card. */
struct d2dnet_offers {
	int fd;			/* packet socket, or -1 */
	struct d2dnet_offer {
		uint32_t server, address, mask, router;		/* in network byte order, 0: not said */
	} offer[D2DNET_OFFERS_MAX];
	unsigned n;
};

/* Parses an IP packet. Returns whether it is an answer of a DHCP server to the machine with this MAC address. */
bool d2dnet_offer_parse(const uint8_t *packet, size_t len, const uint8_t mac[6], struct d2dnet_offer *offer);

/* Begin and end to listen to DHCP servers. */
void d2dnet_offers_open(struct d2dnet_offers *offers, int index);
void d2dnet_offers_close(struct d2dnet_offers *offers);

/* Reads answers. When servers contradict each other, writes that down as wrong. */
void d2dnet_offers_read(const struct d2dnet *d, const char *interface, const char *mac, struct d2dnet_offers *offers);

/* ---- net/watch.c and its parts ---- */

struct d2dnet_card {
	struct d2dnet_card *next;
	int index;
	char name[IFNAMSIZ];
	char mac[D2DNET_MAC];
	bool carrier;
	bool wants_dhcp, wants_ra;
	bool dhcp;		/* udhcpc runs */
	enum d2dnet_dhcp6 { DHCP6_NONE, DHCP6_STATELESS, DHCP6_STATEFUL } dhcp6;	/* how udhcpc6 runs */
	struct d2dnet_nd nd;
	struct d2dnet_offers offers;
};

struct d2dnet_daemon {
	const struct d2dnet *d;
	char **names;		/* the only interfaces to configure; NULL: each card */
	int fd;
	struct d2dnet_card *cards;
	struct d2dnet_plan plan;
	int first;		/* index of the card that D2DNET_FIRST means; 0: none has a carrier */
	llist_t *failed;	/* names of interfaces that could not be made or joined */
};

/* net/client.c: starts udhcpc and udhcpc6 and ends them. The carrier is the event after which a server is asked at once. */
void d2dnet_client_carrier(const struct d2dnet_daemon *w, struct d2dnet_card *card);
void d2dnet_client_dhcp6(const struct d2dnet_daemon *w, struct d2dnet_card *card, enum d2dnet_dhcp6 mode);

/* Ends the DHCP client, and removes what its server gave. */
void d2dnet_client_end_dhcp(const struct d2dnet_daemon *w, struct d2dnet_card *card);

/* Ends a client, "udhcpc" or "udhcpc6", of an interface that may be gone. */
void d2dnet_client_stop(const struct d2dnet_daemon *w, const char *interface, const char *client);

/* net/link.c: makes the VLANs, bonds and bridges of the plan that don't exist yet and can be made now. */
void d2dnet_links_make(struct d2dnet_daemon *w);

/* Removes those of the plan OLD that are not in the present one. */
void d2dnet_links_remove(const struct d2dnet_daemon *w, const struct d2dnet_plan *old);

/* If the plan makes the interface a member of a bond or bridge, adds it there. Returns whether it did. */
bool d2dnet_link_join(struct d2dnet_daemon *w, const char *interface, const char *mac);

/* net/card.c: configures a card as the plan says. */
void d2dnet_configure(const struct d2dnet_daemon *w, struct d2dnet_card *card);

/* Chooses the card that D2DNET_FIRST means, if there is none. Returns whether it is CARD. */
bool d2dnet_claim_first(struct d2dnet_daemon *w, const struct d2dnet_card *card);

/* ---- net/route.c ---- */

/* Prints the routes over an interface. */
void d2dnet_show_routes(const char *interface);

/* ---- the verbs ---- */

int d2dnet_watch(const struct d2dnet *d, char **names);
int d2dnet_wait(const struct d2dnet *d, char **names, unsigned seconds, bool all);
int d2dnet_show(const struct d2dnet *d, char **names);

#endif
