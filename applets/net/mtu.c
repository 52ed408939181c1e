/*
 * d2dnet: the MTU of a card. Of several sources, the first in their order counts; when none says anything any more, the card gets
 * back the MTU that it had before.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DNET) += d2dnet_mtu.o

#include "d2dnet.h"

#define OWN "own-mtu"	/* file of an interface: its MTU before it was set */

/* Returns the MTU that the interface has now, 0 if it isn't known. */
static unsigned current(const struct d2dnet *d, const char *interface)
{
	char *path = xasprintf("%s/sys/class/net/%s/mtu", d->root, interface), text[16];
	ssize_t len = open_read_close(path, text, sizeof(text) - 1);

	free(path);
	text[MAX(len, 0)] = '\0';
	return strtoul(text, NULL, 10);
}

static unsigned own(const struct d2dnet *d, const char *interface)
{
	llist_t *lines = d2dnet_read(d, interface, OWN);
	unsigned mtu = lines ? strtoul(lines->data, NULL, 10) : 0;

	llist_free(lines, free);
	return mtu;
}

static unsigned mtu_of(const llist_t *lines)
{
	const char *value = NULL;

	for (; lines && !value; lines = lines->link)
		value = d2dnet_value(lines->data, "mtu");
	return value ? strtoul(value, NULL, 10) : 0;
}

/* Returns the MTU that the first source says, 0 if none does. SOURCE says LINES from now on. */
static unsigned wanted(const struct d2dnet *d, const char *interface, const char *source, const llist_t *lines)
{
	static const char sources[] ALIGN1 = "static\0config\0dhcp\0";
	unsigned mtu = 0;
	const char *s;

	for (s = sources; *s && !mtu; s += strlen(s) + 1) {
		llist_t *others = strcmp(s, source) == 0 ? NULL : d2dnet_read(d, interface, s);

		mtu = mtu_of(strcmp(s, source) == 0 ? lines : others);
		llist_free(others, free);
	}
	return mtu;
}

unsigned d2dnet_mtu(const struct d2dnet *d, const char *interface, const char *source, const llist_t *lines)
{
	unsigned now = current(d, interface), before = own(d, interface), mtu = wanted(d, interface, source, lines);

	if (mtu && !before && now)
		d2dnet_replace(d, interface, OWN, auto_string(xasprintf("%u\n", now)));
	if (!mtu) {
		d2dnet_replace(d, interface, OWN, "");
		mtu = before;
	}
	return mtu == now ? 0 : mtu;
}
