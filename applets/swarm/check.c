/*
 * d2dswarm: looks at what a node needs before it joins: the engine, a name, the clock, ports, managers that answer, the size of
 * packets, the kernel.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DSWARM) += d2dswarm_check.o

#include "d2dswarm.h"

enum {
	OVERLAY_MTU = 1500,	/* overlay networks take it for granted, unless they were created with another one */
};

/* Notes that because of what was printed last the node can't join. */
static void block(struct d2dswarm *d)
{
	if (!d->blocked)
		d->blocked = xstrdup(d->last);
}

/* ---- the engine ---- */

static void check_engine(struct d2dswarm *d, const struct d2d_swarm *node, int err)
{
	if (!node) {
		d2dswarm_wrong(d, "engine", "Docker doesn't answer: %s", strerror(-err));
		block(d);
	} else if (node->live_restore) {
		d2dswarm_wrong(d, "engine", "live-restore is on, which can't be used in a swarm: it is in a volume's daemon.json, or dockerd "
			"has just been started again and switches it off soon");
		block(d);
	} else {
		d2dswarm_row(d, "engine", "Docker answers, %s", d2d_swarm_is_member(node) ? "and is in a swarm" : "and is in no swarm");
	}
}

/* ---- the name ---- */

static void check_name(struct d2dswarm *d)
{
	char *name = safe_gethostname();

	if (index_in_strings("docker\0localhost\0(none)\0?\0", name) >= 0)
		d2dswarm_wrong(d, "name", "the host name '%s' is that of each machine that has none of its own, and nodes are told apart by it: "
			"sudo d2d config hostname=NAME", name);
	else
		d2dswarm_row(d, "name", "%s", name);
	free(name);
}

/* ---- the clock ---- */

/* Returns a note of the hooks and scripts that keep the clock, or NULL. The caller frees it. */
static char *clock_note(const struct d2dswarm *d, const char *name)
{
	char *path = xasprintf("%s"D2D_RUN"/clock/%s", d->root, name), *text = xmalloc_open_read_close(path, NULL);

	free(path);
	return text;
}

static void check_clock(struct d2dswarm *d)
{
	char *text = clock_note(d, "state"), *bad = clock_note(d, "wrong"), word[16] = "";

	if (!text || sscanf(text, "%15s", word) != 1)
		strcpy(word, "off");
	if (strcmp(word, "synchronised") == 0)
		d2dswarm_row(d, "clock", "synchronised");
	else if (bad)
		d2dswarm_wrong(d, "clock", "not synchronised, and the hardware clock was wrong: certificates of the managers can seem invalid");
	else if (strcmp(word, "off") == 0)
		d2dswarm_row(d, "clock", "not compared with other clocks");
	else
		d2dswarm_wrong(d, "clock", "not synchronised: no NTP server answers; if it is more than an hour behind the managers' clocks, "
			"their certificates seem invalid");
	free(bad);
	free(text);
}

/* ---- ports ---- */

/* Returns 0 if a port can be had, else a negative errno: -EADDRINUSE if somebody has it. */
static int try_port(int type, unsigned port)
{
	struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0), on = 1, err = 0;

	if (fd < 0)
		return -errno;
	/* Old connections of a listener that has ended don't count. With UDP this would let two have the port. */
	if (type == SOCK_STREAM)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&any, sizeof(any)) < 0 || (type == SOCK_STREAM && listen(fd, 1) < 0))
		err = -errno;
	close(fd);
	return err;
}

static void check_ports(struct d2dswarm *d)
{
	static const struct { int type; uint16_t port; const char *text, *why; } ports[] = {
		{ SOCK_STREAM, D2DSWARM_MANAGE, "2377/tcp", "a manager needs it" },
		{ SOCK_STREAM, D2DSWARM_GOSSIP, "7946/tcp", "nodes find each other by it" },
		{ SOCK_DGRAM, D2DSWARM_GOSSIP, "7946/udp", "nodes find each other by it" },
		{ SOCK_DGRAM, D2DSWARM_DATA, "4789/udp", "overlay networks need it, unless the kernel has it for those of an earlier swarm" },
	};
	unsigned i, bad = 0;

	for (i = 0; i < ARRAY_SIZE(ports); i++) {
		int err = try_port(ports[i].type, ports[i].port);

		if (!err)
			continue;
		bad++;
		if (err == -EADDRINUSE)
			d2dswarm_wrong(d, "ports", "%s is in use, and %s: 'netstat -lntup' and 'docker ps' show by whom",
				ports[i].text, ports[i].why);
		else
			d2dswarm_wrong(d, "ports", "%s: %s", ports[i].text, strerror(-err));
		/* After the node has left a swarm, the kernel's VXLAN can keep the port, which it shares with the next one. */
		if (ports[i].port != D2DSWARM_DATA)
			block(d);
	}
	if (!bad)
		d2dswarm_row(d, "ports", "2377/tcp, 7946/tcp, 7946/udp, 4789/udp are free");
}

/* ---- the managers ---- */

static void check_mtu(struct d2dswarm *d, const struct d2dswarm_peer *peers, unsigned n)
{
	unsigned i, mtu = 0;

	for (i = 0; i < n; i++)
		if (peers[i].mtu && (!mtu || peers[i].mtu < mtu))
			mtu = peers[i].mtu;
	if (mtu && mtu < OVERLAY_MTU)
		d2dswarm_wrong(d, "mtu", "packets to the managers have at most %u bytes, and overlay networks count on %u: create them, and the "
			"network 'ingress' anew, with --opt com.docker.network.driver.mtu=%u", mtu, OVERLAY_MTU, mtu);
	else if (mtu)
		d2dswarm_row(d, "mtu", "%u bytes", mtu);
}

static void check_managers(struct d2dswarm *d)
{
	struct d2dswarm_peer *peers, *gossip;
	unsigned i, reached = 0, n = d2dswarm_reach(d->conf.managers, 0, &peers);

	/* A machine that nobody has switched on says nothing about its other ports. */
	d2dswarm_reach(d->conf.managers, D2DSWARM_GOSSIP, &gossip);
	for (i = 0; i < n; i++) {
		if (peers[i].why) {
			d2dswarm_wrong(d, "managers", "%s can't be reached: %s", peers[i].name, peers[i].why);
			continue;
		}
		reached++;
		d2dswarm_row(d, "managers", "%s answers, after %u ms", peers[i].name, peers[i].ms);
		if (gossip[i].why)
			d2dswarm_wrong(d, "managers", "%s answers, but not on its port 7946/tcp, by which nodes find each other: %s", peers[i].name,
				gossip[i].why);
	}
	if (!reached)
		block(d);
	check_mtu(d, peers, n);
	d2dswarm_peers_free(peers, n);
	d2dswarm_peers_free(gossip, n);
}

/* ---- the kernel ---- */

static void check_kernel(struct d2dswarm *d)
{
	int missing = d2dswarm_kernel();

	if (missing < 0)
		d2dswarm_row(d, "kernel", "not tried: %s", strerror(-missing));
	if (missing == 0)
		d2dswarm_row(d, "kernel", "VXLAN, ESP and IPVS are there");
	if (missing <= 0)
		return;
	if (missing & D2DSWARM_NO_VXLAN)
		d2dswarm_wrong(d, "kernel", "it has no VXLAN: no overlay networks (CONFIG_VXLAN)");
	if (missing & D2DSWARM_NO_ESP)
		d2dswarm_wrong(d, "kernel", "it has no ESP with AES-GCM: no encrypted overlay networks (CONFIG_INET_ESP, CONFIG_CRYPTO_GCM)");
	if (missing & D2DSWARM_NO_IPVS)
		d2dswarm_wrong(d, "kernel", "it has no IPVS: no published ports and virtual addresses of services (CONFIG_IP_VS)");
}

static void check_place(struct d2dswarm *d, const char *who, const char *what)
{
	char *place = what ? d2dswarm_card(d, who, what) : NULL;

	if (what && !place)
		block(d);
	free(place);
}

void d2dswarm_check(struct d2dswarm *d, const struct d2d_swarm *node, int err)
{
	bool member = node && d2d_swarm_is_member(node);
	free(d->blocked);
	d->blocked = NULL;
	check_engine(d, node, err);
	check_name(d);
	check_clock(d);
	/* In a swarm, the engine itself has the ports. */
	if (!member)
		check_ports(d);
	if (d->conf.managers)
		check_managers(d);
	check_place(d, "advertise", d->conf.advertise);
	check_place(d, "data-path", d->conf.data_path);
	check_kernel(d);
}
