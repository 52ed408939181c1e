/*
 * Parses the file that says how to run an image made from a root file system: either NAME.rootfs.conf, with lines KEY=VALUE
 * whose keys are those of a Dockerfile that 'docker import --change' accepts, or NAME.rootfs.json, the "config" object of an
 * image. Not only values on which Docker would fail are refused, but also those that Docker would ignore: with a misspelt
 * key the image would not do what the user wants.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DIMPORT) += d2d_rootfs_config.o

#include <json-c/json.h>
#include "d2d_image.h"

enum kind { COMMAND, LIST, TEXT, SET, MAP, HEALTH };

static const struct key {
	const char *conf, *json;
	enum kind kind;
} keys[] = {
	{ "CMD", "Cmd", COMMAND }, { "ENTRYPOINT", "Entrypoint", COMMAND }, { "ENV", "Env", LIST },
	{ "WORKDIR", "WorkingDir", TEXT }, { "USER", "User", TEXT }, { "EXPOSE", "ExposedPorts", SET },
	{ "VOLUME", "Volumes", SET }, { "LABEL", "Labels", MAP }, { "HEALTHCHECK", "Healthcheck", HEALTH },
};

static bool is_port(const char *s)
{
	char *end = NULL;
	unsigned long port = isdigit(*s) ? strtoul(s, &end, 10) : 0;

	return port && port <= 65535 && (strcmp(end, "/tcp") == 0 || strcmp(end, "/udp") == 0 || strcmp(end, "/sctp") == 0);
}

/* Returns what is wrong with one value, or NULL. */
static const char *check_value(const struct key *key, const char *value)
{
	switch (key->conf[0]) {
	case 'E':
		if (key->kind == LIST)
			return strchr(value, '=') > value ? NULL : "it isn't NAME=VALUE";
		return key->kind == COMMAND || is_port(value) ? NULL : "it isn't PORT or PORT/PROTOCOL";
	case 'V':
	case 'W':
		return value[0] == '/' ? NULL : "it isn't an absolute path";
	case 'U':
	case 'L':
		return value[0] ? NULL : "it is empty";
	default:
		return NULL;
	}
}

/* Parses JSON. NULL also if anything but white space follows the value. */
static struct json_object *parse(const char *text, size_t len)
{
	struct json_tokener *tokener = json_tokener_new();
	struct json_object *o = json_tokener_parse_ex(tokener, text, len);
	size_t end = json_tokener_get_parse_end(tokener);

	if (json_tokener_get_error(tokener) != json_tokener_success || skip_whitespace(text + end) != text + len) {
		json_object_put(o);
		o = NULL;
	}
	json_tokener_free(tokener);
	return o;
}

/* ---- JSON ---- */

static const char *check_string(const struct key *key, struct json_object *o)
{
	const char *text = json_object_get_string(o);

	if (!json_object_is_type(o, json_type_string))
		return "a value is not a string";
	return strlen(text) == (size_t)json_object_get_string_len(o) ? check_value(key, text) : "it contains a null byte";
}

static const char *check_list(const struct key *key, struct json_object *o)
{
	const char *wrong = NULL;
	size_t i, n;

	if (!json_object_is_type(o, json_type_array))
		return "it isn't an array";
	n = d2d_json_length(o);
	for (i = 0; !wrong && i < n; i++)
		wrong = check_string(key, json_object_array_get_idx(o, i));
	return key->kind == COMMAND && !n ? "it is empty" : wrong;
}

static const char *check_object(const struct key *key, struct json_object *o)
{
	static const struct key any = { .conf = "-" };
	const char *wrong = NULL;
	struct json_object_iter at;

	if (!json_object_is_type(o, json_type_object))
		return "it isn't an object";
	json_object_object_foreachC(o, at) {
		wrong = check_value(key, at.key);
		if (!wrong && key->kind == MAP)
			wrong = check_string(&any, at.val);
		else if (!wrong && (!json_object_is_type(at.val, json_type_object) || json_object_object_length(at.val)))
			wrong = "a value is not {}";
		if (wrong)
			break;
	}
	return wrong;
}

/* The members of "Healthcheck": the command, and numbers of nanoseconds and of failures. */
static const char *check_health(struct json_object *o)
{
	static const char numbers[] ALIGN1 = "Interval\0" "Timeout\0" "StartPeriod\0" "StartInterval\0" "Retries\0";
	static const struct key test = { .conf = "-", .kind = COMMAND };
	const char *wrong = NULL;
	struct json_object_iter at;

	if (!json_object_is_type(o, json_type_object))
		return "it isn't an object";
	json_object_object_foreachC(o, at) {
		if (strcmp(at.key, "Test") == 0)
			wrong = check_list(&test, at.val);
		else if (index_in_strings(numbers, at.key) < 0)
			wrong = "it has an unknown key";
		else if (!json_object_is_type(at.val, json_type_int) || json_object_get_int64(at.val) < 0)
			wrong = "it has a value that isn't a number";
		if (wrong)
			break;
	}
	return wrong;
}

static const char *check_member(const char *name, struct json_object *o)
{
	const struct key *key = keys;

	while (strcmp(key->json, name) != 0)
		if (++key == keys + ARRAY_SIZE(keys))
			return "unknown key";
	if (key->kind == TEXT)
		return check_string(key, o);
	if (key->kind == HEALTH)
		return check_health(o);
	return key->kind == COMMAND || key->kind == LIST ? check_list(key, o) : check_object(key, o);
}

static int take_json(const char *text, size_t len, struct json_object **config, char **why)
{
	struct json_object_iter at;
	const char *wrong;
	char *shown;

	*config = parse(text, len);
	if (!json_object_is_type(*config, json_type_object)) {
		*why = xstrdup("it isn't a JSON object");
		return -EINVAL;
	}
	json_object_object_foreachC(*config, at) {
		wrong = check_member(at.key, at.val);
		if (wrong) {
			shown = d2d_printable(at.key, strlen(at.key));
			*why = xasprintf("%s: %s", shown, wrong);
			free(shown);
			return -EINVAL;
		}
	}
	return 0;
}

/* ---- lines ---- */

/* Parses VALUE as a list, ["program","argument"...], or makes it a command line for the image's shell. */
static struct json_object *command(const char *value)
{
	struct json_object *o;

	if (value[0] == '[')
		return parse(value, strlen(value));
	o = json_object_new_array();
	json_object_array_add(o, json_object_new_string("/bin/sh"));
	json_object_array_add(o, json_object_new_string("-c"));
	json_object_array_add(o, json_object_new_string(value));
	return o;
}

/* Takes one option of a health check, --NAME=NUMBER or --NAME=SECONDSs. */
static const char *health_option(struct json_object *health, const char *word)
{
	static const struct { const char *name, *json; } options[] = {
		{ "--interval=", "Interval" }, { "--timeout=", "Timeout" }, { "--start-period=", "StartPeriod" },
		{ "--start-interval=", "StartInterval" }, { "--retries=", "Retries" },
	};
	const char *value = NULL;
	char *end;
	unsigned long n;
	unsigned i;

	for (i = 0; i < ARRAY_SIZE(options); i++) {
		bool retries = i == ARRAY_SIZE(options) - 1;

		value = is_prefixed_with(word, options[i].name);
		if (!value)
			continue;
		n = isdigit(*value) ? strtoul(value, &end, 10) : 0;
		if (!n || n > 24 * 60 * 60 || strcmp(end, retries ? "" : "s") != 0)
			return retries ? "'--retries' isn't a number" : "a time isn't SECONDSs, as in --interval=10s";
		json_object_object_add(health, options[i].json, json_object_new_int64(retries ? n : n * 1000000000ULL));
		return NULL;
	}
	return "it has an unknown option";
}

/* Parses [--OPTION=VALUE]... COMMAND, as in a Dockerfile. VALUE is changed. */
static const char *take_health(struct json_object *config, const struct key *key, char *value)
{
	struct json_object *health = json_object_new_object(), *list, *test;
	const char *wrong = NULL;
	size_t i;

	while (!wrong && is_prefixed_with(value, "--")) {
		char *word = value;

		value = skip_non_whitespace(word);
		if (*value)
			*value++ = '\0';
		value = skip_whitespace(value);
		wrong = health_option(health, word);
	}
	if (!wrong && is_prefixed_with(value, "CMD") && isspace(value[3]))
		value = skip_whitespace(value + 3);
	if (!wrong && !value[0])
		wrong = "it has no command";
	if (!wrong) {
		list = command(value);
		wrong = check_list(key, list);
		test = json_object_new_array();
		json_object_array_add(test, json_object_new_string("CMD"));
		for (i = 0; !wrong && i < d2d_json_length(list); i++)
			json_object_array_add(test, json_object_get(json_object_array_get_idx(list, i)));
		json_object_object_add(health, "Test", test);
		json_object_put(list);
	}
	if (wrong)
		json_object_put(health);
	else
		json_object_object_add(config, key->json, health);
	return wrong;
}

static struct json_object *member(struct json_object *config, const struct key *key)
{
	struct json_object *o;

	if (!json_object_object_get_ex(config, key->json, &o)) {
		o = key->kind == LIST ? json_object_new_array() : json_object_new_object();
		json_object_object_add(config, key->json, o);
	}
	return o;
}

static const char *take_value(struct json_object *config, const struct key *key, char *value)
{
	const char *wrong = NULL;
	struct json_object *o;
	char *text;

	if (!value[0])
		return "it is empty";
	if (key->kind == HEALTH)
		return take_health(config, key, value);
	if (key->kind == COMMAND) {
		o = command(value);
		wrong = check_list(key, o);
		if (wrong)
			json_object_put(o);
		else
			json_object_object_add(config, key->json, o);
		return wrong;
	}
	text = key->conf[0] == 'E' && key->kind == SET && !strchr(value, '/') ? xasprintf("%s/tcp", value) : xstrdup(value);
	if (key->kind == MAP) {
		value = strchr(text, '=');
		if (value)
			*value++ = '\0';
		else
			wrong = "it isn't NAME=VALUE";
	}
	if (!wrong)
		wrong = check_value(key, text);
	if (!wrong && key->kind == TEXT)
		json_object_object_add(config, key->json, json_object_new_string(text));
	else if (!wrong && key->kind == LIST)
		json_object_array_add(member(config, key), json_object_new_string(text));
	else if (!wrong)
		json_object_object_add(member(config, key), text,
			key->kind == MAP ? json_object_new_string(value) : json_object_new_object());
	free(text);
	return wrong;
}

static const char *take_line(struct json_object *config, char *line)
{
	const struct key *key = keys;
	char *value;

	trim(line);
	if (!line[0] || line[0] == '#')
		return NULL;
	value = strchr(line, '=');
	if (!value)
		return "it isn't KEY=VALUE";
	*value++ = '\0';
	while (strcasecmp(key->conf, line) != 0)
		if (++key == keys + ARRAY_SIZE(keys))
			return "unknown key";
	return take_value(config, key, value);
}

static int take_lines(const char *text, size_t len, struct json_object **config, char **why)
{
	char *copy = xstrndup(text, len), *rest = copy, *line;
	const char *wrong = NULL;
	unsigned number = 0;

	*config = json_object_new_object();
	while (!wrong && (line = strsep(&rest, "\n")) != NULL) {
		number++;
		wrong = take_line(*config, line);
	}
	free(copy);
	if (wrong)
		*why = xasprintf("line %u: %s", number, wrong);
	return wrong ? -EINVAL : 0;
}

int d2d_rootfs_config_parse(const char *text, size_t len, bool is_json, char **config, char **why)
{
	struct json_object *o = NULL, *shell;
	int r = -EINVAL;

	*config = *why = NULL;
	if (memchr(text, '\0', len))
		*why = xstrdup("it contains a null byte");
	else
		r = is_json ? take_json(text, len, &o, why) : take_lines(text, len, &o, why);
	if (r == 0) {
		if (!json_object_object_get_ex(o, "Cmd", NULL) && !json_object_object_get_ex(o, "Entrypoint", NULL)) {
			shell = json_object_new_array();
			json_object_array_add(shell, json_object_new_string("/bin/sh"));
			json_object_object_add(o, "Cmd", shell);
		}
		*config = xstrdup(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	}
	json_object_put(o);
	return r;
}
