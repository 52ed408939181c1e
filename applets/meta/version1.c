/*
 * d2dmeta: cloud-init's network-config, and its version 1.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DMETA) += d2dmeta_version1.o

#include "d2dmeta_text.h"

/* What the subnets of an interface ask servers for. */
struct asked {
	bool dhcp, ra;
};

static void routes(struct json_object *list, struct d2dmeta_network *w)
{
	size_t i;

	for (i = 0; i < d2d_json_length(list); i++) {
		struct json_object *o = json_object_array_get_idx(list, i);

		d2dmeta_other(w, o, "network\0destination\0netmask\0gateway\0", "routes.");
		d2dmeta_route(w, d2dmeta_get(o, "network") ? : d2dmeta_get(o, "destination"), d2dmeta_get(o, "netmask"),
			d2dmeta_get(o, "gateway"));
	}
}

static void subnet(struct json_object *o, struct d2dmeta_network *w, struct asked *asked)
{
	static const char types[] ALIGN1 = "manual\0static\0static6\0dhcp\0dhcp4\0dhcp6\0ipv6_dhcpv6-stateful\0"
		"ipv6_dhcpv6-stateless\0ipv6_slaac\0";
	const char *type = d2dmeta_get(o, "type");
	int which = type ? index_in_strings(types, type) : -1;
	struct json_object *value;

	if (which < 0) {
		d2dmeta_wrong(w->notes, "a subnet of the unknown type '%.80s'", type ? : "");
		return;
	}
	asked->dhcp |= which == 3 || which == 4;
	asked->ra |= which >= 5;
	d2dmeta_other(w, o, "type\0control\0address\0netmask\0gateway\0dns_nameservers\0dns_search\0routes\0", "subnets.");
	if (which == 1 || which == 2) {
		d2dmeta_address(w, d2dmeta_get(o, "address"), d2dmeta_get(o, "netmask"));
		d2dmeta_line(w, "gateway", d2dmeta_get(o, "gateway"));
		routes(d2dmeta_typed(o, "routes", json_type_array), w);
	}
	if (json_object_object_get_ex(o, "dns_nameservers", &value))
		d2dmeta_lines(w, "dns", value);
	if (json_object_object_get_ex(o, "dns_search", &value))
		d2dmeta_lines(w, "search", value);
}

/* Returns the MAC address of an interface if it has one, because our cards have other names than those of systems with udev. */
static const char *card_name(struct json_object *list, const char *name)
{
	size_t i;

	for (i = 0; name && i < d2d_json_length(list); i++) {
		struct json_object *o = json_object_array_get_idx(list, i);
		const char *type = d2dmeta_get(o, "type"), *its = d2dmeta_get(o, "name");

		if (type && its && strcmp(type, "physical") == 0 && strcmp(its, name) == 0)
			return d2dmeta_get(o, "mac_address") ? : name;
	}
	return name;
}

/* Whether the interface is a member of a bond or bridge. */
static bool is_member(struct json_object *list, const char *name)
{
	size_t i, j;

	for (i = 0; name && i < d2d_json_length(list); i++) {
		struct json_object *o = json_object_array_get_idx(list, i);
		struct json_object *members = d2dmeta_typed(o, "bond_interfaces", json_type_array)
			? : d2dmeta_typed(o, "bridge_interfaces", json_type_array);

		for (j = 0; j < d2d_json_length(members); j++) {
			const char *member = d2d_json_text_at(members, j);

			if (member && strcmp(member, name) == 0)
				return true;
		}
	}
	return false;
}

static void members(struct json_object *list, struct json_object *names, struct d2dmeta_network *w)
{
	size_t i;

	for (i = 0; i < d2d_json_length(names); i++)
		d2dmeta_line(w, "cards", card_name(list, d2d_json_text_at(names, i)));
}

/* Writes the name servers that are for all interfaces. */
static void nameservers(struct json_object *list, struct d2dmeta_network *w)
{
	size_t i;

	for (i = 0; i < d2d_json_length(list); i++) {
		struct json_object *o = json_object_array_get_idx(list, i), *value;
		const char *type = d2dmeta_get(o, "type");

		if (!type || strcmp(type, "nameserver") != 0)
			continue;
		if (json_object_object_get_ex(o, "address", &value))
			d2dmeta_lines(w, "dns", value);
		if (json_object_object_get_ex(o, "search", &value))
			d2dmeta_lines(w, "search", value);
	}
}

static void interface(struct json_object *list, struct json_object *o, struct d2dmeta_network *w)
{
	static const char types[] ALIGN1 = "physical\0vlan\0bond\0bridge\0nameserver\0";
	static const char keys[] ALIGN1 = "type\0name\0mac_address\0mtu\0subnets\0accept-ra\0vlan_link\0vlan_id\0bond_interfaces\0"
		"bridge_interfaces\0params\0";
	const char *type = d2dmeta_get(o, "type"), *name = d2dmeta_get(o, "name");
	struct json_object *params = d2dmeta_typed(o, "params", json_type_object), *subnets;
	int which = type ? index_in_strings(types, type) : -1;
	struct asked asked = { false, false };
	size_t i;

	if (which < 0)
		d2dmeta_ignored(w->notes, "an interface of type '%.80s'", type ? : "");
	if (which < 0 || which == 4 || (which == 0 && is_member(list, name)))
		return;
	d2dmeta_section(w, which == 0 ? "card" : type, which == 0 ? card_name(list, name) : name);
	d2dmeta_other(w, o, keys, "");
	d2dmeta_other(w, params, "bond-mode\0bond_mode\0bridge_stp\0bridge-stp\0", "params.");
	d2dmeta_line(w, "link", which == 1 ? card_name(list, d2dmeta_get(o, "vlan_link")) : NULL);
	d2dmeta_line(w, "id", which == 1 ? d2dmeta_get(o, "vlan_id") : NULL);
	members(list, which == 2 ? d2dmeta_typed(o, "bond_interfaces", json_type_array) :
		which == 3 ? d2dmeta_typed(o, "bridge_interfaces", json_type_array) : NULL, w);
	d2dmeta_line(w, "mode", which == 2 ? d2dmeta_get(params, "bond-mode") ? : d2dmeta_get(params, "bond_mode") : NULL);
	if (which == 3 && (d2dmeta_flag(params, "bridge_stp") == 1 || d2dmeta_flag(params, "bridge-stp") == 1))
		d2dmeta_line(w, "stp", "yes");
	d2dmeta_line(w, "mtu", d2dmeta_get(o, "mtu"));
	subnets = d2dmeta_typed(o, "subnets", json_type_array);
	for (i = 0; i < d2d_json_length(subnets); i++)
		subnet(json_object_array_get_idx(subnets, i), w, &asked);
	d2dmeta_line(w, "dhcp", asked.dhcp ? "yes" : "no");
	if (asked.ra || d2dmeta_flag(o, "accept-ra") >= 0)
		d2dmeta_line(w, "ra", d2dmeta_flag(o, "accept-ra") == 0 ? "no" : "yes");
	nameservers(list, w);
}

void d2dmeta_network_config(struct json_object *o, struct d2dmeta_network *w)
{
	struct json_object *inner = d2dmeta_typed(o, "network", json_type_object), *list;
	const char *version;
	size_t i, n;

	if (inner)
		o = inner;
	version = d2dmeta_get(o, "version");
	/* "config: disabled" means that nothing is said about the network. */
	if (version && strcmp(version, "2") == 0) {
		d2dmeta_netplan(o, w);
	} else if (version && strcmp(version, "1") == 0) {
		w->where = "config.";
		list = d2dmeta_typed(o, "config", json_type_array);
		n = d2dmeta_interfaces(w, d2d_json_length(list));
		for (i = 0; i < n; i++)
			interface(list, json_object_array_get_idx(list, i), w);
	} else if (version || !d2dmeta_get(o, "config")) {
		d2dmeta_wrong(w->notes, "neither version 1 nor version 2 of network-config");
	}
	if (w->out.full)
		d2dmeta_wrong(w->notes, "too long: the rest is left out");
}
