/*
 * d2dmount: recognizes the medium on another volume: the ISO as a file, or the files of the ISO. Names and content of that
 * volume are untrusted: a file counts only if it is an ISO with the UUID of the one that was booted from.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DMOUNT) += d2dmount_iso.o
#include "d2dmount.h"

enum {
	/* ACPI 6.5, 5.2.6: the header of a table */
	ACPI_HEADER = 36,
	/* Ventoy's vtoydump.h: struct ventoy_os_param, which begins with a GUID and whose bytes add up to 0 */
	PARAM_SIZE = 512,
	PARAM_PATH = 45,
	PARAM_PATH_SIZE = 384,
};

static bool has_dots(const char *path)
{
	const char *p = path;

	while ((p = strstr(p, "..")) != NULL) {
		if ((p == path || p[-1] == '/') && (!p[2] || p[2] == '/'))
			return true;
		p += 2;
	}
	return false;
}

const char *d2dmount_iso_parse(const char *text, struct d2d_place *iso)
{
	const char *path = text, *colon = strchr(text, ':');

	memset(iso, 0, sizeof(*iso));
	if (*text == '(' && strchr(text, ')')) {
		/* "(hd0,gpt2)/PATH": GRUB's name of the disk says nothing here. */
		path = strchr(text, ')') + 1;
	} else if (colon && colon < strchrnul(text, '/')) {
		if (colon == text)
			return "there is no label or UUID before the ':'";
		iso->volume = xstrndup(text, colon - text);
		path = colon + 1;
	}
	while (*path == '/')
		path++;
	if (!*path || last_char_is(path, '/'))
		return "it names no file";
	if (has_dots(path))
		return "its path contains '..'";
	iso->path = xstrdup(path);
	return NULL;
}

char *d2dmount_iso_of_ventoy(const char *root)
{
	static const char guid[] ALIGN1 = "  www.ventoy.net";
	char *file = xasprintf("%s/sys/firmware/acpi/tables/VTOY", root), *path = NULL;
	uint8_t table[ACPI_HEADER + PARAM_SIZE], sum = 0;
	const uint8_t *param = table + ACPI_HEADER;
	int i, fd = open(file, O_RDONLY | O_CLOEXEC);

	free(file);
	if (fd < 0)
		return NULL;
	if (full_read(fd, table, sizeof(table)) == sizeof(table) && memcmp(param, guid, sizeof(guid) - 1) == 0) {
		for (i = 0; i < PARAM_SIZE; i++)
			sum += param[i];
		if (!sum)
			path = xstrndup((const char *)param + PARAM_PATH, PARAM_PATH_SIZE);
	}
	close(fd);
	return path;
}

int d2dmount_iso_open(const char *dir, const char *path, const char *uuid, struct d2d_volume *v, char **why)
{
	char same[D2D_FD_PATH];
	int r, fd = d2d_open_in(dir, path);

	if (fd == -ENOENT || fd == -ENOTDIR)
		return fd;
	if (fd == -ELOOP)
		return d2d_fail(fd, why, "it is, or lies behind, a symbolic link: name the file itself");
	if (fd == -EINVAL)
		return d2d_fail(fd, why, "it is not a regular file");
	if (fd < 0)
		return d2d_fail(fd, why, "can't open it: %s", strerror(-fd));
	d2d_fd_path(same, fd);
	r = d2d_volume_probe(same, v);
	if (r < 0)
		r = d2d_fail(r, why, "can't read it: %s", strerror(-r));
	else if (strcmp(v->fstype, "iso9660") != 0)
		r = d2d_refuse(why, "it is not an ISO");
	else if (uuid && strcasecmp(v->uuid, uuid) != 0)
		r = d2d_refuse(why, "it is another ISO: its UUID is %s", v->uuid[0] ? v->uuid : "missing");
	if (r == 0)
		return fd;
	close(fd);
	return r;
}

bool d2dmount_is_copy(const char *dir, const char *uuid)
{
	char *mark = xasprintf(".disk/%s.uuid", uuid);
	int fd = strchr(uuid, '/') ? -EINVAL : d2d_open_in(dir, mark);

	free(mark);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}
