/*
 * d2dmount: mounts the volumes of the list, role by role.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DMOUNT) += d2dmount_roles.o

#include "d2dmount.h"

/* Returns the next volume behind V (NULL: the first) that is to be mounted for a role, or NULL. There is at most one
 * store. */
static struct d2d_volume *next_of_role(const struct d2dmount *st, int role, struct d2d_volume *v)
{
	if (role == D2D_ROLE_STORE)
		return v ? NULL : st->store;
	for (v = v ? v + 1 : st->list; v < st->list + st->n; v++)
		if (v->role == role)
			return v;
	return NULL;
}

/* If R is negative, prints the reason that the failed function has left in V->why. Returns R. */
static int report_reason(const struct d2d_volume *v, int r)
{
	if (r < 0)
		bb_error_msg("%s %s: %s", d2d_role_name(v->role), v->dev, v->why);
	return r;
}

/* Whether a volume is mounted where its role demands. A volume that holds the ISO that was booted from is mounted on D2D_ISO as
 * well. */
static bool is_in_place(const struct d2d_volume *v)
{
	char *target = d2d_mount_target(v);
	bool is = v->mountpoint && strcmp(v->mountpoint, target) == 0;

	free(target);
	return is;
}

static void print_mount(const struct d2d_volume *v)
{
	char *command = d2d_mount_command(v);

	puts(command);
	free(command);
}

static int mount_volume(struct d2d_volume *v)
{
	char *target = d2d_mount_target(v);
	int r = bb_make_directory(target, 0755, FILEUTILS_RECUR);

	free(target);
	return r != 0 ? r : report_reason(v, d2d_mount(v));
}

static int mount_store(struct d2d_volume *v)
{
	int r = report_reason(v, d2d_store_check(v));

	if (r > 0)
		printf("store: %s was not unmounted cleanly; e2fsck has repaired it\n", v->dev);
	return r < 0 ? r : mount_volume(v);
}

/* Lets the store grow to the size of its partition. A store that can't grow is used as it is. */
static void grow_store(const struct d2d_volume *v)
{
	int r = d2d_store_grow(v);

	if (r > 0)
		printf("store: %s has grown to the size of its partition\n", v->dev);
	else if (r < 0)
		bb_error_msg("store %s can't grow to the size of its partition: %s", v->dev, strerror(-r));
}

static int mount_payload(struct d2dmount *st, struct d2d_volume *v)
{
	int r;

	/* Of payloads with the same label or UUID only the first is mounted. */
	if (d2d_payload_is_duplicate(v, st->list, st->n)) {
		bb_error_msg("payload %s isn't used: %s", v->dev, v->why);
		return 0;
	}
	r = mount_volume(v);
	if (r != 0) {
		/* Report a failure only if the volume was probably meant as a payload: by its label, or because it is
		 * removable and the kernel knows its file system. Any other disk may hold anything. */
		if ((v->removable && r != -ENODEV) || is_prefixed_with(v->label, "D2D"))
			return r;
		v->role = D2D_ROLE_NONE;
		return 0;
	}
	d2d_payload_check_directory(v);
	return 0;
}

static int swap_on(const struct d2dmount *st, struct d2d_volume *v)
{
	int r = 0;

	if (st->opt & OPT_n)
		printf("swapon %s\n", v->dev);
	else
		r = report_reason(v, d2d_swap_on(v));
	if (r > 0)
		printf("swap: %s\n", v->dev);
	return MIN(r, 0);
}

static int mount_role(struct d2dmount *st, int role)
{
	struct d2d_volume *v = NULL;
	int code = D2D_EXIT_NOTHING;

	while ((v = next_of_role(st, role, v)) != NULL) {
		int r = 0;

		if (role == D2D_ROLE_SWAP) {
			r = swap_on(st, v);
		} else if (!is_in_place(v)) {
			if (st->opt & OPT_n)
				print_mount(v);
			else if (role == D2D_ROLE_PAYLOAD)
				r = mount_payload(st, v);
			else
				r = role == D2D_ROLE_STORE ? mount_store(v) : mount_volume(v);
			if (is_in_place(v))
				printf("%s: %s (%s) on %s\n", d2d_role_name(role), v->dev, v->fstype, v->mountpoint);
			if (ENABLE_FEATURE_D2DMOUNT_GROW && role == D2D_ROLE_STORE && v->mountpoint)
				grow_store(v);
		}
		if (r != 0)
			code = EXIT_FAILURE;
		else if (code == D2D_EXIT_NOTHING && (is_in_place(v) || role == D2D_ROLE_SWAP || (st->opt & OPT_n)))
			code = EXIT_SUCCESS;
	}
	return code;
}

int d2dmount_roles(struct d2dmount *st, unsigned roles)
{
	int role, code, worst = D2D_EXIT_NOTHING;

	for (role = D2D_ROLE_MEDIUM; role <= D2D_ROLE_SWAP; role++) {
		if (!(roles & (1 << role)))
			continue;
		code = mount_role(st, role);
		if (code == D2D_EXIT_NOTHING) {
			d2dmount_report_missing(st, role);
			if (d2dmount_is_required(st, role))
				code = EXIT_FAILURE;
		}
		if (code == EXIT_FAILURE || worst == D2D_EXIT_NOTHING)
			worst = code;
	}
	return worst;
}

int d2dmount_all(struct d2dmount *st, unsigned roles)
{
	int code, r;

	d2d_payloads_drop_gone(st->list, st->n);
	code = d2dmount_roles(st, roles);
	d2d_volumes_merge_saved(st->list, st->n, roles);
	r = d2d_volumes_write(st->list, st->n);
	if (r < 0)
		bb_error_msg_and_die("can't write '%s': %s", D2D_VOLUMES, strerror(-r));
	return code;
}
