/*
 * d2d/network, ip=, and answers of DHCP servers.
 * needs: applets/net/parse.c applets/net/ip.c applets/net/plan.c applets/net/check.c applets/net/settings.c applets/net/offer.c
 * needs: d2d_config.c d2d_config_lines.c d2d_net_name.c d2d_text.c d2d_file.c
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#include "fuzz.h"
#include "d2dnet.h"

/* offer.c writes what is wrong; nothing here calls that. */
void d2dnet_say_wrong(const struct d2dnet *d, const char *interface, const char *what, const char *text)
{
}

static void check_plan(struct d2dnet_plan *p)
{
	struct d2dnet_plan again = { 0 };
	char *text, *copy, *other;
	const llist_t *l;

	for (l = p->wrong; l; l = l->link)
		CHECK(is_printable(l->data));
	/* The daemon reads what 'load' has written. */
	text = d2dnet_plan_text(p);
	copy = xstrdup(text);
	d2dnet_plan_file(&again, copy, "plan", true);
	CHECK(!again.wrong && again.n == p->n);
	other = d2dnet_plan_text(&again);
	CHECK(strcmp(text, other) == 0);
	d2dnet_plan_free(&again);
	free(other);
	free(copy);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t mac[6] = { 0x52, 0x54, 0, 0x12, 0x34, 0x56 };
	char *text = xstrndup((const char *)data, size);
	struct d2dnet_plan p = { 0 };
	struct d2dnet_offer offer;

	d2dnet_plan_ip(&p, 0, "ip", text, NULL);
	d2dnet_plan_ip(&p, 0, "d2d.ip", text, "01-52-54-00-12-34-56");
	d2dnet_plan_check(&p, 0);
	d2dnet_plan_file(&p, text, "network", false);
	check_plan(&p);
	d2dnet_plan_free(&p);
	free(text);
	if (d2dnet_offer_parse(data, size, mac, &offer))
		CHECK(offer.server && offer.address);
	return 0;
}
