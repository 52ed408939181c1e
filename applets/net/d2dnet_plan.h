/*
 * d2dnet: settings of interfaces, and the plan that says which interface has which. All of this works on memory only;
 * testsuite/fuzz compiles it without the rest.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2DNET_PLAN_H
#define D2DNET_PLAN_H 1

#include "d2d_net.h"

/* ---- net/settings.c ---- */

/* What one source (a DHCP server, routers, the user) says about one interface. */
struct d2dnet_settings {
	llist_t *lines;		/* "KEY VALUE", valid and normalized, in the order in which they were added */
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

/* Returns the number of leading ones of a netmask "255.255.255.0", or of "24", or -1 if TEXT is neither. */
int d2dnet_prefix(const char *text);

/* Returns the prefix that an IPv4 address without a netmask has by its class (RFC 950). */
unsigned d2dnet_class_prefix(const char *address);

/* Whether NAME may be the name of a network interface that a user chooses. */
bool d2dnet_name_ok(const char *name);

/* Writes a MAC address, "52:54:00:12:34:56" or with '-', in lower case with ':'. Returns false if TEXT isn't one. */
enum { D2DNET_MAC = 18 };	/* bytes of the text */
bool d2dnet_mac(const char *text, char mac[D2DNET_MAC]);

/* ---- net/plan.c: what the command line and d2d/network say about interfaces ---- */

/* What is said about one interface, or about all cards. */
struct d2dnet_section {
	enum d2dnet_kind { D2DNET_CARD, D2DNET_VLAN, D2DNET_BOND, D2DNET_BRIDGE } kind;
	char *name;		/* of the interface; of a card also its MAC address, D2DNET_FIRST or D2DNET_ALL */
	char *from;		/* where this is said: "d2d.ip=dhcp", "/run/d2d/store/d2d/network:3" */
	struct d2dnet_settings s;
	signed char dhcp, ra;	/* whether to ask DHCP servers and to listen to routers: 1 yes, 0 no, -1 not said */
	char *link;		/* of a VLAN: name or MAC address of the interface that it is on */
	unsigned id;		/* of a VLAN */
	llist_t *cards;		/* names or MAC addresses of the members of a bond or bridge */
	char *mode;		/* of a bond, or NULL */
	bool stp;		/* of a bridge */
};

#define D2DNET_FIRST "first"	/* the first card that has a carrier */
#define D2DNET_ALL "*"

struct d2dnet_plan {
	struct d2dnet_section **section;	/* the first one that fits an interface counts */
	unsigned n;
	char *wait_online;	/* as the value of d2d.wait-online=, or NULL */
	llist_t *wrong;		/* a message for each mistake */
};

void d2dnet_plan_free(struct d2dnet_plan *p);

/* Appends a new section, of which *p owns NAME. A section of the same kind and name that has been added since number SINCE is
 * replaced, unless REPLACE is false: then NULL is returned. */
struct d2dnet_section *d2dnet_plan_add(struct d2dnet_plan *p, enum d2dnet_kind kind, char *name, unsigned since, bool replace);

/* Removes section I. */
void d2dnet_plan_drop(struct d2dnet_plan *p, unsigned i);

/* Adds a message. */
void d2dnet_plan_wrong(struct d2dnet_plan *p, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Returns the first section that fits an interface, or NULL. MAC may be "". With FIRST, it is the first card with a carrier. */
const struct d2dnet_section *d2dnet_plan_find(const struct d2dnet_plan *p, const char *name, const char *mac, bool first);

/* Returns the bond or bridge that this interface is a member of, or NULL. A card about which something of a higher precedence is
 * said is no member. */
const struct d2dnet_section *d2dnet_plan_master(const struct d2dnet_plan *p, const char *name, const char *mac);

/* Whether DHCP servers are asked and routers are listened to. Without SECTION they are; else they are, unless it says something
 * else or has an address of that family. */
bool d2dnet_wants_dhcp(const struct d2dnet_section *section);
bool d2dnet_wants_ra(const struct d2dnet_section *section);

/* Returns the plan as text in the form of d2d/network, with the additional key "from"; the caller frees it. */
char *d2dnet_plan_text(const struct d2dnet_plan *p);

/* ---- net/check.c ---- */

/* Looks for mistakes that no single line shows in the sections from number SINCE on, removes those that can't be used, and
 * moves those that fit several cards to the end. */
void d2dnet_plan_check(struct d2dnet_plan *p, unsigned since);

/* Returns the address of the gateway of LINE, "route NETWORK GATEWAY", if it is in none of the networks of the addresses in
 * LINES, and there is such an address with a network of more than one host; else NULL. */
const char *d2dnet_gateway_outside(const char *line, const llist_t *lines);

/* ---- net/parse.c, net/ip.c ---- */

/* Adds the sections of a text in the form of d2d/network, which is changed. PATH is its name in messages. With INTERNAL, it is
 * a text of d2dnet_plan_text(). */
void d2dnet_plan_file(struct d2dnet_plan *p, char *text, const char *path, bool internal);

/* Adds what an option ip=VALUE says, of the name OPTION; what an earlier one has said about the same card since section number
 * SINCE is replaced. BOOTIF is the value of BOOTIF=, or NULL. d2dnet_plan_check() has to be called after the last one. */
void d2dnet_plan_ip(struct d2dnet_plan *p, unsigned since, const char *option, const char *value, const char *bootif);

/* Whether TEXT is a value of d2d.wait-online=; sets *SECONDS, 0 if it names none, and *WHAT, without the seconds, which the
 * caller frees. */
#define D2DNET_WAIT_ONLINE_WRONG "is none of any, all, no, CARD,... which a number of seconds up to 300 may follow, as in all,60"
bool d2dnet_wait_online(const char *text, char **what, unsigned *seconds);

#endif
