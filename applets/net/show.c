/*
 * d2dnet without a verb: shows the cards.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DNET) += d2dnet_show.o

#include "d2dnet.h"

static void show_file(const struct d2dnet *d, const char *interface, const char *file)
{
	char *path = xasprintf("%s"D2D_NET_RUN"/%s/%s", d->root, interface, file), *line;
	FILE *f = fopen_for_read(path);

	while (f && (line = xmalloc_fgetline(f)) != NULL) {
		printf("  %-6s %s\n", file, printable_string(line));
		free(line);
	}
	if (f)
		fclose(f);
	free(path);
}

int d2dnet_show(const struct d2dnet *d, char **names)
{
	static const char files[] ALIGN1 = "static\0dhcp\0dhcp6\0ra\0";
	struct d2d_card *cards;
	int i, n = d2d_net_cards(names[0] ? names : NULL, &cards), status = EXIT_SUCCESS;
	const char *file;

	if (n == 0)
		bb_simple_error_msg_and_die("no network card found");
	for (i = 0; i < n; i++) {
		printf("%s%s\n", cards[i].name, cards[i].addresses[0] ? cards[i].addresses :
			cards[i].carrier ? " no address" : " no cable");
		if (cards[i].carrier && !cards[i].addresses[0])
			status = EXIT_FAILURE;
		for (file = files; *file; file += strlen(file) + 1)
			show_file(d, cards[i].name, file);
	}
	d2d_net_cards_free(cards, n);
	return status;
}
