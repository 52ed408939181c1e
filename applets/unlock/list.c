/*
 * d2dunlock -l, -e and -c: lists all LUKS volumes, tells whether there may be one, and closes one.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DUNLOCK) += d2dunlock_list.o

#include "d2dunlock.h"
#include "d2d_trust.h"

int d2dunlock_list(void)
{
	struct d2d_volume *list;
	int i, n = d2d_volumes_scan(&list);

	if (n < 0)
		bb_error_msg_and_die("can't look for volumes: %s", strerror(-n));
	for (i = 0; i < n; i++) {
		struct crypt_device *cd = NULL;
		const char *type = NULL;
		char *name;

		if (list[i].err || strcmp(list[i].fstype, "crypto_LUKS") != 0)
			continue;
		if (crypt_init(&cd, list[i].dev) == 0 && crypt_load(cd, CRYPT_LUKS, NULL) == 0)
			type = crypt_get_type(cd);
		name = d2d_luks_open_as(list[i].dev);
		printf("%s %s %s %s %s\n", list[i].dev, type ? type : "damaged",
			list[i].uuid[0] ? printable_string(list[i].uuid) : "-",
			list[i].label[0] ? printable_string(list[i].label) : "-",
			name ? name : "-");
		free(name);
		crypt_free(cd);
	}
	d2d_volumes_free(list, n);
	return EXIT_SUCCESS;
}

int d2dunlock_encrypted(const char *root)
{
	char *store = d2d_option_at(root, "store");
	const char *why;
	int there = d2d_encrypted(root, store && store[0] ? store : NULL, D2D_ENCRYPTED_ANY | D2D_ENCRYPTED_EARLY, &why);

	free(store);
	if (there == D2D_ENCRYPTED_NO)
		return EXIT_NO_LUKS;
	puts(why);
	fflush_stdout_and_exit_SUCCESS();
}

int d2dunlock_close(const struct unlock *u)
{
	int r = crypt_deactivate(NULL, u->name);

	if (r == -EBUSY)
		bb_error_msg_and_die("'%s' is in use", u->name);
	if (r < 0)
		bb_error_msg_and_die("can't close '%s': %s", u->name, d2dunlock_reason(u, r));
	return EXIT_SUCCESS;
}
