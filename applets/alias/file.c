/*
 * d2dalias: reads, writes and removes the files of aliases. Only files with our marker are aliases; no other file is changed.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DALIAS) += d2dalias_file.o

#include <dirent.h>
#include "d2dalias.h"

char *d2dalias_shadowed_by(const char *name)
{
	static const char dirs[] ALIGN1 = "/usr/bin\0" "/usr/sbin\0" "/bin\0" "/sbin\0";
	const char *dir;
	char *path;

	for (dir = dirs; *dir; dir += strlen(dir) + 1) {
		path = concat_path_file(dir, name);
		if (access(path, F_OK) == 0)
			return path;
		free(path);
	}
	return find_applet_by_name(name) >= 0 ? xasprintf("busybox %s", name) : NULL;
}

void d2dalias_write(const char *path, const char *image, int is_new)
{
	char *tmp = xasprintf("%s.XXXXXX", path);
	char *text = xasprintf(D2D_ALIAS_MARKER"%s\n"
		"# If you delete the line above, this file is yours: d2dalias will never change it again.\n"
		"exec d2dalias run '%s' -- \"$@\"\n", image, image);
	int fd = xmkstemp(tmp);

	/* A new alias is put in place by link(), which fails if somebody has created the file in the meantime; rename() replaces
	 * an old alias. */
	if (full_write(fd, text, strlen(text)) != (ssize_t)strlen(text) || fchmod(fd, 0755) < 0 || close(fd) < 0
	 || (is_new ? link(tmp, path) : rename(tmp, path)) < 0
	) {
		bb_perror_msg("can't write '%s'", path);
		unlink(tmp);
		xfunc_die();
	}
	if (is_new)
		unlink(tmp);
	free(text);
	free(tmp);
}

int d2dalias_unlink(const char *dir, const char *name)
{
	char *path = concat_path_file(dir, name);
	char *image = d2d_is_command(name) ? d2d_alias_read(path) : NULL;
	int r = EXIT_FAILURE;

	if (!image)
		bb_error_msg("no alias '%s'", printable_string(name));
	else if (!image[0])
		bb_error_msg("'%s' isn't an alias", path);
	else if (unlink(path) < 0)
		bb_perror_msg("can't remove '%s'", path);
	else {
		printf("%s: removed\n", name);
		r = EXIT_SUCCESS;
	}
	free(image);
	free(path);
	return r;
}

static int has_alias_name(const struct dirent *d)
{
	return d2d_is_command(d->d_name);
}

int d2dalias_each(const char *dir, int list, const struct d2d_alias *keep, int n)
{
	struct dirent **files;
	int i, r = EXIT_SUCCESS;
	int count = scandir(dir, &files, has_alias_name, versionsort);

	if (count < 0 && errno != ENOENT)
		bb_perror_msg_and_die("can't read '%s'", dir);
	for (i = 0; i < count; i++) {
		char *path = concat_path_file(dir, files[i]->d_name);
		char *image = d2d_alias_read(path);

		if (image && image[0]) {
			if (list)
				printf("%s %s\n", files[i]->d_name, image);
			else if (!d2d_alias_name_taken(keep, n, files[i]->d_name))
				r |= d2dalias_unlink(dir, files[i]->d_name);
		}
		free(image);
		free(path);
	}
	return r;
}
