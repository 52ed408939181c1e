/*
 * d2dreset --soft: removes the settings of the store and the home directory; images, containers and volumes stay.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DRESET) += d2dreset_soft.o

#include "d2dreset.h"

#define HOME "/home/docker"	/* mount point of the store's directory home/ */

/* The paths below the store that docs/storage.md calls settings. If a path ends in '/', only the content is removed:
 * the directory itself stays, because it may be mounted elsewhere, too. */
static const char settings[] ALIGN1 =
	"d2d/config\0" "d2d/hostname\0" "d2d/timezone\0" "d2d/machine-id\0" "d2d/password\0" "d2d/ssh\0" "d2d/aliases\0" "home/\0";

/* Whether a path is, or lies below, one of the settings. Includes a mount on home/ itself, whose content would be
 * removed. */
static bool is_setting(const char *path)
{
	const char *p, *rest = is_prefixed_with(path, D2D_STORE"/");
	size_t len;

	for (p = settings; rest && *p; p += strlen(p) + 1) {
		len = strlen(p) - (last_char_is(p, '/') != NULL);
		if (strncmp(rest, p, len) == 0 && (!rest[len] || rest[len] == '/'))
			return true;
	}
	return false;
}

/* Refuses to go on while something is mounted below the settings, because its content would be removed as well. Mounts
 * are shared, so a volume that was mounted on ~/usb also appears below the store's home/. Device numbers can't tell,
 * because a directory of the store itself may be mounted there. */
static void refuse_mounts(void)
{
	FILE *mounts = setmntent(bb_path_mtab_file, "r");
	struct stat home, kept;
	struct mntent *m;
	bool is_home;

	if (!mounts)
		bb_perror_msg_and_die("can't read '%s'", bb_path_mtab_file);
	is_home = stat(HOME, &home) == 0 && stat(D2D_STORE"/home", &kept) == 0
		&& home.st_dev == kept.st_dev && home.st_ino == kept.st_ino;
	while ((m = getmntent(mounts)) != NULL)
		if (is_setting(m->mnt_dir) || (is_home && is_prefixed_with(m->mnt_dir, HOME"/")))
			bb_error_msg_and_die("something is mounted on '%s': unmount it first: nothing has changed",
				printable_string(m->mnt_dir));
	endmntent(mounts);
}

static int remove_content(const char *path)
{
	char **names, *dir = xstrdup(path);
	int i, n, r = 0;

	dir[strlen(dir) - 1] = '\0';
	/* A symbolic link is not followed, because its target lies elsewhere. */
	n = is_directory(dir, 0) ? d2d_dir_list(dir, INT_MAX, &names) : 0;
	for (i = 0; i < n; i++) {
		char *file = concat_path_file(dir, names[i]);

		r |= remove_file(file, FILEUTILS_RECUR | FILEUTILS_FORCE);
		free(file);
	}
	if (n > 0)
		d2d_dir_list_free(names, n);
	free(dir);
	return r;
}

int d2dreset_soft(unsigned opt)
{
	char *store = d2dreset_mounted();
	const char *p;
	int r = 0;

	refuse_mounts();
	printf("The settings, the permissions of images and the content of the home directory on %s will be removed. "
		"Images, containers and volumes stay.\n", store);
	d2dreset_ask(opt, "soft");
	refuse_mounts();
	for (p = settings; *p; p += strlen(p) + 1) {
		char *path = concat_path_file(D2D_STORE, p);

		if (last_char_is(path, '/'))
			r |= remove_content(path);
		else
			r |= remove_file(path, FILEUTILS_RECUR | FILEUTILS_FORCE);
		free(path);
	}
	sync();
	if (r != 0)
		bb_simple_error_msg_and_die("some files could not be removed");
	puts("Done: restart to use the initial settings");
	free(store);
	return EXIT_SUCCESS;
}
