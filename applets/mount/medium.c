/*
 * d2dmount: looks for the medium on volumes that don't have its UUID: as an ISO in a file (d2d.iso=, Ventoy), and as a copy
 * of the ISO's files, such as a FAT stick made by Rufus or by hand.
 *
 * The volume with the ISO is mounted read-only on D2D_ISO and stays there, the ISO is mounted from it by a loop device. The
 * volume may have a role of its own, too.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DMOUNT) += d2dmount_medium.o
#include <sys/mount.h>
#include "d2dmount.h"

/* Remembers why a file isn't the medium. */
static void note(struct d2dmount *st, const struct d2d_volume *v, char *why)
{
	free(st->why);
	st->why = xasprintf("'/%s' on %s: %s", printable_string(st->iso.path), v->dev, why);
	free(why);
}

/* Appends a row for the ISO to the list. V has what was probed; its other strings now belong to the list. */
static void add_row(struct d2dmount *st, struct d2d_volume *v, const char *path, const char *volume)
{
	int store = st->store ? st->store - st->list : -1;

	v->name = xstrdup(bb_basename(v->dev));
	d2d_role_set(v, D2D_ROLE_MEDIUM, "was booted from: the file '/%s' on %s", path, volume);
	st->list = xrealloc(st->list, sizeof(*st->list) * (st->n + 1));
	st->list[st->n++] = *v;
	st->store = store < 0 ? NULL : &st->list[store];
}

void d2dmount_iso_row(struct d2dmount *st)
{
	char *loop = d2d_mounted_on(D2D_MEDIUM), *file = loop ? d2d_loop_file(loop) : NULL, *volume;
	struct d2d_volume v = { 0 };

	if (file && is_prefixed_with(file, D2D_ISO"/")) {
		volume = d2d_iso_volume();
		v.dev = xstrdup(loop);
		v.err = d2d_volume_probe(loop, &v);
		v.mountpoint = xstrdup(D2D_MEDIUM);
		add_row(st, &v, file + sizeof(D2D_ISO), volume ? volume : "a volume that is gone");
		free(volume);
	}
	free(file);
	free(loop);
}

/* ---- looking for it ---- */

enum { NOTHING, FOUND_COPY, FOUND_ISO };

static int make_directory(const char *dir)
{
	char *path = xstrdup(dir);
	int r = bb_make_directory(path, 0755, FILEUTILS_RECUR);

	free(path);
	return r;
}

/* Mounts the ISO behind the descriptor. */
static int mount_iso(struct d2d_volume *row, int fd)
{
	char same[D2D_FD_PATH];

	d2d_fd_path(same, fd);
	row->dev = xstrdup(same);
	row->is_file = 1;
	row->role = D2D_ROLE_MEDIUM;
	return make_directory(D2D_MEDIUM) == 0 ? d2d_mount(row) : -EIO;
}

/* Looks for the ISO in the volume V, which is mounted on DIR, and mounts it unless an option forbids that. */
static bool find_iso(struct d2dmount *st, const struct d2d_volume *v, const char *dir)
{
	struct d2d_volume row = { 0 };
	char *why = NULL;
	int fd = d2dmount_iso_open(dir, st->iso.path, st->medium, &row, &why);

	if (fd >= 0 && (st->opt & OPT_LOOK)) {
		row.dev = concat_path_file(dir, st->iso.path);
		row.is_file = 1;
		add_row(st, &row, st->iso.path, v->dev);
		close(fd);
		return true;
	}
	if (fd >= 0 && mount_iso(&row, fd) < 0)
		why = row.why ? xstrdup(row.why) : xstrdup("can't mount it");
	if (fd >= 0)
		close(fd);
	if (why)
		note(st, v, why);
	d2d_volume_clear(&row);
	if (fd < 0 || why)
		return false;
	printf("medium: the file '/%s' on %s\n", printable_string(st->iso.path), v->dev);
	d2dmount_iso_row(st);
	return true;
}

static int look_into(struct d2dmount *st, struct d2d_volume *v, const char *dir)
{
	/* An ISO of 'd2d-host iso' has the UUID that a signed menu names in the name of that file only. */
	if (st->medium && v->role != D2D_ROLE_STORE && (ENABLE_D2D_SECUREBOOT || strcmp(v->fstype, "iso9660") != 0)
	 && d2dmount_is_copy(dir, st->medium)) {
		d2d_role_set(v, D2D_ROLE_MEDIUM, "has the files of the ISO that was booted from");
		return FOUND_COPY;
	}
	return st->iso.path && d2d_place_is_on(&st->iso, v) && find_iso(st, v, dir) ? FOUND_ISO : NOTHING;
}

static int look_at(struct d2dmount *st, struct d2d_volume *v)
{
	struct d2d_volume top = *v;
	int found;

	if (v->err || v->holder || v->repair || !d2d_volume_is_mountable(v))
		return NOTHING;
	if (st->opt & OPT_LOOK)
		return v->mountpoint && is_prefixed_with(v->mountpoint, D2D_RUN"/") ? look_into(st, v, v->mountpoint) : NOTHING;
	top.mountpoint = NULL;
	if (make_directory(D2D_ISO) != 0 || d2d_mount_for_iso(&top) < 0)
		return NOTHING;
	/* This may move the list. */
	found = look_into(st, v, D2D_ISO);
	free(top.mountpoint);
	if (found != FOUND_ISO) {
		umount2(D2D_ISO, 0);
		rmdir(D2D_ISO);
	}
	return found;
}

/* Whether the volumes are other ones than those that were looked at last. The loop devices that this search makes cause uevents,
 * and each uevent makes d2dmount_gather() scan and search again, so the search must not repeat itself. */
static bool has_changed(struct d2dmount *st)
{
	char *now = xstrdup(""), *more;
	bool changed;
	int i;

	for (i = 0; i < st->n; i++) {
		const struct d2d_volume *v = &st->list[i];

		more = xasprintf("%s%s %s %s %d\n", now, v->dev, v->fstype, v->uuid, v->err);
		free(now);
		now = more;
	}
	changed = !st->searched || strcmp(st->searched, now) != 0;
	free(st->searched);
	st->searched = now;
	return changed;
}

/* The first partition of a stick with an ISO is the ISO, too, and so the medium once more. */
static void leave_out(struct d2dmount *st, int medium)
{
	int i;

	for (i = 0; i < st->n; i++)
		if (i != medium && strcmp(st->list[i].fstype, "iso9660") == 0 && st->list[i].role == D2D_ROLE_PAYLOAD
		 && strcmp(st->list[medium].fstype, "iso9660") == 0 && strcmp(st->list[i].uuid, st->list[medium].uuid) == 0)
			d2d_role_set(&st->list[i], D2D_ROLE_NONE, "same UUID as %s", st->list[medium].dev);
}

void d2dmount_find_medium(struct d2dmount *st)
{
	int i;

	if (!st->medium && !st->iso.path)
		return;
	for (i = 0; i < st->n; i++)
		if (st->list[i].role == D2D_ROLE_MEDIUM)
			return;
	if (!has_changed(st))
		return;
	for (i = 0; i < st->n; i++) {
		int found = look_at(st, &st->list[i]);

		if (found == FOUND_COPY)
			leave_out(st, i);
		if (found != NOTHING)
			return;
	}
}

void d2dmount_iso_option(struct d2dmount *st)
{
	char *text = d2d_option("iso"), *ventoy = text ? NULL : d2dmount_iso_of_ventoy(st->root);
	const char *name = text ? text : ventoy, *why = name ? d2dmount_iso_parse(name, &st->iso) : NULL;

	if (why)
		st->why = xasprintf("d2d.iso=%s: %s", printable_string(name), why);
	free(text);
	free(ventoy);
}
