/*
 * From the labels of an image to docker's command line: without permission, the line contains harmless options only.
 * needs: d2d_words.c d2d_alias_option.c d2d_alias_volume.c d2d_alias_label.c d2d_alias_command.c d2d_text.c d2d_json.c d2d_file.c
 * libs: -ljson-c
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#include <json-c/json.h>
#include "fuzz.h"
#include "d2d_alias.h"

/* An existing directory that contains symbolic links to other directories. */
#define HOME "/usr"

static const char *const start[] = {
	"docker", "run", "--rm", "-i", "--pull=never", "--security-opt=no-new-privileges", "--cap-drop=ALL",
};

static const char *const harmless[] = {
	"--add-host=", "--cpu-shares=", "--cpus=", "--cpuset-cpus=", "--detach", "--dns=", "--dns-option=", "--dns-search=",
	"--domainname=", "--entrypoint=", "--env=", "--expose=", "--hostname=", "--init", "--memory=", "--memory-reservation=",
	"--memory-swap=", "--name=", "--network=none", "--network=bridge", "--network=default", "--no-healthcheck",
	"--pids-limit=", "--publish=", "--publish-all", "--read-only", "--shm-size=", "--stop-signal=", "--stop-timeout=",
	"--tmpfs=/", "--tmpfs=", "--user=", "--volume=", "--workdir=/",
};

static const char *value_of(const char *word)
{
	unsigned i;

	for (i = 0; i < ARRAY_SIZE(harmless); i++) {
		const char *rest = is_prefixed_with(word, harmless[i]);

		if (rest && (!*rest || harmless[i][strlen(harmless[i]) - 1] == '='))
			return rest;
	}
	return is_prefixed_with(word, "--workdir=/") || is_prefixed_with(word, "--tmpfs=/") ? word : NULL;
}

/* A volume of Docker, or a directory below the home directory without "..". The path in the container is not
 * checked. */
static void check_volume(const char *value)
{
	const char *colon = strchr(value, ':');
	char *source = colon ? xstrndup(value, colon - value) : xstrdup("anonymous");
	char *rest = is_prefixed_with(source, HOME"/");

	CHECK(isalnum(source[0]) || (rest && *rest && *rest != '.'));
	CHECK(isalnum(source[0]) ? !strchr(source, '/') : !strstr(source, "/../") && !is_suffixed_with(source, "/.."));
	free(source);
}

static void check_command(const struct d2d_alias_command *c, const char *image)
{
	unsigned i;

	for (i = 0; i < ARRAY_SIZE(start); i++)
		CHECK(strcmp(c->argv[i], start[i]) == 0);
	for (; strcmp(c->argv[i], image) != 0; i++) {
		const char *value = value_of(c->argv[i]), *p;

		CHECK(value);
		if (is_prefixed_with(c->argv[i], "--volume="))
			check_volume(value);
		for (p = value; *p; p++)
			CHECK((unsigned char)*p >= ' ' && *p != 0x7f);
	}
	/* Only the caller may get directories of the caller. */
	if (c->folders)
		CHECK(strcmp(c->argv[i - 1], "--user=1000:999") == 0);
}

static void check_labels(struct json_object *labels, const char *file)
{
	static const struct d2d_alias_caller caller = { .home = HOME, .cwd = HOME"/share", .uid = 1000, .gid = 999 };
	static const struct d2d_alias_image image = { .name = "app:latest", .id = "sha256:1", .user = "" };
	struct d2d_alias_command command;
	struct d2d_alias_request wish;
	const llist_t *l;
	char *why;
	int err = d2d_alias_request(labels, image.name, file, &wish, &why);

	CHECK(err == 0 || err == -EINVAL);
	CHECK((why != NULL) == (err < 0));
	CHECK(!why || is_printable(why));
	if (!err) {
		err = d2d_alias_command(&caller, &image, &wish, NULL, NULL, &command);
		CHECK(err == 0 || err == -EACCES);
		CHECK((command.reasons != NULL) == (err < 0));
		for (l = command.reasons; l; l = l->link)
			CHECK(is_printable(l->data));
		if (!err)
			check_command(&command, image.name);
		d2d_alias_command_free(&command);
	}
	d2d_alias_label_command(labels);
	d2d_alias_request_free(&wish);
	free(why);
}

/* The input is JSON, and also the text of single labels. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const one[] = {
		D2D_LABEL"run", D2D_LABEL"volumes", "RUN", "io.whalebrew.config.volumes", D2D_LABEL"env", D2D_LABEL"ports",
		"io.whalebrew.config.networks", "io.whalebrew.config.working_dir",
	};
	char *text = xstrndup((const char *)data, size);
	struct json_object *labels = json_tokener_parse(text);
	unsigned i;

	if (json_object_is_type(labels, json_type_object)) {
		check_labels(labels, NULL);
		check_labels(labels, "a.alias");
	}
	json_object_put(labels);
	for (i = 0; i < ARRAY_SIZE(one); i++) {
		labels = json_object_new_object();
		json_object_object_add(labels, one[i], json_object_new_string(text));
		check_labels(labels, NULL);
		json_object_put(labels);
	}
	free(text);
	return 0;
}
