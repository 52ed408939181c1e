/*
 * d2dconfig without arguments: prints the settings in effect and the source of each.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DCONFIG) += d2dconfig_show.o

#include "d2dconfig.h"

/* Returns whether a later option has the same name and so overrides this one. */
static bool is_overridden(const llist_t *l)
{
	const llist_t *other;

	for (other = l->link; other; other = other->link)
		if (d2dconfig_is_key(other->data, l->data))
			return true;
	return false;
}

void d2dconfig_show(const struct d2dconfig *c)
{
	llist_t *stored = NULL, *metadata = NULL, *medium = NULL, *all = d2d_options(c->root), *l;
	char host[65] = "";

	d2d_options_read(c->root, D2D_CONFIG, &stored);
	d2d_options_read(c->root, D2D_METADATA"/config", &metadata);
	if (ENABLE_FEATURE_D2DCONFIG_MEDIUM)
		d2d_options_read(c->root, D2DCONFIG_MEDIUM"/config", &medium);
	if (!c->root[0] && gethostname(host, sizeof(host) - 1) == 0)
		printf("host name: %s\n", printable_string(host));
	for (l = all; l; l = l->link) {
		if (!is_overridden(l))
			printf("%-40s %s\n", printable_string(l->data), !stored ? "command line" :
				llist_find_str(metadata, l->data) ? "metadata disk" :
				llist_find_str(medium, l->data) ? "medium" : "store");
		/* The options from the store come first in ALL, in the order of STORED. */
		if (stored)
			free(llist_pop(&stored));
	}
	if (!d2dconfig_has_store(c))
		puts("no store: settings can't be kept");
	llist_free(medium, free);
	llist_free(metadata, free);
	llist_free(all, free);
}
