/*
 * Opens Docker's store (its data-root) for writing while no dockerd uses it: takes the lock, and completes or removes
 * what killed imports left behind. The record of imported files is kept in the store, too.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DIMPORT) += d2d_store.o

#include <json-c/json.h>
#include <linux/magic.h>
#include <sys/file.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include "d2d_store_private.h"

enum {
	KNOWN_MAX = 4 * 1024 * 1024,
	IMPORTS_MAX = 10000,
	JOBS_MOST = 8,		/* default limit, because each job takes memory; the user may ask for more */
	SAMPLE = 64 * 1024,
	SAMPLES = 16,
};

/* Creates the directories of the store with the modes that Docker gives them. */
static int make_dirs(const struct d2d_store *s)
{
	static const struct {
		const char *name;
		mode_t mode;
	} dirs[] = {
		{ STORE_LAYERS, 0710 }, { STORE_LAYERS"/l", 0700 }, { "image", 0700 }, { STORE_IMAGE, 0700 },
		{ STORE_IMAGE"/imagedb", 0700 }, { STORE_IMAGE"/imagedb/content", 0700 }, { STORE_CONFIGS, 0700 },
		{ STORE_IMAGE"/imagedb/metadata", 0700 }, { STORE_IMAGE"/imagedb/metadata/sha256", 0700 },
		{ STORE_IMAGE"/layerdb", 0700 }, { STORE_LAYERDB, 0755 }, { STORE_TMP, 0700 }, { STORE_KNOWN, 0700 },
	};
	unsigned i;
	int r = 0;

	for (i = 0; r == 0 && i < ARRAY_SIZE(dirs); i++)
		if (!d2d_store_exists(s, "%s", dirs[i].name))
			r = d2d_store_mkdir(s, dirs[i].name, dirs[i].mode);
	return r;
}

/* Locks the store; waits until no other import holds the lock. */
static int lock(struct d2d_store *s)
{
	int r = d2d_store_mkdir(s, STORE_OWN, 0700);

	if (r < 0)
		return r;
	s->lock = openat(s->fd, STORE_OWN"/lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (s->lock < 0)
		return -errno;
	while (flock(s->lock, LOCK_EX) < 0)
		if (errno != EINTR)
			return -errno;
	return 0;
}

/* Commits the interrupted imports that were staged completely, and removes the others. */
int d2d_store_recover(const struct d2d_store *s)
{
	char **names, *path = xasprintf("%s/"STORE_TMP, s->path);
	int i, n = d2d_dir_list(path, IMPORTS_MAX, &names), r = 0;

	free(path);
	for (i = 0; i < n; i++) {
		if (is_suffixed_with(names[i], ".ready")) {
			r = d2d_store_commit(s, names[i]);
		} else {
			path = xasprintf(STORE_TMP"/%s", names[i]);
			r = d2d_store_remove(s, path);
			free(path);
		}
		/* On a full disk an import may have to wait; others that need no space can still be committed. */
		if (r < 0 && r != -EUCLEAN && r != -ENOSPC && r != -EDQUOT)
			break;
		r = 0;
	}
	if (n >= 0)
		d2d_dir_list_free(names, n);
	return n < 0 ? n : r;
}

int d2d_store_open(struct d2d_store **store, const char *dir, char **why)
{
	struct d2d_store *s = xzalloc(sizeof(*s));
	struct statfs fs;
	int r;

	*store = NULL;
	*why = NULL;
	s->lock = -1;
	s->jobs = MIN(d2d_cpus(), JOBS_MOST);
	s->path = xmalloc_realpath(dir);
	s->fd = s->path ? open(s->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	r = s->fd < 0 || fstatfs(s->fd, &fs) < 0 ? -errno : 0;
	if (r == 0) {
		s->in_memory = s->mount = fs.f_type == TMPFS_MAGIC || fs.f_type == RAMFS_MAGIC;
		r = d2d_store_guard(s, why);
	}
	if (r == 0)
		r = lock(s);
	if (r == 0)
		r = make_dirs(s);
	if (r == 0)
		r = d2d_store_recover(s);
	if (r < 0) {
		if (!*why)
			*why = xstrdup(strerror(-r));
		d2d_store_close(s);
		return r;
	}
	*store = s;
	return 0;
}

void d2d_store_close(struct d2d_store *s)
{
	if (!s)
		return;
	if (s->lock >= 0) {
		d2d_store_early_drop(s);
		if (!s->rank)
			d2d_store_remove(s, STORE_GIVEN);
		close(s->lock);
	}
	if (s->fd >= 0)
		close(s->fd);
	free(s->path);
	free(s);
}

void d2d_store_set_mount(struct d2d_store *s, bool mount)
{
	s->mount = mount;
}

bool d2d_store_does_mount(const struct d2d_store *s)
{
	return s->mount;
}

unsigned d2d_store_jobs(struct d2d_store *s, unsigned jobs)
{
	s->jobs = jobs ? jobs : s->jobs;
	return s->jobs;
}

/* ---- files that were imported ---- */

/* Computes the key of a file from its length and samples of its content. Compressed files end in checksums, so a file
 * with the same samples is the same file, unless somebody went to great lengths to have it skipped. */
static int key_of_file(int fd, char *key)
{
	char *buf = xmalloc(SAMPLE);
	sha256_ctx_t ctx;
	uint8_t digest[32];
	struct stat st;
	ssize_t n = 0;
	int i;

	sha256_begin(&ctx);
	if (fstat(fd, &st) < 0)
		n = -1;
	sha256_hash(&ctx, &st.st_size, sizeof(st.st_size));
	for (i = 0; n >= 0 && i < SAMPLES; i++) {
		n = pread(fd, buf, SAMPLE, st.st_size > SAMPLE ? (st.st_size - SAMPLE) / (SAMPLES - 1) * i : 0);
		if (n > 0)
			sha256_hash(&ctx, buf, n);
	}
	/* The division rounds down, so the samples may miss the last bytes. */
	n = n < 0 ? n : pread(fd, buf, SAMPLE, st.st_size > SAMPLE ? st.st_size - SAMPLE : 0);
	if (n > 0)
		sha256_hash(&ctx, buf, n);
	sha256_end(&ctx, digest);
	d2d_hex(key, digest, sizeof(digest));
	free(buf);
	return n < 0 ? -errno : 0;
}

int d2d_store_key(int fd, char *key)
{
	/* Of a directory, take the file that names all others by their digests. */
	int r, index = d2d_open_beneath(fd, "index.json", O_RDONLY | O_NONBLOCK);

	if (index == -ENOENT)
		index = d2d_open_beneath(fd, "d2i.json", O_RDONLY | O_NONBLOCK);
	r = key_of_file(index >= 0 ? index : fd, key);
	if (index >= 0)
		close(index);
	return r;
}

/* Returns whether all names of an image exist; with EXACT, whether they belong to this image. */
static bool has_names(struct json_object *names, struct json_object *image, bool exact)
{
	struct json_object *tags, *of_name;
	size_t i, n = d2d_json_array(image, "tags", &tags);

	for (i = 0; i < n; i++) {
		const char *tag = d2d_json_text_at(tags, i);
		const char *colon = tag ? strrchr(tag, ':') : NULL;
		char *name = colon ? xstrndup(tag, colon - tag) : NULL;

		if (!name)
			return false;
		of_name = json_object_object_get(names, name);
		free(name);
		if (!d2d_json_text(of_name, tag))
			return false;
		if (exact && strcmp(d2d_digest_hex(d2d_json_text(of_name, tag)) ?: "", d2d_json_text(image, "id") ?: "") != 0)
			return false;
	}
	return true;
}

bool d2d_store_has_images(const struct d2d_store *s, struct json_object *images, bool exact)
{
	struct json_object *names = d2d_store_names(s);
	size_t i, n = d2d_json_length(images);
	bool all = names && n > 0;

	for (i = 0; all && i < n; i++) {
		struct json_object *image = json_object_array_get_idx(images, i);

		all = d2d_store_has(s, image) && has_names(names, image, exact);
	}
	json_object_put(names);
	return all;
}

struct json_object *d2d_store_record(const struct d2d_store *s, const char *key, char **file)
{
	char *text = d2d_store_read(s, KNOWN_MAX, STORE_KNOWN"/%s", key);
	struct json_object *all = text ? json_tokener_parse(text) : NULL, *images = all;

	free(text);
	*file = NULL;
	/* Records of older versions are an array alone, without the name of the file. */
	if (json_object_is_type(all, json_type_object)) {
		*file = xstrdup(d2d_json_text(all, "file") ?: "?");
		images = json_object_get(json_object_object_get(all, "images"));
		json_object_put(all);
	}
	if (json_object_is_type(images, json_type_array))
		return images;
	json_object_put(images);
	return NULL;
}

struct json_object *d2d_store_known(const struct d2d_store *s, const char *key)
{
	char *file;
	struct json_object *images = d2d_store_record(s, key, &file);

	free(file);
	/* A name that was given to another image since then stays with that image, so it only has to exist. */
	if (d2d_store_has_images(s, images, false))
		return images;
	json_object_put(images);
	return NULL;
}

int d2d_store_remember(const struct d2d_store *s, const char *key, const char *file, const struct d2d_images *images)
{
	struct json_object *all = json_object_new_object();
	char *path = xasprintf(STORE_KNOWN"/%s", key);
	int r;

	json_object_object_add(all, "file", json_object_new_string(file));
	json_object_object_add(all, "images", d2d_images_json(images));
	r = d2d_store_put_json(s, path, all);
	free(path);
	json_object_put(all);
	return r;
}
