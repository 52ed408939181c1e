/*
 * d2dautostart: where the ports of a container are reached.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DAUTOSTART) += d2dautostart_address.o

#include <json-c/json.h>
#include "d2dautostart.h"
#include "d2d_net.h"

enum { SHOWN = 4 };	/* ports at most */

/* Returns the address of one port: a URL for HTTP, which is guessed from the port in the container. The caller frees it. */
static char *one(const char *port, const char *host, const char *host_port)
{
	unsigned inside = atoi(port);
	const char *kind = strchr(port, '/'), *scheme = inside == 80 || inside == 8080 ? "http" : inside == 443 ? "https" : NULL;
	bool brackets = strchr(host, ':') != NULL, usual;
	char *where = xasprintf("%s%s%s", brackets ? "[" : "", host, brackets ? "]" : ""), *text;

	usual = scheme && strcmp(host_port, scheme[4] ? "443" : "80") == 0;
	if (kind && strcmp(kind, "/tcp") != 0)
		text = xasprintf("%s:%s%s", where, host_port, kind);
	else if (scheme)
		text = xasprintf("%s://%s%s%s/", scheme, where, usual ? "" : ":", usual ? "" : host_port);
	else
		text = xasprintf("%s:%s", where, host_port);
	free(where);
	return text;
}

/* Appends an address unless the list has it. */
static void append(char **list, char *text, unsigned *n)
{
	char *at = strstr(*list, text), *longer;

	if (!(at && strchr(" ", at[strlen(text)])) && *n < SHOWN) {
		longer = xasprintf("%s%s%s", *list, **list ? " " : "", text);
		free(*list);
		*list = longer;
		++*n;
	}
	free(text);
}

char *d2dautostart_address(struct json_object *container)
{
	struct json_object *ports = json_object_object_get(json_object_object_get(container, "NetworkSettings"), "Ports");
	struct d2d_card *cards;
	int n_cards = d2d_net_cards(NULL, &cards);
	char *address = d2d_net_first_address(cards, n_cards), *list = xstrdup("");
	unsigned n = 0;

	d2d_net_cards_free(cards, n_cards);
	if (json_object_is_type(ports, json_type_object)) {
		json_object_object_foreach(ports, port, bindings) {
			struct json_object *first = json_object_is_type(bindings, json_type_array) ? json_object_array_get_idx(bindings, 0) : NULL;
			const char *ip = d2d_json_text(first, "HostIp") ?: "", *host_port = d2d_json_text(first, "HostPort");
			bool all = !ip[0] || strcmp(ip, "0.0.0.0") == 0 || strcmp(ip, "::") == 0;

			if (host_port && (address || !all))
				append(&list, one(port, all ? address : ip, host_port), &n);
		}
	}
	free(address);
	return list;
}
