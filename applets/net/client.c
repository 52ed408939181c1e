/*
 * d2dnet: the DHCP clients of a card, udhcpc and, when a router asks for DHCPv6, udhcpc6.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DNET) += d2dnet_client.o

#include "d2dnet.h"

#define SCRIPTS "/usr/lib/d2d"

static const struct d2dnet_settings nothing;

void d2dnet_client_stop(const struct d2dnet_daemon *w, const char *interface, const char *client)
{
	char *name = xasprintf("%s-%s", client, interface);
	const char *argv[] = { "d2dstart", "-k", "-t", "3", name, NULL };

	d2dnet_run(w->d, argv);
	free(name);
}

static void start_dhcp(const struct d2dnet_daemon *w, struct d2dnet_card *card)
{
	char *name = xasprintf("udhcpc-%s", card->name), *pid = xasprintf("/run/udhcpc.%s.pid", card->name);
	char *host = safe_gethostname(), *option = xasprintf("hostname:%s", host);
	/* Five requests, one per second; then again every ten seconds, since a server may start later than this machine. */
	const char *argv[] = { "d2dstart", name, "--", "udhcpc", "-f", "-i", card->name, "-p", pid, "-s", SCRIPTS"/udhcpc.script",
		"-t", "5", "-T", "1", "-A", "10", "-x", option,
		"-O", "mtu", "-O", "search", "-O", "staticroutes", "-O", "msstaticroutes", NULL };

	/* Before the first request, so that no answer is missed. Another network has other servers. */
	d2dnet_say_wrong(w->d, card->name, "dhcp", "");
	d2dnet_offers_open(&card->offers, card->index);
	d2dnet_run(w->d, argv);
	card->dhcp = true;
	free(option);
	free(host);
	free(pid);
	free(name);
}

void d2dnet_client_end_dhcp(const struct d2dnet_daemon *w, struct d2dnet_card *card)
{
	if (!card->dhcp)
		return;
	d2dnet_client_stop(w, card->name, "udhcpc");
	d2dnet_offers_close(&card->offers);
	d2dnet_say_wrong(w->d, card->name, "dhcp", "");
	d2dnet_apply(w->d, card->name, "dhcp", &nothing);
	card->dhcp = false;
}

void d2dnet_client_dhcp6(const struct d2dnet_daemon *w, struct d2dnet_card *card, enum d2dnet_dhcp6 mode)
{
	char *name = xasprintf("udhcpc6-%s", card->name);
	const char *argv[] = { "d2dstart", name, "--", "udhcpc6", "-f", "-i", card->name, "-s", SCRIPTS"/udhcpc6.script",
		"-t", "5", "-T", "1", "-A", "10", "-O", "dns", "-O", "search", mode == DHCP6_STATELESS ? "-l" : NULL, NULL };

	if (mode != card->dhcp6) {
		if (card->dhcp6 != DHCP6_NONE)
			d2dnet_client_stop(w, card->name, "udhcpc6");
		if (mode != DHCP6_NONE)
			d2dnet_run(w->d, argv);
		else
			d2dnet_apply(w->d, card->name, "dhcp6", &nothing);
		card->dhcp6 = mode;
	}
	free(name);
}

/* Whether a process, by the text of a PID file, is a udhcpc: it may have been killed, and its PID reused. */
static bool is_udhcpc(const char *pid)
{
	char *path = xasprintf("/proc/%u/comm", atoi(pid)), name[16] = "";

	open_read_close(path, name, sizeof(name) - 1);
	free(path);
	return strcmp(name, "udhcpc\n") == 0;
}

/* The cable was plugged in, or the switch has restarted. Without a lease, ask at once; a lease may be one of another network, so
 * ask the server again, and keep it if that is still starting, too. */
void d2dnet_client_carrier(const struct d2dnet_daemon *w, struct d2dnet_card *card)
{
	llist_t *lease = d2dnet_read(w->d, card->name, "dhcp");
	char *path = xasprintf("/run/udhcpc.%s.pid", card->name);
	char pid[16] = "";

	if (card->dhcp && lease && open_read_close(path, pid, sizeof(pid) - 1) > 0 && is_udhcpc(pid)) {
		kill(atoi(pid), SIGUSR1);
	} else {
		if (card->dhcp)
			d2dnet_client_stop(w, card->name, "udhcpc");
		start_dhcp(w, card);
	}
	free(path);
	llist_free(lease, free);
}
