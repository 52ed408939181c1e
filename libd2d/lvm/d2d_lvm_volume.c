/*
 * Reads the volumes of an LVM2 group, and decides which of them can be mapped.
 *
 * The keywords are those of lvm2 2.03: lib/format_text/import_vsn1.c, flags.c, lib/striped/striped.c. A volume with any
 * unknown keyword is not mapped, because LVM has more states than could be listed here.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_FEATURE_D2DMOUNT_LVM) += d2d_lvm_volume.o

#include "d2d_lvm_text.h"

enum { NAME_LEN = 127 };	/* longest name of a mapping: DM_NAME_LEN minus the null byte */

/* Returns the name of the mapping, as lvm2 makes it in lib/misc/lvm-string.c, _quote_hyphens(): "my-vg" and "lv" become
 * "my--vg-lv". The caller frees the name. */
static char *mapping_name(const char *group, const char *volume)
{
	char *name = xmalloc(2 * (strlen(group) + strlen(volume)) + 2), *to = name;

	for (; *group; group++) {
		if (*group == '-')
			*to++ = '-';
		*to++ = *group;
	}
	*to++ = '-';
	for (; *volume; volume++) {
		if (*volume == '-')
			*to++ = '-';
		*to++ = *volume;
	}
	*to = '\0';
	return name;
}

static int disk_of(const struct d2d_lvm_group *g, const char *key)
{
	unsigned i;

	for (i = 0; i < g->n_disks; i++)
		if (strcmp(g->disk[i].key, key) == 0)
			return i;
	return -1;
}

/* Reads a segment into *PIECE. Returns NULL, or why the segment can't be mapped; the caller frees that text. */
static char *read_segment(const struct d2d_lvm_group *g, const struct dm_config_node *node, struct d2d_lvm_piece *piece)
{
	const char *type = dm_config_find_str(node->child, "type", "");
	const struct dm_config_node *stripes = dm_config_find_node(node->child, "stripes");
	const struct dm_config_value *v = stripes ? stripes->v : NULL;
	uint64_t count;
	int disk;

	if (strcmp(type, "striped") != 0)
		return d2d_lvm_format_reason("it is of type %s: only linear volumes are activated here", type);
	if (!d2d_lvm_number(node->child, "stripe_count", UINT32_MAX, &count) || !v || v->type != DM_CFG_STRING
	 || !v->next || v->next->type != DM_CFG_INT || v->next->v.i < 0)
		return xstrdup("its metadata is invalid");
	if (count != 1 || v->next->next)
		return xstrdup("it is striped: only linear volumes are activated here");
	disk = disk_of(g, v->v.str);
	if (disk < 0)
		return d2d_lvm_format_reason("it is stored on %s: only linear volumes on disks are activated here", v->v.str);
	if (!d2d_lvm_number(node->child, "start_extent", UINT32_MAX, &piece->start)
	 || !d2d_lvm_number(node->child, "extent_count", UINT32_MAX, &piece->count) || !piece->count)
		return xstrdup("its metadata is invalid");
	piece->disk = disk;
	piece->at = v->next->v.i;
	if (piece->at > g->disk[disk].extents || piece->count > g->disk[disk].extents - piece->at)
		return xstrdup("it reaches beyond the end of a disk");
	return NULL;
}

static int by_start(const void *a, const void *b)
{
	const struct d2d_lvm_piece *p = a, *q = b;

	return p->start < q->start ? -1 : p->start > q->start;
}

static char *read_segments(const struct d2d_lvm_group *g, const struct dm_config_node *node, struct d2d_lvm_volume *lv)
{
	const struct dm_config_node *segment;
	struct d2d_lvm_piece piece;
	uint64_t count, end = 0;
	unsigned i;
	char *why;

	if (!d2d_lvm_number(node->child, "segment_count", UINT32_MAX, &count))
		return xstrdup("its metadata is invalid");
	for (segment = node->child; segment; segment = segment->sib) {
		if (!segment->child || !is_prefixed_with(segment->key, "segment"))
			continue;
		why = read_segment(g, segment, &piece);
		if (why)
			return why;
		lv->piece = xrealloc_vector(lv->piece, 2, lv->n_pieces);
		lv->piece[lv->n_pieces++] = piece;
	}
	if (!lv->n_pieces || lv->n_pieces != count)
		return xstrdup("its metadata is invalid");
	qsort(lv->piece, lv->n_pieces, sizeof(*lv->piece), by_start);
	for (i = 0; i < lv->n_pieces; i++) {
		if (lv->piece[i].start != end)
			return xstrdup("its metadata is invalid");
		end += lv->piece[i].count;
	}
	return NULL;
}

static void read_volume(const struct d2d_lvm_group *g, const struct dm_config_node *node, struct d2d_lvm_volume *lv)
{
	static const char known[] ALIGN1 = "READ\0""WRITE\0""VISIBLE\0""FIXED_MINOR\0";

	memset(lv, 0, sizeof(*lv));
	lv->plain = xstrdup(node->key);
	lv->name = mapping_name(g->name, node->key);
	lv->hidden = !d2d_lvm_has_keyword(node, "status", "VISIBLE");
	lv->read_only = g->read_only || !d2d_lvm_has_keyword(node, "status", "WRITE");
	if (!d2d_lvm_id(node, lv->id))
		lv->why = xstrdup("its metadata is invalid");
	else if (!d2d_lvm_name_is_valid(node->key) || strlen(lv->name) > NAME_LEN)
		lv->why = xstrdup("its name can't be used");
	/* In particular, a mapping named D2D_STORE_MAPPING would count as the opened encrypted store. */
	else if (strcmp(g->name, "d2d") == 0)
		lv->why = xstrdup("this name is reserved for the system's own mappings");
	else
		lv->why = read_segments(g, node, lv);
	if (!lv->why && lv->hidden)
		lv->why = xstrdup("it is part of another volume");
	if (!lv->why && d2d_lvm_unknown_keyword(node, known))
		lv->why = d2d_lvm_format_reason("it has the state %s", d2d_lvm_unknown_keyword(node, known));
}

static int by_name(const void *a, const void *b)
{
	const struct d2d_lvm_volume *v = a, *w = b;

	return strcmp(v->plain, w->plain);
}

/* Marks the volumes that a segment of the volume BY names as unusable. The origin and the changes of a snapshot are
 * linear volumes by themselves; only a third volume refers to them. */
static void mark_named(struct d2d_lvm_group *g, const struct dm_config_node *segment, const char *by)
{
	const struct dm_config_node *key;
	const struct dm_config_value *v;

	for (key = segment->child; key; key = key->sib)
		for (v = strcmp(key->key, "type") == 0 ? NULL : key->v; v; v = v->next) {
			struct d2d_lvm_volume name = { .plain = NULL }, *used;

			if (v->type != DM_CFG_STRING)
				continue;
			name.plain = (char *)v->v.str;
			used = bsearch(&name, g->volume, g->n_volumes, sizeof(name), by_name);
			if (used && !used->why)
				used->why = d2d_lvm_format_reason("it is part of %s: only linear volumes are activated here", by);
		}
}

static void mark_used(struct d2d_lvm_group *g, const struct dm_config_node *volumes)
{
	const struct dm_config_node *lv, *segment;

	for (lv = volumes->child; lv; lv = lv->sib)
		for (segment = lv->child; segment; segment = segment->sib)
			if (segment->child && strcmp(dm_config_find_str(segment->child, "type", ""), "striped") != 0)
				mark_named(g, segment, lv->key);
}

/* An element of the list by which overlap() finds extents that belong to two volumes. Mapping them would let one volume
 * destroy the other. */
struct extent {
	const struct d2d_lvm_piece *piece;
};

static int by_offset(const void *a, const void *b)
{
	const struct d2d_lvm_piece *p = ((const struct extent *)a)->piece, *q = ((const struct extent *)b)->piece;

	if (p->disk != q->disk)
		return p->disk < q->disk ? -1 : 1;
	return d2d_compare(p->at, q->at);
}

static bool overlap(const struct d2d_lvm_group *g)
{
	struct extent *all = NULL;
	unsigned i, k, n = 0;
	bool found = false;

	for (i = 0; i < g->n_volumes; i++)
		for (k = 0; k < g->volume[i].n_pieces; k++) {
			all = xrealloc_vector(all, 4, n);
			all[n++].piece = &g->volume[i].piece[k];
		}
	if (n)
		qsort(all, n, sizeof(*all), by_offset);
	for (i = 1; i < n; i++) {
		const struct d2d_lvm_piece *p = all[i - 1].piece, *q = all[i].piece;

		if (p->disk == q->disk && p->at + p->count > q->at)
			found = true;
	}
	free(all);
	return found;
}

const char *d2d_lvm_volumes_read(const struct dm_config_node *node, struct d2d_lvm_group *g)
{
	const struct dm_config_node *lv;
	unsigned i;

	for (lv = node ? node->child : NULL; lv; lv = lv->sib) {
		g->volume = xrealloc_vector(g->volume, 4, g->n_volumes);
		read_volume(g, lv, &g->volume[g->n_volumes++]);
	}
	if (!g->n_volumes)
		return NULL;
	qsort(g->volume, g->n_volumes, sizeof(*g->volume), by_name);
	for (i = 1; i < g->n_volumes; i++)
		if (strcmp(g->volume[i - 1].plain, g->volume[i].plain) == 0)
			return "its metadata names a volume twice";
	mark_used(g, node);
	return overlap(g) ? "its metadata assigns one place to two volumes" : NULL;
}

uint64_t d2d_lvm_size(const struct d2d_lvm_group *group, const struct d2d_lvm_volume *lv)
{
	uint64_t extents = 0;
	unsigned i;

	for (i = 0; i < lv->n_pieces; i++)
		extents += lv->piece[i].count;
	return extents * group->extent;
}
