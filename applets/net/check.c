/*
 * d2dnet: finds mistakes in a plan that no single line shows.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DNET) += d2dnet_check.o

#include "d2dnet_plan.h"

/* Whether the two are addresses of the same family. */
static bool same_family(const char *a, const char *b)
{
	return !strchr(a, ':') == !strchr(b, ':');
}

const char *d2dnet_gateway_outside(const char *line, const llist_t *lines)
{
	const char *route = d2dnet_value(line, "route"), *gateway = route ? strchr(route, ' ') + 1 : "-";
	bool any = false;

	if (gateway[0] == '-' || d2dnet_is_in(gateway, "fe80::/10"))
		return NULL;
	for (; lines; lines = lines->link) {
		const char *net = d2dnet_value(lines->data, "address");

		if (!net || !same_family(net, gateway))
			continue;
		if (d2dnet_is_in(gateway, net))
			return NULL;
		/* Clouds give addresses of one host and a router on the link. */
		any |= !is_suffixed_with(net, strchr(net, ':') ? "/128" : "/32");
	}
	return any ? gateway : NULL;
}

/* Whether there is an address of the gateway's family, or one will come from a server or router. */
static bool has_source(const struct d2dnet_section *section, const char *gateway)
{
	const llist_t *l;

	if (strchr(gateway, ':') ? d2dnet_wants_ra(section) : d2dnet_wants_dhcp(section))
		return true;
	for (l = section->s.lines; l; l = l->link) {
		const char *address = d2dnet_value(l->data, "address");

		if (address && same_family(address, gateway))
			return true;
	}
	return false;
}

static void check_gateways(struct d2dnet_plan *p, const struct d2dnet_section *section)
{
	const llist_t *l;

	for (l = section->s.lines; l; l = l->link) {
		const char *outside = d2dnet_gateway_outside(l->data, section->s.lines);
		const char *route = d2dnet_value(l->data, "route"), *gateway = route ? strchr(route, ' ') + 1 : "-";

		if (outside)
			d2dnet_plan_wrong(p, "%s: the gateway %s is outside of the networks of '%s': it is used as if it were on the link",
				section->from, outside, section->name);
		else if (gateway[0] != '-' && !has_source(section, gateway))
			d2dnet_plan_wrong(p, "%s: the gateway %s needs an address of '%s'", section->from, gateway, section->name);
	}
}

/* Returns why a section can't be used, or NULL. */
static const char *unusable(const struct d2dnet_section *section)
{
	if (section->kind == D2DNET_VLAN && !(section->link && section->id))
		return "needs link = INTERFACE and id = NUMBER";
	if (section->kind >= D2DNET_BOND && !section->cards)
		return "needs cards = INTERFACE...";
	return NULL;
}

/* Removes from the members of section number I those that are members of an earlier one, and the sections of its members. */
static void check_members(struct d2dnet_plan *p, unsigned since, unsigned i)
{
	struct d2dnet_section *section = p->section[i];
	llist_t *l, *next;
	unsigned j;

	for (l = section->cards; l; l = next) {
		next = l->link;
		for (j = since; j < i; j++) {
			if (!llist_find_str(p->section[j]->cards, l->data))
				continue;
			d2dnet_plan_wrong(p, "%s: '%s' is a member of '%s' already", section->from, (char *)l->data, p->section[j]->name);
			free(l->data);
			llist_unlink(&section->cards, l);
			free(l);
			break;
		}
	}
}

/* What is said about a card that is a member of a bond or bridge would come before the membership. */
static void check_owned(struct d2dnet_plan *p, unsigned since)
{
	unsigned i, j;

	for (i = since; i < p->n; i++) {
		const struct d2dnet_section *card = p->section[i];

		for (j = since; j < p->n && card->kind == D2DNET_CARD; j++) {
			if (!llist_find_str(p->section[j]->cards, card->name))
				continue;
			d2dnet_plan_wrong(p, "%s: '%s' is a member of '%s': this section is left out", card->from, card->name,
				p->section[j]->name);
			d2dnet_plan_drop(p, i--);
			break;
		}
	}
}

/* Moves the section with this name to the end. */
static void move_to_end(struct d2dnet_plan *p, unsigned since, const char *name)
{
	unsigned i;

	for (i = since; i < p->n; i++) {
		struct d2dnet_section *section = p->section[i];

		if (section->kind != D2DNET_CARD || strcmp(section->name, name) != 0)
			continue;
		memmove(&p->section[i], &p->section[i + 1], (p->n - i - 1) * sizeof(p->section[0]));
		p->section[p->n - 1] = section;
		return;
	}
}

void d2dnet_plan_check(struct d2dnet_plan *p, unsigned since)
{
	unsigned i;

	for (i = since; i < p->n; i++) {
		const char *why;

		check_members(p, since, i);
		check_gateways(p, p->section[i]);
		why = unusable(p->section[i]);
		if (why) {
			d2dnet_plan_wrong(p, "%s: '%s' %s: this section is left out", p->section[i]->from, p->section[i]->name, why);
			d2dnet_plan_drop(p, i--);
		}
	}
	check_owned(p, since);
	move_to_end(p, since, D2DNET_FIRST);
	move_to_end(p, since, D2DNET_ALL);
}
