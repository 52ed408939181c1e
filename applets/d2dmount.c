/*
 * d2dmount: decides what each volume is for, by content and label, and mounts it.
 *
 * Nothing is ever formatted, and nothing is written except by e2fsck on the store.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//config:config D2DMOUNT
//config:	bool "d2dmount"
//config:	default y
//config:	select D2D_LIBD2D
//config:	select VOLUMEID
//config:	select BLKID
//config:	select FEATURE_BLKID_TYPE
//config:	select FEATURE_VOLUMEID_EXT
//config:	select FEATURE_VOLUMEID_FAT
//config:	select FEATURE_VOLUMEID_LUKS
//config:	select MOUNT
//config:	select LOSETUP
//config:	help
//config:	Finds the volumes that the system booted from (medium), that
//config:	carry hooks and images (payload) and that keep Docker's data
//config:	(store), and mounts them. 'd2dmount --list' tells which is which.

//applet:IF_D2DMOUNT(APPLET(d2dmount, BB_DIR_USR_BIN, BB_SUID_DROP))

//kbuild:lib-$(CONFIG_D2DMOUNT) += d2dmount.o

//usage:#define d2dmount_trivial_usage
//usage:       "[-ln] [-r ROLE]... [-w SEC] [-s SEC] [-m UUID] [-S SPEC] [-R DIR] [FILE]..."
//usage:#define d2dmount_full_usage "\n\n"
//usage:       "Mount volumes by their role: medium, payload or store\n"
//usage:     "\n	-r,--role ROLE	Only this role"
//usage:     "\n	-l,--list	Show each volume with its role and why, mount nothing"
//usage:     "\n	-n,--dry-run	Print what would be mounted"
//usage:     "\n	-w,--wait SEC	Wait until the role is there"
//usage:     "\n	-s,--settle SEC	Wait while USB storage is on its way"
//usage:     "\n	-m,--medium UUID	The medium, instead of d2d.medium="
//usage:     "\n	-S,--store SPEC	The store, instead of d2d.store=: UUID=X, LABEL=X or /dev/X"
//usage:     "\n	-R,--root DIR	Look at DIR/sys and DIR/dev (with -l or -n)"
//usage:     "\n	FILE	Look at these devices or images alone (with -l or -n)"
//usage:     "\n"
//usage:     "\nExit code: 0 done, 1 failed, 2 nothing has this role"

#include <sys/file.h>
#include <sys/mount.h>
#include "libd2d.h"

enum {
	OPT_l = 1 << 0,
	OPT_n = 1 << 1,
	OPT_r = 1 << 2,
	OPT_w = 1 << 3,
	OPT_s = 1 << 4,

	EXIT_NOTHING = 2,
};

#define E2FSCK "/usr/sbin/e2fsck"
#define STORE_MAPPING "/dev/mapper/d2d-store"
#define LOCK D2D_RUN"/volumes.lock"

struct state {
	unsigned opt;
	const char *medium;	/* the UUID, NULL when none is known */
	const char *spec;	/* what names the store, NULL for the labels */
	const char *root;
	char **files;
	struct d2d_volume *list;
	struct d2d_volume *store;	/* the one of the list that is to be used */
	int n;
};

static void set_role(struct d2d_volume *v, int role, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void set_role(struct d2d_volume *v, int role, const char *format, ...)
{
	va_list args;

	free(v->why);
	v->role = role;
	va_start(args, format);
	if (vasprintf(&v->why, format, args) < 0)
		bb_die_memory_exhausted();
	va_end(args);
}

static int is_ext(const struct d2d_volume *v)
{
	return strlen(v->fstype) == 4 && is_prefixed_with(v->fstype, "ext");
}

/* ---- roles; the first rule that fits decides ---- */

static void decide_unusable(struct d2d_volume *v)
{
	if (v->err)
		set_role(v, D2D_ROLE_NONE, "can't read it: %s", strerror(-v->err));
	else if (!v->fstype[0])
		set_role(v, D2D_ROLE_NONE, "no file system that is known here");
	else if (v->holder)
		set_role(v, D2D_ROLE_NONE, "is in use as %s", v->holder);
	else if (v->mountpoint && !is_prefixed_with(v->mountpoint, D2D_RUN"/"))
		set_role(v, D2D_ROLE_NONE, "is in use");
}

static void decide_medium(struct state *st)
{
	const struct d2d_volume *medium = NULL;
	int i;

	for (i = 0; st->medium && i < st->n; i++) {
		struct d2d_volume *v = &st->list[i];

		if (v->why || strcasecmp(v->uuid, st->medium) != 0)
			continue;
		if (medium) {
			/* Mostly the first partition of a stick that the ISO was written to. */
			set_role(v, D2D_ROLE_NONE, "same UUID as %s", medium->dev);
			continue;
		}
		medium = v;
		set_role(v, D2D_ROLE_MEDIUM, "was booted from");
	}
}

/* What counts as the store, and how much: the mounted one, the opened LUKS volume, then the labels in this order. */
static int store_rank(const struct state *st, const struct d2d_volume *v)
{
	static const char labels[] ALIGN1 = "boot2docker-data\0""DOCKER\0""D2D-STORE\0";
	int named = index_in_strings(labels, v->label) + 1;
	int luks = strcmp(v->fstype, "crypto_LUKS") == 0;

	if (v->mountpoint && strcmp(v->mountpoint, D2D_STORE) == 0)
		return 9;
	if (strcmp(v->dev, STORE_MAPPING) == 0)
		return 8;
	if (!st->spec)
		return is_ext(v) || (luks && strcmp(v->label, "D2D-STORE") == 0) ? named : 0;
	if (is_prefixed_with(st->spec, "UUID="))
		return strcasecmp(v->uuid, st->spec + 5) == 0 ? 7 : 0;
	if (is_prefixed_with(st->spec, "LABEL="))
		return strcmp(v->label, st->spec + 6) == 0 ? 7 : 0;
	return strcmp(v->dev, st->spec) == 0 ? 7 : 0;
}

static void decide_store(struct state *st)
{
	int i, rank, best = 0;

	for (i = 0; i < st->n; i++) {
		struct d2d_volume *v = &st->list[i];

		rank = v->why ? 0 : store_rank(st, v);
		if (rank > best && is_ext(v)) {
			best = rank;
			st->store = v;
		}
	}
	for (i = 0; i < st->n; i++) {
		struct d2d_volume *v = &st->list[i];

		rank = v->why ? 0 : store_rank(st, v);
		if (!rank)
			continue;
		if (v == st->store)
			set_role(v, D2D_ROLE_STORE, rank == 9 ? "is mounted" : rank == 8 ? "was opened as the store" :
				rank == 7 ? "is named by d2d.store=" : "has the label of a store");
		else if (strcmp(v->fstype, "crypto_LUKS") == 0)
			set_role(v, D2D_ROLE_STORE, "locked: LUKS, d2dunlock opens it");
		else if (!is_ext(v))
			set_role(v, D2D_ROLE_STORE, "is named by d2d.store=, but %s can't be a store: it takes ext4", v->fstype);
		else
			set_role(v, D2D_ROLE_STORE, "%s comes first", st->store->dev);
	}
}

static int is_mounted_payload(const struct d2d_volume *v)
{
	return v->mountpoint && is_prefixed_with(v->mountpoint, D2D_PAYLOAD"/");
}

/* What lies in it can't be seen before it is mounted; look_inside() takes the role back. */
static void decide_payload(struct d2d_volume *v)
{
	static const char types[] ALIGN1 = "vfat\0""ext4\0""ext3\0""ext2\0""iso9660\0""exfat\0";

	if (strcmp(v->fstype, "crypto_LUKS") == 0)
		set_role(v, D2D_ROLE_NONE, "locked: LUKS");
	else if (index_in_strings(types, v->fstype) < 0)
		set_role(v, D2D_ROLE_NONE, "%s has no use here", v->fstype);
	else if (!v->removable && !v->label[0])
		set_role(v, D2D_ROLE_NONE, "is neither removable nor labelled");
	else
		set_role(v, D2D_ROLE_PAYLOAD, "%s%s", v->removable ? "removable" : "labelled",
			is_mounted_payload(v) ? ", has a folder d2d/" : ", if it has a folder d2d/");
}

static void decide(struct state *st)
{
	int i;

	for (i = 0; i < st->n; i++)
		decide_unusable(&st->list[i]);
	decide_medium(st);
	decide_store(st);
	for (i = 0; i < st->n; i++)
		if (!st->list[i].why)
			decide_payload(&st->list[i]);
}

/* ---- gathering ---- */

static void gather_files(struct state *st)
{
	int i;

	for (i = 0; st->files[i]; i++)
		continue;
	st->n = i;
	st->list = xzalloc(sizeof(*st->list) * (i + 1));
	while (--i >= 0) {
		st->list[i].dev = xstrdup(st->files[i]);
		st->list[i].name = xstrdup(bb_basename(st->files[i]));
		st->list[i].err = d2d_volume_probe(st->files[i], &st->list[i]);
	}
}

static int is_mountpoint(const char *path)
{
	struct mntent *m = find_mount_point(path, 0);

	return m && strcmp(m->mnt_dir, path) == 0;
}

static void gather_mounts(struct state *st)
{
	struct mntent *m;
	int i;

	for (i = 0; i < st->n; i++) {
		struct d2d_volume *v = &st->list[i];

		m = find_mount_point(v->dev, 0);
		if (m)
			v->mountpoint = xstrdup(m->mnt_dir);
		/* A partitioned medium is mounted through a loop device. */
		else if (v->partitioned && st->medium && strcasecmp(v->uuid, st->medium) == 0 && is_mountpoint(D2D_MEDIUM))
			v->mountpoint = xstrdup(D2D_MEDIUM);
	}
}

static void gather(struct state *st)
{
	if (st->files[0]) {
		gather_files(st);
	} else {
		st->n = d2d_volumes_scan_at(st->root, &st->list);
		if (st->n < 0)
			bb_error_msg_and_die("can't look for volumes: %s", strerror(-st->n));
	}
	gather_mounts(st);
	decide(st);
}

static void forget(struct state *st)
{
	d2d_volumes_free(st->list, st->n);
	st->list = NULL;
	st->store = NULL;
	st->n = 0;
}

/* The volume that is to be mounted for a role. */
static struct d2d_volume *next_of_role(const struct state *st, int role, struct d2d_volume *v)
{
	if (role == D2D_ROLE_STORE)
		return v ? NULL : st->store;
	for (v = v ? v + 1 : st->list; v < st->list + st->n; v++)
		if (v->role == role)
			return v;
	return NULL;
}

static int is_there(const struct state *st, int role)
{
	int i;

	for (i = 0; i < st->n; i++)
		if (st->list[i].role == role)
			return 1;
	return 0;
}

/* ---- waiting ---- */

static int wait_uevent(int fd, unsigned long long end)
{
	long long left = end - monotonic_ms();
	int r;

	if (left <= 0)
		return 0;
	r = d2d_uevent_wait(fd, "block", left);
	if (r < 0)
		bb_error_msg_and_die("can't wait for devices: %s", strerror(-r));
	return r;
}

static void settle_usb(const struct state *st, int fd, unsigned seconds)
{
	unsigned long long end = monotonic_ms() + seconds * 1000ULL;
	int left;

	while (monotonic_ms() < end && (left = d2d_usb_settling(st->root)) > 0)
		wait_uevent(fd, MIN(end, monotonic_ms() + left));
}

/* The first role that is asked for and not there. A medium that nobody named will never be. */
static int missing_role(const struct state *st, unsigned roles)
{
	int role;

	for (role = D2D_ROLE_MEDIUM; role <= D2D_ROLE_STORE; role++)
		if ((roles & (1 << role)) && (role != D2D_ROLE_MEDIUM || st->medium) && !is_there(st, role))
			return role;
	return D2D_ROLE_NONE;
}

/* Gathers, under the lock, until all that is asked for is there. */
static void gather_and_wait(struct state *st, int lock, int fd, unsigned roles, unsigned seconds)
{
	unsigned long long end = monotonic_ms() + seconds * 1000ULL;
	int role;

	for (;;) {
		flock(lock, LOCK_EX);
		gather(st);
		role = missing_role(st, roles);
		if (!seconds || role == D2D_ROLE_NONE)
			return;
		flock(lock, LOCK_UN);
		if (!wait_uevent(fd, end))
			break;
		forget(st);
	}
	if (role == D2D_ROLE_MEDIUM)
		bb_error_msg_and_die("medium '%s' didn't appear in %u s", printable_string(st->medium), seconds);
	bb_error_msg_and_die("no %s appeared in %u s", d2d_role_name(role), seconds);
}

/* ---- mounting ---- */

static const char *target_of(const struct d2d_volume *v)
{
	if (v->role == D2D_ROLE_PAYLOAD)
		return auto_string(concat_path_file(D2D_PAYLOAD, v->name));
	return v->role == D2D_ROLE_STORE ? D2D_STORE : D2D_MEDIUM;
}

/* The options of each file system beside those that all read-only volumes get. */
static const char *data_of(const struct d2d_volume *v)
{
	if (v->role == D2D_ROLE_STORE)
		return "errors=remount-ro";
	/* A journal would be replayed, and so written, even by a read-only mount. */
	if (is_ext(v))
		return "noload";
	/* File names are UTF-8, and each file may be run, whatever the umask was. */
	if (strcmp(v->fstype, "vfat") == 0)
		return "utf8,umask=022";
	return strcmp(v->fstype, "iso9660") == 0 ? "iocharset=utf8" : NULL;
}

static const char *type_of(const struct d2d_volume *v)
{
	return is_ext(v) ? "ext4" : v->fstype;
}

static void print_mount(const struct d2d_volume *v)
{
	const char *data = data_of(v);

	printf("mount -t %s -o %s%s%s %s %s\n", type_of(v), v->role == D2D_ROLE_STORE ? "rw" : "ro,nosuid,nodev",
		data ? "," : "", data ? data : "", v->dev, target_of(v));
}

static int fail(struct d2d_volume *v, int err, const char *what)
{
	set_role(v, v->role, "%s: %s", what, strerror(err));
	bb_error_msg("%s %s: %s", d2d_role_name(v->role), v->dev, v->why);
	return -1;
}

static int do_mount(struct d2d_volume *v, const char *dev)
{
	unsigned long flags = v->role == D2D_ROLE_STORE ? 0 : MS_RDONLY | MS_NOSUID | MS_NODEV;
	const char *target = target_of(v);

	if (mount(dev, target, type_of(v), flags | MS_SILENT, data_of(v)) != 0) {
		int err = errno;

		rmdir(target);
		errno = err;
		return -1;
	}
	v->mountpoint = xstrdup(target);
	return 0;
}

/* Mounting a whole disk bars its partitions from being mounted, and one of them may be the store: a loop device
 * over it doesn't. */
static int mount_partitioned(struct d2d_volume *v)
{
	char *loop = NULL;
	int r, fd = set_loop(&loop, v->dev, 0, 0, BB_LO_FLAGS_READ_ONLY | BB_LO_FLAGS_AUTOCLEAR);

	if (fd < 0)
		return do_mount(v, v->dev);
	r = do_mount(v, loop);
	close(fd);
	free(loop);
	return r;
}

static int mount_volume(struct d2d_volume *v)
{
	/* It writes into the path. */
	if (bb_make_directory(auto_string(xstrdup(target_of(v))), 0755, FILEUTILS_RECUR) != 0)
		return -1;
	if ((v->partitioned ? mount_partitioned(v) : do_mount(v, v->dev)) == 0)
		return 0;
	if (errno == ENODEV)
		return fail(v, errno, xasprintf("this kernel can't mount %s", v->fstype));
	return fail(v, errno, "can't mount it");
}

static int check_store(struct d2d_volume *v)
{
	char *argv[] = { (char *)E2FSCK, (char *)"-p", v->dev, NULL };
	int code, read_only = 0, fd = open(v->dev, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return fail(v, errno, "can't write to it");
	ioctl(fd, BLKROGET, &read_only);
	close(fd);
	if (read_only)
		return fail(v, EROFS, "can't write to it");
	if (access(E2FSCK, X_OK) != 0)
		return 0;
	/* e2fsck(8): 1 and 2 say that all was put right, 4 that it was not, the others that there was no check. */
	code = spawn_and_wait(argv);
	if (code >= 0 && code < 4)
		return 0;
	set_role(v, v->role, "damaged: e2fsck -p says %d; run 'e2fsck %s'", code, v->dev);
	bb_error_msg("store %s: %s", v->dev, v->why);
	return -1;
}

static void unmount_payload(const char *path)
{
	umount2(path, MNT_DETACH);
	rmdir(path);
}

/* Takes the role of a payload back from a volume without a folder d2d/. */
static void look_inside(struct d2d_volume *v)
{
	char *dir = concat_path_file(v->mountpoint, "d2d");
	struct stat st;

	if (stat(dir, &st) == 0 && S_ISDIR(st.st_mode)) {
		set_role(v, v->role, "%s, has a folder d2d/", v->removable ? "removable" : "labelled");
	} else {
		set_role(v, D2D_ROLE_NONE, "has no folder d2d/");
		unmount_payload(v->mountpoint);
		free(v->mountpoint);
		v->mountpoint = NULL;
	}
	free(dir);
}

/* Two sticks with one label, or a partition table in the first sector of a file system: the first one counts. */
static int is_double(const struct state *st, struct d2d_volume *v)
{
	const struct d2d_volume *other;

	for (other = st->list; other < st->list + st->n; other++) {
		if (other == v || !is_mounted_payload(other))
			continue;
		if (strcmp(v->label, other->label) != 0)
			continue;
		if (v->label[0])
			set_role(v, v->role, "same label as %s", other->dev);
		else if (v->uuid[0] && strcmp(v->uuid, other->uuid) == 0)
			set_role(v, v->role, "same UUID as %s", other->dev);
		else
			continue;
		bb_error_msg("payload %s isn't used: %s", v->dev, v->why);
		return 1;
	}
	return 0;
}

static int mount_payload(struct state *st, struct d2d_volume *v)
{
	if (is_double(st, v))
		return 0;
	if (mount_volume(v) != 0) {
		/* A disk that nobody meant as a payload may well be strange. */
		if (v->removable || is_prefixed_with(v->label, "D2D"))
			return -1;
		v->role = D2D_ROLE_NONE;
		return 0;
	}
	look_inside(v);
	return 0;
}

/* Sticks that were pulled out leave their mounts behind. */
static void drop_gone_payloads(const struct state *st)
{
	DIR *dir = opendir(D2D_PAYLOAD);
	struct dirent *de;
	int i;

	if (!dir)
		return;
	while ((de = readdir(dir)) != NULL) {
		char *path = concat_subpath_file(D2D_PAYLOAD, de->d_name);

		for (i = 0; path && i < st->n; i++)
			if (st->list[i].mountpoint && strcmp(st->list[i].mountpoint, path) == 0)
				break;
		if (path && i == st->n)
			unmount_payload(path);
		free(path);
	}
	closedir(dir);
}

static int mount_role(struct state *st, int role)
{
	struct d2d_volume *v = NULL;
	int code = EXIT_NOTHING;

	while ((v = next_of_role(st, role, v)) != NULL) {
		int r = 0;

		if (!v->mountpoint) {
			if (st->opt & OPT_n)
				print_mount(v);
			else if (role == D2D_ROLE_PAYLOAD)
				r = mount_payload(st, v);
			else
				r = (role == D2D_ROLE_STORE && check_store(v) != 0) ? -1 : mount_volume(v);
			if (v->mountpoint)
				printf("%s: %s (%s) on %s\n", d2d_role_name(role), v->dev, v->fstype, v->mountpoint);
		}
		if (r != 0)
			code = EXIT_FAILURE;
		else if (code == EXIT_NOTHING && (v->mountpoint || (st->opt & OPT_n)))
			code = EXIT_SUCCESS;
	}
	return code;
}

static void say_nothing_found(const struct state *st, int role)
{
	int i;

	for (i = 0; i < st->n; i++)
		if (role == D2D_ROLE_STORE && st->list[i].role == role)
			bb_error_msg("store %s: %s", st->list[i].dev, st->list[i].why);

	if (role == D2D_ROLE_PAYLOAD)
		bb_simple_error_msg("no removable or labelled volume has a folder d2d/");
	else if (role == D2D_ROLE_STORE && st->spec)
		bb_error_msg("no store: nothing that can be used is '%s'", printable_string(st->spec));
	else if (role == D2D_ROLE_STORE && is_there(st, role))
		bb_simple_error_msg("no store that can be used");
	else if (role == D2D_ROLE_STORE)
		bb_simple_error_msg("no store: no ext4 volume is labelled D2D-STORE, DOCKER or boot2docker-data");
	else if (st->medium)
		bb_error_msg("medium '%s' isn't there", printable_string(st->medium));
	else
		bb_simple_error_msg("no medium: d2d.medium= isn't set");
}

static int mount_roles(struct state *st, unsigned roles)
{
	int role, code, worst = EXIT_NOTHING;

	for (role = D2D_ROLE_MEDIUM; role <= D2D_ROLE_STORE; role++) {
		if (!(roles & (1 << role)))
			continue;
		code = mount_role(st, role);
		if (code == EXIT_NOTHING) {
			say_nothing_found(st, role);
			/* What was asked for by name has to be there. */
			if ((role == D2D_ROLE_MEDIUM && st->medium) || (role == D2D_ROLE_STORE && st->spec))
				code = EXIT_FAILURE;
		}
		if (code == EXIT_FAILURE || worst == EXIT_NOTHING)
			worst = code;
	}
	return worst;
}

static int is_same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

/* What an earlier d2dmount found out about volumes of other roles: it was root, and it looked inside. */
static void recall(struct state *st, unsigned roles)
{
	struct d2d_volume *known, swap;
	int i, k, n = d2d_volumes_read(&known);

	for (i = 0; i < st->n; i++) {
		struct d2d_volume *v = &st->list[i];

		if (!v->err && (v->role == D2D_ROLE_NONE || (roles & (1 << v->role))))
			continue;
		for (k = 0; k < n; k++) {
			if (strcmp(v->dev, known[k].dev) != 0)
				continue;
			if (!v->err && (strcmp(v->uuid, known[k].uuid) != 0 || !is_same(v->mountpoint, known[k].mountpoint)))
				continue;
			swap = *v;
			*v = known[k];
			known[k] = swap;
			break;
		}
	}
	d2d_volumes_free(known, n);
}

static int mount_all(struct state *st, unsigned roles)
{
	int code, r;

	drop_gone_payloads(st);
	code = mount_roles(st, roles);
	recall(st, roles);
	r = d2d_volumes_write(st->list, st->n);
	if (r < 0)
		bb_error_msg_and_die("can't write '%s': %s", D2D_VOLUMES, strerror(-r));
	return code;
}

/* ---- list ---- */

enum { COL_DEVICE, COL_ROLE, COL_FS, COL_LABEL, COL_WHERE, COL_WHY, COLUMNS };

/* Labels and UUIDs may hold anything, terminal sequences as well. */
static const char *cell(const struct d2d_volume *v, int column)
{
	const char *text[] = { v->dev, d2d_role_name(v->role), v->fstype, v->label, v->mountpoint, v->why };

	return text[column] && text[column][0] ? printable_string(text[column]) : "-";
}

static void print_list(struct state *st)
{
	static const char *const heads[COLUMNS] = { "DEVICE", "ROLE", "FS", "LABEL", "WHERE", "WHY" };
	int width[COLUMNS], i, c;

	if (!st->files[0] && !st->root[0])
		recall(st, 0);
	for (c = 0; c < COLUMNS; c++) {
		width[c] = strlen(heads[c]);
		for (i = 0; i < st->n; i++)
			width[c] = MAX(width[c], (int)strlen(cell(&st->list[i], c)));
	}
	for (i = -1; i < st->n; i++) {
		/* Its partitions say the same. */
		if (i >= 0 && st->list[i].err && st->list[i].partitioned)
			continue;
		for (c = 0; c < COL_WHY; c++)
			printf("%-*s  ", width[c], i < 0 ? heads[c] : cell(&st->list[i], c));
		puts(i < 0 ? heads[c] : cell(&st->list[i], c));
	}
}

static unsigned parse_roles(llist_t *names)
{
	unsigned roles = 0;

	while (names) {
		const char *name = llist_pop(&names);
		int role = D2D_ROLE_MEDIUM;

		while (strcmp(d2d_role_name(role), name) != 0)
			if (++role > D2D_ROLE_STORE)
				bb_error_msg_and_die("no role '%s': medium, payload or store", name);
		roles |= 1 << role;
	}
	return roles;
}

static const char *or_option(const char *given, const char *name)
{
	if (!given)
		given = d2d_option(name);
	return given && given[0] ? given : NULL;
}

int d2dmount_main(int argc, char **argv) MAIN_EXTERNALLY_VISIBLE;
int d2dmount_main(int argc UNUSED_PARAM, char **argv)
{
	static const char longopts[] ALIGN1 =
		"list\0"    No_argument       "l"
		"dry-run\0" No_argument       "n"
		"role\0"    Required_argument "r"
		"wait\0"    Required_argument "w"
		"settle\0"  Required_argument "s"
		"medium\0"  Required_argument "m"
		"store\0"   Required_argument "S"
		"root\0"    Required_argument "R"
		;
	struct state st = { .root = "" };
	llist_t *names = NULL;
	unsigned roles, seconds = 0, settle = 0;
	int fd = -1, lock = -1;

	st.opt = getopt32long(argv, "^" "lnr:*w:+s:+m:S:R:" "\0" "l--n:n--l", longopts,
		&names, &seconds, &settle, &st.medium, &st.spec, &st.root);
	st.files = argv + optind;
	if ((st.files[0] || st.root[0]) && !(st.opt & (OPT_l | OPT_n)))
		bb_show_usage();
	st.medium = or_option(st.medium, "medium");
	st.spec = or_option(st.spec, "store");
	roles = names ? parse_roles(names) : (1 << D2D_ROLE_MEDIUM) | (1 << D2D_ROLE_PAYLOAD) | (1 << D2D_ROLE_STORE);

	/* Bound before the first look, so that nothing comes in between. */
	if (st.opt & (OPT_w | OPT_s)) {
		fd = d2d_uevent_open();
		if (fd < 0)
			bb_error_msg_and_die("can't listen for devices: %s", strerror(-fd));
	}
	settle_usb(&st, fd, settle);

	/* Hooks run side by side. */
	if (!(st.opt & (OPT_l | OPT_n)))
		lock = xopen3(LOCK, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	gather_and_wait(&st, lock, fd, roles, seconds);
	if (st.opt & OPT_l) {
		print_list(&st);
		fflush_stdout_and_exit_SUCCESS();
	}
	fflush_stdout_and_exit(st.opt & OPT_n ? mount_roles(&st, roles) : mount_all(&st, roles));
}
