/*
 * d2dmount --list and --json: shows each volume with its role and the reason for it. Also reports why there is nothing
 * to mount.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DMOUNT) += d2dmount_list.o
#include "d2dmount.h"
#include <json-c/json.h>

enum { COL_DEVICE, COL_ROLE, COL_FS, COL_LABEL, COL_WHERE, COL_WHY, COLUMNS };

/* Labels and UUIDs come from the disk and may hold any bytes, terminal sequences included. */
static const char *cell(const struct d2d_volume *v, int column)
{
	const char *text[] = { v->dev, d2d_role_name(v->role), v->fstype, v->label, v->mountpoint, v->why };

	return text[column] && text[column][0] ? printable_string(text[column]) : "-";
}

static void print_table(const struct d2dmount *st)
{
	static const char *const heads[COLUMNS] = { "DEVICE", "ROLE", "FS", "LABEL", "WHERE", "WHY" };
	int width[COLUMNS], i, c;

	for (c = 0; c < COLUMNS; c++) {
		width[c] = strlen(heads[c]);
		for (i = 0; i < st->n; i++)
			width[c] = MAX(width[c], (int)strlen(cell(&st->list[i], c)));
	}
	for (i = -1; i < st->n; i++) {
		/* The rows of its partitions show the same error. */
		if (i >= 0 && st->list[i].err && st->list[i].partitioned)
			continue;
		for (c = 0; c < COL_WHY; c++)
			printf("%-*s  ", width[c], i < 0 ? heads[c] : cell(&st->list[i], c));
		puts(i < 0 ? heads[c] : cell(&st->list[i], c));
	}
}

static void print_json(const struct d2dmount *st)
{
	struct json_object *all = d2d_volumes_json(st->list, st->n);

	puts(json_object_to_json_string_ext(all, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(all);
}

void d2dmount_list(const struct d2dmount *st)
{
	if (!st->files[0] && !st->root[0])
		d2d_volumes_merge_saved(st->list, st->n, 0);
	if (st->opt & OPT_j)
		print_json(st);
	else
		print_table(st);
}

/* ---- nothing to mount ---- */

bool d2dmount_is_there(const struct d2dmount *st, int role)
{
	int i;

	for (i = 0; i < st->n; i++)
		if (st->list[i].role == role
		 || (role == D2D_ROLE_STORE && st->spec && d2d_volume_is_named(&st->list[i], st->spec)))
			return 1;
	return 0;
}

const char *d2dmount_medium_name(const struct d2dmount *st)
{
	return printable_string(st->medium ? st->medium : st->iso.path);
}

void d2dmount_report_missing(const struct d2dmount *st, int role)
{
	int i;

	for (i = 0; i < st->n; i++)
		if (role == D2D_ROLE_STORE && st->list[i].role == role)
			bb_error_msg("store %s: %s", st->list[i].dev, st->list[i].why);

	if (role == D2D_ROLE_PAYLOAD)
		bb_simple_error_msg("no removable or labelled volume has a directory d2d/");
	else if (ENABLE_FEATURE_D2DMOUNT_NFS && role == D2D_ROLE_STORE && st->spec && d2d_nfs_is_url(st->spec))
		bb_error_msg("no store: Docker's data can't be on NFS: '%s'", printable_string(st->spec));
	else if (role == D2D_ROLE_STORE && st->spec)
		bb_error_msg("no store: no usable volume is '%s'", printable_string(st->spec));
	else if (role == D2D_ROLE_STORE && d2dmount_is_there(st, role))
		bb_simple_error_msg("no store that can be used");
	else if (role == D2D_ROLE_SWAP)
		bb_simple_error_msg("no swap space is labelled D2D-SWAP");
	else if (role == D2D_ROLE_STORE)
		bb_simple_error_msg("no store: no ext4 volume is labelled D2D-STORE, DOCKER or boot2docker-data");
	else if (st->medium || st->iso.path)
		bb_error_msg("medium '%s' was not found%s%s", d2dmount_medium_name(st), st->why ? ": " : "", st->why ? st->why : "");
	else
		bb_simple_error_msg("no medium: d2d.medium= isn't set");
}

bool d2dmount_is_required(const struct d2dmount *st, int role)
{
	int i;

	if (role != D2D_ROLE_STORE)
		return role == D2D_ROLE_MEDIUM && (st->medium || st->iso.path);
	for (i = 0; i < st->n; i++)
		if (st->list[i].role == role && strcmp(st->list[i].fstype, "crypto_LUKS") == 0)
			return st->spec != NULL;
	return st->spec || d2dmount_is_there(st, role);
}
