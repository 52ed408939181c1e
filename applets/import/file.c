/*
 * d2dimport: imports one file, from opening it to the note about its result.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DIMPORT) += d2dimport_file.o

#include <json-c/json.h>
#include "d2dimport.h"
#include "d2d_report.h"

static int open_archive(struct d2dimport *d, struct d2d_archive **a, const char *file, int fd, const struct d2d_origin *origin,
		struct d2d_images *images, const struct d2d_progress *progress, char **why)
{
	const struct d2d_early_reader *early = d->store ? d2d_store_early_reader(d->store) : NULL;
	off_t limit = d->store ? d2d_store_limit(d->store) : d->limit;
	int r;

	if (d->config)
		return d2d_rootfs_open(a, fd, origin, file, d->config, limit, progress, early, images, why);
	r = d2d_archive_open_early(a, fd, origin, limit, progress, early, why);
	return r == 0 ? d2d_images_of(*a, file, images, why) : r;
}

static int import_open(struct d2dimport *d, const char *file, int fd, const struct d2d_origin *origin, off_t size)
{
	struct d2dimport_progress p;
	struct d2d_images images = { .n = 0 };
	struct d2d_archive *a;
	unsigned i;
	char *why;
	int r;

	if (d->store && d2dimport_known(d, file, fd))
		return EXIT_SUCCESS;
	d2dimport_progress_begin(&p, file, size, NULL, d->count);
	r = open_archive(d, &a, file, fd, origin, &images, &p.progress, &why);
	if (r < 0 && d2dimport_remote_again(d)) {
		free(why);
		d2d_archive_close(a);
		r = open_archive(d, &a, file, fd, origin, &images, &p.progress, &why);
	}
	d2dimport_progress_end(&p);
	for (i = 0; r >= 0 && i < images.n_notes; i++)
		printf("%s: %s\n", file, printable_string(images.notes[i]));
	if (r < 0 && d->api && !d->config && !origin && (option_mask32 & OPT_f) && r == -EBADMSG && !d2d_is_zstd(fd)) {
		/* With -f let Docker try the file itself, unless it is a zstd file: these can crash dockerd, see d2d_save.c. */
		r = d2dimport_load(d, file, fd, size);
	} else if (r < 0) {
		r = d2dimport_fail(d, file, "%s", why ? printable_string(why) : strerror(-r));
	} else if (d->store) {
		r = d2dimport_write(d, file, a, &images, &p);
	} else if (ENABLE_FEATURE_D2DIMPORT_SQUASH && d->squash) {
		r = d2dimport_squash(d, file, a, &images);
	} else if (d->api) {
		p.progress.on_progress = NULL;	/* the progress of the upload is shown instead */
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

/* Imports a regular file, or ORIGIN unless it is NULL. For a root file system first reads the configuration file in the same
 * directory. */
static int import_regular(struct d2dimport *d, const char *path, const char *file, int fd, const struct d2d_origin *origin, off_t size)
{
	char *why = NULL;
	int r;

	d->config = NULL;
	if (d2d_rootfs_stem(path) && d2d_rootfs_config(path, &d->config, &why) < 0) {
		r = d2dimport_fail(d, file, "%s", printable_string(why));
	} else {
		r = import_open(d, file, fd, origin, size);
	}
	free(d->config);
	d->config = NULL;
	free(why);
	return r;
}

/* Imports the file on a server that the file PATH stands for. *NAME becomes its URL. */
static int import_remote(struct d2dimport *d, const char *path, const char *stem, char **name, int fd)
{
	struct d2d_remote remote;
	struct d2d_origin origin;
	int r = d2dimport_remote_begin(d, &remote, &origin, path, name);

	if (r < 0)
		return d2dimport_fail(d, *name, "%s", r == -EBADMSG ? "not a line \"SHA256 SIZE URL\"" : strerror(-r));
	r = import_regular(d, stem, *name, fd, &origin, origin.size);
	d2dimport_remote_end(d);
	return r;
}

static void begin_file(struct d2dimport *d, const char *path)
{
	char *full = xmalloc_realpath(path);

	d->path = d2d_printable(full ? full : path, strlen(full ? full : path));
	d->why = NULL;
	d->again = false;
	d->start = d2d_now();
	d2dimport_set_how(d, NULL, NULL);
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
	char *name = d2d_printable(path, strlen(path)), *stem = d2dimport_remote_stem(path);
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
	else if (S_ISDIR(st.st_mode))
		r = import_open(d, name, fd, NULL, st.st_size);
	else if (stem)
		r = import_remote(d, path, stem, &name, fd);
	else
		r = import_regular(d, path, name, fd, NULL, st.st_size);
	if (fd >= 0)
		close(fd);
	end_file(d, r);
	free(stem);
	free(name);
	fflush_all();
	return r;
}

void d2dimport_fail_killed(struct d2dimport *d, const char *path, int sig)
{
	char *name = d2d_printable(path, strlen(path));

	begin_file(d, path);
	end_file(d, d2dimport_fail(d, name, "the process that imported it was killed (%s)", get_signame(sig)));
	free(name);
}
