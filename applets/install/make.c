/*
 * d2dinstall: creates a store, encrypted or not, in a partition of a disk or in the image of a disk.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DINSTALL) += d2dinstall_make.o

#include "d2dinstall.h"

int d2dinstall_make_store(const struct d2d_disk *disk, unsigned n, uint64_t start, uint64_t size, const struct install_key *key)
{
	char *part;
	int r;

	if (disk->is_file) {
		r = d2dinstall_make_ext4(disk->dev, start, size);
	} else {
		part = d2d_disk_partition(disk, n);
		r = ENABLE_FEATURE_D2DINSTALL_LUKS && key ? d2dinstall_make_luks(part, key) : d2dinstall_make_ext4(part, 0, size);
		free(part);
	}
	return r == 0 && bb_got_signal ? -EINTR : r;
}
