/*
 * d2dpayload fetch: downloads one payload into a tmpfs of its own. It appears as a whole or not at all, because nobody intended the
 * state that half of the hooks sets up. Image archives are not downloaded here: a file NAME.url tells d2dimport where they are.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_FEATURE_D2DPAYLOAD_FETCH) += d2dpayload_download.o

#include <sys/mount.h>
#include <sys/statvfs.h>
#include "d2dpayload.h"
#include "d2d_volume.h"

#define PART "d2d.part"

enum { ATTEMPTS = 3 };

struct download {
	const struct d2dpayload *d;
	struct d2d_url url;
	char *target, *part;	/* mount point, and the directory in it that becomes d2d/ */
	bool mounted;
	struct d2d_index index;
	unsigned files, images;
};

static int fail(const struct download *w, const char *path, const char *why)
{
	bb_error_msg("payload '%s%s%s': %s", w->url.text, path ? "/d2d/" : "", path ? path : "", why);
	return EXIT_FAILURE;
}

/* ---- the directory ---- */

static bool is_there(const char *url)
{
	struct d2d_volume *list = NULL;
	int i, n = d2d_net_payloads_add(&list, 0);
	bool found = false;

	for (i = 0; i < n; i++)
		found |= strcmp(list[i].dev, url) == 0;
	d2d_volumes_free(list, n);
	return found;
}

static int make_target(struct download *w)
{
	const char *kind = w->url.sha256[0] ? "pinned" : "net";
	unsigned i = 1;

	w->target = xasprintf("%s"D2D_PAYLOAD"/%s%u", w->d->root, kind, i);
	if (d2d_make_parent_dirs(w->target) < 0)
		return fail(w, NULL, strerror(errno));
	while (mkdir(w->target, 0755) < 0) {
		if (errno != EEXIST)
			return fail(w, NULL, strerror(errno));
		free(w->target);
		w->target = xasprintf("%s"D2D_PAYLOAD"/%s%u", w->d->root, kind, ++i);
	}
	w->part = concat_path_file(w->target, PART);
	if (!w->d->root[0]) {
		if (mount(w->url.text, w->target, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755") < 0)
			return fail(w, NULL, strerror(errno));
		w->mounted = true;
	}
	return EXIT_SUCCESS;
}

/* Shows the files under their name, or removes what there is of them. */
static int publish(struct download *w, int code)
{
	char *name = concat_path_file(w->target, "d2d");

	if (code == EXIT_SUCCESS && rename(w->part, name) < 0)
		code = fail(w, NULL, strerror(errno));
	if (code == EXIT_SUCCESS && w->mounted)
		mount(NULL, w->target, NULL, MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV, NULL);
	if (code != EXIT_SUCCESS && w->mounted)
		umount2(w->target, MNT_DETACH);
	if (code != EXIT_SUCCESS && w->target)
		d2d_remove_tree(w->target);
	free(name);
	return code;
}

/* ---- files ---- */

/* Sets R to a file of the payload. */
static void set_file(const struct download *w, struct d2d_remote *r, const char *path, off_t size, const char *sha256)
{
	char *url = xasprintf("%s/d2d/%s", w->url.text, path);

	/* The URL of the payload was valid, and so is the path. */
	d2d_remote_set(r, url, size, sha256);
	free(url);
}

/* Gets the index. The network may have just come up, so a server that doesn't answer is tried again. */
static int get_index(struct download *w)
{
	unsigned long long end = monotonic_ms() + w->d->wait * 1000ULL;
	struct d2d_remote r;
	char *text, *why = NULL;
	size_t len;
	int code = EXIT_SUCCESS, err;

	set_file(w, &r, "index", -1, w->url.sha256);
	r.max = D2D_INDEX_MAX;
	while ((err = d2d_fetch_text(&r, &text, &len)) == -EIO && !r.note->final && monotonic_ms() < end) {
		free(text);
		sleep1();
	}
	if (err < 0)
		code = fail(w, "index", err == -EIO ? r.note->why : strerror(-err));
	else if (d2d_index_parse(text, len, &w->index, &why) < 0)
		code = fail(w, "index", why);
	d2d_remote_clear(&r);
	free(text);
	free(why);
	return code;
}

/* Whether the file stays on the server until d2dimport reads it. */
static bool is_image(const char *path)
{
	const char *name = is_prefixed_with(path, "images/");

	return name && !strchr(name, '/') && d2d_archive_name_ok(name);
}

/* Whether the file is of no use here: see payload/index.c. */
static bool is_left_out(const char *path)
{
	return is_prefixed_with(path, "keys/") || strcmp(path, "early.img") == 0;
}

static int save(const struct d2d_index_entry *e, const char *to, struct d2d_remote *r)
{
	int fd = open(to, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600), err, attempt = 0;
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_sec = e->mtime } };

	if (fd < 0)
		return -errno;
	do
		err = lseek(fd, 0, SEEK_SET) < 0 || ftruncate(fd, 0) < 0 ? -errno : d2d_fetch_to(r, fd);
	while (err == -EIO && !r->note->final && ++attempt < ATTEMPTS);
	if (err == 0 && (fchmod(fd, e->mode) < 0 || futimens(fd, times) < 0))
		err = -errno;
	if (close(fd) < 0 && err == 0)
		err = -errno;
	return err;
}

static int get_file(struct download *w, const struct d2d_index_entry *e)
{
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_sec = e->mtime } };
	char *to = concat_path_file(w->part, e->path), *image = xasprintf("%s"D2D_REMOTE_SUFFIX, to);
	struct d2d_remote r;
	int err = d2d_make_parent_dirs(to), code = EXIT_SUCCESS;

	set_file(w, &r, e->path, e->size, e->sha256);
	if (err == 0 && is_image(e->path)) {
		err = d2d_remote_write(image, r.url.text, e->size, e->sha256);
		if (err == 0 && utimensat(AT_FDCWD, image, times, 0) < 0)
			err = -errno;
		w->images++;
	} else if (err == 0) {
		err = save(e, to, &r);
		w->files++;
	}
	if (err < 0)
		code = fail(w, e->path, err == -EIO && r.note->why[0] ? r.note->why : strerror(-err));
	d2d_remote_clear(&r);
	free(image);
	free(to);
	return code;
}

/* Checks whether the files fit into memory before the first of them is downloaded. */
static int check_room(const struct download *w)
{
	unsigned long long need = 0, room;
	struct statvfs fs;
	char *why;
	unsigned i;

	for (i = 0; i < w->index.n; i++)
		if (!is_image(w->index.entry[i].path) && !is_left_out(w->index.entry[i].path))
			need += w->index.entry[i].size;
	if (statvfs(w->target, &fs) < 0)
		return fail(w, NULL, strerror(errno));
	room = (unsigned long long)fs.f_bavail * fs.f_frsize;
	if (need <= room)
		return EXIT_SUCCESS;
	why = xasprintf("its files need %llu MB, and half of this machine's memory is %llu MB", need / 1000000, room / 1000000);
	fail(w, NULL, why);
	free(why);
	return EXIT_FAILURE;
}

static int get_files(struct download *w)
{
	unsigned i;
	int code = check_room(w);

	if (code == EXIT_SUCCESS && bb_make_directory(w->part, 0755, FILEUTILS_RECUR) < 0)
		code = EXIT_FAILURE;
	for (i = 0; i < w->index.n && code == EXIT_SUCCESS; i++)
		if (!is_left_out(w->index.entry[i].path))
			code = get_file(w, &w->index.entry[i]);
	return code;
}

int d2dpayload_download(const struct d2dpayload *d, const char *text)
{
	struct download w = { .d = d };
	const char *wrong = d2d_url_parse(text, &w.url);
	int code = EXIT_FAILURE;

	if (!wrong && w.url.scheme == D2D_URL_HTTPS && !w.url.sha256[0])
		wrong = "https:// needs #sha256= with the digest of its index, because certificates aren't checked";
	if (wrong) {
		bb_error_msg("payload '%s': %s", printable_string(text), wrong);
	} else if (!d->root[0] && is_there(w.url.text)) {
		printf("payload: %s is there already\n", w.url.text);
		code = EXIT_SUCCESS;
	} else {
		code = make_target(&w);
		if (code == EXIT_SUCCESS)
			code = get_index(&w);
		if (code == EXIT_SUCCESS)
			code = get_files(&w);
		code = publish(&w, code);
		if (code == EXIT_SUCCESS)
			printf("payload: %s on %s: %u files, %u images\n", w.url.text, w.target, w.files, w.images);
	}
	d2d_index_free(&w.index);
	d2d_url_clear(&w.url);
	free(w.target);
	free(w.part);
	return code;
}
