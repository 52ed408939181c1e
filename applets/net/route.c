/*
 * d2dnet: shows the routes that the kernel has over an interface, and where each comes from.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DNET) += d2dnet_route.o

#include "d2dnet.h"
#include <arpa/inet.h>

/* Flags of routes in /proc/net (linux/route.h, linux/ipv6_route.h). */
enum { UP = 0x1, REJECT = 0x200, ANYCAST = 0x100000, ADDRCONF = 0x40000, LOCAL = 0x80000000 };

/* Returns the source whose routes have this metric. Those of the kernel itself belong to an address. */
static const char *source_of(const char *interface, unsigned metric)
{
	if (metric == d2dnet_metric(interface, "static"))
		return "static";
	if (metric == d2dnet_metric(interface, "config"))
		return "config";
	return metric == d2dnet_metric(interface, "dhcp") ? "dhcp" : NULL;
}

static void print(const char *net, unsigned prefix, const char *via, unsigned metric, const char *source)
{
	if (prefix)
		printf("  %-6s %s/%u", "route", net, prefix);
	else
		printf("  %-6s default", "route");
	if (via[0])
		printf(" via %s", via);
	if (source)
		printf(" (%s, metric %u)", source, metric);
	bb_putchar('\n');
}

/* Lines of /proc/net/route: interface, network, gateway, flags, 2 numbers, metric, mask, 3 numbers. */
static void show_v4(const char *interface)
{
	FILE *f = fopen_for_read("/proc/net/route");
	char *line, name[IFNAMSIZ], net[INET_ADDRSTRLEN], via[INET_ADDRSTRLEN];
	unsigned dest, gateway, flags, metric, mask;

	while (f && (line = xmalloc_fgetline(f)) != NULL) {
		if (sscanf(line, "%15s %x %x %x %*u %*u %u %x", name, &dest, &gateway, &flags, &metric, &mask) == 6
				&& strcmp(name, interface) == 0 && (flags & UP) && !(flags & REJECT)) {
			inet_ntop(AF_INET, &dest, net, sizeof(net));
			via[0] = '\0';
			if (gateway)
				inet_ntop(AF_INET, &gateway, via, sizeof(via));
			print(net, __builtin_popcount(mask), via, metric, source_of(interface, metric));
		}
		free(line);
	}
	if (f)
		fclose(f);
}

static bool read_v6(const char *hex, char text[INET6_ADDRSTRLEN], uint8_t bytes[16])
{
	return hex2bin((char *)bytes, hex, 16) && inet_ntop(AF_INET6, bytes, text, INET6_ADDRSTRLEN);
}

/* Lines of /proc/net/ipv6_route: network, prefix, source, its prefix, gateway, metric, 2 numbers, flags, interface. */
static void show_v6(const char *interface)
{
	static const uint8_t zero[16];
	FILE *f = fopen_for_read("/proc/net/ipv6_route");
	char *line, name[IFNAMSIZ], dest[33], next[33], net[INET6_ADDRSTRLEN], via[INET6_ADDRSTRLEN];
	unsigned prefix, metric, flags;
	uint8_t to[16], gateway[16];

	while (f && (line = xmalloc_fgetline(f)) != NULL) {
		if (sscanf(line, "%32s %x %*s %*x %32s %x %*x %*x %x %15s", dest, &prefix, next, &metric, &flags, name) == 6
				&& strcmp(name, interface) == 0 && (flags & UP) && !(flags & (REJECT | ANYCAST | LOCAL))
				&& read_v6(dest, net, to) && read_v6(next, via, gateway)
				&& to[0] != 0xff && !(to[0] == 0xfe && (to[1] & 0xc0) == 0x80)) {
			if (memcmp(gateway, zero, sizeof(zero)) == 0)
				via[0] = '\0';
			print(net, prefix, via, metric, (flags & ADDRCONF) ? "ra" : source_of(interface, metric));
		}
		free(line);
	}
	if (f)
		fclose(f);
}

void d2dnet_show_routes(const char *interface)
{
	show_v4(interface);
	show_v6(interface);
}
