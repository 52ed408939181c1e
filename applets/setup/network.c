/*
 * d2dsetup: the page for the network. d2dconfig keeps the setting (ip=), d2dnet checks it and configures the card.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DSETUP) += d2dsetup_network.o

#include "d2dsetup.h"
#include "d2d_net.h"

#define TITLE "Network"

/* Puts the value of the option ip= together: CLIENT:SERVER:GATEWAY:NETMASK:HOSTNAME:DEVICE:METHOD:DNS. IPv6 addresses are
 * written in brackets. Returns NULL if a field has characters that no address has. The caller frees it. */
static char *ip_option(const char *card, const struct d2dsetup_field fields[3])
{
	char *part[3], *option = NULL;
	int i;

	for (i = 0; i < 3; i++) {
		const char *value = fields[i].value;

		if (value[strspn(value, "0123456789abcdefABCDEF.:/")])
			return NULL;
	}
	for (i = 0; i < 3; i++)
		part[i] = xasprintf(strchr(fields[i].value, ':') ? "[%s]" : "%s", fields[i].value);
	option = xasprintf("ip=%s::%s:::%s::%s", part[0], part[1], card, part[2]);
	for (i = 0; i < 3; i++)
		free(part[i]);
	return option;
}

/* Returns the setting that d2dconfig keeps, or "ip" if there is none: that of the kernel command line isn't meant. The caller frees
 * it. */
static char *setting_before(const struct d2dsetup *s)
{
	llist_t *lines = NULL, *l;
	char *before = NULL;

	d2d_options_read(s->root, D2D_CONFIG, &lines);
	for (l = lines; l; l = l->link)
		if (is_prefixed_with(l->data, "ip=")) {
			free(before);
			before = xstrdup(l->data);
		}
	llist_free(lines, free);
	return before ? before : xstrdup("ip");
}

/* Sets the option, checks it, and configures the cards; takes it back if it has a mistake. */
static void apply(const struct d2dsetup *s, const char *setting)
{
	const char *check[] = { "d2dnet", "-R", s->root, "check", NULL }, *load[] = { "d2dnet", "-R", s->root, "load", NULL };
	char *before = setting_before(s), *output, *why;

	if (d2dsetup_config(s, setting, &output) != 0) {
		d2dsetup_message(TITLE, output);
	} else if (d2dsetup_run(s, check, &why) != 0) {
		free(output);
		d2dsetup_config(s, before, &output);
		free(output);
		output = xasprintf("%s\n\nNothing has changed.", why);
		d2dsetup_message(TITLE, output);
		free(why);
	} else {
		free(why);
		if (d2dsetup_run(s, load, &why) != 0 || s->root[0])
			d2dsetup_message(TITLE, why);
		else
			d2dsetup_message(TITLE, is_prefixed_with(output, "no store") ? output : "Done. The store keeps it.");
		free(why);
	}
	free(output);
	free(before);
}

static void ask_address(const struct d2dsetup *s, const char *card)
{
	struct d2dsetup_field fields[] = { { "Address/prefix", NULL }, { "Router", NULL }, { "Name server", NULL } };
	char *setting;
	int i;

	while (d2dsetup_ask(TITLE, "For example 192.168.1.10/24, router 192.168.1.1, name server 9.9.9.9. IPv6 is possible, too. "
			"An SSH connection over this card may end now.", fields, ARRAY_SIZE(fields))) {
		for (i = 0; i < 3; i++)
			trim(fields[i].value);
		setting = fields[0].value[0] ? ip_option(card, fields) : NULL;
		if (setting) {
			apply(s, setting);
			free(setting);
			break;
		}
		d2dsetup_message(TITLE, "An address is needed, with its prefix: digits, '.', '/', and for IPv6 ':' and letters up to f.");
	}
	for (i = 0; i < 3; i++)
		free(fields[i].value);
}

/* Lets the user choose a card. Returns its number, or -1. */
static int choose_card(const struct d2d_card *cards, int n)
{
	const char **items = xzalloc((n + 1) * sizeof(*items));
	int i, chosen;

	for (i = 0; i < n; i++)
		items[i] = xasprintf("%s  %s %s", cards[i].name, cards[i].mac,
			cards[i].addresses[0] ? cards[i].addresses : cards[i].carrier ? " no address" : " no cable");
	chosen = d2dsetup_menu(TITLE, "The network card to configure:", "Back", items, 0);
	for (i = 0; i < n; i++)
		free((char *)items[i]);
	free(items);
	return chosen;
}

void d2dsetup_network(const struct d2dsetup *s)
{
	static const char *how[] = { "Automatic (DHCP, router advertisements)", "Fixed address", "What is configured now", NULL };
	const char *show[] = { "d2dnet", "-R", s->root, NULL };
	struct d2d_card *cards;
	int n = d2d_net_cards(NULL, &cards), card = 0, way = 0;

	if (n <= 0) {
		d2dsetup_message(TITLE, "There is no network card, or the kernel has no driver for it.");
	} else {
		way = d2dsetup_menu(TITLE, "One card can have a fixed address here; the file d2d/network is for more, and for VLANs, bonds "
			"and bridges.", "Back", how, 0);
		if (way == 1)
			card = n > 1 ? choose_card(cards, n) : 0;
		if (way == 0)
			apply(s, "ip");
		else if (way == 1 && card >= 0)
			ask_address(s, cards[card].name);
		else if (way == 2)
			d2dsetup_show(s, TITLE, show);
	}
	d2d_net_cards_free(cards, n);
}
