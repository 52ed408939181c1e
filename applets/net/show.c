/*
 * d2dnet without a verb: shows the cards, who configured each, and what is wrong.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DNET) += d2dnet_show.o

#include "d2dnet.h"

static void print_line(const char *title, const char *text)
{
	printf("  %-6s %s\n", title, printable_string(text));
}

static void show_file(const struct d2dnet *d, const char *interface, const char *file)
{
	llist_t *lines = d2dnet_read(d, interface, file), *l;

	for (l = lines; l; l = l->link)
		print_line(file, l->data);
	llist_free(lines, free);
}

/* Shows MAC address, MTU, and, with SPEED, how many Mbit/s the card has negotiated, which the kernel knows of real cards only. */
static void show_card(const struct d2d_card *card)
{
	char *path = xasprintf("/sys/class/net/%s/mtu", card->name), *speed = xasprintf("/sys/class/net/%s/speed", card->name);
	char text[16] = "", rate[16] = "";

	if (open_read_close(path, text, sizeof(text) - 1) > 0) {
		printf("  %-6s %s%sMTU %d", "card", card->mac, card->mac[0] ? ", " : "", atoi(text));
		if (open_read_close(speed, rate, sizeof(rate) - 1) > 0 && atoi(rate) > 0)
			printf(", %d Mbit/s", atoi(rate));
		bb_putchar('\n');
	}
	free(speed);
	free(path);
}

/* Shows the lease of DHCP, or that no server has given one: the file has the server, the lease's seconds, and when it was
 * given. */
static void show_lease(const struct d2dnet *d, const struct d2d_card *card)
{
	llist_t *lease = d2dnet_read(d, card->name, D2DNET_LEASE), *config = d2dnet_read(d, card->name, "config");
	char server[64];
	unsigned seconds, since, age;

	if (lease && sscanf(lease->data, "%63s %u %u", server, &seconds, &since) == 3) {
		age = d2d_now() / 1000 - since;
		printf("  %-6s from %s for %u s, %u s left\n", "lease", server, seconds, age < seconds ? seconds - age : 0);
	} else if (card->carrier && !llist_find_str(config, "dhcp no")) {
		printf("  %-6s none: no DHCP server has answered; log: "D2D_RUN"/log/udhcpc-%s.log\n", "lease", card->name);
	}
	llist_free(config, free);
	llist_free(lease, free);
}

/* Returns the number of mistakes. */
static unsigned show_wrong(const struct d2dnet *d, const char *interface)
{
	llist_t *lines = d2d_net_wrong(d->root, interface), *l;
	unsigned n = 0;

	for (l = lines; l; l = l->link, n++)
		print_line("wrong", l->data);
	llist_free(lines, free);
	return n;
}

/* Shows which name servers programs ask. */
static void show_names(const struct d2dnet *d)
{
	char *path = xasprintf("%s/run/resolv.conf", d->root), *line;
	FILE *f = fopen_for_read(path);

	while (f && (line = xmalloc_fgetline(f)) != NULL) {
		printf("resolv.conf: %s\n", printable_string(line));
		free(line);
	}
	if (f)
		fclose(f);
	free(path);
}

int d2dnet_show(const struct d2dnet *d, char **names)
{
	static const char files[] ALIGN1 = D2D_NET_KIND"\0static\0config\0dhcp\0dhcp6\0ra\0";
	struct d2d_card *cards;
	int i, n = d2d_net_cards(names[0] ? names : NULL, &cards), status = EXIT_SUCCESS;
	const char *file;

	if (n == 0)
		bb_simple_error_msg_and_die("no network card found");
	for (i = 0; i < n; i++) {
		printf("%s%s\n", cards[i].name, cards[i].addresses[0] ? cards[i].addresses : cards[i].off ? " off" :
			cards[i].carrier ? " no address" : " no cable");
		if (cards[i].carrier && !cards[i].addresses[0] && !cards[i].off)
			status = EXIT_FAILURE;
		show_card(&cards[i]);
		for (file = files; *file; file += strlen(file) + 1)
			show_file(d, cards[i].name, file);
		show_lease(d, &cards[i]);
		d2dnet_show_routes(cards[i].name);
		if (show_wrong(d, cards[i].name))
			status = EXIT_FAILURE;
	}
	show_names(d);
	d2d_net_cards_free(cards, n);
	return status;
}
