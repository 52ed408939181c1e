/*
 * d2dnet: configures a card as the plan says: addresses and routes, and whether DHCP servers are asked and routers are
 * listened to.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DNET) += d2dnet_card.o

#include "d2dnet.h"

/* Writes to a file of the interface below /proc/sys/net. Without IPv6 there is none. */
static void set_kernel(const char *family, const char *interface, const char *file, const char *value)
{
	char *path = xasprintf("/proc/sys/net/%s/conf/%s/%s", family, interface, file);
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd >= 0) {
		full_write(fd, value, strlen(value));
		close(fd);
	}
	free(path);
}

/* Makes what the section says the settings of the source "config". With them it writes where they come from, for the user. */
static void apply(const struct d2dnet_daemon *w, const struct d2dnet_card *card, const struct d2dnet_section *section)
{
	llist_t *old = d2dnet_read(w->d, card->name, "config"), *lines = NULL, *l;
	struct d2dnet_settings s = { 0 };

	if (section) {
		llist_add_to_end(&lines, xasprintf("from %s", section->from));
		if (!card->wants_dhcp)
			llist_add_to_end(&lines, xstrdup("dhcp no"));
		if (!card->wants_ra)
			llist_add_to_end(&lines, xstrdup("ra no"));
		for (l = section->s.lines; l; l = l->link)
			llist_add_to_end(&lines, xstrdup(l->data));
	}
	s.lines = lines;
	if (lines || old)
		d2dnet_apply(w->d, card->name, "config", &s);
	llist_free(lines, free);
	llist_free(old, free);
}

void d2dnet_configure(const struct d2dnet_daemon *w, struct d2dnet_card *card)
{
	const struct d2dnet_section *section = d2dnet_plan_find(&w->plan, card->name, card->mac, card->index == w->first);
	const char *up[] = { "ip", "link", "set", card->name, "up", NULL };
	const llist_t *l;
	bool has_address = false;

	for (l = section ? section->s.lines : NULL; l; l = l->link)
		has_address |= d2dnet_value(l->data, "address") != NULL;
	card->wants_dhcp = d2dnet_wants_dhcp(section);
	card->wants_ra = d2dnet_wants_ra(section);
	d2dnet_replace(w->d, card->name, D2D_NET_OFF, card->wants_dhcp || card->wants_ra || has_address ? "" : "off\n");
	/* 2: listen to routers even if this machine is one, too, which Docker makes it for networks with IPv6. */
	set_kernel("ipv6", card->name, "accept_ra", card->wants_ra ? "2" : "0");
	/* Else the kernel removes all addresses of a network together with the first one, which may be that of a lease. */
	set_kernel("ipv4", card->name, "promote_secondaries", "1");
	d2dnet_run(w->d, up);
	apply(w, card, section);
	if (!card->wants_dhcp)
		d2dnet_client_end_dhcp(w, card);
	else if (!card->dhcp && card->carrier)
		d2dnet_client_carrier(w, card);
	if (!card->wants_ra)
		d2dnet_client_dhcp6(w, card, DHCP6_NONE);
}

bool d2dnet_claim_first(struct d2dnet_daemon *w, const struct d2dnet_card *card)
{
	const struct d2dnet_section *section;

	if (w->first || !card->carrier)
		return false;
	section = d2dnet_plan_find(&w->plan, card->name, card->mac, true);
	if (!section || strcmp(section->name, D2DNET_FIRST) != 0)
		return false;
	w->first = card->index;
	return true;
}
