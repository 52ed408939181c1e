/*
 * d2dmeta: settings of the network in the form of d2d/network, which d2dnet checks and applies like a file of the user's.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DMETA) += d2dmeta_network.o

#include <arpa/inet.h>
#include "d2dmeta_text.h"

/* ---- lines ---- */

/* Whether a value may be part of a line: neither white space nor control characters, which would begin something else. */
static bool is_word(const char *text)
{
	return text[0] && text[0] != '[' && d2dmeta_is_line(text) && !strpbrk(text, " ]=");
}

size_t d2dmeta_interfaces(struct d2dmeta_network *w, size_t n)
{
	if (n <= D2DMETA_INTERFACES_MAX)
		return n;
	d2dmeta_wrong(w->notes, "more than %u interfaces: the rest is left out", D2DMETA_INTERFACES_MAX);
	return D2DMETA_INTERFACES_MAX;
}

void d2dmeta_other(struct d2dmeta_network *w, struct json_object *o, const char *known, const char *sub)
{
	char *where = xasprintf("%s%s", w->where, sub);

	d2dmeta_unknown(w->notes, o, known, where);
	free(where);
}

void d2dmeta_section(struct d2dmeta_network *w, const char *kind, const char *name)
{
	/* The lines of a section without a valid name belong to no interface. d2dnet names it, and leaves them out. */
	d2dmeta_add(&w->out, "%s[%s %s]\n", w->out.len ? "\n" : "", kind, name && is_word(name) ? name : "?");
	if (!name || !is_word(name))
		d2dmeta_wrong(w->notes, "a %s without a valid name", kind);
}

void d2dmeta_line(struct d2dmeta_network *w, const char *key, const char *value)
{
	if (!value)
		return;
	if (is_word(value))
		d2dmeta_add(&w->out, "%s = %s\n", key, value);
	else
		d2dmeta_wrong(w->notes, "%s: '%.80s' has characters that it can't have", key, value);
}

void d2dmeta_lines(struct d2dmeta_network *w, const char *key, struct json_object *values)
{
	char *copy, *rest, *word;
	size_t i;

	for (i = 0; i < d2d_json_length(values); i++)
		d2dmeta_line(w, key, d2dmeta_scalar(json_object_array_get_idx(values, i)));
	if (!d2dmeta_scalar(values))
		return;
	rest = copy = xstrdup(d2dmeta_scalar(values));
	while ((word = strsep(&rest, " ,")) != NULL)
		if (word[0])
			d2dmeta_line(w, key, word);
	free(copy);
}

/* ---- addresses ---- */

/* Returns the number of leading ones of a netmask, or -1 if it isn't valid. */
static int prefix_of(const char *netmask)
{
	uint8_t mask[16] = { 0 };
	unsigned i, n = 0, bits = strchr(netmask, ':') ? 128 : 32;

	if (!strpbrk(netmask, ".:")) {
		n = bb_strtou(netmask, NULL, 10);
		return errno || n > 128 ? -1 : (int)n;
	}
	if (inet_pton(bits == 128 ? AF_INET6 : AF_INET, netmask, mask) != 1)
		return -1;
	while (n < bits && (mask[n / 8] & (0x80 >> n % 8)))
		n++;
	for (i = n; i < bits; i++)
		if (mask[i / 8] & (0x80 >> i % 8))
			return -1;
	return n;
}

/* Returns ADDRESS/PREFIX, or ADDRESS alone if there is no valid netmask: d2dnet names that. The caller frees it. */
static char *with_prefix(const char *address, const char *netmask)
{
	int prefix = netmask && !strchr(address, '/') ? prefix_of(netmask) : -1;

	return prefix < 0 ? xstrdup(address) : xasprintf("%s/%d", address, prefix);
}

void d2dmeta_address(struct d2dmeta_network *w, const char *address, const char *netmask)
{
	char *text;

	if (!address)
		return;
	text = with_prefix(address, netmask);
	d2dmeta_line(w, "address", text);
	free(text);
}

void d2dmeta_route(struct d2dmeta_network *w, const char *to, const char *netmask, const char *gateway)
{
	char *net;

	if (!to)
		return;
	net = with_prefix(to, netmask);
	if (gateway && (strcmp(net, "default") == 0 || is_suffixed_with(net, "/0"))) {
		d2dmeta_line(w, "gateway", gateway);
	} else if (is_word(net) && (!gateway || is_word(gateway))) {
		/* A network without a prefix is one host. */
		d2dmeta_add(&w->out, "route = %s%s=%s\n", net, strchr(net, '/') ? "" : strchr(net, ':') ? "/128" : "/32",
			gateway ? : "-");
	} else {
		d2dmeta_wrong(w->notes, "a route to '%.80s' that isn't valid", net);
	}
	free(net);
}
