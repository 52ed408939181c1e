/*
 * Estimates from sysfs how long USB storage may still take to appear. The kernel enumerates USB devices in the
 * background after boot, so a volume that is missing now may be there a moment later. Callers use this to decide
 * whether waiting is worthwhile.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_usb.o

#include <glob.h>
#include "d2d_volume.h"

enum {
	/* Milliseconds for the ports of a hub: power-on to power-good, 100 ms debounce, 50 ms reset (USB 2.0, 7.1.7.3)
	 * and reading the descriptors */
	HUB_MS = 1000,
	/* Milliseconds for usb-storage's delay_use (1 s) and the spin-up of a drive */
	STORAGE_MS = 6000,
};

static int attribute_is(const char *dir, const char *name, const char *value)
{
	char *text = d2d_sysfs_read(dir, name);
	int same = text && strcmp(text, value) == 0;

	free(text);
	return same;
}

/* Returns how many milliseconds ago a device was connected, INT_MAX for more than that (24.8 days) or if the kernel does not
 * report it (no CONFIG_PM). */
static int age_ms(const char *device)
{
	char *text = d2d_sysfs_read(device, "power/connected_duration");
	unsigned long long ms = text ? bb_strtoull(text, NULL, 10) : ULLONG_MAX;

	free(text);
	return MIN(ms, (unsigned long long)INT_MAX);
}

static int has_disk(const char *interface)
{
	char *pattern = concat_path_file(interface, "host*/target*/*:*:*:*/block/*");
	glob_t g;
	int found = glob(pattern, GLOB_NOSORT, NULL, &g) == 0;

	globfree(&g);
	free(pattern);
	return found;
}

/* Returns how many milliseconds this device or interface may still take, 0 or less if it is ready or overdue. */
static int left_ms(const char *path)
{
	char *device;
	int left = 0;

	if (!strchr(bb_basename(path), ':'))
		return attribute_is(path, "bDeviceClass", "09") ? HUB_MS - age_ms(path) : 0;

	if (attribute_is(path, "bInterfaceClass", "08") && !has_disk(path)) {
		device = xasprintf("%.*s", (int)(strchrnul(bb_basename(path), ':') - path), path);
		left = STORAGE_MS - age_ms(device);
		free(device);
	}
	return left;
}

int d2d_usb_settling(const char *root)
{
	char *pattern = xasprintf("%s/sys/bus/usb/devices/*", root);
	int left, most = 0;
	size_t i;
	glob_t g;

	if (glob(pattern, GLOB_NOSORT, NULL, &g) == 0) {
		for (i = 0; i < g.gl_pathc; i++) {
			left = left_ms(g.gl_pathv[i]);
			if (left > most)
				most = left;
		}
	}
	globfree(&g);
	free(pattern);
	return most;
}

int d2d_usb_settle(const char *root, int fd, unsigned seconds)
{
	unsigned long long now, end = monotonic_ms() + seconds * 1000ULL;
	int left, r = 0;

	while (r >= 0 && (now = monotonic_ms()) < end && (left = d2d_usb_settling(root)) > 0)
		r = d2d_uevent_wait(fd, "block", MIN(end - now, (unsigned)left));
	return MIN(r, 0);
}
