/*
 * d2dimport: imports images into Docker, either by writing to Docker's store while no engine runs, or through the engine's
 * API. Images that Docker has already are not written or sent again. Files that are damaged or not image files are reported
 * and don't prevent the import of other files.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//config:config D2DIMPORT
//config:	bool "d2dimport"
//config:	default y
//config:	select D2D_LIBD2D
//config:	select FEATURE_SEAMLESS_XZ
//config:	select FEATURE_SEAMLESS_BZ2
//config:	select XZ
//config:	select LOSETUP
//config:	help
//config:	Imports image files (made by 'docker save', OCI layouts) into
//config:	Docker, skips images that Docker has already, and shows progress.
//config:	(The engine itself runs 'xz' to unpack archives in that format.)

//applet:IF_D2DIMPORT(APPLET(d2dimport, BB_DIR_USR_BIN, BB_SUID_DROP))

//kbuild:lib-$(CONFIG_D2DIMPORT) += d2dimport.o

//usage:#define d2dimport_trivial_usage
//usage:       "[-qfncm] [-j N] [-s DIR | -a [-H SOCKET]" IF_FEATURE_D2DIMPORT_SQUASH(" | -S -o OUT") "]\n"
//usage:       "	FILE|DIR...\n"
//usage:       "d2dimport -r [-qcm] [-s DIR] [FILE|DIR]..."
//usage:#define d2dimport_full_usage "\n\n"
//usage:       "Import images into Docker. FILE is an archive of 'docker save' or of an OCI\n"
//usage:       "layout (plain, gzip, xz, bzip2 or zstd). DIR is an OCI layout, or a directory\n"
//usage:       "with OCI layouts or files *.tar, *.tar.gz, *.tgz, *.tar.xz, *.txz, *.tar.zst,\n"
//usage:       "*.tzst or *.d2i in it.\n"
//usage:       "NAME.rootfs.tar[.gz|.xz|.zst] is a root file system and becomes NAME:latest. The\n"
//usage:       "file NAME.rootfs.conf (lines CMD=, ENV=...) or NAME.rootfs.json in the same\n"
//usage:       "directory says how to run it\n"
//usage:     "\n	-q,--quiet	Show no progress"
//usage:     "\n	-f,--force	Also import images that exist already or look incomplete"
//usage:     "\n	-n,--dry-run	Only read the files and list their images"
//usage:     "\n	-s,--store DIR	Write to Docker's data-root DIR; no engine may run on it"
//usage:     "\n	-a,--api	Send the images to the running engine"
//usage:     "\n	-j,--jobs N	Use up to N processes (default: one per CPU, at most 8)"
//usage:     "\n	-H,--host SOCKET	The engine's socket ($DOCKER_HOST or"
//usage:     "\n			/var/run/docker.sock)"
//usage:     "\n	-m,--mount	Mount the layers of *.d2i files in place"
//usage:     "\n	-c,--copy	Copy the layers of *.d2i files into the store"
//usage:     "\n			(default: -c if the store is on a disk, else -m)"
//usage:     "\n	-r,--relink	Mount layers of the store again, from FILEs, DIRs or the"
//usage:     "\n			original file. If no engine runs, also remove from the"
//usage:     "\n			store the images whose file is missing"
//usage:	IF_FEATURE_D2DIMPORT_SQUASH(
//usage:     "\n	-S,--squash	Make a *.d2i file, whose layers can be mounted in place,"
//usage:     "\n			instead of importing (needs mksquashfs)"
//usage:     "\n	-o,--output OUT	For -S: the file NAME.d2i to write; or a directory, if"
//usage:     "\n			it exists or OUT ends in /"
//usage:	)
//usage:     "\n"
//usage:     "\nWithout -s and -a the engine is used; if none runs, /var/lib/docker is written."
//usage:     "\n"
//usage:     "\nExit status: 0 Docker has all images, 1 a file failed, 2 the store can't be used"

#include <json-c/json.h>
#include "d2dimport.h"

void d2dimport_print(const char *file, struct json_object *images, const char *what)
{
	struct json_object *tags;
	size_t i, k, n;

	for (i = 0; i < json_object_array_length(images); i++) {
		struct json_object *image = json_object_array_get_idx(images, i);

		tags = json_object_object_get(image, "tags");
		n = json_object_array_length(tags);
		if (n == 0)
			printf("%s: %ssha256:%s%s\n", file, what[0] == ' ' ? "" : what,
				json_object_get_string(json_object_object_get(image, "id")), what[0] == ' ' ? what : "");
		for (k = 0; k < n; k++)
			printf("%s: %s%s%s\n", file, what[0] == ' ' ? "" : what,
				json_object_get_string(json_object_array_get_idx(tags, k)), what[0] == ' ' ? what : "");
	}
}

int d2dimport_fail(struct d2dimport *d, const char *file, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	free(d->why);
	d->why = d2d_vformat(format, args);
	va_end(args);
	bb_error_msg("%s: %s", file, d->why);
	return EXIT_FAILURE;
}

void d2dimport_how(struct d2dimport *d, const char *how, struct json_object *images)
{
	d->how = how;
	json_object_put(d->images);
	d->images = json_object_get(images);
}

static int import_open(struct d2dimport *d, const char *file, int fd, off_t size)
{
	struct d2dimport_progress p;
	struct d2d_images images = { .n = 0 };
	struct d2d_archive *a;
	const struct d2d_taker *taker = NULL;
	off_t limit = d->store ? d2d_store_limit(d->store) : d->limit;
	char *why;
	int r;

	if (d->store && d2dimport_known(d, file, fd))
		return EXIT_SUCCESS;
	if (d->store)
		taker = d2d_store_taker(d->store);
	d2dimport_progress_begin(&p, file, size, NULL, d->count);
	if (d->config) {
		r = d2d_rootfs_open(&a, fd, file, d->config, limit, &p.progress, taker, &images, &why);
	} else {
		r = d2d_archive_open_taking(&a, fd, limit, &p.progress, taker, &why);
		if (r == 0)
			r = d2d_images_of(a, file, &images, &why);
	}
	d2dimport_progress_end(&p);
	if (r < 0 && d->api && !d->config && (option_mask32 & OPT_f) && r == -EBADMSG && !d2d_is_zstd(fd)) {
		/* With -f let Docker try the file itself, unless it is a zstd file: these can crash dockerd, see d2d_save.c. */
		r = d2dimport_load(d, file, fd, size);
	} else if (r < 0) {
		r = d2dimport_fail(d, file, "%s", why ? printable_string(why) : strerror(-r));
	} else if (d->store) {
		r = d2dimport_write(d, file, a, &images, &p);
	} else if (ENABLE_FEATURE_D2DIMPORT_SQUASH && d->squash) {
		r = d2dimport_squash(d, file, a, &images);
	} else if (d->api) {
		p.progress.told = NULL;	/* the progress of the upload is shown instead */
		r = d2dimport_send(d, file, fd, size, a, &images);
	} else {
		struct json_object *list = d2d_images_json(&images);

		d2dimport_print(file, list, "");
		json_object_put(list);
	}
	free(why);
	d2d_images_free(&images);
	d2d_archive_close(a);
	return r;
}

/* Imports a regular file. For a root file system first reads the configuration file in the same directory. */
static int import_regular(struct d2dimport *d, const char *path, const char *file, int fd, off_t size)
{
	char *why = NULL;
	int r;

	d->config = NULL;
	if (d2d_rootfs_stem(path) && d2d_rootfs_config(path, &d->config, &why) < 0) {
		r = d2dimport_fail(d, file, "%s", printable_string(why));
	} else {
		r = import_open(d, file, fd, size);
	}
	free(d->config);
	d->config = NULL;
	free(why);
	return r;
}

static void begin_file(struct d2dimport *d, const char *path)
{
	char *full = xmalloc_realpath(path);

	d->path = d2d_printable(full ? full : path, strlen(full ? full : path));
	d->why = NULL;
	d->again = false;
	d->start = d2d_now();
	d2dimport_how(d, NULL, NULL);
	free(full);
}

/* Notes the result of a file for 'd2d images' and the report. On systems other than debian2docker this does nothing. */
static void end_file(struct d2dimport *d, int r)
{
	if ((d->store || d->api) && !d->again)
		d2d_import_note(d->path, d->how ? : "engine", d->images, d2d_now() - d->start,
			r == EXIT_SUCCESS ? NULL : d->why ? d->why : "failed");
	free(d->path);
	free(d->why);
}

int d2dimport_file(struct d2dimport *d, const char *path, int flags)
{
	char *name = d2d_printable(path, strlen(path));
	struct stat st;
	int fd, r = EXIT_FAILURE;

	begin_file(d, path);
	/* With O_NONBLOCK open() doesn't wait for the writer of a FIFO, which is refused below. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | flags);
	if (fd < 0 && errno == ELOOP && flags)
		d2dimport_fail(d, name, "a symbolic link, not followed");
	else if (fd < 0 || fstat(fd, &st) < 0)
		d2dimport_fail(d, name, "%s", strerror(errno));
	else if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		d2dimport_fail(d, name, "not a regular file");
	else if (S_ISREG(st.st_mode))
		r = import_regular(d, path, name, fd, st.st_size);
	else
		r = import_open(d, name, fd, st.st_size);
	if (fd >= 0)
		close(fd);
	end_file(d, r);
	free(name);
	fflush_all();
	return r;
}

void d2dimport_was_killed(struct d2dimport *d, const char *path, int sig)
{
	char *name = d2d_printable(path, strlen(path));

	begin_file(d, path);
	end_file(d, d2dimport_fail(d, name, "the process that imported it was killed (%s)", get_signame(sig)));
	free(name);
}

int d2dimport_open_store(struct d2dimport *d, const char *dir, char **why)
{
	const char *policy = getenv("D2D_OPT_IMAGES") ?: "auto";
	int r = d2d_store_open(&d->store, dir, why), known = index_in_strings("copy\0mount\0auto\0", policy);

	if (option_mask32 & (OPT_c | OPT_m))
		known = option_mask32 & OPT_m ? 1 : 0;
	if (known < 0)
		bb_error_msg("d2d.images=%s: not 'mount', 'copy' or 'auto'; using 'auto'", printable_string(policy));
	if (r == 0 && (known == 0 || known == 1))
		d2d_store_mounts(d->store, known);
	return r;
}

/* Chooses between store and API: as the options say, else the engine, or the default store if no engine runs. */
static void choose_way(struct d2dimport *d, const char *dir)
{
	char *text, *why;
	int r = 0;

	if (!dir) {
		r = d2d_engine_request("GET /_ping", NULL, &text);
		free(text);
		d->api = r == 200;
		if (!d->api && !(option_mask32 & (OPT_a | OPT_H)) && access(D2DIMPORT_STORE, F_OK) == 0)
			dir = D2DIMPORT_STORE;
	}
	if (!d->api && !dir)
		bb_error_msg_and_die("no Docker engine at '%s': %s", d2d_engine_socket(), r < 0 ? strerror(-r) : "unexpected reply");
	if (!dir) {
		d->limit = d2dimport_engine_limit();
		return;
	}
	if (d2dimport_open_store(d, dir, &why) < 0) {
		xfunc_error_retval = D2DIMPORT_NO_STORE;
		bb_error_msg_and_die("can't write to the store '%s': %s", printable_string(dir), why);
	}
}

int d2dimport_main(int argc, char **argv) MAIN_EXTERNALLY_VISIBLE;
int d2dimport_main(int argc UNUSED_PARAM, char **argv)
{
	struct d2dimport d = { .store = NULL };
	char *where, *dir = NULL, *out = NULL;
	int r, jobs = 0;

	getopt32long(argv, "^" "H:qfns:acmrj:+" IF_FEATURE_D2DIMPORT_SQUASH("So:") "\0"
		"a--s:s--a:c--m:m--c:r--afn" IF_FEATURE_D2DIMPORT_SQUASH(":S--saHr:s--S:a--S:H--S:S?o:o?S"),
		"host\0" Required_argument "H" "quiet\0" No_argument "q" "force\0" No_argument "f"
		"dry-run\0" No_argument "n" "store\0" Required_argument "s" "api\0" No_argument "a"
		"copy\0" No_argument "c" "mount\0" No_argument "m" "relink\0" No_argument "r"
		"jobs\0" Required_argument "j"
		IF_FEATURE_D2DIMPORT_SQUASH("squash\0" No_argument "S" "output\0" Required_argument "o"),
		&where, &dir, &jobs, &out);
	argv += optind;
	if (option_mask32 & OPT_r)
		return d2dimport_relink(&d, dir ? dir : D2DIMPORT_STORE, argv);
	if (!*argv)
		bb_show_usage();
	if (option_mask32 & OPT_H)
		xsetenv("DOCKER_HOST", where);
	if (ENABLE_FEATURE_D2DIMPORT_SQUASH && out && !(option_mask32 & OPT_n))
		d2dimport_squash_begin(&d, out);
	else if (!(option_mask32 & OPT_n))
		choose_way(&d, dir);
	if (d.store && jobs > 0)
		d2d_store_jobs(d.store, jobs);

	r = d2dimport_files(&d, argv);
	if (ENABLE_FEATURE_D2DIMPORT_SQUASH && d.squash)
		r = d2dimport_squash_end(&d, out, r);
	d2d_store_close(d.store);
	return r;
}
