/*
 * Lists, creates and removes directories.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_dir.o

#include <ftw.h>
#include "d2d_util.h"

enum { FTW_FDS = 64 };	/* descriptors that nftw() may keep open */

/* Compares two names in natural order, in which numbers compare by their value. */
static int natural(const void *a, const void *b)
{
	return strverscmp(*(char *const *)a, *(char *const *)b);
}

void d2d_dir_list_free(char **names, int n)
{
	while (n > 0)
		free(names[--n]);
	free(names);
}

int d2d_dir_list(const char *dir, int max, char ***names)
{
	struct dirent *d;
	DIR *folder = opendir(dir);
	int n = 0;

	*names = NULL;
	if (!folder)
		return -errno;
	while (n <= max && (d = readdir(folder)) != NULL) {
		if (DOT_OR_DOTDOT(d->d_name))
			continue;
		*names = xrealloc_vector(*names, 6, n);
		(*names)[n++] = xstrdup(d->d_name);
	}
	closedir(folder);

	if (n > max) {
		d2d_dir_list_free(*names, n);
		*names = NULL;
		return -E2BIG;
	}
	if (n)
		qsort(*names, n, sizeof(**names), natural);
	return n;
}

int d2d_make_parent_dirs(const char *path)
{
	char *copy = xstrdup(path), *slash;
	int err = 0;

	for (slash = strchr(copy + 1, '/'); slash && !err; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(copy, 0755) < 0 && errno != EEXIST)
			err = -errno;
		*slash = '/';
	}
	free(copy);
	return err;
}

static int remove_one(const char *path, const struct stat *st UNUSED_PARAM, int type, struct FTW *at UNUSED_PARAM)
{
	return type == FTW_DP || type == FTW_DNR ? rmdir(path) : unlink(path);
}

int d2d_remove_tree(const char *path)
{
	return nftw(path, remove_one, FTW_FDS, FTW_DEPTH | FTW_PHYS | FTW_MOUNT) < 0 && errno != ENOENT ? -errno : 0;
}
