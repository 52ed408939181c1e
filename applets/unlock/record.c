/*
 * d2dunlock: records what opened the store. A key file can come with its volume on a stranger's USB stick, a typed passphrase
 * can't, so trust depends on it (libd2d/trust/d2d_trust.c).
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DUNLOCK) += d2dunlock_record.o

#include "d2dunlock.h"
#include <sys/file.h>

#define LOCK D2D_RUN"/unlock.lock"

/* Whether opening this volume opens the store. */
static bool is_store(const struct unlock *u)
{
	return !(u->opt & OPT_C) && strcmp(bb_basename(D2D_STORE_MAPPING), u->name) == 0;
}

int d2dunlock_lock(const struct unlock *u)
{
	int fd;

	if (!is_store(u))
		return -1;
	fd = open(LOCK, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	/* Without the lock the worst is a record that is read before it was written: the store counts as opened by a key then. */
	if (fd >= 0 && flock(fd, LOCK_EX) < 0)
		bb_perror_msg("can't lock '%s'", LOCK);
	return fd;
}

int d2dunlock_forget(const struct unlock *u)
{
	if (!is_store(u) || unlink(D2D_UNLOCKED) == 0 || errno == ENOENT)
		return 0;
	bb_perror_msg("can't remove '%s', which says how the store was opened the last time: it is not opened", D2D_UNLOCKED);
	return -EIO;
}

void d2dunlock_record(struct unlock *u, const char *by)
{
	int r = is_store(u) ? d2d_file_write(D2D_UNLOCKED, by) : 0;

	if (r < 0) {
		bb_error_msg("can't write '%s': %s: where signatures are required, the store's own hooks need them, too",
			D2D_UNLOCKED, strerror(-r));
		u->unrecorded = true;
	}
}
