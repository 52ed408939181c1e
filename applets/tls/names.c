/*
 * d2dtls: the names of the server in its certificate, under which clients may call it: addresses and DNS names.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DTLS) += d2dtls_names.o

#include "d2dtls.h"
#include "d2d_config.h"
#include "d2d_net.h"
#include <arpa/inet.h>

enum { LABEL_MAX = 63 };

/* Flags of an address in /proc/net/if_inet6 (linux/if_addr.h). */
enum { TEMPORARY = 0x01, DAD_FAILED = 0x08, TENTATIVE = 0x40 };

bool d2dtls_names_has(const llist_t *names, const char *name)
{
	for (; names; names = names->link)
		if (strcasecmp(names->data, name) == 0)
			return true;
	return false;
}

char *d2dtls_names_text(const llist_t *names)
{
	char *text = xstrdup(""), *more;

	for (; names; names = names->link) {
		more = xasprintf("%s%s%s", text, text[0] ? " " : "", names->data);
		free(text);
		text = more;
	}
	return text;
}

static bool is_address(const char *name)
{
	uint8_t address[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, name, address) == 1 || inet_pton(AF_INET6, name, address) == 1;
}

static bool is_loopback(const char *name)
{
	return strncmp(name, "127.", 4) == 0 || strcmp(name, "::1") == 0;
}

const char *d2dtls_names_address(const llist_t *names)
{
	for (; names; names = names->link)
		if (is_address(names->data) && !is_loopback(names->data))
			return names->data;
	return NULL;
}

static void add(llist_t **names, const char *name)
{
	if (!d2dtls_names_has(*names, name))
		llist_add_to_end(names, xstrdup(name));
}

/* Whether this IPv6 address lasts: not one that changes daily for privacy, nor one that the machine may have to give up because
 * another one has it. */
static bool lasts(const char *address)
{
	struct in6_addr wanted, found;
	char line[128], hex[33];
	bool does = true;
	FILE *f = fopen_for_read("/proc/net/if_inet6");

	inet_pton(AF_INET6, address, &wanted);
	while (f && fgets(line, sizeof(line), f)) {
		unsigned flags;

		if (sscanf(line, "%32s %*x %*x %*x %x", hex, &flags) == 2 && hex2bin((char *)&found, hex, sizeof(found))
				&& memcmp(&found, &wanted, sizeof(found)) == 0)
			does = !(flags & (TEMPORARY | DAD_FAILED | TENTATIVE));
	}
	if (f)
		fclose(f);
	return does;
}

/* Adds the addresses of the network cards: not those of Docker's own bridges, which come and go. */
static void add_addresses(llist_t **names)
{
	struct d2d_card *cards;
	int i, n = d2d_net_cards(NULL, &cards);

	for (i = 0; i < n; i++) {
		char *rest = cards[i].addresses, *word;

		while ((word = strsep(&rest, " ")) != NULL) {
			*strchrnul(word, '/') = '\0';
			if (word[0] && (!strchr(word, ':') || lasts(word)))
				add(names, word);
		}
	}
	d2d_net_cards_free(cards, n);
}

/* Whether NAME is a DNS name, which may begin with a label "*". */
static bool is_dns_name(const char *name)
{
	const char *label = is_prefixed_with(name, "*.") ? : name, *end;
	bool letters = false;

	if (!d2d_domain_ok(label))
		return false;
	for (;; label = end + 1) {
		end = strchrnul(label, '.');
		if (end == label || end - label > LABEL_MAX)
			return false;
		if (!*end)
			break;
	}
	/* What ends in a number is an address, and here one with a mistake. */
	for (; *label; label++)
		letters |= !isdigit(*label);
	return letters;
}

/* Adds those of d2d.tls-san=. */
static void add_options(struct d2dtls *t, llist_t **names)
{
	char *value = d2d_option_at(t->root, "tls-san"), *rest = value, *name;

	while (rest && (name = strsep(&rest, ",")) != NULL) {
		uint8_t address[sizeof(struct in6_addr)];
		char text[INET6_ADDRSTRLEN];

		if (inet_pton(AF_INET6, name, address) == 1)
			add(names, inet_ntop(AF_INET6, address, text, sizeof(text)));
		else if (inet_pton(AF_INET, name, address) == 1 || is_dns_name(name))
			add(names, name);
		else if (name[0])
			d2dtls_error(t, "d2d.tls-san: '%s' is neither a DNS name nor an address: left out", printable_string(name));
	}
	free(value);
}

llist_t *d2dtls_names(struct d2dtls *t)
{
	llist_t *names = NULL;
	char *host = safe_gethostname(), *dot;

	add_addresses(&names);
	if (d2d_hostname_ok(host) && is_dns_name(host)) {
		add(&names, host);
		dot = strchr(host, '.');
		if (dot) {
			*dot = '\0';
			if (is_dns_name(host))
				add(&names, host);
		}
	}
	free(host);
	add_options(t, &names);
	add(&names, "localhost");
	add(&names, "127.0.0.1");
	add(&names, "::1");
	return names;
}
