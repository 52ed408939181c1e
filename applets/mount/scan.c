/*
 * d2dmount: lists the volumes. Their roles are decided later.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DMOUNT) += d2dmount_scan.o

#include "d2dmount.h"

void d2dmount_scan(struct d2dmount *st)
{
	if (st->files[0])
		st->n = d2d_volumes_of_files(st->files, &st->list);
	else if (st->opt & (OPT_l | OPT_j))
		st->n = d2d_volumes_scan_at(st->root, &st->list);
	else
		st->n = d2d_volumes_recall(st->root, &st->list);
	if (st->n < 0)
		bb_error_msg_and_die("can't look for volumes: %s", strerror(-st->n));
	if (!st->files[0] && !st->root[0])
		st->n = d2d_net_payloads_add(&st->list, st->n);
}
