/*
 * d2dmount: scans for volumes, and waits until all roles that were asked for are there.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DMOUNT) += d2dmount_gather.o
#include <sys/file.h>
#include "d2dmount.h"

static void forget(struct d2dmount *st)
{
	d2d_volumes_free(st->list, st->n);
	st->list = NULL;
	st->store = NULL;
	st->n = 0;
}

static void gather(struct d2dmount *st, unsigned roles)
{
	if (ENABLE_FEATURE_D2DMOUNT_LVM)
		d2dmount_lvm_begin(st);
	else
		d2dmount_scan(st);
	if (!st->files[0] && !st->root[0])
		d2dmount_iso_row(st);
	d2d_mounts_find(st->list, st->n);
	st->store = d2d_roles_decide(st->list, st->n, st->medium, st->spec);
	if (ENABLE_FEATURE_D2DMOUNT_LVM)
		d2dmount_lvm_end(st);
	if (roles & (1 << D2D_ROLE_MEDIUM))
		d2dmount_find_medium(st);
}

/* ---- waiting ---- */

/* Waits until END (monotonic_ms()) for an event of the block subsystem. Returns 1 for an event, 0 if time is over. */
static int wait_uevent(int fd, unsigned long long end)
{
	long long left = end - monotonic_ms();
	int r;

	if (left <= 0)
		return 0;
	r = d2d_uevent_wait(fd, "block", left);
	if (r < 0)
		bb_error_msg_and_die("can't wait for devices: %s", strerror(-r));
	return r;
}

/* Returns the first role in ROLES that no volume has, or D2D_ROLE_NONE. A medium is expected only if one was named. */
static int missing_role(const struct d2dmount *st, unsigned roles)
{
	int role;

	for (role = D2D_ROLE_MEDIUM; role <= D2D_ROLE_SWAP; role++)
		if ((roles & (1 << role)) && (role != D2D_ROLE_MEDIUM || st->medium || st->iso.path) && !d2dmount_is_there(st, role))
			return role;
	return D2D_ROLE_NONE;
}

void d2dmount_gather(struct d2dmount *st, int lock, int fd, unsigned roles, unsigned seconds)
{
	unsigned long long end = monotonic_ms() + seconds * 1000ULL;
	int role;

	for (;;) {
		flock(lock, LOCK_EX);
		gather(st, roles);
		role = missing_role(st, roles);
		if (!seconds || role == D2D_ROLE_NONE)
			return;
		flock(lock, LOCK_UN);
		if (!wait_uevent(fd, end))
			break;
		forget(st);
	}
	if (role == D2D_ROLE_MEDIUM)
		bb_error_msg_and_die("medium '%s' didn't appear in %u s%s%s", d2dmount_medium_name(st), seconds,
			st->why ? ": " : "", st->why ? st->why : "");
	bb_error_msg_and_die("no %s appeared in %u s", d2d_role_name(role), seconds);
}
