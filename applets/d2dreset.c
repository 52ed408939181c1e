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

//kbuild:lib-$(CONFIG_D2DRESET) += d2dreset.o

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

#include "d2dinstall.h"
#include "d2d_luks.h"

enum {
	OPT_SOFT = 1 << 2,
	OPT_HARD = 1 << 3,
	OPT_CONSOLE = 1 << 4,

	EXIT_SKIPPED = 77,	/* docs/hooks.md */
	PATIENCE = 60,	/* seconds */
	HEAD = 4096,
};

#define CLOSE_STORE "/usr/lib/d2d/close-store"

/* The volume that is mounted as the store; dies without one. */
static char *mounted_store(void)
{
	struct mntent *m = find_mount_point(D2D_STORE, 0);

	if (!m || strcmp(m->mnt_dir, D2D_STORE) != 0)
		bb_simple_error_msg_and_die("no store is mounted: name the device that is to be reset");
	return xstrdup(m->mnt_fsname);
}

static void ask(unsigned opt, const char *word)
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

/* ---- soft ---- */

/* What docs/storage.md names as settings, below the store. A '/' at the end: what is in it goes, the folder stays, for it may be
 * mounted elsewhere. */
static const char settings[] ALIGN1 =
	"d2d/config\0" "d2d/hostname\0" "d2d/timezone\0" "d2d/machine-id\0" "d2d/ssh\0" "d2d/aliases\0" "home/\0";

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
	char *store = mounted_store();
	const char *p;
	int r = 0;

	printf("Settings, what images were allowed, and the home folder on %s go. Images, containers and volumes stay.\n", store);
	ask(opt, "soft");
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

/* ---- hard ---- */

static void close_store(const char *dev)
{
	char *argv[] = { (char *)CLOSE_STORE, NULL };
	struct mntent *m = find_mount_point(dev, 0);

	if (!m)
		return;
	if (strcmp(m->mnt_dir, D2D_STORE) != 0)
		bb_error_msg_and_die("'%s' is in use: mounted on %s", dev, m->mnt_dir);
	spawn_and_wait(argv);
	m = find_mount_point(dev, 0);
	if (m)
		bb_error_msg_and_die("'%s' can't be taken out of use: mounted on %s", dev, m->mnt_dir);
}

/* What an opened LUKS volume lies on, or the device itself; the caller frees it. */
static char *below(const char *dev)
{
	char *pattern, **names, *lower = NULL;
	struct stat st;
	int n;

	if (stat(dev, &st) != 0)
		bb_perror_msg_and_die("can't open '%s'", dev);
	pattern = xasprintf("/sys/dev/block/%u:%u/slaves", major(st.st_rdev), minor(st.st_rdev));
	n = d2d_folder(pattern, INT_MAX, &names);
	if (n == 1)
		lower = concat_path_file("/dev", names[0]);
	if (n >= 0)
		d2d_folder_free(names, n);
	free(pattern);
	return lower ? lower : xstrdup(dev);
}

/* What a power cut leaves of one that was being made anew: nothing is where any system would begin. */
static bool is_wiped(const char *dev)
{
	char head[HEAD];

	return open_read_close(dev, head, sizeof(head)) == sizeof(head) && !head[0] && memcmp(head, head + 1, sizeof(head) - 1) == 0;
}

/* Only a store as we make them: any other may be the place of something that this program doesn't know. */
static void check_kind(const char *dev, struct d2d_volume *v)
{
	int r = d2d_volume_probe(dev, v);

	if (r < 0)
		bb_error_msg_and_die("can't read '%s': %s", dev, strerror(-r));
	if (is_prefixed_with(dev, "/dev/mapper/") || is_prefixed_with(dev, "/dev/dm-")
	 || (!d2d_volume_is_ext(v) && !(ENABLE_FEATURE_D2DINSTALL_LUKS && strcmp(v->fstype, "crypto_LUKS") == 0)
	  && (v->fstype[0] || !is_wiped(dev))))
		bb_error_msg_and_die("'%s' is no store (ext4"IF_FEATURE_D2DINSTALL_LUKS(", LUKS")") that can be made anew", dev);
}

static bool is_luks(const struct d2d_volume *v)
{
	return ENABLE_FEATURE_D2DINSTALL_LUKS && strcmp(v->fstype, "crypto_LUKS") == 0;
}

/* Whoever else has it. */
static void refuse_used(const char *dev)
{
	int fd = open(dev, O_RDWR | O_EXCL | O_CLOEXEC);

	if (fd < 0)
		bb_perror_msg_and_die("'%s' is in use", dev);
	close(fd);
}

/* Of an encrypted one the keys go first: from then on nobody reads what was in it. */
static void erase_keys(const char *dev)
{
	int r = d2d_luks_erase(dev);

	if (r < 0)
		bb_error_msg_and_die("can't erase the keys of '%s': %s", dev, strerror(-r));
	printf("%s: its keys are erased\n", dev);
}

/* mke2fs writes over an old store in any order, and what a power cut leaves then may look whole: first of all nothing is to
 * be there. mke2fs writes the new superblock last. */
static void wipe_head(const char *dev)
{
	char head[HEAD] = "";
	int fd = xopen(dev, O_WRONLY | O_CLOEXEC);

	xwrite(fd, head, sizeof(head));
	if (fsync(fd) != 0)
		bb_perror_msg_and_die("can't write '%s'", dev);
	close(fd);
}

static void make_anew(const char *dev, const struct install_key *key)
{
	if (!key)
		wipe_head(dev);
	if ((ENABLE_FEATURE_D2DINSTALL_LUKS && key ? d2dinstall_make_luks(dev, key) : d2dinstall_make_ext4(dev, 0, 0)) < 0)
		bb_error_msg_and_die("no store was made on '%s'", dev);
	sync();
}

/* The new passphrase, before anything is lost. */
static struct install_key *ask_key(void)
{
	struct install_key *key = d2dinstall_key(NULL);
	int r = d2dinstall_key_ask(key, false, 0);

	if (r < 0)
		bb_error_msg_and_die("%s: nothing has changed", d2dinstall_key_error(r));
	return key;
}

static void tell_failure(void)
{
	d2d_tell("\ndebian2docker: the reset has failed: the store is not in use, 'sudo d2d reset --hard DEVICE' begins again\n");
}

/* Whoever has files open on the store is ended, the shell that has called us as well, and its terminal may go with it: from
 * here on we need neither. */
static void go_on_alone(struct install_key *key)
{
	int status = -1;
	pid_t pid;

	xchdir("/");
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	fflush_all();
	pid = xfork();
	if (pid > 0) {
		if (ENABLE_FEATURE_D2DINSTALL_LUKS)
			d2dinstall_key_wipe(key);
		safe_waitpid(pid, &status, 0);
		exit(WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE);
	}
	if (ENABLE_FEATURE_D2DINSTALL_LUKS && key)
		d2dinstall_key_lock(key);
	setsid();
	/* so that d2d_tell() speaks to all consoles */
	xmove_fd(xopen(bb_dev_null, O_RDONLY), STDIN_FILENO);
	die_func = tell_failure;
}

static int hard(const char *path, unsigned opt)
{
	char *used = path ? xmalloc_realpath(path) : mounted_store(), *dev, *name;
	struct install_key *key = NULL;
	struct d2d_volume v = { 0 };
	struct stat st;

	if (!used || stat(used, &st) != 0)
		bb_perror_msg_and_die("can't open '%s'", path ? path : used);
	if (!S_ISBLK(st.st_mode))
		bb_error_msg_and_die("'%s' is no device", used);
	dev = path ? xstrdup(used) : below(used);
	name = d2d_luks_open_as(dev);
	if (name) {
		free(used);
		used = xasprintf("/dev/mapper/%s", name);
	}
	check_kind(dev, &v);
	printf("ALL OF %s IS LOST: %s \"%s\", with Docker's images, containers and volumes.\n", dev, v.fstype[0] ? v.fstype : "nothing",
		printable_string(v.label));
	ask(opt, bb_basename(dev));
	if (is_luks(&v))
		key = ask_key();
	if (find_mount_point(used, 0))
		puts("Docker stops, and who works on the store is logged out");
	go_on_alone(key);
	close_store(used);
	/* It was opened, but nothing that could be mounted is in it. */
	if (ENABLE_FEATURE_D2DINSTALL_LUKS && name)
		d2d_luks_close(name);
	refuse_used(dev);
	if (is_luks(&v))
		erase_keys(dev);
	make_anew(dev, key);
	if (key)
		d2dinstall_key_wipe(key);
	puts("The store is new: restart to use it");
	d2d_tell("\ndebian2docker: the store is new: restart to use it\n");
	d2d_volume_clear(&v);
	free(name);
	free(used);
	free(dev);
	return EXIT_SUCCESS;
}

/* ---- at the console, in a hook ---- */

/* The only store, encrypted and not opened yet; NULL when there are others. */
static struct d2d_volume *locked_store(struct d2d_volume *list, int n)
{
	struct d2d_volume *store = NULL;
	int i;

	for (i = 0; i < n; i++) {
		if (list[i].role != D2D_ROLE_STORE)
			continue;
		if (store || !is_luks(&list[i]) || list[i].holder)
			return NULL;
		store = &list[i];
	}
	return store;
}

static int console(void)
{
	char *spec = d2d_option("store"), *question, answer[32];
	struct d2d_volume *list, *store, v = { 0 };
	struct install_key *key = NULL;
	int r, n = d2d_volumes_scan(&list);

	if (n < 0)
		bb_error_msg_and_die("can't look for volumes: %s", strerror(-n));
	d2d_mounts_find(list, n);
	store = d2d_roles_decide(list, n, NULL, spec && spec[0] ? spec : NULL);
	if (!store && ENABLE_FEATURE_D2DINSTALL_LUKS)
		store = locked_store(list, n);
	if (!store) {
		puts("no store is there, or it isn't clear which");
		return EXIT_SKIPPED;
	}
	check_kind(store->dev, &v);
	question = xasprintf("\ndebian2docker: reset: ALL OF THE STORE ON %s IS LOST, with Docker's images, containers and volumes.\n"
		"Type reset to make it anew; anything else, or %u seconds, and it stays as it is: ", store->dev, (unsigned)PATIENCE);
	if (d2d_ask(question, answer, sizeof(answer), PATIENCE) < 0 || strcmp(answer, "reset") != 0) {
		puts("not wanted: the store stays as it is");
		return EXIT_SKIPPED;
	}
	refuse_used(store->dev);
	if (is_luks(&v)) {
		erase_keys(store->dev);
		key = d2dinstall_key(NULL);
		r = d2dinstall_key_ask(key, true, PATIENCE);
		if (r < 0)
			bb_error_msg_and_die("%s: %s is no store any more; 'd2d unlock format' makes one", d2dinstall_key_error(r), store->dev);
	}
	make_anew(store->dev, key);
	if (key)
		d2dinstall_key_wipe(key);
	printf("the store on %s is new\n", store->dev);
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
		return console();
	/* behind the answer a passphrase may come */
	setvbuf(stdin, NULL, _IONBF, 0);
	return opt & OPT_SOFT ? soft(opt) : hard(argv[optind], opt);
}
