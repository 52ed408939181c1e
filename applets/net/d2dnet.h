/*
 * Declarations shared by the parts of d2dnet, which configures the network cards.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2DNET_H
#define D2DNET_H 1

#include "d2d_net.h"

struct d2dnet {
	const char *root;	/* "" for /, else a directory for tests: commands are printed instead of executed then */
};

/* ---- net/settings.c ---- */

/* What one source (a DHCP server, routers, the user) says about one interface. */
struct d2dnet_settings {
	llist_t *lines;		/* "KEY VALUE", valid and normalized, in the order in which they were added */
	unsigned mtu;		/* bytes, 0: not set */
	unsigned lifetime;	/* of the addresses in seconds, 0: unlimited */
};

/* Checks VALUE, one or, unless the key takes one only, more words, and adds its lines. Returns false if a word isn't valid or
 * one too many; the others are added nevertheless. Keys: address A/PREFIX, gateway A, route A/PREFIX=GATEWAY or A/PREFIX=-, dns
 * A, search DOMAIN, ntp A, hostname NAME, mtu BYTES. */
bool d2dnet_add(struct d2dnet_settings *s, const char *key, const char *value);
void d2dnet_settings_free(struct d2dnet_settings *s);

/* Returns the value if LINE is a line of this key, else NULL. */
const char *d2dnet_value(const char *line, const char *key);

/* Whether A and B are in the same network, where B is "ADDRESS/PREFIX". False for addresses of different families. */
bool d2dnet_is_in(const char *a, const char *b);

/* ---- net/apply.c ---- */

/* Makes these settings those that SOURCE ("dhcp", "dhcp6", "ra" or "static") has for the interface: addresses and routes that it
 * had before and has no longer are removed, then the files below D2D_NET_RUN and resolv.conf are written. Without settings,
 * forgets the source. Returns the exit status. */
int d2dnet_apply(const struct d2dnet *d, const char *interface, const char *source, const struct d2dnet_settings *s);

/* Forgets all sources of an interface that is gone. */
int d2dnet_forget(const struct d2dnet *d, const char *interface);

/* Runs a program and waits for it; with a root, prints its command line instead. Returns whether it succeeded. */
bool d2dnet_run(const struct d2dnet *d, const char *const *argv);

/* ---- net/files.c ---- */

/* Reads what a source said about the interface. The caller frees the lines with llist_free(lines, free). */
llist_t *d2dnet_read(const struct d2dnet *d, const char *interface, const char *source);

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

/* Removes what has expired. Returns whether the list has changed; *NEXT becomes the time of the next change if that is earlier. */
bool d2dnet_nd_expire(struct d2dnet_nd *nd, unsigned long long *next);
void d2dnet_nd_free(struct d2dnet_nd *nd);

/* ---- net/netlink.c ---- */

/* Opens a netlink socket for the given RTMGRP_* groups; exits on failure. */
int d2dnet_netlink(unsigned groups);

/* Asks the kernel for all links in the family AF_UNSPEC or AF_INET6. The answers end with NLMSG_DONE. */
void d2dnet_ask_links(int fd, unsigned char family);

/* ---- net/watch.c, net/wait.c, net/show.c: the verbs ---- */

int d2dnet_watch(const struct d2dnet *d, char **names);
int d2dnet_wait(char **names, unsigned seconds);
int d2dnet_show(const struct d2dnet *d, char **names);

#endif
