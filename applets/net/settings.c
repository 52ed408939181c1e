/*
 * d2dnet: settings of an interface as lines of text. Whatever comes from a server or a router is checked here, so that all later
 * steps handle addresses and names, and no other text.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DNET) += d2dnet_settings.o

#include "d2dnet_plan.h"
#include "d2d_config.h"
#include <arpa/inet.h>

/* An IPv6 interface needs 1280 bytes (RFC 8200, 5.): with less the kernel switches IPv6 off. */
enum { MTU_MIN = 1280, MTU_MAX = 65535, ROUTES_MAX = 64, WORDS_MAX = 16 };

const char *d2dnet_value(const char *line, const char *key)
{
	size_t len = strlen(key);

	return strncmp(line, key, len) == 0 && line[len] == ' ' ? line + len + 1 : NULL;
}

static bool add_line(struct d2dnet_settings *s, const char *key, const char *value)
{
	char *line = xasprintf("%s %s", key, value);
	llist_t *l;

	for (l = s->lines; l; l = l->link) {
		if (strcmp(l->data, line) == 0) {
			free(line);
			return true;
		}
	}
	llist_add_to_end(&s->lines, line);
	return true;
}

/* Parses an address and writes it as the kernel would. Returns the number of its bits, 0 if it isn't valid. */
static unsigned parse(const char *text, uint8_t bytes[16], char normal[INET6_ADDRSTRLEN])
{
	int family = strchr(text, ':') ? AF_INET6 : AF_INET;

	memset(bytes, 0, 16);
	if (inet_pton(family, text, bytes) != 1)
		return 0;
	inet_ntop(family, bytes, normal, INET6_ADDRSTRLEN);
	return family == AF_INET6 ? 128 : 32;
}

/* Whether one host can have this address: neither unspecified nor multicast nor loopback. */
static bool is_host(const uint8_t *bytes, unsigned bits)
{
	static const uint8_t zero[15];

	if (bits == 32)
		return bytes[0] != 0 && bytes[0] != 127 && bytes[0] < 224;
	return bytes[0] != 0xff && !(memcmp(bytes, zero, 15) == 0 && bytes[15] <= 1);
}

static bool add_host(struct d2dnet_settings *s, const char *key, const char *text)
{
	uint8_t bytes[16];
	char normal[INET6_ADDRSTRLEN];
	unsigned bits = parse(text, bytes, normal);

	return bits && is_host(bytes, bits) && add_line(s, key, normal);
}

/* Splits "ADDRESS/PREFIX". Returns the number of bits of the address, 0 if it isn't valid. */
static unsigned parse_net(const char *text, uint8_t bytes[16], char normal[INET6_ADDRSTRLEN], unsigned *prefix)
{
	char *address = xstrdup(text), *slash = strchr(address, '/');
	unsigned bits = 0;

	if (slash) {
		*slash = '\0';
		bits = parse(address, bytes, normal);
		*prefix = bb_strtou(slash + 1, NULL, 10);
		if (errno || *prefix > bits)
			bits = 0;
	}
	free(address);
	return bits;
}

bool d2dnet_is_in(const char *a, const char *b)
{
	uint8_t x[16], y[16];
	char normal[INET6_ADDRSTRLEN];
	unsigned prefix, i, bits = parse_net(b, y, normal, &prefix);

	if (!bits || parse(a, x, normal) != bits)
		return false;
	for (i = 0; i < prefix; i++)
		if ((x[i / 8] ^ y[i / 8]) & (0x80 >> i % 8))
			return false;
	return true;
}

int d2dnet_prefix(const char *text)
{
	struct in_addr mask;
	uint32_t bits;
	unsigned n;

	if (!strchr(text, '.')) {
		n = bb_strtou(text, NULL, 10);
		return errno || n > 128 ? -1 : (int)n;
	}
	if (inet_pton(AF_INET, text, &mask) != 1)
		return -1;
	bits = ~ntohl(mask.s_addr);
	/* The zeros have to be at the end. */
	return bits & (bits + 1) ? -1 : 32 - __builtin_popcount(bits);
}

unsigned d2dnet_class_prefix(const char *address)
{
	unsigned first = atoi(address);

	return first < 128 ? 8 : first < 192 ? 16 : 24;
}

bool d2dnet_name_ok(const char *name)
{
	/* The first are files and directories beside those of interfaces, the others have a meaning in d2d/network. */
	static const char taken[] ALIGN1 = "lock\0all\0default\0"D2DNET_FIRST"\0BOOTIF\0";
	size_t len = strlen(name);

	return len && len < IFNAMSIZ && isalnum((unsigned char)name[0]) && index_in_strings(taken, name) < 0
		&& strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._") == len;
}

bool d2dnet_mac(const char *text, char mac[D2DNET_MAC])
{
	unsigned i;

	if (strlen(text) != D2DNET_MAC - 1)
		return false;
	for (i = 0; i < D2DNET_MAC - 1; i++) {
		bool digit = i % 3 != 2;

		if (digit ? !isxdigit((unsigned char)text[i]) : text[i] != ':' && text[i] != '-')
			return false;
		mac[i] = digit ? tolower((unsigned char)text[i]) : ':';
	}
	mac[i] = '\0';
	return true;
}

static bool add_address(struct d2dnet_settings *s, const char *text)
{
	uint8_t bytes[16];
	char normal[INET6_ADDRSTRLEN], net[INET6_ADDRSTRLEN + 8];
	unsigned prefix, bits = parse_net(text, bytes, normal, &prefix);

	if (!bits || !is_host(bytes, bits))
		return false;
	sprintf(net, "%s/%u", normal, prefix);
	return add_line(s, "address", net);
}

/* The text is "NETWORK/PREFIX=GATEWAY"; the gateway "-" means that the network is on the link itself. */
static bool add_route(struct d2dnet_settings *s, const char *text)
{
	uint8_t bytes[16], via[16];
	char normal[INET6_ADDRSTRLEN], gateway[INET6_ADDRSTRLEN] = "-", line[2 * INET6_ADDRSTRLEN + 8];
	const char *sign = strchr(text, '=');
	char *net = xstrndup(text, sign ? sign - text : 0);
	unsigned i, prefix = 0, bits = parse_net(net, bytes, normal, &prefix);
	bool is_default = prefix == 0;

	free(net);
	if (!bits || (!is_default && !is_host(bytes, bits) && !(bits == 32 && bytes[0] == 0)))
		return false;
	if (strcmp(sign + 1, "-") != 0 && (parse(sign + 1, via, gateway) != bits || !is_host(via, bits)))
		return false;
	/* The kernel refuses a network with bits beyond the prefix. */
	for (i = prefix; i < bits; i++)
		bytes[i / 8] &= ~(0x80 >> i % 8);
	inet_ntop(bits == 32 ? AF_INET : AF_INET6, bytes, normal, sizeof(normal));
	sprintf(line, "%s/%u %s", normal, prefix, gateway);
	return add_line(s, "route", line);
}

static bool add_gateway(struct d2dnet_settings *s, const char *text)
{
	char *route = xasprintf("%s=%s", strchr(text, ':') ? "::/0" : "0.0.0.0/0", text);
	bool valid = text[0] != '-' && add_route(s, route);

	free(route);
	return valid;
}

static bool add_mtu(struct d2dnet_settings *s, const char *text)
{
	unsigned mtu = bb_strtou(text, NULL, 10);

	return !errno && mtu >= MTU_MIN && mtu <= MTU_MAX && add_line(s, "mtu", utoa(mtu));
}

static bool add_word(struct d2dnet_settings *s, const char *key, const char *word)
{
	static const char keys[] ALIGN1 = "address\0gateway\0route\0dns\0search\0ntp\0hostname\0mtu\0";

	switch (index_in_strings(keys, key)) {
	case 0: return add_address(s, word);
	case 1: return add_gateway(s, word);
	case 2: return add_route(s, word);
	case 3: case 5: return add_host(s, key, word);
	case 4: return d2d_domain_ok(word) && add_line(s, key, word);
	case 6: return d2d_hostname_ok(word) && add_line(s, key, word);
	case 7: return add_mtu(s, word);
	default: return false;
	}
}

bool d2dnet_add(struct d2dnet_settings *s, const char *key, const char *value)
{
	static const char single[] ALIGN1 = "gateway\0hostname\0mtu\0";
	/* resolv.conf takes three name servers; much longer lists of anything are a mistake or an attack. */
	unsigned max = strcmp(key, "route") == 0 ? ROUTES_MAX : WORDS_MAX;
	char *copy, *p, *word;
	bool valid = true;

	/* A newline would begin a line of its own in resolv.conf. */
	for (word = (char *)value; *word; word++)
		if ((unsigned char)*word < ' ')
			return false;
	if (index_in_strings(single, key) >= 0)
		return add_word(s, key, value);
	p = copy = xstrdup(value);
	while ((word = strsep(&p, " ")) != NULL) {
		if (!word[0])
			continue;
		if (max == 0) {
			valid = false;
			break;
		}
		valid &= add_word(s, key, word);
		max--;
	}
	free(copy);
	return valid;
}

void d2dnet_settings_free(struct d2dnet_settings *s)
{
	llist_free(s->lines, free);
	s->lines = NULL;
}
