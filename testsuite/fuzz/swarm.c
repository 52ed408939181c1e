/*
 * d2d/swarm.conf.
 * needs: applets/swarm/parse.c d2d_config_lines.c d2d_text.c
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#include "fuzz.h"
#include "d2dswarm.h"

/* What becomes a part of the JSON text for the engine needs no escapes there. */
static void check_plain(const char *text)
{
	for (; *text; text++)
		CHECK(*text > ' ' && *text < 0x7f && *text != '"' && *text != '\\');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t none[sizeof(struct d2dswarm_conf)];
	char *text = xstrndup((const char *)data, size);
	struct d2dswarm_conf c = { 0 };
	unsigned n = 0;
	const llist_t *l;

	d2dswarm_parse(&c, text, "swarm.conf");
	for (l = c.managers; l; l = l->link, n++) {
		const char *port = strrchr(l->data, ':');

		check_plain(l->data);
		CHECK(port && port[1] && strlen(port) <= 6);
	}
	CHECK(n == c.n_managers && n <= D2DSWARM_MANAGERS_MAX);
	CHECK(strlen(c.token) <= D2DSWARM_TOKEN);
	check_plain(c.token);
	check_plain(c.advertise ? : "");
	check_plain(c.data_path ? : "");
	for (l = c.wrong; l; l = l->link) {
		CHECK(is_printable(l->data));
		CHECK(!strcasestr(l->data, "SWMTKN-1-") || strstr(l->data, "like SWMTKN-1-..."));
		CHECK(!c.token[0] || strlen(c.token) < 20 || !strstr(l->data, c.token));
	}
	d2dswarm_conf_free(&c);
	CHECK(memcmp(&c, none, sizeof(c)) == 0);
	free(text);
	return 0;
}
