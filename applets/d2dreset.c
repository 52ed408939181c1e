/*
 * d2dreset: resets this system to its initial state: only the settings, or everything that the store holds.
 *
 * Only the volume that is mounted as the store, or the one that the user names, is ever changed.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//config:config D2DRESET
//config:	bool "d2dreset"
//config:	default y
//config:	depends on D2DINSTALL
//config:	help
//config:	Factory reset: only the settings (--soft), or a new store (--hard).

//applet:IF_D2DRESET(APPLET(d2dreset, BB_DIR_USR_BIN, BB_SUID_DROP))

//kbuild:lib-$(CONFIG_D2DRESET) += d2dreset.o d2dreset_console.o d2dreset_hard.o d2dreset_volume.o

//usage:#define d2dreset_trivial_usage
//usage:       "[-yn] -s | [-yn] -H [DEVICE] | -c"
//usage:#define d2dreset_full_usage "\n\n"
//usage:       "Reset this system to its initial state\n"
//usage:     "\n	-s,--soft	Remove the settings, the permissions of images, and the"
//usage:     "\n			content of the home directory; keep images, containers,"
//usage:     "\n			volumes, and the files in other directories of d2d/"
//usage:     "\n	-H,--hard	Make the store anew; everything in it is lost. Stops"
//usage:     "\n			Docker and unmounts the store first; users who work in"
//usage:     "\n			a home directory on it are logged out. With DEVICE:"
//usage:     "\n			make the store on that volume anew"
//usage:     "\n	-c,--console	Before the store is mounted: ask on all consoles whether"
//usage:     "\n			to make it anew (entry \"Reset\" of the boot menu)"
//usage:     "\n	-y,--yes	Don't ask for confirmation"
//usage:     "\n	-n,--dry-run	Show what would be removed, write nothing"
//usage:     "\n"
//usage:     "\nExit code: 0 done, 1 failed or not confirmed; with -c 77: nothing to do"

#include "d2dreset.h"

enum {
	OPT_SOFT = 1 << 2,
	OPT_HARD = 1 << 3,
	OPT_CONSOLE = 1 << 4,
};

#define HOME "/home/docker"	/* mount point of the store's directory home/ */

char *d2dreset_mounted(void)
{
	struct mntent *m = find_mount_point(D2D_STORE, 0);

	if (!m || strcmp(m->mnt_dir, D2D_STORE) != 0)
		bb_simple_error_msg_and_die("no store is mounted: name the device that is to be reset");
	return xstrdup(m->mnt_fsname);
}

void d2dreset_ask(unsigned opt, const char *word)
{
	char *answer;

	if (opt & INSTALL_DRY_RUN)
		fflush_stdout_and_exit_SUCCESS();
	if (opt & INSTALL_YES)
		return;
	printf("Type %s to go on: ", printable_string(word));
	fflush_all();
	answer = xmalloc_fgetline(stdin);
	if (!answer || strcmp(answer, word) != 0)
		bb_simple_error_msg_and_die("not confirmed: nothing has changed");
	free(answer);
}

/* The paths below the store that docs/storage.md calls settings. If a path ends in '/', only the content is removed:
 * the directory itself stays, because it may be mounted elsewhere, too. */
static const char settings[] ALIGN1 =
	"d2d/config\0" "d2d/hostname\0" "d2d/timezone\0" "d2d/machine-id\0" "d2d/ssh\0" "d2d/aliases\0" "home/\0";

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
	is_home = stat(HOME, &home) == 0 && stat(D2D_STORE"/home", &kept) == 0 && home.st_dev == kept.st_dev && home.st_ino == kept.st_ino;
	while ((m = getmntent(mounts)) != NULL)
		if (is_setting(m->mnt_dir) || (is_home && is_prefixed_with(m->mnt_dir, HOME"/")))
			bb_error_msg_and_die("something is mounted on '%s': unmount it first: nothing has changed", printable_string(m->mnt_dir));
	endmntent(mounts);
}

static int remove_content(const char *path)
{
	char **names, *dir = xstrdup(path);
	int i, n, r = 0;

	dir[strlen(dir) - 1] = '\0';
	/* A symbolic link is not followed, because its target lies elsewhere. */
	n = is_directory(dir, 0) ? d2d_folder(dir, INT_MAX, &names) : 0;
	for (i = 0; i < n; i++) {
		char *file = concat_path_file(dir, names[i]);

		r |= remove_file(file, FILEUTILS_RECUR | FILEUTILS_FORCE);
		free(file);
	}
	if (n > 0)
		d2d_folder_free(names, n);
	free(dir);
	return r;
}

static int soft(unsigned opt)
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

int d2dreset_main(int argc, char **argv) MAIN_EXTERNALLY_VISIBLE;
int d2dreset_main(int argc UNUSED_PARAM, char **argv)
{
	static const char longopts[] ALIGN1 =
		"yes\0"     No_argument "y"
		"dry-run\0" No_argument "n"
		"soft\0"    No_argument "s"
		"hard\0"    No_argument "H"
		"console\0" No_argument "c"
		;
	unsigned opt = getopt32long(argv, "^" "ynsHc" "\0" "?1:s--Hc:H--sc:c--snyH:n--c:y--c", longopts);

	if (!(opt & (OPT_SOFT | OPT_HARD | OPT_CONSOLE)) || (!(opt & OPT_HARD) && argv[optind]))
		bb_show_usage();
	if (geteuid() != 0)
		bb_error_msg_and_die("%s: sudo d2d reset ...", bb_msg_you_must_be_root);
	if (opt & OPT_CONSOLE)
		return d2dreset_console();
	/* The descriptor of the device must not be one of 0 to 2. */
	bb_sanitize_stdio();
	/* A passphrase may follow the answer on stdin, so no read may buffer more than its own line. */
	setvbuf(stdin, NULL, _IONBF, 0);
	return opt & OPT_SOFT ? soft(opt) : d2dreset_hard(argv[optind], opt);
}
