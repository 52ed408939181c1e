/*
 * d2dmount and LVM: activates linear volumes before roles are decided, so that each of them can have a role.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_FEATURE_D2DMOUNT_LVM) += d2dmount_lvm.o
#include "d2dmount.h"
#include "d2d_lvm.h"

/* Activates the volumes that were found. Returns how many were not active before; adds the number of failures to
 * *FAILED. */
static int activate(struct d2d_lvm *lvm, int *failed)
{
	unsigned i, k;
	int fresh = 0;

	for (i = 0; i < lvm->n; i++) {
		struct d2d_lvm_group *g = lvm->group[i];

		for (k = 0; !g->why && k < g->n_volumes; k++) {
			struct d2d_lvm_volume *lv = &g->volume[k];
			int r = lv->why ? 0 : d2d_lvm_map(g, lv);

			if (r > 0)
				printf("LVM: activated /dev/mapper/%s%s\n", lv->name, lv->read_only ? ", read-only" : "");
			fresh += r > 0;
			*failed += r < 0;
		}
	}
	return fresh;
}

/* Scans for volumes and activates those of LVM, and repeats that as long as new volumes appear, because a volume may be
 * a disk of another group. Returns how many volumes couldn't be activated. */
static int scan_and_activate(struct d2dmount *st)
{
	bool look = (st->opt & OPT_LOOK) || d2d_lvm_is_off();
	int rounds = 4, failed = 0;

	st->lvm = xzalloc(sizeof(*st->lvm));
	if (!look)
		d2d_lvm_unmap(true);
	for (;;) {
		d2dmount_scan(st);
		d2d_lvm_find(st->lvm, st->list, st->n);
		if (look || !activate(st->lvm, &failed) || !--rounds)
			return failed;
		d2d_lvm_free(st->lvm);
		d2d_volumes_free(st->list, st->n);
	}
}

void d2dmount_lvm_begin(struct d2dmount *st)
{
	scan_and_activate(st);
}

void d2dmount_lvm_end(struct d2dmount *st)
{
	int store = st->store ? st->store - st->list : -1;

	st->n = d2d_lvm_add_rows(st->lvm, &st->list, st->n, d2d_lvm_is_off());
	st->store = store < 0 ? NULL : &st->list[store];
	d2d_lvm_free(st->lvm);
	free(st->lvm);
	st->lvm = NULL;
}

/* Prints the table of a volume for dmsetup create --concise (dmsetup(8), "Concise format"). */
static void print_table(const struct d2d_lvm_group *g, const struct d2d_lvm_volume *lv)
{
	unsigned i;

	printf("%s,LVM-%s%s,,%s", lv->name, g->id, lv->id, lv->read_only ? "ro" : "rw");
	for (i = 0; i < lv->n_pieces; i++) {
		char *target = d2d_lvm_target(g, &lv->piece[i], true);

		printf(",%llu %llu linear %s", (unsigned long long)(lv->piece[i].start * g->extent),
			(unsigned long long)(lv->piece[i].count * g->extent), target);
		free(target);
	}
	bb_putchar('\n');
}

/* Reports why groups and volumes can't be activated, and with -n prints the tables of the others. Returns how many
 * volumes can be activated. */
static int show(const struct d2dmount *st)
{
	unsigned i, k;
	int n = 0;

	for (i = 0; i < st->lvm->n; i++) {
		const struct d2d_lvm_group *g = st->lvm->group[i];

		if (g->why)
			bb_error_msg("LVM group %s: %s", g->name, g->why);
		for (k = 0; !g->why && k < g->n_volumes; k++) {
			const struct d2d_lvm_volume *lv = &g->volume[k];

			if (lv->why && !lv->hidden)
				bb_error_msg("LVM volume %s: %s", printable_string(lv->name), lv->why);
			else if (!lv->why && (st->opt & OPT_n))
				print_table(g, lv);
			n += !lv->why;
		}
	}
	return n;
}

int d2dmount_lvm(struct d2dmount *st)
{
	int failed, n;

	if (st->opt & OPT_U) {
		d2d_lvm_unmap(false);
		return EXIT_SUCCESS;
	}
	failed = scan_and_activate(st);
	n = show(st);
	if (d2d_lvm_is_off() && !(st->opt & OPT_n))
		bb_simple_error_msg("LVM is turned off by d2d.lvm=no");
	return failed ? EXIT_FAILURE : n ? EXIT_SUCCESS : D2D_EXIT_NOTHING;
}
