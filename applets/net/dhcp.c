/*
 * d2dnet: the events of udhcpc and udhcpc6. They pass the answer of the server in the environment: ip, mask, router, dns, and so
 * on. Any machine in the network can be that server, so each value is checked, and one that isn't valid is ignored.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DNET) += d2dnet_dhcp.o

#include "d2dnet.h"

/* Adds the value of an environment variable. Returns whether there was one. */
static bool add_env(struct d2dnet_settings *s, const char *key, const char *name)
{
	const char *value = getenv(name);

	/* udhcpc replaces a name with invalid characters by "bad". */
	if (!value || !value[0] || strcmp(value, "bad") == 0)
		return false;
	if (!d2dnet_add(s, key, value))
		bb_error_msg("ignored a part of the server's %s: '%s'", name, printable_string(value));
	return true;
}

static void add_address(struct d2dnet_settings *s)
{
	const char *ip = getenv("ip") ? : "", *mask = getenv("mask");
	char *address = mask && mask[0] ? xasprintf("%s/%s", ip, mask) : xasprintf("%s/%u", ip, d2dnet_class_prefix(ip));

	if (!d2dnet_add(s, "address", address))
		bb_error_msg("the server's address isn't valid: '%s'", printable_string(address));
	free(address);
}

/* Adds the routes of option 121 or 249, "NETWORK/PREFIX GATEWAY NETWORK/PREFIX GATEWAY...". The gateway 0.0.0.0 means that the
 * network is on the link. Returns whether there was a valid one. */
static bool add_routes(struct d2dnet_settings *s, const char *name)
{
	const char *value = getenv(name);
	char *copy = xstrdup(value ? value : ""), *p = copy, *net, *gateway, *route;
	bool any = false;

	while ((net = strsep(&p, " ")) != NULL && (gateway = strsep(&p, " ")) != NULL) {
		route = xasprintf("%s=%s", net, strcmp(gateway, "0.0.0.0") == 0 ? "-" : gateway);
		if (d2dnet_add(s, "route", route))
			any = true;
		else
			bb_error_msg("ignored the server's route '%s'", printable_string(route));
		free(route);
	}
	free(copy);
	return any;
}

static void read_v4(struct d2dnet_settings *s)
{
	char *routers, *router, *p;

	add_address(s);
	/* RFC 3442: a client that gets option 121 ignores the routers of option 3. 249 is 121's number in old Windows servers. */
	if (!add_routes(s, "staticroutes") && !add_routes(s, "msstaticroutes")) {
		/* They come in the order of preference. The kernel can't notice that a router has failed, so one is enough. */
		p = routers = xstrdup(getenv("router") ? : "");
		while ((router = strsep(&p, " ")) != NULL)
			if (router[0] && d2dnet_add(s, "gateway", router))
				break;
		free(routers);
	}
	add_env(s, "mtu", "mtu");
	add_env(s, "ntp", "ntpsrv");
	add_env(s, "hostname", "hostname");
	if (!add_env(s, "search", "search"))
		add_env(s, "search", "domain");
}

static void read_v6(struct d2dnet_settings *s)
{
	const char *ip = getenv("ipv6"), *lease = getenv("lease");
	char *address;

	/* A lifetime of 0 withdraws the address. */
	if (ip && !(lease && strcmp(lease, "0") == 0)) {
		/* DHCPv6 gives no prefix: routers say which network is on the link. */
		address = xasprintf("%s/128", ip);
		if (!d2dnet_add(s, "address", address))
			bb_error_msg("the server's address isn't valid: '%s'", printable_string(address));
		free(address);
		s->lifetime = lease ? bb_strtou(lease, NULL, 10) : 0;
		if (s->lifetime == UINT_MAX)
			s->lifetime = 0;
	}
	add_env(s, "search", "search");
}

/* Writes down who gave the lease, or that there is none. */
static void note_lease(const struct d2dnet *d, const char *interface, bool bound)
{
	const char *server = getenv("serverid"), *seconds = getenv("lease");
	struct d2dnet_settings checked = { 0 };
	char *text = NULL;

	if (bound && server && seconds && d2dnet_add(&checked, "dns", server))
		text = xasprintf("%s %u %llu\n", d2dnet_value(checked.lines->data, "dns"), atoi(seconds), d2d_now() / 1000);
	d2dnet_replace(d, interface, D2DNET_LEASE, text ? : "");
	d2dnet_settings_free(&checked);
	free(text);
}

int d2dnet_dhcp(const struct d2dnet *d, const char *event, bool v6)
{
	static const char events[] ALIGN1 = "deconfig\0bound\0renew\0";
	const char *interface = getenv("interface"), *source = v6 ? "dhcp6" : "dhcp";
	struct d2dnet_settings s = { 0 };
	int status, what = index_in_strings(events, event);

	if (!interface || !interface[0] || strchr(interface, '/') || interface[0] == '.')
		bb_error_msg_and_die("the environment names no interface: only udhcpc calls this");
	if (what < 0)	/* leasefail, nak: udhcpc goes on asking */
		return EXIT_SUCCESS;
	if (what > 0) {
		if (v6)
			read_v6(&s);
		else
			read_v4(&s);
		add_env(&s, "dns", "dns");
	}
	status = d2dnet_apply(d, interface, source, &s);
	d2dnet_settings_free(&s);
	if (!v6)
		note_lease(d, interface, what > 0);
	/* A renewed lease is one that was looked at before. */
	if (what == 1 && !v6)
		d2dnet_probe(d, interface);
	if (what == 0 && !v6) {
		const char *up[] = { "ip", "link", "set", interface, "up", NULL };

		d2dnet_run(d, up);
	}
	return status;
}
