/*
 * d2dimport: imports images through the engine's API.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DIMPORT) += d2dimport_api.o

#include <json-c/json.h>
#include <sys/statvfs.h>
#include "d2dimport.h"
#include "d2d_engine.h"

enum { IDS_MAX = 4 * 1024 * 1024 };

static bool has_tag(struct json_object *tags, const char *wanted)
{
	const char *tag;
	size_t i;

	for (i = 0; i < d2d_json_length(tags); i++) {
		tag = d2d_json_text_at(tags, i);
		if (tag && strcmp(tag, wanted) == 0)
			return true;
	}
	return false;
}

static struct json_object *inspect(const char *image)
{
	char *path = xasprintf("/images/%s/json", image);
	struct json_object *reply;

	if (d2d_engine_get(path, &reply) != 200) {
		json_object_put(reply);
		reply = NULL;
	}
	free(path);
	return reply;
}

/* ---- IDs: containerd's image store uses other image IDs, so they are saved below the data-root after an import ---- */

/* Reads the saved IDs, {"ID":"sha256:ID of the engine"}; *IDS is an empty object if there are none. *PATH is their file, or
 * NULL. The caller frees both. Returns false if the engine's data-root can't be written from here. */
static bool read_ids(char **path, struct json_object **ids)
{
	struct json_object *info;
	const char *dir;
	char *text = NULL;
	size_t len;

	d2d_engine_get("/info", &info);
	dir = d2d_json_text(info, "DockerRootDir");
	*path = dir && access(dir, W_OK) == 0 ? xasprintf("%s/d2d/engine.json", dir) : NULL;
	json_object_put(info);
	*ids = *path && d2d_file_read(*path, IDS_MAX, &text, &len) == 0 ? json_tokener_parse(text) : NULL;
	free(text);
	if (!json_object_is_type(*ids, json_type_object)) {
		json_object_put(*ids);
		*ids = json_object_new_object();
	}
	return *path != NULL;
}

/* Returns the engine's ID of the image with the first tag of IMAGE, or NULL. The caller frees it. */
static char *engine_id(struct json_object *image)
{
	struct json_object *tags, *reply = d2d_json_array(image, "tags", &tags) ? inspect(d2d_json_text_at(tags, 0)) : NULL;
	const char *id = d2d_json_text(reply, "Id");
	char *copy = id ? xstrdup(id) : NULL;

	json_object_put(reply);
	return copy;
}

/* Saves the engine's IDs of images that were just loaded, if they differ from ours. Errors don't matter: an image without a
 * saved ID is only sent again by the next import. */
static void note_ids(const struct d2d_images *images)
{
	struct json_object *list = d2d_images_json(images), *ids = NULL, *image, *reply;
	char *path = NULL, *id;
	size_t i;

	for (i = 0; i < d2d_json_length(list); i++) {
		image = json_object_array_get_idx(list, i);
		id = xasprintf("sha256:%s", d2d_json_text(image, "id"));
		reply = inspect(id);
		free(id);
		id = reply ? NULL : engine_id(image);
		if (id && (ids || read_ids(&path, &ids)))
			json_object_object_add(ids, d2d_json_text(image, "id"), json_object_new_string(id));
		free(id);
		json_object_put(reply);
	}
	if (path && d2d_make_parent_dirs(path) == 0)
		d2d_file_write(path, json_object_to_json_string_ext(ids, JSON_C_TO_STRING_NOSLASHESCAPE));
	free(path);
	json_object_put(ids);
	json_object_put(list);
}

/* Returns the engine's description of the image, found by our ID or by the engine's, or NULL. The caller releases it with
 * json_object_put(). */
static struct json_object *find(struct json_object *image)
{
	const char *own = d2d_json_text(image, "id");
	char *id = xasprintf("sha256:%s", own), *path;
	struct json_object *reply = inspect(id), *ids;

	if (!reply) {
		read_ids(&path, &ids);
		own = d2d_json_text(ids, own);
		reply = d2d_digest_hex(own) ? inspect(own) : NULL;
		json_object_put(ids);
		free(path);
	}
	free(id);
	return reply;
}

/* ---- import ---- */

/* Returns whether the engine has the image with all tags that the archive gives it. */
static bool is_there(struct json_object *image)
{
	struct json_object *reply = find(image), *tags;
	size_t i, n = d2d_json_array(image, "tags", &tags);
	bool there = reply != NULL;

	for (i = 0; there && i < n; i++)
		there = has_tag(json_object_object_get(reply, "RepoTags"),
			d2d_json_text_at(tags, i));
	json_object_put(reply);
	return there;
}

/* Parses a reply of the engine, which has a JSON object on each line, and prints which images were loaded. Returns the text of
 * an error, which the caller frees, or NULL. */
static char *read_reply(const char *file, char *reply)
{
	struct json_object *line;
	const char *name, *text;
	char *error = NULL, *word;
	int loaded = 0;

	while (!error && (word = strsep(&reply, "\n")) != NULL) {
		line = json_tokener_parse(word);
		text = d2d_json_text(line, "error") ?: d2d_json_text(line, "message");
		if (text) {
			error = xstrdup(printable_string(text));
		} else if ((text = d2d_json_text(line, "stream")) != NULL) {
			word = xstrdup(text);
			chomp(word);
			name = strstr(word, "Loaded image");
			if (name && (name = strstr(name, ": ")) != NULL) {
				printf("%s: loaded %s\n", file, printable_string(name + 2));
				loaded = 1;
			} else if (word[0])
				printf("%s: %s\n", file, printable_string(word));
			free(word);
		}
		json_object_put(line);
	}
	if (!loaded && !error)
		error = xstrdup("the engine loaded nothing");
	return error;
}

static int engine_fs(struct statvfs *fs)
{
	struct json_object *info;
	const char *dir;
	int found;

	d2d_engine_get("/info", &info);
	dir = d2d_json_text(info, "DockerRootDir");
	found = dir && statvfs(dir, fs) == 0;
	json_object_put(info);
	return found;
}

off_t d2dimport_engine_limit(void)
{
	struct statvfs fs;

	return engine_fs(&fs) ? (off_t)fs.f_blocks * fs.f_frsize : 0;
}

static int load(struct d2dimport *d, const char *file, struct d2d_body body, char **why)
{
	struct d2dimport_progress p;
	char *reply, *error;
	struct statvfs fs;
	int status;

	/* Docker first unpacks the whole archive to a temporary directory. */
	if (engine_fs(&fs) && body.size > (off_t)fs.f_bavail * (off_t)fs.f_frsize)
		return d2dimport_fail(d, file, "it needs %llu MB, Docker has %llu MB left", (unsigned long long)body.size / 1000000,
			(unsigned long long)fs.f_bavail * fs.f_frsize / 1000000);
	d2dimport_progress_begin(&p, file, body.size, "Docker unpacks it", NULL);
	body.sent = p.progress.on_progress;
	body.arg = &p;
	status = d2d_engine_request("POST /images/load?quiet=1", &body, &reply);
	d2dimport_progress_end(&p);
	if (status < 0)
		return d2dimport_fail(d, file, *why ? "%s" : "can't send it to the engine: %s",
			*why ? printable_string(*why) : strerror(-status));
	error = read_reply(file, reply);
	free(reply);
	if (!error)
		return EXIT_SUCCESS;
	d2dimport_fail(d, file, "Docker refused it: %s", error);
	free(error);
	return EXIT_FAILURE;
}

int d2dimport_load(struct d2dimport *d, const char *file, int fd, off_t size)
{
	struct d2d_body body = { .fd = fd, .size = size };
	char *why = NULL;

	xlseek(fd, 0, SEEK_SET);
	return load(d, file, body, &why);
}

static ssize_t read_saved(void *from, void *buf, size_t len)
{
	return d2d_stream_read(from, buf, len);
}

/* Sends the images as a newly made 'docker save' archive. */
static int save(struct d2dimport *d, const char *file, struct d2d_archive *a, const struct d2d_images *images)
{
	struct d2d_stream *in;
	struct d2d_body body = { .read = read_saved };
	char *why;
	int r = d2d_save_open(a, images, &in, &body.size, &why);

	body.from = in;
	if (r < 0)
		d2dimport_fail(d, file, "%s", why ? printable_string(why) : strerror(-r));
	else
		r = load(d, file, body, &why);
	d2d_stream_close(in);
	free(why);
	return r ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* Returns the images that the engine doesn't have, or not with all their tags. The caller frees .image alone, since the images
 * share their contents with IMAGES. */
static struct d2d_images missing(const char *file, const struct d2d_images *images)
{
	struct json_object *list = d2d_images_json(images), *image, *one;
	struct d2d_images some = *images;
	unsigned i;

	some.image = xmalloc(images->n * sizeof(*some.image));
	for (i = some.n = 0; i < images->n; i++) {
		image = json_object_array_get_idx(list, i);
		if ((option_mask32 & OPT_f) || !is_there(image)) {
			some.image[some.n++] = images->image[i];
			continue;
		}
		one = json_object_new_array();
		json_object_array_add(one, json_object_get(image));
		d2dimport_print(file, one, " is already here");
		json_object_put(one);
	}
	json_object_put(list);
	return some;
}

int d2dimport_send(struct d2dimport *d, const char *file, int fd, off_t size, struct d2d_archive *a,
		const struct d2d_images *images)
{
	struct d2d_images some = missing(file, images);
	struct json_object *list = d2d_images_json(images);
	int r = EXIT_SUCCESS;

	d2dimport_set_how(d, some.n ? "engine" : "there", list);
	json_object_put(list);
	if (some.n)
		r = some.n < images->n || d->remote || d2d_save_needed(a, &some) ? save(d, file, a, &some) : d2dimport_load(d, file, fd, size);
	if (r == EXIT_SUCCESS && some.n)
		note_ids(&some);
	free(some.image);
	return r;
}
