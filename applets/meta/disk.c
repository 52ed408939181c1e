/*
 * d2dmeta: the metadata disk: which volume it is, and its files. It is read before anything on it is trusted.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DMETA) += d2dmeta_disk.o

#include "d2dmeta.h"
#include "d2d_volume.h"

static const char *const forms[] = { "NoCloud", "ConfigDrive" };

/* Whether a volume has the label and a file system that the two forms demand. */
static bool is_metadata(const struct d2d_volume *v, enum d2dmeta_form form)
{
	static const char *const labels[] = { "cidata", "config-2" };

	return strcasecmp(v->label, labels[form]) == 0 && (strcmp(v->fstype, "vfat") == 0 || strcmp(v->fstype, "iso9660") == 0);
}

bool d2dmeta_disk(struct d2dmeta *d, const char *dir, struct d2dmeta_disk *disk)
{
	unsigned form;
	int i;

	memset(disk, 0, sizeof(*disk));
	if (dir) {
		char *path = concat_path_file(dir, "openstack");

		disk->dir = dir;
		disk->form = access(path, F_OK) == 0 ? D2DMETA_CONFIG_DRIVE : D2DMETA_NOCLOUD;
		disk->shown = xasprintf("%s in '%s'", forms[disk->form], dir);
		free(path);
		return true;
	}
	disk->n = d2d_volumes_read_at(d->root, &disk->list);
	for (form = D2DMETA_NOCLOUD; form <= D2DMETA_CONFIG_DRIVE; form++) {
		for (i = 0; i < disk->n; i++) {
			struct d2d_volume *v = &disk->list[i];

			if (!is_metadata(v, form))
				continue;
			d->notes.file = v->dev;
			if (disk->volume) {
				d2dmeta_wrong(&d->notes, "is a metadata disk, too, and isn't used beside %s", disk->volume->dev);
				continue;
			}
			disk->volume = v;
			disk->form = form;
			disk->shown = xasprintf("%s on %s (%s, label %s)", forms[form], v->dev, v->fstype, v->label);
		}
	}
	return disk->volume != NULL;
}

void d2dmeta_disk_free(struct d2dmeta_disk *disk)
{
	d2d_volumes_free(disk->list, disk->n);
	free(disk->shown);
}

char *d2dmeta_read(struct d2dmeta *d, const struct d2dmeta_disk *disk, const char *name, size_t *len)
{
	int fd = disk->dir ? d2d_open_in(disk->dir, name) : d2d_volume_file_open(disk->volume, name);
	struct stat st;
	char *text = NULL;
	ssize_t got;

	d->notes.file = name;
	*len = 0;
	if (fd == -ENOENT)
		return NULL;
	if (fd < 0) {
		d2dmeta_wrong(&d->notes, "%s", d2d_file_error(fd));
		return NULL;
	}
	if (fstat(fd, &st) == 0 && st.st_size > D2DMETA_TEXT_MAX) {
		d2dmeta_wrong(&d->notes, "more than 1 MiB (%llu bytes): it isn't used", (unsigned long long)st.st_size);
	} else {
		text = xmalloc(D2DMETA_TEXT_MAX + 1);
		got = full_read(fd, text, D2DMETA_TEXT_MAX);
		if (got < 0) {
			d2dmeta_wrong(&d->notes, "can't read it: %s", strerror(errno));
			free(text);
			text = NULL;
		} else {
			text = xrealloc(text, got + 1);
			text[got] = '\0';
			*len = got;
		}
	}
	close(fd);
	return text;
}
