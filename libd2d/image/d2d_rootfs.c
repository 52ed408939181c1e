/*
 * Opens root file systems: NAME.rootfs.tar, also compressed, becomes the image NAME:latest with one layer, as with
 * 'docker import'. The image's creation time is the time of the file, so that the same file always gives the same image ID.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DIMPORT) += d2d_rootfs.o

#include <json-c/json.h>
#include "d2d_image.h"

#define CONFIG "config.json"
#define LAYER "rootfs.tar"

enum { SIDECAR_MAX = 64 * 1024 };

size_t d2d_rootfs_stem(const char *file)
{
	static const char suffixes[] ALIGN1 = ".rootfs.tar\0" ".rootfs.tar.gz\0" ".rootfs.tar.xz\0" ".rootfs.tar.zst\0";
	size_t len = strlen(file), base = bb_basename(file) - file;
	const char *s;

	for (s = suffixes; *s; s += strlen(s) + 1)
		if (len > base + strlen(s) && strcasecmp(file + len - strlen(s), s) == 0)
			return len - strlen(s) + strlen(".rootfs");
	return 0;
}

int d2d_rootfs_config(const char *path, char **config, char **why)
{
	static const char *const kinds[] = { "json", "conf" };
	char *name, *text, *reason;
	size_t len;
	int i, r;

	*config = *why = NULL;
	for (i = 0; i < 2; i++) {
		name = xasprintf("%.*s.%s", (int)d2d_rootfs_stem(path), path, kinds[i]);
		r = d2d_file_read(name, SIDECAR_MAX, &text, &len);
		reason = NULL;
		if (r == 0 && *config) {
			r = -EINVAL;
			reason = xstrdup("there is also a .json file");
		} else if (r == 0) {
			r = d2d_rootfs_config_parse(text, len, i == 0, config, &reason);
		}
		if (r < 0 && r != -ENOENT)
			*why = xasprintf("%s: %s", bb_basename(name), reason ? reason : d2d_file_error(r));
		free(reason);
		free(text);
		free(name);
		if (*why) {
			free(*config);
			*config = NULL;
			return r;
		}
	}
	return *config ? 0 : d2d_rootfs_config_parse("", 0, false, config, why);
}

/* Returns the image's configuration, with all fields that Docker would write. The caller frees it. */
static char *configuration(const char *digest, const char *config, time_t made)
{
	struct json_object *all = json_object_new_object(), *rootfs = json_object_new_object();
	struct json_object *ids = json_object_new_array(), *history = json_object_new_array(), *step = json_object_new_object();
	char created[sizeof("YYYY-MM-DDThh:mm:ssZ") + 8], *text;
	static const char comment[] ALIGN1 = "Imported by d2dimport";
	struct tm tm;

	if (!gmtime_r(&made, &tm) || tm.tm_year < 70 || tm.tm_year > 8099) {
		made = 0;
		gmtime_r(&made, &tm);
	}
	strftime(created, sizeof(created), "%Y-%m-%dT%H:%M:%SZ", &tm);
	text = xasprintf("sha256:%s", digest);
	json_object_array_add(ids, json_object_new_string(text));
	free(text);
	json_object_object_add(rootfs, "type", json_object_new_string("layers"));
	json_object_object_add(rootfs, "diff_ids", ids);
	json_object_object_add(step, "created", json_object_new_string(created));
	json_object_object_add(step, "comment", json_object_new_string(comment));
	json_object_array_add(history, step);

	json_object_object_add(all, "architecture", json_object_new_string("amd64"));
	json_object_object_add(all, "comment", json_object_new_string(comment));
	json_object_object_add(all, "config", json_tokener_parse(config));
	json_object_object_add(all, "created", json_object_new_string(created));
	json_object_object_add(all, "history", history);
	json_object_object_add(all, "os", json_object_new_string("linux"));
	json_object_object_add(all, "rootfs", rootfs);
	text = xstrdup(json_object_to_json_string_ext(all, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(all);
	return text;
}

static int add_name(struct d2d_image *image, const char *file, char **why)
{
	char *stem = xstrndup(file, d2d_rootfs_stem(file) - strlen(".rootfs")), *name = d2d_image_name_of_file(stem);
	int r = d2d_image_add_tag(image, name, why);

	free(name);
	free(stem);
	return r;
}

int d2d_rootfs_open(struct d2d_archive **a, int fd, const struct d2d_origin *origin, const char *file, const char *config,
		off_t limit, const struct d2d_progress *progress, const struct d2d_early_reader *early, struct d2d_images *images,
		char **why)
{
	char digest[D2D_DIGEST + 1];
	struct d2d_image *image;
	struct stat st;
	int r;

	memset(images, 0, sizeof(*images));
	images->rootfs = true;
	r = d2d_archive_open_whole(a, fd, origin, limit, progress, early, digest, why);
	if (r < 0)
		return r;
	if (fstat(fd, &st) < 0)
		return -errno;
	d2d_archive_add_text(*a, CONFIG, configuration(digest, config, st.st_mtime));
	image = d2d_image_add(images, why);
	r = d2d_image_configure(*a, image, CONFIG, LAYER, why);
	if (r == 0)
		r = d2d_image_set_layer(*a, image, 0, LAYER, CONFIG, why);
	if (r == 0)
		r = add_name(image, file, why);
	if (r < 0)
		d2d_images_free(images);
	return r;
}
