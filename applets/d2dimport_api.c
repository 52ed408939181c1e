/*
 * d2dimport through the engine's API.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DIMPORT) += d2dimport_api.o

#include <json-c/json.h>
#include "d2dimport.h"
#include "bb_archive.h"

static int has_tag(struct json_object *tags, const char *wanted)
{
	const char *tag;
	size_t i;

	for (i = 0; json_object_is_type(tags, json_type_array) && i < json_object_array_length(tags); i++) {
		tag = json_object_get_string(json_object_array_get_idx(tags, i));
		if (tag && strcmp(tag, wanted) == 0)
			return 1;
	}
	return 0;
}

/* Whether the engine has an image under all names that the archive gives it. */
static int is_there(struct json_object *image)
{
	struct json_object *reply, *tags = json_object_object_get(image, "tags");
	char *path = xasprintf("/images/sha256:%s/json", json_object_get_string(json_object_object_get(image, "id")));
	int there = d2d_engine_get(path, &reply) == 200;
	size_t i;

	for (i = 0; there && i < json_object_array_length(tags); i++)
		there = has_tag(json_object_object_get(reply, "RepoTags"),
				json_object_get_string(json_object_array_get_idx(tags, i)));
	json_object_put(reply);
	free(path);
	return there;
}

static bool all_there(struct json_object *images)
{
	size_t i;

	for (i = 0; i < json_object_array_length(images); i++)
		if (!is_there(json_object_array_get_idx(images, i)))
			return false;
	return true;
}

/* A reply of the engine: JSON objects, a line each. Prints what was loaded; returns an error's text. */
static char *read_reply(const char *file, char *reply)
{
	struct json_object *line, *text;
	const char *name;
	char *error = NULL, *word;
	int loaded = 0;

	while (!error && (word = strsep(&reply, "\n")) != NULL) {
		line = json_tokener_parse(word);
		if (json_object_object_get_ex(line, "error", &text) || json_object_object_get_ex(line, "message", &text))
			error = xstrdup(printable_string(json_object_get_string(text)));
		else if (json_object_object_get_ex(line, "stream", &text)) {
			word = xstrdup(json_object_get_string(text));
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

int d2dimport_load(struct d2dimport *d, const char *file, int fd, off_t size)
{
	struct d2dimport_progress p;
	struct d2d_body body = { .fd = fd, .size = size, .arg = &p };
	char *reply, *error;
	int status;

	d2dimport_progress_begin(&p, file, size, "Docker unpacks it");
	body.sent = p.progress.told;
	status = d2d_engine_request("POST /images/load?quiet=1", &body, &reply);
	d2dimport_progress_end(&p);
	if (status < 0)
		return d2dimport_fail(d, file, "sending it failed: %s", strerror(-status));
	error = read_reply(file, reply);
	free(reply);
	if (!error)
		return EXIT_SUCCESS;
	d2dimport_fail(d, file, "Docker refused it: %s", error);
	free(error);
	return EXIT_FAILURE;
}

int d2dimport_send(struct d2dimport *d, const char *file, int fd, off_t size, struct d2d_archive *a, const struct d2d_images *images)
{
	struct json_object *list = d2d_images_json(images);
	bool there = !(option_mask32 & OPT_f) && all_there(list), cut;

	d2dimport_how(d, there ? "there" : "engine", list);
	if (there)
		d2dimport_print(file, list, " is already here");
	json_object_put(list);
	if (there)
		return EXIT_SUCCESS;
	if (images->oci || images->rootfs)
		return d2dimport_fail(d, file, "%s: the engine doesn't take it, it must be imported while none runs",
			images->oci ? "an OCI layout" : "a root file system");
	xlseek(fd, 0, SEEK_SET);
	if (d2d_is_zstd(fd)) {
		fork_transformer_with_sig(fd, d2d_unpack_zstd, "unzstd");
		size = d2d_archive_size(a, &cut);
	}
	return d2dimport_load(d, file, fd, size);
}
