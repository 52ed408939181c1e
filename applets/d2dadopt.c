/*
 * d2dadopt: formats a disk as the store if the disk begins with a text that asks for this. No other disk is ever formatted.
 *
 * The file system is made behind that text. The partition table, which overwrites the text, is a single sector and is written
 * last. So after a power cut either the text is still there and formatting starts again, or the store is complete. This is why
 * the table is an MBR and not a GPT, which would overwrite the user's archive before the table is complete, and why this
 * program writes the sector itself instead of running sfdisk.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//config:config D2DADOPT
//config:	bool "d2dadopt"
//config:	default y
//config:	select D2D_LIBD2D_MOUNT
//config:	select LONG_OPTS
//config:	help
//config:	Formats a disk as the store if it begins with the text
//config:	"boot2docker, please format-me" or "debian2docker, please format-me".
//config:	docker-machine creates such disks.

//applet:IF_D2DADOPT(APPLET(d2dadopt, BB_DIR_USR_SBIN, BB_SUID_DROP))

//kbuild:lib-$(CONFIG_D2DADOPT) += d2dadopt.o

//usage:#define d2dadopt_trivial_usage
//usage:       "[-n] [IMAGE]..."
//usage:#define d2dadopt_full_usage "\n\n"
//usage:       "Make the store on a disk that asks to be formatted. Such a disk begins with\n"
//usage:       "'boot2docker, please format-me' or 'debian2docker, please format-me', and must\n"
//usage:       "be empty except for the archive userdata.tar, which is kept. Nothing is done if\n"
//usage:       "there is a store already or d2d.store= names one. With IMAGE: examine only these\n"
//usage:       "files, each of which is the image of a whole disk\n"
//usage:     "\n	-n,--dry-run	Only print what would be done"
//usage:     "\n"
//usage:     "\nExit status: 0 done, 1 failed or refused, 77 nothing to do: no disk asks to be"
//usage:     "\nformatted"

#include <sys/mount.h>
#include "d2d_volume.h"

#define MKE2FS "/usr/sbin/mke2fs"

enum {
	OPT_n = 1,
	MIB = 1024 * 1024,
	START = MIB,		/* offset of the partition in bytes */
	MARK = START - 512,	/* offset of the mark; if the mark is there, everything behind it was written by us */
	HEAD_SIZE = 4 * MIB,	/* bytes at the start of the disk that must be zero, except for text and archive */
	TAIL = MIB,		/* bytes at the end of the disk that must be zero */
	SMALLEST = 64,		/* minimum disk size in MiB */
};

static const char mark[] ALIGN1 = "d2dadopt has begun to format this disk\n";

struct disk {
	const char *path, *label, *why;	/* label: of the requested file system, or NULL; why: reason to refuse, or NULL */
	int fd;
	bool is_file;
	off_t size;		/* bytes */
	unsigned sector;	/* logical sector size in bytes */
	char *head;		/* first HEAD_SIZE bytes of the disk */
	size_t userdata;	/* size of the archive in bytes, 0 for none */
};

/* ---- does the disk ask to be formatted? ---- */

static bool is_zero_at_end(const struct disk *d)
{
	char *tail = xmalloc(TAIL);
	bool zero = pread(d->fd, tail, TAIL, d->size - TAIL) == TAIL && !tail[0] && memcmp(tail, tail + 1, TAIL - 1) == 0;

	free(tail);
	return zero;
}

/* Sets d->userdata. Returns why the disk must not be formatted, or NULL. */
static const char *reason_to_refuse(struct disk *d)
{
	bool begun = memcmp(d->head + MARK, mark, sizeof(mark) - 1) == 0;
	ssize_t userdata = d2d_formatme_userdata(d->head, MARK);
	struct d2d_luks2 luks = { 0 };
	const char *why;

	if (userdata < 0)
		return "its userdata.tar doesn't end within the first MiB";
	d->userdata = userdata;
	why = d2d_formatme_refuses(d->head, begun ? MARK : HEAD_SIZE, d->userdata);
	if (!why && !begun && !is_zero_at_end(d))
		why = "its last MiB is not all zeros";
	/* The second copy of a LUKS2 header may begin just behind the head. */
	if (!why && !begun && d2d_luks2_read(d->fd, &luks))
		why = "it holds the header of a LUKS volume";
	d2d_luks2_free(&luks);
	return why;
}

/* Opens the disk and reads its start. Sets d->label if the disk asks to be formatted, and d->why if it must not be. Returns 0
 * or a positive errno. */
static int examine_disk(struct disk *d, int flags)
{
	int read_only = 0;
	struct stat st;
	ssize_t len;

	/* For a block device FLAGS has O_EXCL: open() fails if the device is mounted or used by a device mapper. */
	d->fd = open(d->path, flags | O_CLOEXEC);
	if (d->fd < 0 || fstat(d->fd, &st) < 0)
		return errno;
	d->is_file = S_ISREG(st.st_mode);
	d->sector = 512;
	if (!d->is_file)
		ioctl(d->fd, BLKSSZGET, &d->sector);
	d->size = lseek(d->fd, 0, SEEK_END);
	d->head = xzalloc(HEAD_SIZE);
	/* A read that ends early at a bad sector must not make the rest look like zeros. */
	len = pread(d->fd, d->head, MIN(HEAD_SIZE, d->size), 0);
	if (len != MIN(HEAD_SIZE, d->size))
		return len < 0 ? errno : EIO;
	d->label = d2d_formatme_label(d->head, HEAD_SIZE);
	if (!d->label)
		return 0;
	if (!d->is_file && ioctl(d->fd, BLKROGET, &read_only) == 0 && read_only)
		d->why = "it is read-only";
	else if (d->size < SMALLEST * (off_t)MIB)
		d->why = "it is smaller than 64 MiB";
	else
		d->why = reason_to_refuse(d);
	return 0;
}

/* ---- format the disk ---- */

static void write_and_sync(const struct disk *d, const void *data, size_t len, off_t at)
{
	if (pwrite(d->fd, data, len, at) != (ssize_t)len || fsync(d->fd) < 0)
		bb_perror_msg_and_die("can't write to '%s'", d->path);
}

/* Creates the directory from which mke2fs fills the new file system. The caller frees the path. */
static char *make_stage(const struct disk *d)
{
	char *dir = xstrdup("/tmp/d2dadopt.XXXXXX"), *path;

	if (!mkdtemp(dir) || chmod(dir, 0755) < 0)
		bb_simple_perror_msg_and_die("can't make a directory in '/tmp'");
	path = xasprintf("%s/var/lib/boot2docker/userdata.tar", dir);
	if (d2d_make_parent_dirs(path) < 0 || (d->userdata && d2d_file_save_as(path, d->head, d->userdata, 0600, NULL) < 0))
		bb_error_msg_and_die("can't write '%s'", path);
	free(path);
	/* boot2docker keeps Docker's data in this place. */
	path = xasprintf("%s/var/lib/docker", dir);
	mkdir(path, 0710);
	free(path);
	return dir;
}

/* Returns the size of the partition in sectors, limited to the 32 bits of an MBR entry. */
static uint32_t sectors_of(const struct disk *d)
{
	return MIN((d->size - START) / d->sector, (off_t)UINT32_MAX);
}

static int make_file_system(const struct disk *d)
{
	char *stage = make_stage(d);
	/* nodiscard: discarding would also erase the text in front of the file system. */
	char *options = xasprintf("offset=%u,nodiscard,root_owner=0:0", START);
	char *size = xasprintf("%lluk", (unsigned long long)sectors_of(d) * d->sector / 1024), same[D2D_FD_PATH];
	char *argv[] = { (char *)MKE2FS, (char *)"-q", (char *)"-F", (char *)"-t", (char *)"ext4", (char *)"-L",
		(char *)d->label, (char *)"-E", options, (char *)"-d", stage, same, size, NULL };
	int code;

	/* mke2fs opens the disk by the inherited descriptor, because the path may lead to another disk by now. */
	d2d_fd_path(same, d->fd);
	fcntl(d->fd, F_SETFD, 0);
	code = spawn_and_wait(argv);
	if (code < 0)
		bb_perror_msg("can't execute '%s'", MKE2FS);
	close_on_exec_on(d->fd);
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

	/* A random disk signature, then the first partition entry: no CHS addresses, type 0x83 (Linux). */
	open_read_close("/dev/urandom", mbr + 440, 4);
	memcpy(entry, "\0\xfe\xff\xff\x83\xfe\xff\xff", 8);
	memcpy(entry + 8, &start, 4);
	memcpy(entry + 12, &count, 4);
	mbr[510] = 0x55;
	mbr[511] = 0xaa;
	write_and_sync(d, mbr, d->sector, 0);
	free(mbr);
}

/* Opens the disk again without O_EXCL, because mke2fs opens it with O_EXCL. The disk is opened by the descriptor, which stays
 * open until then: the path could lead to another disk, which was not examined. */
static void open_shared(struct disk *d)
{
	char same[D2D_FD_PATH];
	int fd;

	d2d_fd_path(same, d->fd);
	fd = open(same, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		bb_perror_msg_and_die("can't open '%s'", d->path);
	close(d->fd);
	d->fd = fd;
}

static void adopt(struct disk *d)
{
	char *zeros = xzalloc(START);
	int code;

	open_shared(d);
	printf("%s asks to be formatted: formatting it\n", d->path);
	fflush_all();
	write_and_sync(d, mark, sizeof(mark) - 1, MARK);
	code = make_file_system(d);
	if (code != 0)
		bb_error_msg_and_die("can't make a file system on '%s': mke2fs failed with status %d", d->path, code);
	if (fsync(d->fd) < 0)
		bb_perror_msg_and_die("can't write to '%s'", d->path);
	write_table(d);
	/* The disk is the store from here on. Erase the rest of the archive, which is no longer needed. */
	write_and_sync(d, zeros, START - d->sector, d->sector);
	free(zeros);
	if (!d->is_file && ioctl(d->fd, BLKRRPART) < 0)
		bb_perror_msg_and_die("'%s' is a store now, but the kernel won't see its partition before a restart", d->path);
	printf("%s: has one partition now, the store \"%s\"", d->path, d->label);
	printf(d->userdata ? "; its userdata.tar (%zu bytes) is kept in var/lib/boot2docker\n" : "\n", d->userdata);
}

/* Returns 1 if the disk was formatted (or would be, with -n), 0 if it doesn't ask for it, -1 if it must not be formatted or
 * can't be opened. */
static int adopt_if_asked(const char *path, unsigned opt, bool is_image)
{
	struct disk d = { .path = path };
	int r = 0, err = examine_disk(&d, opt & OPT_n ? O_RDONLY : is_image ? O_RDWR : O_RDWR | O_EXCL);

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

/* ---- which disk? ---- */

static bool is_whole(const struct d2d_volume *v)
{
	char *path = xasprintf("/sys/class/block/%s/partition", v->name);
	bool whole = access(path, F_OK) != 0;

	free(path);
	return whole;
}

/* Returns a text that says which store exists already, so that no disk may be formatted, or NULL. The caller frees it. */
static char *existing_store(const struct d2d_volume *list, int n, const char *spec)
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
	int i, r, code = D2D_EXIT_NOTHING, n = d2d_volumes_recall("", &list);

	if (n < 0)
		bb_error_msg_and_die("can't look for volumes: %s", strerror(-n));
	d2d_mounts_find(list, n);
	d2d_roles_decide(list, n, medium, spec && spec[0] ? spec : NULL);
	store = existing_store(list, n, spec && spec[0] ? spec : NULL);
	for (i = 0; i < n; i++) {
		const struct d2d_volume *v = &list[i];

		if (v->err || strcmp(v->fstype, "format-me") != 0 || v->partitioned || v->holder || v->mountpoint || !is_whole(v))
			continue;
		if (store) {
			printf("%s asks to be formatted, and is left alone: %s\n", v->dev, store);
			continue;
		}
		r = adopt_if_asked(v->dev, opt, false);
		if (r > 0)
			store = xasprintf("%s is the store", v->dev);
		code = r > 0 ? EXIT_SUCCESS : code == D2D_EXIT_NOTHING && r < 0 ? EXIT_FAILURE : code;
	}
	d2d_volumes_free(list, n);
	if (code == D2D_EXIT_NOTHING && !store)
		puts("no disk asks to be formatted");
	return code;
}

int d2dadopt_main(int argc, char **argv) MAIN_EXTERNALLY_VISIBLE;
int d2dadopt_main(int argc UNUSED_PARAM, char **argv)
{
	static const char longopts[] ALIGN1 = "dry-run\0" No_argument "n";
	unsigned opt = getopt32long(argv, "n", longopts);
	int r, code = D2D_EXIT_NOTHING;

	argv += optind;
	if (!argv[0])
		fflush_stdout_and_exit(find(opt));
	for (; *argv; argv++) {
		struct stat st;

		/* A device named by mistake could carry a copy of the text. Only the scan chooses devices. */
		if (stat(*argv, &st) == 0 && !S_ISREG(st.st_mode))
			bb_error_msg_and_die("'%s' is not an image file; disks are found by a scan only", *argv);
		r = adopt_if_asked(*argv, opt, true);
		code = r < 0 ? EXIT_FAILURE : code == D2D_EXIT_NOTHING && r > 0 ? EXIT_SUCCESS : code;
	}
	fflush_stdout_and_exit(code);
}
