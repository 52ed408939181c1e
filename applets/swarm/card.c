/*
 * d2dswarm: the address or card that swarm.conf names is looked for on this machine, where a name is taken by the engine, but not a
 * MAC address.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DSWARM) += d2dswarm_card.o

#include "d2dswarm.h"
#include "d2d_net.h"
#include <arpa/inet.h>
#include <ifaddrs.h>

/* Whether an interface of this machine has the address TEXT. */
static bool is_ours(const char *text)
{
	struct ifaddrs *list, *a;
	uint8_t wanted[sizeof(struct in6_addr)];
	int family = strchr(text, ':') ? AF_INET6 : AF_INET;
	bool is = false;

	if (inet_pton(family, text, wanted) != 1 || getifaddrs(&list) < 0)
		return false;
	for (a = list; a && !is; a = a->ifa_next) {
		if (!a->ifa_addr || a->ifa_addr->sa_family != family)
			continue;
		if (family == AF_INET)
			is = memcmp(&((struct sockaddr_in *)a->ifa_addr)->sin_addr, wanted, sizeof(struct in_addr)) == 0;
		else
			is = memcmp(&((struct sockaddr_in6 *)a->ifa_addr)->sin6_addr, wanted, sizeof(struct in6_addr)) == 0;
	}
	freeifaddrs(list);
	return is;
}

/* Returns "aa:bb:cc:dd:ee:ff" in lower case, or NULL if TEXT isn't a MAC address. The caller frees it. */
static char *mac(const char *text)
{
	char *copy = xstrdup(text), *p;
	unsigned i, n = strlen(text);

	for (i = 0; i < n; i++) {
		p = &copy[i];
		if (i % 3 == 2 && *p == '-')
			*p = ':';
		*p = tolower((unsigned char)*p);
		if (i % 3 == 2 ? *p != ':' : !isxdigit((unsigned char)*p))
			break;
	}
	if (n == 17 && i == n)
		return copy;
	free(copy);
	return NULL;
}

char *d2dswarm_card(struct d2dswarm *d, const char *who, const char *what)
{
	char *wanted = mac(what), *result = NULL;
	struct in6_addr a;
	struct d2d_card *cards = NULL, *found = NULL;
	int i, n;

	if (inet_pton(AF_INET, what, &a) == 1 || inet_pton(AF_INET6, what, &a) == 1) {
		if (is_ours(what))
			return xstrdup(what);
		d2dswarm_wrong(d, who, "no network card of this machine has the address %s: d2d net", what);
		return NULL;
	}
	if (wanted) {
		n = d2d_net_cards(NULL, &cards);
	} else {
		char *names[] = { (char *)what, NULL };

		n = d2d_net_cards(names, &cards);
	}
	for (i = 0; i < n && !found; i++)
		if (strcmp(wanted ? cards[i].mac : cards[i].name, wanted ? : what) == 0)
			found = &cards[i];
	if (!found)
		d2dswarm_wrong(d, who, "this machine has no network card '%s': d2d net", what);
	else if (!found->addresses[0])
		d2dswarm_wrong(d, who, "the network card %s has no address: d2d net", found->name);
	else
		result = xstrdup(found->name);
	d2d_net_cards_free(cards, n);
	free(wanted);
	return result;
}
