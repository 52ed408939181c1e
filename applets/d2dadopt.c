/*
 * d2dadopt: makes a store of the disk that asks for it, and of no other.
 *
 * The file system is made behind the words that ask, and the partition table that replaces them is one sector, written
 * last: after a power cut they are still there, and it begins again, or the store is whole. So it is an MBR, not a GPT, which
 * would lie in the user's data before it counts; and it is written here, not by sfdisk.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//config:config D2DADOPT
//config:	bool "d2dadopt"
//config:	default y
//config:	select D2D_LIBD2D
//config:	select LONG_OPTS
//config:	help
//config:	Formats a disk that begins with "boot2docker, please format-me" or
//config:	"debian2docker, please format-me", as docker-machine makes them.

//applet:IF_D2DADOPT(APPLET(d2dadopt, BB_DIR_USR_SBIN, BB_SUID_DROP))

//kbuild:lib-$(CONFIG_D2DADOPT) += d2dadopt.o

//usage:#define d2dadopt_trivial_usage
//usage:       "[-n] [IMAGE]..."
//usage:#define d2dadopt_full_usage "\n\n"
//usage:       "Make a store of the disk that begins with 'boot2docker, please format-me' or\n"
//usage:       "'debian2docker, please format-me' and holds nothing else but userdata.tar, which is\n"
//usage:       "kept. Does nothing when there is a store, or d2d.store= names one.\n"
//usage:       "IMAGE: these files alone, each an image of a disk\n"
//usage:     "\n	-n,--dry-run	Say what would be done"
//usage:     "\n"
//usage:     "\nExit code: 0 done, 1 failed or refused, 2 nothing asks for it"

#include <sys/mount.h>
#include "libd2d.h"

#define MKE2FS "/usr/sbin/mke2fs"

enum {
	OPT_n = 1,
	EXIT_NOTHING = 2,
	MIB = 1024 * 1024,
	START = MIB,		/* of the partition */
	MARK = START - 512,	/* here it says that we have begun: what lies behind is ours */
	LOOKED_AT = 4 * MIB,	/* of the beginning, and */
	TAIL = MIB,		/* of the end, have to be zeros */
	SMALLEST = 64,		/* MiB */
};

static const char mark[] ALIGN1 = "d2dadopt has begun to format this disk\n";

struct disk {
	const char *path, *label, *why;
	int fd;
	bool is_file;
	off_t size;
	unsigned sector;
	char *head;		/* LOOKED_AT bytes */
	size_t userdata;
};

/* ---- is it one? ---- */

static bool is_zero_at_end(const struct disk *d)
{
	char *tail = xmalloc(TAIL);
	bool zero = pread(d->fd, tail, TAIL, d->size - TAIL) == TAIL && !tail[0] && memcmp(tail, tail + 1, TAIL - 1) == 0;

	free(tail);
	return zero;
}

static const char *refuses(struct disk *d)
{
	bool begun = memcmp(d->head + MARK, mark, sizeof(mark) - 1) == 0;
	ssize_t userdata = d2d_formatme_userdata(d->head, MARK);
	const char *why;

	if (userdata < 0)
		return "its userdata.tar doesn't end within the first MiB";
	d->userdata = userdata;
	why = d2d_formatme_refuses(d->head, begun ? MARK : LOOKED_AT, d->userdata);
	if (!why && !begun && !is_zero_at_end(d))
		why = "its last MiB is not all zeros";
	return why;
}

/* 0, or an errno; then d->label is set when it asks, and d->why when it must not be formatted. */
static int look_at(struct disk *d, int flags)
{
	int read_only = 0;
	struct stat st;

	/* Nobody else has it, as a mount or a device mapper would. */
	d->fd = open(d->path, flags | O_CLOEXEC);
	if (d->fd < 0 || fstat(d->fd, &st) < 0)
		return errno;
	d->is_file = S_ISREG(st.st_mode);
	d->sector = 512;
	if (!d->is_file)
		ioctl(d->fd, BLKSSZGET, &d->sector);
	d->size = lseek(d->fd, 0, SEEK_END);
	d->head = xzalloc(LOOKED_AT);
	if (pread(d->fd, d->head, MIN(LOOKED_AT, d->size), 0) < 0)
		return errno;
	d->label = d2d_formatme_label(d->head, LOOKED_AT);
	if (!d->label)
		return 0;
	if (!d->is_file && ioctl(d->fd, BLKROGET, &read_only) == 0 && read_only)
		d->why = "it is read-only";
	else if (d->size < SMALLEST * (off_t)MIB)
		d->why = "it is smaller than 64 MiB";
	else
		d->why = refuses(d);
	return 0;
}

/* ---- make it a store ---- */

static void put(const struct disk *d, const void *data, size_t len, off_t at)
{
	if (pwrite(d->fd, data, len, at) != (ssize_t)len || fsync(d->fd) < 0)
		bb_perror_msg_and_die("can't write to '%s'", d->path);
}

/* The folder that the file system is to begin with. */
static char *make_stage(const struct disk *d)
{
	char *dir = xstrdup("/tmp/d2dadopt.XXXXXX"), *path;

	if (!mkdtemp(dir) || chmod(dir, 0755) < 0)
		bb_simple_perror_msg_and_die("can't make a directory in '/tmp'");
	path = xasprintf("%s/var/lib/boot2docker/userdata.tar", dir);
	if (d2d_folder_make(path) < 0 || (d->userdata && d2d_file_save(path, d->head, d->userdata) < 0))
		bb_error_msg_and_die("can't write '%s'", path);
	chmod(path, 0600);
	free(path);
	/* Where boot2docker has Docker's data. */
	path = xasprintf("%s/var/lib/docker", dir);
	mkdir(path, 0710);
	free(path);
	return dir;
}

/* Partition sectors, as far as an MBR counts. */
static uint32_t sectors_of(const struct disk *d)
{
	return MIN((d->size - START) / d->sector, (off_t)UINT32_MAX);
}

static int make_file_system(const struct disk *d)
{
	char *stage = make_stage(d);
	/* Discarding would reach the words in front of it. */
	char *options = xasprintf("offset=%u,nodiscard,root_owner=0:0", START);
	char *size = xasprintf("%lluk", (unsigned long long)sectors_of(d) * d->sector / 1024);
	char *argv[] = { (char *)MKE2FS, (char *)"-q", (char *)"-F", (char *)"-t", (char *)"ext4", (char *)"-L",
		(char *)d->label, (char *)"-E", options, (char *)"-d", stage, (char *)d->path, size, NULL };
	int code = spawn_and_wait(argv);

	remove_file(stage, FILEUTILS_RECUR | FILEUTILS_FORCE);
	free(size);
	free(options);
	free(stage);
	return code;
}

static void write_table(const struct disk *d)
{
	uint8_t *mbr = xzalloc(d->sector), *entry = mbr + 446;
	uint32_t start = SWAP_LE32(START / d->sector), count = SWAP_LE32(sectors_of(d));

	/* The disk's own number, then the first partition: no CHS, type Linux. */
	open_read_close("/dev/urandom", mbr + 440, 4);
	memcpy(entry, "\0\xfe\xff\xff\x83\xfe\xff\xff", 8);
	memcpy(entry + 8, &start, 4);
	memcpy(entry + 12, &count, 4);
	mbr[510] = 0x55;
	mbr[511] = 0xaa;
	put(d, mbr, d->sector, 0);
	free(mbr);
}

static void adopt(struct disk *d)
{
	char *zeros = xzalloc(START);
	int code;

	/* mke2fs wants to have it alone, too. */
	close(d->fd);
	d->fd = xopen(d->path, O_RDWR | O_CLOEXEC);
	printf("%s asks to be formatted: formatting it\n", d->path);
	fflush_all();
	put(d, mark, sizeof(mark) - 1, MARK);
	code = make_file_system(d);
	if (code != 0)
		bb_error_msg_and_die("can't make a file system on '%s': mke2fs failed with status %d", d->path, code);
	if (fsync(d->fd) < 0)
		bb_perror_msg_and_die("can't write to '%s'", d->path);
	write_table(d);
	/* From here on it is the store; what is left of the archive is only in the way. */
	put(d, zeros, START - d->sector, d->sector);
	free(zeros);
	if (!d->is_file && ioctl(d->fd, BLKRRPART) < 0)
		bb_perror_msg_and_die("'%s' is a store now, but the kernel won't see its partition before a restart", d->path);
	printf("%s: has one partition now, the store \"%s\"", d->path, d->label);
	printf(d->userdata ? "; its userdata.tar (%zu bytes) is kept in var/lib/boot2docker\n" : "\n", d->userdata);
}

/* 1: adopted, or would be; 0: doesn't ask; -1: must not be. */
static int try(const char *path, unsigned opt, bool is_image)
{
	struct disk d = { .path = path };
	int r = 0, err = look_at(&d, opt & OPT_n ? O_RDONLY : is_image ? O_RDWR : O_RDWR | O_EXCL);

	if (err) {
		bb_error_msg("can't open '%s': %s", path, strerror(err));
		r = -1;
	} else if (d.why) {
		bb_error_msg("'%s' asks to be formatted, but %s", path, d.why);
		r = -1;
	} else if (d.label) {
		if (opt & OPT_n)
			printf("%s would become the store \"%s\"\n", path, d.label);
		else
			adopt(&d);
		r = 1;
	}
	free(d.head);
	if (d.fd >= 0)
		close(d.fd);
	return r;
}

/* ---- which one? ---- */

static bool is_whole(const struct d2d_volume *v)
{
	char *path = xasprintf("/sys/class/block/%s/partition", v->name);
	bool whole = access(path, F_OK) != 0;

	free(path);
	return whole;
}

/* What is there instead of it, or NULL; the caller frees it. */
static char *store_of(const struct d2d_volume *list, int n, const char *spec)
{
	int i;

	for (i = 0; i < n; i++)
		if (list[i].role == D2D_ROLE_STORE)
			return xasprintf("%s is the store", list[i].dev);
	return spec ? xasprintf("d2d.store=%s names the store", printable_string(spec)) : NULL;
}

static int find(unsigned opt)
{
	char *spec = d2d_option("store"), *medium = d2d_option("medium"), *store;
	struct d2d_volume *list;
	int i, r, code = EXIT_NOTHING, n = d2d_volumes_scan(&list);

	if (n < 0)
		bb_error_msg_and_die("can't look for volumes: %s", strerror(-n));
	d2d_mounts_find(list, n);
	d2d_roles_decide(list, n, medium, spec && spec[0] ? spec : NULL);
	store = store_of(list, n, spec && spec[0] ? spec : NULL);
	for (i = 0; i < n; i++) {
		const struct d2d_volume *v = &list[i];

		if (v->err || strcmp(v->fstype, "format-me") != 0 || v->partitioned || v->holder || v->mountpoint || !is_whole(v))
			continue;
		if (store) {
			printf("%s asks to be formatted, and is left alone: %s\n", v->dev, store);
			continue;
		}
		r = try(v->dev, opt, false);
		if (r > 0)
			store = xasprintf("%s is the store", v->dev);
		code = r > 0 ? EXIT_SUCCESS : code == EXIT_NOTHING && r < 0 ? EXIT_FAILURE : code;
	}
	d2d_volumes_free(list, n);
	if (code == EXIT_NOTHING && !store)
		puts("no disk asks to be formatted");
	return code;
}

int d2dadopt_main(int argc, char **argv) MAIN_EXTERNALLY_VISIBLE;
int d2dadopt_main(int argc UNUSED_PARAM, char **argv)
{
	static const char longopts[] ALIGN1 = "dry-run\0" No_argument "n";
	unsigned opt = getopt32long(argv, "n", longopts);
	int r, code = EXIT_NOTHING;

	argv += optind;
	if (!argv[0])
		fflush_stdout_and_exit(find(opt));
	for (; *argv; argv++) {
		struct stat st;

		/* A disk that is named could be one with the wrong words on it: the scan alone decides about those. */
		if (stat(*argv, &st) == 0 && !S_ISREG(st.st_mode))
			bb_error_msg_and_die("'%s' is not an image file; disks are found by a scan only", *argv);
		r = try(*argv, opt, true);
		code = r < 0 ? EXIT_FAILURE : code == EXIT_NOTHING && r > 0 ? EXIT_SUCCESS : code;
	}
	fflush_stdout_and_exit(code);
}
