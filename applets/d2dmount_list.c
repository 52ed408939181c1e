/*
 * d2dmount --list and --json: each volume, what it is for, and why.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#include "d2dmount.h"
#include <json-c/json.h>

enum { COL_DEVICE, COL_ROLE, COL_FS, COL_LABEL, COL_WHERE, COL_WHY, COLUMNS };

/* Labels and UUIDs may hold anything, terminal sequences as well. */
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
		/* Its partitions say the same. */
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
		d2d_volumes_recall(st->list, st->n, 0);
	if (st->opt & OPT_j)
		print_json(st);
	else
		print_table(st);
}
