/*
 * d2dnet: name servers and search domains in router advertisements (RFC 8106). The kernel checks that an advertisement comes from
 * the link, and passes these options on unread.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DNET) += d2dnet_nd.o

#include "d2dnet.h"
#include <arpa/inet.h>

enum { OPT_RDNSS = 25, OPT_DNSSL = 31, NAME_MAX_LEN = 253 };

static void drop(struct d2dnet_nd *nd, unsigned i)
{
	free(nd->item[i].line);
	memmove(&nd->item[i], &nd->item[i + 1], (--nd->n - i) * sizeof(nd->item[0]));
}

/* Adds one server or domain for LIFETIME seconds, or removes it if that is 0. Returns whether the list has changed. */
static bool add(struct d2dnet_nd *nd, const char *key, const char *value, uint32_t lifetime)
{
	struct d2dnet_settings s = { 0 };
	unsigned i, same = 0;
	bool found = false, changed = false;

	/* A label may contain blanks, so a domain can become several words. */
	if (!d2dnet_add(&s, key, value) || !s.lines || s.lines->link) {
		d2dnet_settings_free(&s);
		return false;
	}
	for (i = 0; i < nd->n; i++) {
		same += d2dnet_value(nd->item[i].line, key) != NULL;
		if (strcmp(nd->item[i].line, s.lines->data) == 0) {
			found = true;
			break;
		}
	}
	if (found && lifetime == 0) {
		drop(nd, i);
		changed = true;
	} else if (lifetime && (found || same < D2DNET_ND_MAX)) {
		if (!found) {
			nd->item[nd->n++].line = xstrdup(s.lines->data);
			changed = true;
		}
		nd->item[i].expires = lifetime == UINT32_MAX ? D2DNET_FOREVER : d2d_now() + lifetime * 1000ULL;
	}
	d2dnet_settings_free(&s);
	return changed;
}

static bool add_servers(struct d2dnet_nd *nd, const uint8_t *p, size_t len, uint32_t lifetime)
{
	char text[INET6_ADDRSTRLEN];
	bool changed = false;

	for (; len >= 16; p += 16, len -= 16)
		changed |= add(nd, "dns", inet_ntop(AF_INET6, p, text, sizeof(text)), lifetime);
	return changed;
}

/* Domains are sequences of labels, each with its length in front, that end with an empty one (RFC 1035, 3.1, without
 * compression). The rest of the option is zero. */
static bool add_domains(struct d2dnet_nd *nd, const uint8_t *p, size_t len, uint32_t lifetime)
{
	char name[NAME_MAX_LEN + 1];
	const uint8_t *end = p + len;
	size_t used = 0;
	bool changed = false;

	while (p < end) {
		unsigned label = *p++;

		if (label == 0) {
			name[used] = '\0';
			/* A name without any label is the padding. */
			changed |= used && strlen(name) == used && add(nd, "search", name, lifetime);
			used = 0;
			continue;
		}
		if (label > 63 || label > end - p || used + label + 1 > NAME_MAX_LEN)
			break;
		if (used)
			name[used++] = '.';
		memcpy(name + used, p, label);
		used += label;
		p += label;
	}
	return changed;
}

bool d2dnet_nd_options(struct d2dnet_nd *nd, const uint8_t *options, size_t len)
{
	bool changed = false;

	/* Each option: type, length in units of 8 bytes, 2 bytes unused, lifetime, data. */
	while (len >= 8) {
		size_t size = options[1] * 8;
		uint32_t lifetime;

		if (size == 0 || size > len)
			break;
		memcpy(&lifetime, options + 4, sizeof(lifetime));
		lifetime = ntohl(lifetime);
		if (options[0] == OPT_RDNSS)
			changed |= add_servers(nd, options + 8, size - 8, lifetime);
		else if (options[0] == OPT_DNSSL)
			changed |= add_domains(nd, options + 8, size - 8, lifetime);
		options += size;
		len -= size;
	}
	return changed;
}

bool d2dnet_nd_expire(struct d2dnet_nd *nd, unsigned long long *next)
{
	unsigned long long now = d2d_now();
	bool changed = false;
	unsigned i = 0;

	while (i < nd->n) {
		unsigned long long expires = nd->item[i].expires;

		if (expires != D2DNET_FOREVER && expires <= now) {
			drop(nd, i);
			changed = true;
			continue;
		}
		if (expires != D2DNET_FOREVER && expires < *next)
			*next = expires;
		i++;
	}
	return changed;
}

void d2dnet_nd_free(struct d2dnet_nd *nd)
{
	while (nd->n)
		drop(nd, nd->n - 1);
}
