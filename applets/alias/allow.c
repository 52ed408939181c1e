/*
 * d2dalias --allow, --deny, --allowed: the options of 'docker run' that the user has allowed for single images. They are kept
 * in a file that only root can write.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DALIAS) += d2dalias_allow.o

#include <json-c/json.h>
#include "d2dalias.h"

static struct json_object *read_all(const struct d2dalias *d)
{
	struct json_object *all;
	int r = d2d_alias_allowed_read(d->root, &all);

	if (r < 0)
		bb_error_msg_and_die("can't read the list of allowed options: %s", strerror(-r));
	return all;
}

static int write_all(const struct d2dalias *d, struct json_object *all)
{
	int r = d2d_alias_allowed_write(d->root, all);

	if (r == 0)
		return EXIT_SUCCESS;
	bb_error_msg("can't write the list of allowed options: %s", strerror(-r));
	return EXIT_FAILURE;
}

static void parse_options(struct d2d_alias_options *list, char **words)
{
	char **rest, *why;

	if (d2d_alias_options_parse(list, "", words, &rest, &why) < 0)
		bb_error_msg_and_die("%s", why);
	if (*rest)
		bb_error_msg_and_die("'%s' isn't an option", printable_string(*rest));
}

static bool has_option(struct json_object *options, const char *text)
{
	size_t i;

	for (i = 0; i < d2d_json_length(options); i++)
		if (strcmp(d2d_json_text_at(options, i) ? : "", text) == 0)
			return true;
	return false;
}

/* Returns the allowed options of the image with this ID. Adds an empty entry to ALL if there is none. */
static struct json_object *options_of(struct json_object *all, const char *id, const char *image)
{
	struct json_object *options = d2d_alias_allowed_for(all, id), *entry;

	if (!options) {
		entry = json_object_new_object();
		options = json_object_new_array();
		json_object_object_add(entry, "image", json_object_new_string(image));
		json_object_object_add(entry, "options", options);
		json_object_object_add(all, id, entry);
	}
	return options;
}

int d2dalias_allow(struct d2dalias *d, char **argv)
{
	struct d2d_alias_options list = { NULL };
	struct json_object *all, *options;
	const char *id;
	char *image;
	unsigned i;

	if (!argv[0] || !argv[1])
		bb_show_usage();
	parse_options(&list, argv + 1);
	image = d2dalias_tagged(argv[0]);
	id = d2d_json_text(d2dalias_inspect(image), "Id");
	if (!id)
		bb_error_msg_and_die("the engine's reply has no ID for image '%s'", image);

	all = read_all(d);
	options = options_of(all, id, image);
	for (i = 0; i < list.n; i++) {
		const struct d2d_alias_option *o = &list.option[i];

		if (o->kind == D2D_OPTION_HARMLESS || o->kind == D2D_OPTION_DEFAULT) {
			bb_error_msg("'%s' needs no permission: every image may use it", o->text);
			continue;
		}
		if (!has_option(options, o->text))
			json_object_array_add(options, json_object_new_string(o->text));
		printf("%s: may now use %s if its labels ask for it\n", image, o->text);
	}
	return d2d_json_length(options) ? write_all(d, all) : EXIT_SUCCESS;
}

int d2dalias_deny(struct d2dalias *d, char **argv)
{
	struct json_object *all;
	llist_t *ids = NULL;
	char *image;

	if (!argv[0] || argv[1])
		bb_show_usage();
	all = read_all(d);
	image = d2dalias_tagged(argv[0]);
	{
		json_object_object_foreach(all, id, entry) {
			const char *name = d2d_json_text(entry, "image");

			if (strcmp(id, argv[0]) == 0 || (name && strcmp(name, image) == 0))
				llist_add_to(&ids, xstrdup(id));
		}
	}
	if (!ids)
		bb_error_msg_and_die("no options are allowed for '%s'", printable_string(argv[0]));
	while (ids)
		json_object_object_del(all, llist_pop(&ids));
	return write_all(d, all);
}

int d2dalias_allowed(struct d2dalias *d, char **argv)
{
	struct json_object *all;

	if (*argv)
		bb_show_usage();
	all = read_all(d);
	{
		json_object_object_foreach(all, id, entry) {
			struct json_object *options = d2d_alias_allowed_for(all, id);
			const char *name = d2d_json_text(entry, "image");
			size_t i;

			printf("%s", printable_string(name ? name : "?"));
			printf(" %s", printable_string(id));
			for (i = 0; i < d2d_json_length(options); i++) {
				char *word = d2d_quoted(d2d_json_text_at(options, i) ? : "");

				printf(" %s", word);
				free(word);
			}
			bb_putchar('\n');
		}
	}
	return EXIT_SUCCESS;
}
