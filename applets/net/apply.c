/*
 * d2dnet: makes settings take effect. All sources of settings come through here: DHCP, DHCPv6, router advertisements, the user.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DNET) += d2dnet_apply.o

#include "d2dnet.h"

#define NTP_CHANGED "/usr/lib/d2d/ntp-changed"
#define ARGS_MAX 16

#define METRIC 100	/* of DHCP's routes over the first card: the smallest one */

bool d2dnet_run(const struct d2dnet *d, const char *const *argv)
{
	if (d->root[0]) {
		for (; argv[0]; argv++)
			printf("%s%c", argv[0], argv[1] ? ' ' : '\n');
		fflush_all();
		return true;
	}
	return spawn_and_wait((char **)argv) == 0;
}

static const char *family_of(const char *address)
{
	return strchr(address, ':') ? "-6" : "-4";
}

/* Adds or removes the address NET, "A/PREFIX". */
static bool change_address(const struct d2dnet *d, const char *interface, const char *net, bool add, unsigned lifetime)
{
	const char *argv[ARGS_MAX] = { "ip", family_of(net), "addr", add ? "replace" : "del", net, "dev", interface };
	unsigned n = 7;

	if (add && family_of(net)[1] == '4') {
		argv[n++] = "broadcast";
		argv[n++] = "+";
	}
	if (add && lifetime) {
		argv[n++] = "valid_lft";
		argv[n++] = auto_string(xasprintf("%u", lifetime));
		argv[n++] = "preferred_lft";
		argv[n] = argv[n - 2];
	}
	return d2dnet_run(d, argv);
}

/* Whether the gateway is outside all networks of the interface's addresses, as clouds have it with addresses of /32. */
static bool is_outside(const char *gateway, llist_t *lines)
{
	for (; lines; lines = lines->link) {
		const char *net = d2dnet_value(lines->data, "address");

		if (net && d2dnet_is_in(gateway, net))
			return false;
	}
	return !d2dnet_is_in(gateway, "fe80::/10");
}

/* Of two cards with a default route, that of the older one is used; of several sources, "static", then "config". With different
 * metrics, the route of one source neither replaces nor removes that of the other. */
unsigned d2dnet_metric(const char *interface, const char *source)
{
	static const char prior[] ALIGN1 = "config\0static\0";

	return METRIC + 3 * if_nametoindex(interface) - (index_in_strings(prior, source) + 1);
}

/* Adds or removes a route, "NETWORK/PREFIX GATEWAY". */
static bool change_route(const struct d2dnet *d, const char *interface, const char *source, const char *route, bool add,
	llist_t *lines)
{
	char *net = auto_string(xstrdup(route)), *gateway = strchr(net, ' ');
	const char *argv[ARGS_MAX] = { "ip", family_of(net), "route", add ? "replace" : "del", net };
	unsigned n = 5;

	*gateway++ = '\0';
	if (strcmp(gateway, "-") != 0) {
		argv[n++] = "via";
		argv[n++] = gateway;
	}
	argv[n++] = "dev";
	argv[n++] = interface;
	argv[n++] = "metric";
	argv[n++] = auto_string(xasprintf("%u", d2dnet_metric(interface, source)));
	if (add && gateway[0] != '-' && is_outside(gateway, lines))
		argv[n++] = "onlink";
	return d2dnet_run(d, argv);
}

static bool is_in(llist_t *lines, const char *line)
{
	for (; lines; lines = lines->link)
		if (strcmp(lines->data, line) == 0)
			return true;
	return false;
}

/* Removes what is only in OLD, except addresses that another source says, too. Routes come first: without its address, the kernel
 * has removed some of them. Errors don't matter, because somebody else may have removed it. */
static void remove_old(const struct d2dnet *d, const char *interface, const char *source, llist_t *old, llist_t *lines)
{
	const char *value;
	llist_t *l;

	for (l = old; l; l = l->link)
		if ((value = d2dnet_value(l->data, "route")) != NULL && !is_in(lines, l->data))
			change_route(d, interface, source, value, false, lines);
	for (l = old; l; l = l->link)
		if ((value = d2dnet_value(l->data, "address")) != NULL && !is_in(lines, l->data)
				&& !d2dnet_others_say(d, interface, source, l->data))
			change_address(d, interface, value, false, 0);
}

static void set_mtu(const struct d2dnet *d, const char *interface, unsigned mtu)
{
	const char *argv[] = { "ip", "link", "set", interface, "mtu", auto_string(xasprintf("%u", mtu)), NULL };

	/* Cards have limits of their own. */
	if (mtu && !d2dnet_run(d, argv))
		bb_error_msg("%s: can't set the MTU to %u bytes", interface, mtu);
}

static bool add_new(const struct d2dnet *d, const char *interface, const char *source, const struct d2dnet_settings *s)
{
	const char *value;
	llist_t *l;
	bool ok = true;

	for (l = s->lines; l; l = l->link) {
		value = d2dnet_value(l->data, "address");
		if (value && !change_address(d, interface, value, true, s->lifetime)) {
			bb_error_msg("%s: can't set the address %s", interface, value);
			ok = false;
		}
	}
	for (l = s->lines; l; l = l->link) {
		value = d2dnet_value(l->data, "route");
		if (value && !change_route(d, interface, source, value, true, s->lines)) {
			bb_error_msg("%s: can't set the route %s", interface, value);
			ok = false;
		}
	}
	return ok;
}

/* Takes the host name that a server gives, unless the user chose one. */
static void take_name(const struct d2dnet *d, const struct d2dnet_settings *s)
{
	char *named = xasprintf("%s"D2D_NET_NAMED, d->root), *option = d2d_option_at(d->root, "hostname");
	bool chosen = (option && option[0]) || access(named, F_OK) == 0;
	const char *name;
	llist_t *l;
	int err;

	for (l = s->lines; l && !chosen; l = l->link) {
		name = d2dnet_value(l->data, "hostname");
		err = name ? d2d_net_set_name(d->root, name) : 0;
		if (err < 0)
			bb_error_msg("can't set the host name '%s': %s", name, strerror(-err));
	}
	free(option);
	free(named);
}

/* Writes all files, gives the lock back and tells the NTP client. */
static int publish(const struct d2dnet *d, int lock)
{
	const char *argv[] = { NTP_CHANGED, NULL };
	bool ntp_changed = false;
	int err = d2dnet_merge(d, &ntp_changed);

	close(lock);
	if (err < 0)
		bb_error_msg("can't write the files in '%s"D2D_NET_RUN"': %s", d->root, strerror(-err));
	if (ntp_changed && (d->root[0] || access(NTP_CHANGED, X_OK) == 0))
		d2dnet_run(d, argv);
	return err < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

int d2dnet_apply(const struct d2dnet *d, const char *interface, const char *source, const struct d2dnet_settings *s)
{
	int err, lock = d2dnet_lock(d);
	llist_t *old = d2dnet_read(d, interface, source);
	bool ok;

	set_mtu(d, interface, d2dnet_mtu(d, interface, source, s->lines));
	remove_old(d, interface, source, old, s->lines);
	ok = add_new(d, interface, source, s);
	llist_free(old, free);
	err = d2dnet_write(d, interface, source, s->lines);
	if (err < 0) {
		bb_error_msg("can't write '"D2D_NET_RUN"/%s/%s': %s", interface, source, strerror(-err));
		ok = false;
	}
	d2dnet_check_gateways(d, interface);
	take_name(d, s);
	return publish(d, lock) == EXIT_SUCCESS && ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

int d2dnet_forget(const struct d2dnet *d, const char *interface)
{
	int lock = d2dnet_lock(d);
	char *dir = xasprintf("%s"D2D_NET_RUN"/%s", d->root, interface), *ntp = xasprintf("%s/ntp", dir);
	bool had_ntp = access(ntp, F_OK) == 0;
	const char *argv[] = { NTP_CHANGED, NULL };
	int status;

	d2d_remove_tree(dir);
	free(ntp);
	free(dir);
	status = publish(d, lock);
	if (had_ntp && !d->root[0] && access(NTP_CHANGED, X_OK) == 0)
		d2dnet_run(d, argv);
	return status;
}
