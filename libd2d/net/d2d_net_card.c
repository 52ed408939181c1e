/*
 * The network cards of this machine with carrier and addresses.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_net_card.o

#include "d2d_net.h"
#include <arpa/inet.h>
#include <ifaddrs.h>

#define CLASS "/sys/class/net"
#define CARDS_MAX 4096

/* Whether CLASS/NAME/FILE exists. */
static bool has(const char *name, const char *file)
{
	char *path = xasprintf(CLASS"/%s/%s", name, file);
	bool is = access(path, F_OK) == 0;

	free(path);
	return is;
}

/* Whether there is a file D2D_NET_RUN/NAME/FILE. */
static bool is_marked(const char *name, const char *file)
{
	char *path = xasprintf(D2D_NET_RUN"/%s/%s", name, file);
	bool is = access(path, F_OK) == 0;

	free(path);
	return is;
}

bool d2d_net_is_member(const char *name)
{
	return has(name, "master");
}

bool d2d_net_is_card(const char *name)
{
	return (has(name, "device") || is_marked(name, D2D_NET_KIND)) && !d2d_net_is_member(name);
}

static void read_mac(struct d2d_card *card)
{
	char *path = xasprintf(CLASS"/%s/address", card->name), buf[64];
	ssize_t len = open_read_close(path, buf, sizeof(buf));

	free(path);
	if (len == sizeof(card->mac)) {
		buf[len - 1] = '\0';
		strcpy(card->mac, buf);
	}
}

/* Reading the file fails with EINVAL while the interface is down. */
static bool has_carrier(const char *name)
{
	char *path = xasprintf(CLASS"/%s/carrier", name), buf[4];
	ssize_t len = open_read_close(path, buf, sizeof(buf));

	free(path);
	return len > 0 && buf[0] == '1';
}

static unsigned prefix_len(const void *mask, size_t len)
{
	const uint8_t *p = mask;
	unsigned bits = 0;

	while (len--)
		bits += __builtin_popcount(*p++);
	return bits;
}

static void add_address(struct d2d_card *card, const struct ifaddrs *a)
{
	char text[INET6_ADDRSTRLEN], *old = card->addresses;
	unsigned bits;

	if (a->ifa_addr->sa_family == AF_INET) {
		const struct in_addr *in = &((struct sockaddr_in *)a->ifa_addr)->sin_addr;

		if (ntohl(in->s_addr) >> 16 == 0xa9fe)	/* 169.254.0.0/16, link-local */
			return;
		inet_ntop(AF_INET, in, text, sizeof(text));
		bits = a->ifa_netmask ? prefix_len(&((struct sockaddr_in *)a->ifa_netmask)->sin_addr, 4) : 32;
		card->ipv4 = true;
	} else if (a->ifa_addr->sa_family == AF_INET6) {
		const struct in6_addr *in6 = &((struct sockaddr_in6 *)a->ifa_addr)->sin6_addr;

		if (IN6_IS_ADDR_LINKLOCAL(in6))
			return;
		inet_ntop(AF_INET6, in6, text, sizeof(text));
		bits = a->ifa_netmask ? prefix_len(&((struct sockaddr_in6 *)a->ifa_netmask)->sin6_addr, 16) : 128;
		card->ipv6 = true;
	} else {
		return;
	}
	card->addresses = xasprintf("%s %s/%u", old, text, bits);
	free(old);
}

/* Whether a name with a label, as in "eth0:1", belongs to the card. */
static bool is_of(const struct d2d_card *card, const char *name)
{
	size_t len = strlen(card->name);

	return strncmp(card->name, name, len) == 0 && (name[len] == '\0' || name[len] == ':');
}

int d2d_net_cards(char **names, struct d2d_card **cards)
{
	struct ifaddrs *list = NULL, *a;
	char **all = names;
	int i, n = 0, count = 0;

	if (names)
		while (names[count])
			count++;
	else
		count = d2d_dir_list(CLASS, CARDS_MAX, &all);
	if (count < 0)
		count = 0;
	*cards = xzalloc((count + 1) * sizeof(**cards));
	for (i = 0; i < count; i++) {
		struct d2d_card *card = &(*cards)[n];

		if (names ? !has(all[i], "") : !d2d_net_is_card(all[i]))
			continue;
		safe_strncpy(card->name, all[i], sizeof(card->name));
		read_mac(card);
		card->carrier = has_carrier(card->name);
		card->off = is_marked(card->name, D2D_NET_OFF);
		card->addresses = xstrdup("");
		n++;
	}
	if (!names && count)
		d2d_dir_list_free(all, count);
	if (getifaddrs(&list) < 0)
		list = NULL;
	for (a = list; a; a = a->ifa_next)
		for (i = 0; a->ifa_addr && i < n; i++)
			if (is_of(&(*cards)[i], a->ifa_name))
				add_address(&(*cards)[i], a);
	if (list)
		freeifaddrs(list);
	return n;
}

void d2d_net_cards_free(struct d2d_card *cards, int n)
{
	while (n--)
		free(cards[n].addresses);
	free(cards);
}

llist_t *d2d_net_wrong(const char *root, const char *name)
{
	/* Each is written by the part of d2dnet that looks for such mistakes. */
	static const char files[] ALIGN1 = "wrong-address\0wrong-gateway\0wrong-dhcp\0";
	llist_t *lines = NULL;
	const char *file;

	for (file = files; *file; file += strlen(file) + 1) {
		char *path = xasprintf("%s"D2D_NET_RUN"/%s/%s", root, name, file), *line;
		FILE *f = fopen_for_read(path);

		while (f && (line = xmalloc_fgetline(f)) != NULL)
			llist_add_to_end(&lines, line);
		if (f)
			fclose(f);
		free(path);
	}
	return lines;
}

char *d2d_net_first_address(const struct d2d_card *cards, int n)
{
	char *found = NULL;
	int i;

	for (i = 0; i < n; i++) {
		char *list = xstrdup(cards[i].addresses), *rest = list, *one;

		while ((one = strsep(&rest, " ")) != NULL) {
			if (!*one || (found && (strchr(one, ':') || !strchr(found, ':'))))
				continue;
			free(found);
			found = xstrndup(one, strcspn(one, "/"));
		}
		free(list);
	}
	return found;
}
