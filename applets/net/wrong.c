/*
 * d2dnet: writes down what is wrong with an interface, for 'd2dnet show' and for d2d, and looks for one such mistake: gateways
 * that the interface can't reach.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DNET) += d2dnet_wrong.o

#include "d2dnet.h"

void d2dnet_say_wrong(const struct d2dnet *d, const char *interface, const char *what, const char *text)
{
	char *file = xasprintf("wrong-%s", what);
	int r = d2dnet_replace(d, interface, file, text);

	if (r > 0 && text[0])
		bb_error_msg("%s: %.*s", interface, (int)strcspn(text, "\n"), text);
	else if (r < 0)
		bb_error_msg("can't write '%s"D2D_NET_RUN"/%s/%s': %s", d->root, interface, file, strerror(-r));
	free(file);
}

void d2dnet_check_gateways(const struct d2dnet *d, const char *interface)
{
	llist_t *all = d2dnet_read_all(d, interface), *l;
	char *text = xzalloc(1);

	for (l = all; l; l = l->link) {
		const char *gateway = d2dnet_gateway_outside(l->data, all);
		char *more;

		if (!gateway)
			continue;
		more = xasprintf("%sthe gateway %s is outside of the networks of this card\n", text, gateway);
		free(text);
		text = more;
	}
	d2dnet_say_wrong(d, interface, "gateway", text);
	free(text);
	llist_free(all, free);
}
