/*
 * d2d: the network cards in the status of this system.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D) += d2dfront_network.o

#include "d2dfront.h"
#include "d2d_net.h"

/* Prints what is wrong with a card. Returns the number of mistakes. */
static int wrong_rows(const char *name)
{
	llist_t *lines = d2d_net_wrong("", name), *l;
	int n = 0;

	for (l = lines; l; l = l->link, n++)
		printf("%-10s ! %s: %s\n", "", name, printable_string(l->data));
	llist_free(lines, free);
	return n;
}

int d2dfront_network_rows(void)
{
	struct d2d_card *cards;
	int i, problems = 0, n = d2d_net_cards(NULL, &cards);

	if (n == 0)
		printf("%-10s no network card\n", "network");
	for (i = 0; i < n; i++) {
		bool lacks = cards[i].carrier && !cards[i].addresses[0] && !cards[i].off;

		printf("%-10s %s%s\n", i ? "" : "network", cards[i].name, cards[i].addresses[0] ? cards[i].addresses :
			lacks ? ": no network address" : cards[i].off ? ": off" : ": no cable");
		if (lacks) {
			problems++;
			printf("%-10s ! neither a DHCP server nor a router answers; log: "D2D_RUN"/log/udhcpc-%s.log\n", "", cards[i].name);
		}
		problems += wrong_rows(cards[i].name);
	}
	d2d_net_cards_free(cards, n);
	return problems;
}
