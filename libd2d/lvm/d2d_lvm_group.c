/*
 * Reads LVM2's metadata: a volume group, its disks and its volumes. libdevmapper parses the text; values are accepted
 * only if they are consistent with each other.
 *
 * The keywords are those of lvm2 2.03: lib/format_text/import_vsn1.c and flags.c.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_FEATURE_D2DMOUNT_LVM) += d2d_lvm_group.o

#include "d2d_lvm_text.h"

enum { DISKS = 1024 };

/* ---- disks ---- */

static const char *read_disks(const struct dm_config_node *node, struct d2d_lvm_group *g)
{
	for (node = node ? node->child : NULL; node; node = node->sib) {
		struct d2d_lvm_disk *disk;

		if (g->n_disks == DISKS)
			return "it has too many disks";
		g->disk = xrealloc_vector(g->disk, 4, g->n_disks);
		disk = &g->disk[g->n_disks++];
		memset(disk, 0, sizeof(*disk));
		disk->key = xstrdup(node->key);
		if (!d2d_lvm_id(node, disk->id) || !d2d_lvm_number(node->child, "pe_start", INT64_MAX / 512, &disk->start)
		 || !d2d_lvm_number(node->child, "pe_count", UINT32_MAX, &disk->extents))
			return "its metadata is invalid";
		if (!g->why && d2d_lvm_unknown_keyword(node, "ALLOCATABLE\0"))
			g->why = d2d_lvm_format_reason("one of its disks has the state %s",
				d2d_lvm_unknown_keyword(node, "ALLOCATABLE\0"));
	}
	return g->n_disks ? NULL : "its metadata names no disk";
}

/* ---- the group ---- */

static const char *read_group(const struct dm_config_node *node, struct d2d_lvm_group *g)
{
	static const char known[] ALIGN1 = "RESIZEABLE\0""READ\0""WRITE\0";
	const struct dm_config_node *top = node->child;
	const char *lock = dm_config_find_str(top, "lock_type", "none"), *owner = dm_config_find_str(top, "system_id", ""), *why;

	g->name = xstrdup(node->key);
	if (!d2d_lvm_name_is_valid(g->name) || !d2d_lvm_id(node, g->id) || !d2d_lvm_number(top, "seqno", UINT32_MAX, &g->seqno)
	 || !d2d_lvm_number(top, "extent_size", UINT32_MAX, &g->extent) || !g->extent)
		return "its metadata is invalid";
	if (strcmp(dm_config_find_str(top, "format", "lvm2"), "lvm2") != 0)
		return "its metadata is of another format";
	g->read_only = !d2d_lvm_has_keyword(node, "status", "WRITE");
	if (d2d_lvm_unknown_keyword(node, known))
		g->why = d2d_lvm_format_reason("it has the state %s", d2d_lvm_unknown_keyword(node, known));
	else if (strcmp(lock, "none") != 0)
		g->why = d2d_lvm_format_reason("it is shared between machines, with locks of type %s", lock);
	else if (owner[0])
		g->why = d2d_lvm_format_reason("it belongs to the system %s", owner);
	why = read_disks(dm_config_find_node(top, "physical_volumes"), g);
	return why ? why : d2d_lvm_volumes_read(dm_config_find_node(top, "logical_volumes"), g);
}

struct d2d_lvm_group *d2d_lvm_group_read(const char *text, size_t len, const char **why)
{
	struct d2d_lvm_group *g = NULL;
	struct dm_config_tree *tree;
	const struct dm_config_node *node;

	*why = "its metadata is invalid";
	if (!d2d_lvm_text_is_safe(text))
		return NULL;
	d2d_lvm_silence_log();
	tree = dm_config_create();
	if (!tree)
		return NULL;
	if (dm_config_parse_without_dup_node_check(tree, text, text + len)) {
		/* Apart from plain values, the metadata has one section: the volume group. */
		for (node = tree->root; node && !node->child; node = node->sib)
			continue;
		if (node) {
			g = xzalloc(sizeof(*g));
			g->text = xstrdup(text);
			*why = read_group(node, g);
			if (*why) {
				d2d_lvm_group_free(g);
				g = NULL;
			}
		}
	}
	dm_config_destroy(tree);
	return g;
}

void d2d_lvm_group_free(struct d2d_lvm_group *g)
{
	unsigned i;

	for (i = 0; i < g->n_disks; i++)
		free(g->disk[i].key);
	for (i = 0; i < g->n_volumes; i++) {
		free(g->volume[i].plain);
		free(g->volume[i].name);
		free(g->volume[i].why);
		free(g->volume[i].piece);
	}
	free(g->disk);
	free(g->volume);
	free(g->name);
	free(g->text);
	free(g->why);
	free(g);
}
