/*
 * Reads the labels by which an image says how it wants to be run: those of debian2docker, whalebrew and podman, in this order.
 * Only the first kind that the image has is used; labels of the other kinds are ignored.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_alias_label.o

#include <json-c/json.h>
#include "d2d_alias.h"

#define WHALEBREW "io.whalebrew."

struct reader {
	struct d2d_alias_request *wish;
	const char *label;	/* name of the label for messages */
	char **why;		/* where the error message goes */
};

static int refuse(const struct reader *r, const char *reason)
{
	*r->why = xasprintf("label %s: %s", r->label, reason);
	return -EINVAL;
}

/* Like refuse(), but frees REASON, the message of a d2d_alias_option_...() function. */
static int refuse_and_free(const struct reader *r, char *reason)
{
	refuse(r, reason);
	free(reason);
	return -EINVAL;
}

static int add(const struct reader *r, const char *name, const char *value)
{
	char *why;

	return d2d_alias_option_add(&r->wish->options, r->label, name, value, &why) < 0 ? refuse_and_free(r, why) : 0;
}

/* Splits a JSON array of strings into words, like d2d_words(): returns 0 or -EINVAL with *why. The caller frees *words with
 * d2d_words_free() in any case. */
static int json_words(const char *text, char ***words, const char **why)
{
	struct json_object *list = json_tokener_parse(text), *item;
	size_t i, n = d2d_json_length(list);
	int r = -EINVAL;

	*words = xzalloc((MIN(n, D2D_WORDS_MAX) + 1) * sizeof(char *));
	*why = NULL;
	if (!json_object_is_type(list, json_type_array))
		*why = "it isn't a JSON list";
	else if (n > D2D_WORDS_MAX)
		*why = "too many words";
	for (i = 0; i < n && !*why; i++) {
		item = json_object_array_get_idx(list, i);
		if (!json_object_is_type(item, json_type_string)
		 || strlen(json_object_get_string(item)) != (size_t)json_object_get_string_len(item))
			*why = "its list has an element that isn't a string";
		else
			(*words)[i] = xstrdup(json_object_get_string(item));
	}
	if (!*why)
		r = 0;
	json_object_put(list);
	return r;
}

/* Adds OPTION once for each word of a list, which is written as ["A", "B"] or as A B. */
static int take_list(const struct reader *r, const char *text, const char *option)
{
	const char *reason;
	char **words, **w;
	int err;

	if (skip_whitespace(text)[0] == '[')
		err = json_words(text, &words, &reason);
	else
		err = d2d_words(text, &words, &reason);
	if (err < 0)
		err = refuse(r, reason);
	for (w = words; *w && err >= 0; w++)
		err = add(r, option, *w);
	d2d_words_free(words);
	return err;
}

/* Takes a text that consists of 'docker run' options only. */
static int take_options(const struct reader *r, const char *text, const char *unused UNUSED_PARAM)
{
	const char *reason;
	char **words, **rest, *why, *shown;
	int err = d2d_words(text, &words, &reason);

	if (err < 0) {
		refuse(r, reason);
	} else {
		err = d2d_alias_options_parse(&r->wish->options, r->label, words, &rest, &why);
		if (err < 0) {
			refuse_and_free(r, why);
		} else if (*rest) {
			shown = d2d_printable(*rest, strlen(*rest));
			err = refuse_and_free(r, xasprintf("'%s' isn't an option", shown));
			free(shown);
		}
	}
	d2d_words_free(words);
	return err;
}

/* Mounts the caller's working directory at the path TEXT and makes that path the container's working directory. */
static int take_workdir(const struct reader *r, const char *text, const char *unused UNUSED_PARAM)
{
	char *volume = xasprintf("$PWD:%s", text);
	int err = add(r, "volume", volume);

	free(volume);
	return err < 0 ? err : add(r, "workdir", text);
}

static int take_tty(const struct reader *r, const char *text, const char *unused UNUSED_PARAM)
{
	if (strcmp(text, "no") == 0)
		r->wish->no_tty = true;
	else if (strcmp(text, "auto") != 0)
		return refuse(r, "it must be 'auto' or 'no'");
	return 0;
}

static int take_user(const struct reader *r, const char *text, const char *unused UNUSED_PARAM)
{
	if (strcmp(text, "image") == 0)
		return add(r, "user", text);
	return strcmp(text, "caller") == 0 ? 0 : refuse(r, "it must be 'caller' or 'image'");
}

static int take_keep_user(const struct reader *r, const char *text, const char *unused UNUSED_PARAM)
{
	if (strcmp(text, "true") == 0)
		return add(r, "user", "image");
	return strcmp(text, "false") == 0 ? 0 : refuse(r, "it must be 'true' or 'false'");
}

static int take_value(const struct reader *r, const char *text, const char *option)
{
	return add(r, option, text);
}

static int take_nothing(const struct reader *r UNUSED_PARAM, const char *text UNUSED_PARAM,
		const char *option UNUSED_PARAM)
{
	return 0;
}

struct key {
	const char *name;
	int (*take)(const struct reader *r, const char *text, const char *option);
	const char *option;
};

static const struct key our_keys[] = {
	{ "alias", take_nothing, NULL },
	{ "autostart", take_nothing, NULL },	/* d2dautostart reads it */
	{ "autostart-of", take_nothing, NULL },	/* of its containers: an image that is made of one by "docker commit" has it, too */
	{ "display", take_nothing, NULL },	/* d2ddisplay reads it */
	{ "env", take_list, "env" },
	{ "gui", take_value, "gui" },
	{ "ports", take_list, "publish" },
	{ "run", take_options, NULL },
	{ "tty", take_tty, NULL },
	{ "user", take_user, NULL },
	{ "volumes", take_list, "volume" },
	{ "workdir", take_workdir, NULL },
	{ }
};

static const struct key whalebrew_keys[] = {
	{ "config.environment", take_list, "env" },
	{ "config.keep_container_user", take_keep_user, NULL },
	{ "config.networks", take_list, "network" },
	{ "config.ports", take_list, "publish" },
	{ "config.volumes", take_list, "volume" },
	{ "config.working_dir", take_workdir, NULL },
	{ }
};

static int take_keys(struct json_object *labels, const char *prefix, const struct key *keys, const char *file,
		struct d2d_alias_request *wish, char **why)
{
	int err = 0;

	json_object_object_foreach(labels, name, value) {
		const char *rest = is_prefixed_with(name, prefix);
		char *full = file ? xasprintf("%s of %s", rest ? rest : "", file) : xstrdup(name);
		char *label = d2d_printable(full, strlen(full));
		struct reader r = { .wish = wish, .label = label, .why = why };
		const struct key *key = keys;

		while (rest && key->name && strcmp(key->name, rest) != 0)
			key++;
		if (rest && key->name) {
			if (json_object_is_type(value, json_type_string))
				err = key->take(&r, json_object_get_string(value), key->option);
			else
				err = refuse(&r, "it isn't a string");
		} else if (rest && keys == our_keys) {
			/* An unknown label of ours may be a restriction that makes the image safe to run. */
			err = refuse(&r, "this label isn't known");
		}
		free(label);
		free(full);
		if (err < 0)
			return err;
	}
	return 0;
}

static bool is_image_word(const char *word, const char *image)
{
	const char *tag = strrchr(image, ':');

	return strcmp(word, "IMAGE") == 0 || strcmp(word, "$IMAGE") == 0 || strcmp(word, "${IMAGE}") == 0
		|| strcmp(word, image) == 0
		|| (strncmp(word, image, tag - image) == 0 && word[tag - image] == '\0');
}

/* Takes the words of "docker run OPTION... IMAGE [ARG]...". Returns NULL, or the reason why they are refused; if *why isn't
 * NULL, the reason is *why and the caller frees it. */
static const char *take_command(const struct reader *r, char **words, const char *image, char **why)
{
	static const char programs[] ALIGN1 = "docker\0" "podman\0" "/usr/bin/docker\0" "/usr/bin/podman\0";
	char **rest, **w;

	*why = NULL;
	if (!words[0] || index_in_strings(programs, words[0]) < 0 || !words[1] || strcmp(words[1], "run") != 0)
		return "it doesn't begin with 'docker run' or 'podman run'";
	if (d2d_alias_options_parse(&r->wish->options, r->label, words + 2, &rest, why) < 0)
		return *why;
	if (!*rest || !is_image_word(*rest, image))
		return "its options aren't followed by IMAGE";
	for (w = words; *w; w++)
		if (w != rest && strchr(*w, '$'))
			return "it uses a variable, but variables aren't expanded";
	r->wish->args = xzalloc((D2D_WORDS_MAX + 1) * sizeof(char *));
	for (w = rest + 1; *w; w++)
		r->wish->args[w - rest - 1] = xstrdup(*w);
	return NULL;
}

static int take_run_label(const char *text, const char *image, const struct reader *r)
{
	const char *reason;
	char **words, *why = NULL;
	int err = d2d_words(text, &words, &reason);

	if (err >= 0)
		reason = take_command(r, words, image, &why);
	err = reason ? refuse(r, reason) : 0;
	free(why);
	d2d_words_free(words);
	return err;
}

/* Returns whether an image has labels with PREFIX, other than the command name PREFIX"alias". */
static bool has_labels(struct json_object *labels, const char *prefix)
{
	json_object_object_foreach(labels, name, value) {
		const char *rest = is_prefixed_with(name, prefix);

		(void)value;
		if (rest && strcmp(rest, "alias") != 0)
			return true;
	}
	return false;
}

bool d2d_alias_has_request(struct json_object *labels)
{
	return json_object_is_type(labels, json_type_object)
		&& (has_labels(labels, D2D_LABEL) || has_labels(labels, WHALEBREW"config.")
			|| json_object_object_get(labels, "RUN"));
}

int d2d_alias_request(struct json_object *labels, const char *image, const char *file, struct d2d_alias_request *wish,
		char **why)
{
	struct json_object *run;
	struct reader r = { .wish = wish, .label = "RUN", .why = why };

	memset(wish, 0, sizeof(*wish));
	*why = NULL;
	if (!json_object_is_type(labels, json_type_object))
		return 0;
	if (has_labels(labels, D2D_LABEL))
		return take_keys(labels, D2D_LABEL, our_keys, file, wish, why);
	if (has_labels(labels, WHALEBREW"config."))
		return take_keys(labels, WHALEBREW, whalebrew_keys, NULL, wish, why);
	if (!json_object_object_get_ex(labels, "RUN", &run))
		return 0;
	if (!json_object_is_type(run, json_type_string))
		return refuse(&r, "it isn't a string");
	return take_run_label(json_object_get_string(run), image, &r);
}

void d2d_alias_request_free(struct d2d_alias_request *wish)
{
	d2d_alias_options_free(&wish->options);
	d2d_words_free(wish->args);
}

const char *d2d_alias_label_command(struct json_object *labels)
{
	struct json_object *name;

	if (json_object_is_type(labels, json_type_object)
	 && (json_object_object_get_ex(labels, D2D_LABEL"alias", &name)
	  || json_object_object_get_ex(labels, WHALEBREW"name", &name))
	)
		return json_object_is_type(name, json_type_string) ? json_object_get_string(name) : NULL;
	return NULL;
}
