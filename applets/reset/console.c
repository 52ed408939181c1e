/*
 * d2dreset -c: the boot menu's entry "Reset". A hook runs it before the store is mounted; it asks on all consoles.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DRESET) += d2dreset_console.o
#include "d2dreset.h"

enum { PATIENCE = 60 };	/* seconds to wait for an answer */

/* Returns the only store if it is an encrypted volume that is not open yet, else NULL. */
static struct d2d_volume *locked_store(struct d2d_volume *list, int n)
{
	struct d2d_volume *store = NULL;
	int i;

	for (i = 0; i < n; i++) {
		if (list[i].role != D2D_ROLE_STORE)
			continue;
		if (store || strcmp(list[i].fstype, "crypto_LUKS") != 0 || list[i].holder)
			return NULL;
		store = &list[i];
	}
	return store;
}

int d2dreset_console(void)
{
	char *spec = d2d_option("store"), *medium = d2d_option("medium"), *question, answer[32];
	struct d2d_volume *list, *store;
	struct reset_volume held;
	struct install_key *key = NULL;
	int n = d2d_volumes_scan(&list);

	if (n < 0)
		bb_error_msg_and_die("can't look for volumes: %s", strerror(-n));
	d2d_mounts_find(list, n);
	store = d2d_roles_decide(list, n, medium, spec && spec[0] ? spec : NULL);
	if (!store && ENABLE_FEATURE_D2DINSTALL_LUKS)
		store = locked_store(list, n);
	if (!store) {
		puts("there is no store that can be reset, or more than one");
		return D2D_EXIT_NOTHING;
	}
	d2dreset_hold(&held, store->dev);
	question = xasprintf("\ndebian2docker: reset: ALL OF THE STORE ON %s IS LOST, "
		"with Docker's images, containers and volumes.\n"
		"Type reset to recreate it. Any other answer, or none within %u seconds, leaves it as it is: ",
		store->dev, (unsigned)PATIENCE);
	if (d2d_ask(question, answer, sizeof(answer), PATIENCE) < 0 || strcmp(answer, "reset") != 0) {
		puts("not confirmed: the store stays as it is");
		return D2D_EXIT_NOTHING;
	}
	if (d2dreset_is_luks(&held))
		key = d2dreset_ask_key(true, PATIENCE);
	d2dreset_check(&held);
	d2dreset_refuse_used(store->dev);
	if (key)
		d2dreset_erase_keys(store->dev);
	d2dreset_make(store->dev, key);
	if (key)
		d2dinstall_key_wipe(key);
	printf("the store on %s is new\n", store->dev);
	return EXIT_SUCCESS;
}
