/*
 * Docker's store (its data-root), opened for writing while no dockerd has it: locked, and rid of what imports that
 * were killed left behind. Which files have been imported is kept in it, too.
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
	JOBS_MOST = 8,		/* unless more are asked for; each takes memory */
	SAMPLE = 64 * 1024,
	SAMPLES = 16,
};

/* As Docker would make them. */
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

/* Another import is waited for. */
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

/* What lies whole is carried forward, the rest removed. */
int d2d_store_recover(const struct d2d_store *s)
{
	char **names, *path = xasprintf("%s/"STORE_TMP, s->path);
	int i, n = d2d_folder(path, IMPORTS_MAX, &names), r = 0;

	free(path);
	for (i = 0; i < n; i++) {
		if (is_suffixed_with(names[i], ".ready")) {
			r = d2d_store_commit(s, names[i]);
		} else {
			path = xasprintf(STORE_TMP"/%s", names[i]);
			r = d2d_store_remove(s, path);
			free(path);
		}
		/* on a full disk one may have to wait; what needs no room can still be done */
		if (r < 0 && r != -EUCLEAN && r != -ENOSPC && r != -EDQUOT)
			break;
		r = 0;
	}
	if (n >= 0)
		d2d_folder_free(names, n);
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
		d2d_store_drop(s);
		if (!s->rank)
			d2d_store_remove(s, STORE_GIVEN);
		close(s->lock);
	}
	if (s->fd >= 0)
		close(s->fd);
	free(s->path);
	free(s);
}

void d2d_store_mounts(struct d2d_store *s, bool mount)
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

/* Length and pieces of the content. What is packed ends in its own check sums, so a file with the same pieces is the
 * same file, unless somebody went to great lengths only to have it passed over. */
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
	/* the division may have left out the last bytes */
	n = n < 0 ? n : pread(fd, buf, SAMPLE, st.st_size > SAMPLE ? st.st_size - SAMPLE : 0);
	if (n > 0)
		sha256_hash(&ctx, buf, n);
	sha256_end(&ctx, digest);
	*bin2hex(key, (void *)digest, sizeof(digest)) = '\0';
	free(buf);
	return n < 0 ? -errno : 0;
}

int d2d_store_key(int fd, char *key)
{
	/* of a folder: what names all else by its digest */
	int r, index = d2d_open_beneath(fd, "index.json", O_RDONLY | O_NONBLOCK);

	if (index == -ENOENT)
		index = d2d_open_beneath(fd, "d2i.json", O_RDONLY | O_NONBLOCK);
	r = key_of_file(index >= 0 ? index : fd, key);
	if (index >= 0)
		close(index);
	return r;
}

/* Whether all names of an image are there; when EXACT, whether they are this image's. */
static bool has_names(struct json_object *names, struct json_object *image, bool exact)
{
	struct json_object *tags, *of_name, *id;
	size_t i, n = d2d_json_array(image, "tags", &tags);

	for (i = 0; i < n; i++) {
		const char *tag = json_object_get_string(json_object_array_get_idx(tags, i));
		const char *colon = tag ? strrchr(tag, ':') : NULL;
		char *name = colon ? xstrndup(tag, colon - tag) : NULL;

		if (!name)
			return false;
		of_name = json_object_object_get(names, name);
		free(name);
		if (!json_object_object_get_ex(of_name, tag, &id))
			return false;
		if (exact && strcmp(d2d_digest_hex(json_object_get_string(id)) ?: "", d2d_json_text(image, "id")) != 0)
			return false;
	}
	return true;
}

bool d2d_store_has_images(const struct d2d_store *s, struct json_object *images, bool exact)
{
	struct json_object *names = d2d_store_names(s);
	size_t i, n = json_object_is_type(images, json_type_array) ? json_object_array_length(images) : 0;
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
	/* an array alone: from before files were noted */
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
	/* a name that has been given to something else since is left to it */
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
