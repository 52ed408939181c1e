/*
 * d2dmeta: version 2 of cloud-init's network-config, which is netplan's form.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DMETA) += d2dmeta_netplan.o

#include "d2dmeta_text.h"

/* Returns what means a card in d2d/network: its MAC address or name, "*" for a pattern. */
static const char *card_name(struct json_object *all, const char *id)
{
	struct json_object *cards = d2dmeta_typed(all, "ethernets", json_type_object);
	struct json_object *card = d2dmeta_typed(cards, id, json_type_object);
	struct json_object *match = d2dmeta_typed(card, "match", json_type_object);
	const char *name = d2dmeta_get(match, "macaddress") ? : d2dmeta_get(match, "name");

	/* Cards here are eth0, eth1 and so on, so patterns of other systems' names mean any card. */
	if (name && strpbrk(name, "*?["))
		return "*";
	return name ? : id;
}

/* Whether the card is a member of a bond or bridge. */
static bool is_member(struct json_object *all, const char *id)
{
	static const char *const kinds[] = { "bonds", "bridges" };
	unsigned i;
	size_t j;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct json_object *masters = d2dmeta_typed(all, kinds[i], json_type_object);
		struct json_object_iter m;

		if (!masters)
			continue;
		json_object_object_foreachC(masters, m) {
			struct json_object *members = d2dmeta_typed(m.val, "interfaces", json_type_array);

			for (j = 0; j < d2d_json_length(members); j++) {
				const char *member = d2d_json_text_at(members, j);

				if (member && strcmp(member, id) == 0)
					return true;
			}
		}
	}
	return false;
}

/* Writes addresses, which are texts, or objects with an address as the only key and further settings as its value. */
static void addresses(struct json_object *list, struct d2dmeta_network *w)
{
	size_t i;

	for (i = 0; i < d2d_json_length(list); i++) {
		struct json_object *o = json_object_array_get_idx(list, i);
		struct json_object_iter one;

		if (!json_object_is_type(o, json_type_object)) {
			d2dmeta_address(w, d2dmeta_scalar(o), NULL);
			continue;
		}
		json_object_object_foreachC(o, one) {
			d2dmeta_address(w, one.key, NULL);
			d2dmeta_other(w, one.val, "", "addresses.");
		}
	}
}

static void routes(struct json_object *list, struct d2dmeta_network *w)
{
	size_t i;

	for (i = 0; i < d2d_json_length(list); i++) {
		struct json_object *o = json_object_array_get_idx(list, i);

		/* A router outside of the card's networks is used as on-link in any case. */
		d2dmeta_other(w, o, "to\0via\0on-link\0", "routes.");
		d2dmeta_route(w, d2dmeta_get(o, "to"), NULL, d2dmeta_get(o, "via"));
	}
}

/* Writes what all kinds of interfaces have. */
static void settings(struct json_object *o, struct d2dmeta_network *w)
{
	struct json_object *names = d2dmeta_typed(o, "nameservers", json_type_object);
	int ra = d2dmeta_flag(o, "accept-ra");

	d2dmeta_line(w, "dhcp", d2dmeta_flag(o, "dhcp4") == 1 ? "yes" : "no");
	if (ra >= 0 || d2dmeta_flag(o, "dhcp6") == 1)
		d2dmeta_line(w, "ra", ra == 0 ? "no" : "yes");
	addresses(d2dmeta_typed(o, "addresses", json_type_array), w);
	d2dmeta_line(w, "gateway", d2dmeta_get(o, "gateway4"));
	d2dmeta_line(w, "gateway", d2dmeta_get(o, "gateway6"));
	routes(d2dmeta_typed(o, "routes", json_type_array), w);
	d2dmeta_other(w, names, "addresses\0search\0", "nameservers.");
	d2dmeta_lines(w, "dns", d2dmeta_typed(names, "addresses", json_type_array));
	d2dmeta_lines(w, "search", d2dmeta_typed(names, "search", json_type_array));
	d2dmeta_line(w, "mtu", d2dmeta_get(o, "mtu"));
}

static void card(struct json_object *all, const char *id, struct json_object *o, struct d2dmeta_network *w)
{
	const char *name = card_name(all, id);

	if (is_member(all, id))
		return;
	/* No address is for all cards. */
	if (strcmp(name, "*") == 0 && d2dmeta_typed(o, "addresses", json_type_array))
		name = "first";
	d2dmeta_section(w, "card", name);
	d2dmeta_other(w, d2dmeta_typed(o, "match", json_type_object), "macaddress\0name\0", "match.");
	settings(o, w);
}

static void members(struct json_object *all, struct json_object *o, struct d2dmeta_network *w)
{
	struct json_object *list = d2dmeta_typed(o, "interfaces", json_type_array);
	size_t i;

	for (i = 0; i < d2d_json_length(list); i++) {
		const char *id = d2d_json_text_at(list, i);

		d2dmeta_line(w, "cards", id ? card_name(all, id) : NULL);
	}
}

static void made(struct json_object *all, const char *kind, const char *id, struct json_object *o, struct d2dmeta_network *w)
{
	struct json_object *parameters = d2dmeta_typed(o, "parameters", json_type_object);
	const char *link = d2dmeta_get(o, "link");

	d2dmeta_section(w, kind, id);
	if (strcmp(kind, "vlan") == 0) {
		d2dmeta_line(w, "link", link ? card_name(all, link) : NULL);
		d2dmeta_line(w, "id", d2dmeta_get(o, "id"));
	} else {
		members(all, o, w);
	}
	d2dmeta_other(w, parameters, strcmp(kind, "bond") == 0 ? "mode\0" : "stp\0", "parameters.");
	d2dmeta_line(w, "mode", strcmp(kind, "bond") == 0 ? d2dmeta_get(parameters, "mode") : NULL);
	/* netplan's default */
	if (strcmp(kind, "bridge") == 0 && d2dmeta_flag(parameters, "stp") != 0)
		d2dmeta_line(w, "stp", "yes");
	settings(o, w);
}

void d2dmeta_netplan(struct json_object *o, struct d2dmeta_network *w)
{
	static const char *const groups[] = { "ethernets", "vlans", "bonds", "bridges" };
	static const char *const kinds[] = { "card", "vlan", "bond", "bridge" };
	static const char keys[] ALIGN1 = "dhcp4\0dhcp6\0accept-ra\0addresses\0gateway4\0gateway6\0routes\0nameservers\0mtu\0"
		"match\0optional\0link\0id\0interfaces\0parameters\0";
	unsigned i;
	size_t left;

	d2dmeta_unknown(w->notes, o, "version\0ethernets\0vlans\0bonds\0bridges\0renderer\0", "");
	for (i = 0; i < ARRAY_SIZE(groups); i++) {
		struct json_object *group = d2dmeta_typed(o, groups[i], json_type_object);
		struct json_object_iter one;

		if (!group)
			continue;
		left = d2dmeta_interfaces(w, json_object_object_length(group));
		json_object_object_foreachC(group, one) {
			char *where;

			if (left-- == 0)
				break;
			w->where = where = xasprintf("%s.%.20s.", groups[i], one.key);
			d2dmeta_other(w, one.val, keys, "");
			if (i == 0)
				card(o, one.key, one.val, w);
			else
				made(o, kinds[i], one.key, one.val, w);
			free(where);
		}
	}
}
