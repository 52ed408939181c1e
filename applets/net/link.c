/*
 * d2dnet: makes VLANs, bonds and bridges, and adds cards to them.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DNET) += d2dnet_link.o

#include "d2dnet.h"

#define CLASS "/sys/class/net"
#define INTERFACES_MAX 4096

/* How often a bond looks whether its cards have a carrier, in ms; 0, the kernel's default, means never. */
#define MIIMON "100"

static const char kinds[] ALIGN1 = "card\0vlan\0bond\0bridge\0";

static bool exists(const char *interface)
{
	return if_nametoindex(interface) != 0;
}

/* Writes to a file below /sys/class/net/INTERFACE. */
static bool set_file(const char *interface, const char *file, const char *value)
{
	char *path = xasprintf(CLASS"/%s/%s", interface, file);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool ok = fd >= 0 && full_write(fd, value, strlen(value)) == (ssize_t)strlen(value);

	if (!ok)
		bb_perror_msg("%s: can't set %s to %s", interface, file, value);
	if (fd >= 0)
		close(fd);
	free(path);
	return ok;
}

/* Returns the name of the interface that is meant by a name or the MAC address of a card, or NULL. The caller frees it. */
static char *find_interface(const char *text)
{
	char mac[D2DNET_MAC], **names, *found = NULL;
	int i, n;

	if (!d2dnet_mac(text, mac))
		return exists(text) ? xstrdup(text) : NULL;
	n = d2d_dir_list(CLASS, INTERFACES_MAX, &names);
	for (i = 0; i < n && !found; i++) {
		struct d2d_card *cards;
		char *one[] = { names[i], NULL }, *device = xasprintf(CLASS"/%s/device", names[i]);

		/* VLANs, bonds and bridges have the MAC address of a card, but no device. */
		if (access(device, F_OK) == 0 && d2d_net_cards(one, &cards) == 1) {
			if (strcmp(cards->mac, mac) == 0)
				found = xstrdup(names[i]);
			d2d_net_cards_free(cards, 1);
		}
		free(device);
	}
	if (n > 0)
		d2d_dir_list_free(names, n);
	return found;
}

/* Remembers that something could not be done, so that it isn't tried again at each message of the kernel. */
static void has_failed(struct d2dnet_daemon *w, const char *interface)
{
	llist_add_to(&w->failed, xstrdup(interface));
}

/* Makes the interface of a section. The kernel has no interface of this name. */
static bool make(const struct d2dnet_daemon *w, const struct d2dnet_section *section, const char *link)
{
	const char *kind = nth_string(kinds, section->kind), *id = auto_string(xasprintf("%u", section->id));
	const char *vlan[] = { "ip", "link", "add", "link", link, "name", section->name, "type", kind, "id", id, NULL };
	const char *other[] = { "ip", "link", "add", "name", section->name, "type", kind, NULL };

	if (!d2dnet_run(w->d, section->kind == D2DNET_VLAN ? vlan : other))
		return false;
	if (section->kind == D2DNET_BOND)
		return (!section->mode || set_file(section->name, "bonding/mode", section->mode))
			&& set_file(section->name, "bonding/miimon", MIIMON);
	return section->kind != D2DNET_BRIDGE || set_file(section->name, "bridge/stp_state", section->stp ? "1" : "0");
}

/* Writes the mark of d2d_net_is_card(), which the user sees, too. */
static void mark(const struct d2dnet_daemon *w, const struct d2dnet_section *section)
{
	char *text = xasprintf("%s", nth_string(kinds, section->kind)), *more;
	const llist_t *l;

	if (section->kind == D2DNET_VLAN) {
		more = xasprintf("%s %u on %s", text, section->id, section->link);
		free(text);
		text = more;
	}
	for (l = section->cards; l; l = l->link) {
		more = xasprintf("%s %s", text, (char *)l->data);
		free(text);
		text = more;
	}
	more = xasprintf("%s\n", text);
	d2dnet_replace(w->d, section->name, D2D_NET_KIND, more);
	free(more);
	free(text);
}

void d2dnet_links_make(struct d2dnet_daemon *w)
{
	unsigned i;

	for (i = 0; i < w->plan.n; i++) {
		const struct d2dnet_section *section = w->plan.section[i];
		char *link = NULL;

		if (section->kind == D2DNET_CARD || llist_find_str(w->failed, section->name))
			continue;
		if (section->kind == D2DNET_VLAN && (link = find_interface(section->link)) == NULL)
			continue;	/* the card may be plugged in later */
		/* The mark comes first: the kernel's message about the interface may be read before. */
		mark(w, section);
		if (!exists(section->name) && !make(w, section, link)) {
			bb_error_msg("%s: can't make the %s", section->name, nth_string(kinds, section->kind));
			has_failed(w, section->name);
		}
		free(link);
	}
}

/* Whether two sections describe the same interface. Members come and go. */
static bool is_same(const struct d2dnet_section *a, const struct d2dnet_section *b)
{
	return a->kind == b->kind && strcmp(a->name, b->name) == 0 && a->id == b->id && a->stp == b->stp
		&& strcmp(a->link ? : "", b->link ? : "") == 0 && strcmp(a->mode ? : "", b->mode ? : "") == 0;
}

void d2dnet_links_remove(const struct d2dnet_daemon *w, const struct d2dnet_plan *old)
{
	unsigned i, j;

	for (i = 0; i < old->n; i++) {
		const char *argv[] = { "ip", "link", "del", old->section[i]->name, NULL };
		bool stays = false;

		if (old->section[i]->kind == D2DNET_CARD)
			continue;
		for (j = 0; j < w->plan.n; j++)
			stays |= is_same(old->section[i], w->plan.section[j]);
		if (!stays && exists(old->section[i]->name))
			d2dnet_run(w->d, argv);
	}
}

bool d2dnet_link_join(struct d2dnet_daemon *w, const char *interface, const char *mac)
{
	const struct d2dnet_section *master = d2dnet_plan_master(&w->plan, interface, mac);
	const char *down[] = { "ip", "link", "set", interface, "down", NULL };
	const char *join[] = { "ip", "link", "set", interface, "master", master ? master->name : NULL, NULL };
	const char *up[] = { "ip", "link", "set", interface, "up", NULL };
	const char *flush[] = { "ip", "addr", "flush", "dev", interface, NULL };
	bool ok;

	if (!master || !exists(master->name) || llist_find_str(w->failed, interface))
		return false;
	/* A bond takes only cards that are down. */
	d2dnet_run(w->d, flush);
	ok = d2dnet_run(w->d, down) && d2dnet_run(w->d, join);
	d2dnet_run(w->d, up);
	if (ok) {
		bb_info_msg("%s: is a part of %s from now on", interface, master->name);
	} else {
		bb_error_msg("%s: can't be made a part of %s", interface, master->name);
		has_failed(w, interface);
	}
	return ok;
}
