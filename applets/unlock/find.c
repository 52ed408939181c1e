/*
 * d2dunlock: finds the volume that the user means, and its detached header.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DUNLOCK) += d2dunlock_find.o

#include "d2dunlock.h"

static int is_match(const struct d2d_volume *v, const char *spec)
{
	if (v->err)
		return 0;
	if (!spec)
		return strcmp(v->fstype, "crypto_LUKS") == 0 && strcmp(v->label, D2D_STORE_LABEL) == 0;
	return d2d_volume_is_named(v, spec);
}

int d2dunlock_find(struct unlock *u, const char *spec)
{
	struct d2d_volume *list;
	int i, n, code = EXIT_SUCCESS;

	u->dev = NULL;
	if (spec && !is_prefixed_with(spec, "UUID=") && !is_prefixed_with(spec, "LABEL=")) {
		u->dev = xstrdup(spec);
		return EXIT_SUCCESS;
	}

	n = d2d_volumes_recall("", &list);
	if (n < 0)
		bb_error_msg_and_die("can't look for volumes: %s", strerror(-n));
	for (i = 0; i < n && !code; i++) {
		if (!is_match(&list[i], spec))
			continue;
		if (!u->dev) {
			u->dev = xstrdup(list[i].dev);
			continue;
		}
		/* As with plain stores, neither is used, because it isn't clear which one is meant. */
		bb_error_msg("%s and %s have the same label or UUID: neither is used; UUID=%s, or its path, names the second",
			u->dev, list[i].dev, printable_string(list[i].uuid));
		code = EXIT_FAILURE;
	}
	d2d_volumes_free(list, n);
	if (!u->dev) {
		bb_error_msg(spec ? "no volume %s" : "no LUKS volume labelled %s", spec ? spec : D2D_STORE_LABEL);
		code = EXIT_NO_LUKS;
	}
	return code;
}

/* Returns an exit status after a message unless V, which was read from u->dev with the result R, is a LUKS volume. */
static int refuse_other(const struct unlock *u, const struct d2d_volume *v, int r)
{
	if (r < 0) {
		bb_error_msg("can't open '%s': %s", u->dev, strerror(-r));
		return r == -ENOENT ? EXIT_NO_LUKS : EXIT_FAILURE;
	}
	if (strcmp(v->fstype, "linux_raid_member") == 0) {
		bb_error_msg("'%s' is part of a RAID, which d2dunlock doesn't assemble", u->dev);
		return EXIT_FAILURE;
	}
	if (strcmp(v->fstype, "crypto_LUKS") == 0)
		return EXIT_SUCCESS;
	if (d2d_luks_copies(u->dev) == D2D_LUKS_SECOND)
		bb_error_msg("'%s' begins with %s: the second copy of a LUKS header behind it is ignored, because the volume may have been "
			"formatted since; if it was only overwritten, 'd2dunlock repair -f %s' repairs it",
			u->dev, v->fstype[0] ? v->fstype : "a boot sector", u->dev);
	else
		bb_error_msg("'%s' is not a LUKS volume%s", u->dev,
			d2d_is_in_crypt(u->dev) ? ", but is inside a LUKS volume that is open" : "");
	return EXIT_NO_LUKS;
}

int d2dunlock_choose(struct unlock *u, const char *spec)
{
	struct d2d_volume v = { 0 };
	int r = d2dunlock_find(u, spec);

	if (r || u->header)
		return r;
	r = refuse_other(u, &v, d2d_volume_probe(u->dev, &v));
	d2d_volume_clear(&v);
	return r;
}

int d2dunlock_place(struct d2d_place *place, const char *text)
{
	int r = d2d_place_parse(text, place);

	if (r < 0)
		bb_error_msg("'%s' is not LABEL:PATH[:OFFSET[:SIZE]]", printable_string(text));
	return r;
}

/* Opens the file that a place names. Returns a descriptor, -ENODEV if there is no such volume, or another negative
 * errno. */
static int open_place(const struct d2d_place *place)
{
	struct d2d_volume *list;
	int i, n = d2d_volumes_recall("", &list), fd = -ENODEV;

	if (n < 0)
		bb_error_msg_and_die("can't look for volumes: %s", strerror(-n));
	d2d_mounts_find(list, n);
	for (i = 0; i < n && fd < 0; i++)
		if (d2d_place_is_on(place, &list[i]))
			fd = d2d_volume_file_open(&list[i], place->path);
	d2d_volumes_free(list, n);
	return fd;
}

char *d2dunlock_header(const char *text, unsigned seconds)
{
	unsigned long long end = monotonic_ms() + seconds * 1000ULL;
	struct d2d_place place;
	int fd, uevents;

	if (d2dunlock_place(&place, text) < 0)
		xfunc_die();
	/* Subscribe to uevents before the first scan, so that no device is missed. */
	uevents = seconds ? d2d_uevent_open() : -1;
	while ((fd = open_place(&place)) == -ENODEV && uevents >= 0) {
		long long left = end - monotonic_ms();

		if (left <= 0 || d2d_uevent_wait(uevents, "block", left) <= 0)
			break;
	}
	if (fd < 0)
		bb_error_msg_and_die("can't use the header '%s': %s", printable_string(text), strerror(-fd));
	close(uevents);
	return xasprintf("/proc/self/fd/%d", fd);
}
