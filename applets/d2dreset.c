/*
 * d2dreset: back to how it was when new: the settings alone, or all that the store holds.
 *
 * Only ever touches the volume that is mounted as the store, or the one that is named.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//config:config D2DRESET
//config:	bool "d2dreset"
//config:	default y
//config:	depends on D2DINSTALL
//config:	help
//config:	Factory reset: settings alone (--soft), or a new store (--hard).

//applet:IF_D2DRESET(APPLET(d2dreset, BB_DIR_USR_BIN, BB_SUID_DROP))

//kbuild:lib-$(CONFIG_D2DRESET) += d2dreset.o d2dreset_console.o d2dreset_hard.o d2dreset_volume.o

//usage:#define d2dreset_trivial_usage
//usage:       "[-yn] -s | [-yn] -H [DEVICE] | -c"
//usage:#define d2dreset_full_usage "\n\n"
//usage:       "Make this system as it was when new\n"
//usage:     "\n	-s,--soft	Forget the settings, what images were allowed, and what is in"
//usage:     "\n			the home folder; keep images, containers, volumes, and what"
//usage:     "\n			was put into other folders of d2d/"
//usage:     "\n	-H,--hard	Make the store anew: all that is in it is gone. Stops Docker"
//usage:     "\n			and unmounts the store first; whoever works in a home folder on"
//usage:     "\n			it is logged out. With DEVICE: that one"
//usage:     "\n	-c,--console	Before the store is mounted: ask on all consoles whether it is to"
//usage:     "\n			be made anew (the boot menu's \"Reset\")"
//usage:     "\n	-y,--yes	Don't ask"
//usage:     "\n	-n,--dry-run	Show what would go, write nothing"
//usage:     "\n"
//usage:     "\nExit code: 0 done, 1 failed or not wanted; with -c 77: nothing was to be done"

#include "d2dreset.h"

enum {
	OPT_SOFT = 1 << 2,
	OPT_HARD = 1 << 3,
	OPT_CONSOLE = 1 << 4,
};

#define HOME "/home/docker"	/* the store's home/, where it is lived in */

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
		bb_simple_error_msg_and_die("not wanted: nothing has changed");
	free(answer);
}

/* What docs/storage.md names as settings, below the store. A '/' at the end: what is in it goes, the folder stays, for it may be
 * mounted elsewhere. */
static const char settings[] ALIGN1 =
	"d2d/config\0" "d2d/hostname\0" "d2d/timezone\0" "d2d/machine-id\0" "d2d/ssh\0" "d2d/aliases\0" "home/\0";

/* Does this path lie in what goes? Of the home a mount on the folder itself counts, too: it would be emptied. */
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

/* Mounts are shared: what was mounted on ~/usb is below the store's home as well, and would be emptied with it. A device's number
 * doesn't tell them, for a folder of the store itself may be mounted there. */
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
	/* A link would lead elsewhere. */
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
	printf("Settings, what images were allowed, and the home folder on %s go. Images, containers and volumes stay.\n", store);
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
		bb_simple_error_msg_and_die("not all could be removed");
	puts("Done: restart to begin with what is new");
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
	/* The device that is held isn't to be one of them. */
	bb_sanitize_stdio();
	/* behind the answer a passphrase may come */
	setvbuf(stdin, NULL, _IONBF, 0);
	return opt & OPT_SOFT ? soft(opt) : d2dreset_hard(argv[optind], opt);
}
