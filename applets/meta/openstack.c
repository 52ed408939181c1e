/*
 * d2dmeta: network_data.json of a ConfigDrive: links, networks on them, and services.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DMETA) += d2dmeta_openstack.o

#include "d2dmeta_text.h"

/* Returns what means a link in d2d/network: a card's MAC address, or the name of what is made. */
static const char *link_name(struct json_object *links, const char *id)
{
	size_t i;

	for (i = 0; id && i < d2d_json_length(links); i++) {
		struct json_object *o = json_object_array_get_idx(links, i);
		const char *its = d2dmeta_get(o, "id"), *type = d2dmeta_get(o, "type");

		if (!its || strcmp(its, id) != 0)
			continue;
		if (type && index_in_strings("vlan\0bond\0", type) >= 0)
			return id;
		return d2dmeta_get(o, "ethernet_mac_address") ? : id;
	}
	return id;
}

static bool is_member(struct json_object *links, const char *id)
{
	size_t i, j;

	for (i = 0; id && i < d2d_json_length(links); i++) {
		struct json_object *members = d2dmeta_typed(json_object_array_get_idx(links, i), "bond_links", json_type_array);

		for (j = 0; j < d2d_json_length(members); j++) {
			const char *member = d2d_json_text_at(members, j);

			if (member && strcmp(member, id) == 0)
				return true;
		}
	}
	return false;
}

/* Writes the name servers of an array of services. */
static void services(struct json_object *o, struct d2dmeta_network *w)
{
	struct json_object *list = d2dmeta_typed(o, "services", json_type_array);
	size_t i;

	for (i = 0; i < d2d_json_length(list); i++) {
		struct json_object *service = json_object_array_get_idx(list, i);
		const char *type = d2dmeta_get(service, "type");

		if (type && strcmp(type, "dns") == 0)
			d2dmeta_line(w, "dns", d2dmeta_get(service, "address"));
		else
			d2dmeta_ignored(w->notes, "a service of type '%.80s'", type ? : "");
	}
}

/* Writes the settings of a network. Sets bits of *ASKED: 1 for DHCP, 2 for IPv6. */
static void network(struct json_object *o, struct d2dmeta_network *w, unsigned *asked)
{
	static const char types[] ALIGN1 = "ipv4\0ipv6\0ipv4_dhcp\0ipv6_dhcp\0ipv6_slaac\0ipv6_dhcpv6-stateless\0"
		"ipv6_dhcpv6-stateful\0";
	const char *type = d2dmeta_get(o, "type");
	struct json_object *list, *value;
	int which = type ? index_in_strings(types, type) : -1;
	size_t i;

	if (which < 0)
		d2dmeta_wrong(w->notes, "a network of the unknown type '%.80s'", type ? : "");
	if (which >= 2)
		*asked |= which == 2 ? 1 : 2;
	if (which == 0 || which == 1) {
		d2dmeta_address(w, d2dmeta_get(o, "ip_address"), d2dmeta_get(o, "netmask"));
		d2dmeta_line(w, "gateway", d2dmeta_get(o, "gateway"));
		list = d2dmeta_typed(o, "routes", json_type_array);
		for (i = 0; i < d2d_json_length(list); i++) {
			value = json_object_array_get_idx(list, i);
			d2dmeta_route(w, d2dmeta_get(value, "network"), d2dmeta_get(value, "netmask"),
				d2dmeta_get(value, "gateway"));
		}
	}
	services(o, w);
	if (json_object_object_get_ex(o, "dns_nameservers", &value))
		d2dmeta_lines(w, "dns", value);
}

/* Writes the mode of a bond, which may be the kernel's number. */
static void mode(const char *text, struct d2dmeta_network *w)
{
	static const char modes[] ALIGN1 =
		"balance-rr\0active-backup\0balance-xor\0broadcast\0802.3ad\0balance-tlb\0balance-alb\0";

	if (text && text[0] >= '0' && text[0] <= '6' && !text[1])
		text = nth_string(modes, text[0] - '0');
	d2dmeta_line(w, "mode", text);
}

static void link_section(struct json_object *all, struct json_object *links, struct json_object *o, struct d2dmeta_network *w)
{
	struct json_object *networks = d2dmeta_typed(all, "networks", json_type_array), *list;
	const char *type = d2dmeta_get(o, "type") ? : "", *id = d2dmeta_get(o, "id");
	int made = index_in_strings("vlan\0bond\0", type);
	unsigned asked = 0;
	size_t i;

	if (is_member(links, id))
		return;
	d2dmeta_section(w, made < 0 ? "card" : type, link_name(links, id));
	if (made == 0) {
		d2dmeta_line(w, "link", link_name(links, d2dmeta_get(o, "vlan_link")));
		d2dmeta_line(w, "id", d2dmeta_get(o, "vlan_id"));
	} else if (made == 1) {
		list = d2dmeta_typed(o, "bond_links", json_type_array);
		for (i = 0; i < d2d_json_length(list); i++)
			d2dmeta_line(w, "cards", link_name(links, d2d_json_text_at(list, i)));
		mode(d2dmeta_get(o, "bond_mode"), w);
	}
	d2dmeta_line(w, "mtu", d2dmeta_get(o, "mtu"));
	for (i = 0; i < d2d_json_length(networks); i++) {
		struct json_object *one = json_object_array_get_idx(networks, i);
		const char *link = d2dmeta_get(one, "link");

		if (link && id && strcmp(link, id) == 0)
			network(one, w, &asked);
	}
	d2dmeta_line(w, "dhcp", asked & 1 ? "yes" : "no");
	d2dmeta_line(w, "ra", asked & 2 ? "yes" : NULL);
	services(all, w);
}

void d2dmeta_network_data(struct json_object *o, struct d2dmeta_network *w)
{
	struct json_object *links = d2dmeta_typed(o, "links", json_type_array);
	size_t i, n = d2dmeta_interfaces(w, d2d_json_length(links));

	for (i = 0; i < n; i++)
		link_section(o, links, json_object_array_get_idx(links, i), w);
	if (w->out.full)
		d2dmeta_wrong(w->notes, "too long: the rest is left out");
}
