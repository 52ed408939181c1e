/*
 * libd2d, net: the network cards of the machine with their addresses, and its host name.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2D_NET_H
#define D2D_NET_H 1

#include "d2d_util.h"
#include <net/if.h>

/* Settings of each interface: a directory INTERFACE with the files resolv, ntp and hostname, and a file for each source. */
#define D2D_NET_RUN "/run/net"

/* Marks that the user chose the host name, so that a DHCP server doesn't change it. */
#define D2D_NET_NAMED D2D_RUN"/hostname"

/* ---- d2d_net_card.c ---- */

struct d2d_card {
	char name[IFNAMSIZ];
	char mac[3 * 6];	/* "52:54:00:12:34:56"; "" if it has none of this form */
	bool off;		/* the user wants it to have no address */
	bool carrier;		/* up, and the other end of the cable is up, too */
	bool ipv4, ipv6;	/* has an address that reaches beyond the link */
	char *addresses;	/* these addresses, each with a space in front, as in " 10.0.0.2/24 fd00::2/64"; "" if none */
};

/* Files below D2D_NET_RUN/INTERFACE: the first one marks a VLAN, bond or bridge that d2d/network describes, and says which it
 * is; the second one a card that the user wants to have no address. */
#define D2D_NET_KIND "kind"
#define D2D_NET_OFF "off"

/* Whether an interface is a network card that this system configures: it has a device or is described in d2d/network, unlike
 * bridges, tunnels and containers' interfaces of others, and it isn't part of a bridge or bond. */
bool d2d_net_is_card(const char *name);

/* Whether an interface is a part of a bridge or bond. */
bool d2d_net_is_member(const char *name);

/* Sets *CARDS to all network cards or, if NAMES isn't NULL, to the interfaces in this NULL-terminated list that exist. Returns
 * their number. The caller frees them with d2d_net_cards_free(). */
int d2d_net_cards(char **names, struct d2d_card **cards);
void d2d_net_cards_free(struct d2d_card *cards, int n);

/* Returns the address by which others reach this machine, IPv4 if there is one, without the length of its prefix; or NULL. The
 * caller frees it. */
char *d2d_net_first_address(const struct d2d_card *cards, int n);

/* Returns what is wrong with an interface as sentences: an address that another machine has, too, and the like. The caller
 * frees them with llist_free(lines, free). */
llist_t *d2d_net_wrong(const char *root, const char *name);

/* ---- d2d_net_name.c ---- */

/* Whether NAME is a valid domain for a search list: letters, digits, '-', '_' and '.', at most 253 characters. */
bool d2d_domain_ok(const char *name);

/* Sets the kernel's host name, unless ROOT is another directory than "", and the line of 127.0.1.1 in ROOT/etc/hosts, so that the
 * machine can resolve its own name. Returns -EINVAL for an invalid name. */
int d2d_net_set_name(const char *root, const char *name);

#endif
