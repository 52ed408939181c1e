/*
 * Builds the 'docker run' command line of an alias: the options that every alias gets, and those of the options requested by
 * the image that are harmless or that the user has allowed.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_alias_command.o

#include <json-c/json.h>
#include "d2d_alias.h"

struct builder {
	const struct d2d_alias_caller *caller;
	const struct d2d_alias_image *image;
	struct json_object *allowed;
	struct d2d_alias_command *command;
	bool used_permission;			/* at least one option needed the user's permission */
};

/* Appends WORD, which must be malloc'ed, to the command line; the command owns it from then on. */
static void put(struct d2d_alias_command *c, char *word)
{
	c->argv = xrealloc_vector(c->argv, 5, c->n);
	c->argv[c->n++] = word;
}

static bool is_allowed(struct builder *m, const char *text)
{
	size_t i, n = d2d_json_length(m->allowed);
	const char *one;

	for (i = 0; text && i < n; i++) {
		one = d2d_json_text_at(m->allowed, i);
		if (one && strcmp(one, text) == 0) {
			m->used_permission = true;
			return true;
		}
	}
	return false;
}

static void refuse(struct builder *m, const struct d2d_alias_option *o, const char *why)
{
	char *shown = d2d_printable(o->text, strlen(o->text));

	llist_add_to_end(&m->command->refused, xstrdup(o->text));
	llist_add_to_end(&m->command->reasons, xasprintf("label %s: '%s' isn't allowed%s%s", o->label, shown,
		why ? ": " : "", why ? why : ""));
	free(shown);
}

/* Refuses a container user other than the caller when directories of the caller are mounted: as root, the container could
 * leave a set-user-ID program there, which then runs as root for whoever starts it. */
static void refuse_user(struct builder *m, const struct d2d_alias_option *o)
{
	refuse(m, o, "a directory of yours is mounted, so the container must run as your own user");
}

static void take_volume(struct builder *m, const struct d2d_alias_option *o)
{
	struct d2d_alias_volume v;

	d2d_alias_volume(m->caller, o->kind, o->value, &v);
	if (v.option && (!v.why || is_allowed(m, o->text) || is_allowed(m, v.option))) {
		put(m->command, v.option);
		v.option = NULL;
		if (v.folder)
			llist_add_to_end(&m->command->folders, v.folder);
		v.folder = NULL;
	} else if (!v.option && is_allowed(m, o->text)) {
		put(m->command, xstrdup(o->text));
	} else {
		refuse(m, o, v.why);
	}
	free(v.option);
	free(v.folder);
}

/* Returns whether S names a display of this machine, as in ":0" or ":0.0". */
static bool is_local_display(const char *s)
{
	return s[0] == ':' && isdigit(s[1]) && s[1 + strspn(s + 1, "0123456789.")] == '\0';
}

static void take_gui(struct builder *m, const struct d2d_alias_option *o)
{
	const char *authority = m->caller->xauthority;

	if (!is_allowed(m, o->text)) {
		refuse(m, o, "a program with access to your screen can read it and your keystrokes");
	} else if (!m->caller->display || !is_local_display(m->caller->display)) {
		llist_add_to_end(&m->command->reasons, xasprintf("label %s: DISPLAY isn't a display of this machine", o->label));
	} else {
		put(m->command, xasprintf("--env=DISPLAY=%s", m->caller->display));
		put(m->command, xstrdup("--volume=/tmp/.X11-unix:/tmp/.X11-unix:ro"));
		if (authority && authority[0] == '/' && !strchr(authority, ':')) {
			put(m->command, xasprintf("--volume=%s:/tmp/.Xauthority:ro", authority));
			put(m->command, xstrdup("--env=XAUTHORITY=/tmp/.Xauthority"));
		}
	}
}

/* The working directory is a path in the container. "$PWD" stands for the caller's working directory, for images that mount it
 * at the same path. */
static void take_workdir(struct builder *m, const struct d2d_alias_option *o)
{
	char *path = d2d_alias_expand(m->caller, o->value);

	if (path)
		put(m->command, xasprintf("--workdir=%s", path));
	else
		refuse(m, o, "it isn't an absolute path");
	free(path);
}

static void take_option(struct builder *m, const struct d2d_alias_option *o)
{
	/* Who makes a container by a name has chosen it, and starts it later. */
	if (m->caller->container && (is_prefixed_with(o->text, "--name=") || strcmp(o->text, "--detach") == 0))
		return;
	switch (o->kind) {
	case D2D_OPTION_DEFAULT:
	case D2D_OPTION_USER:
		break;
	case D2D_OPTION_HARMLESS:
		put(m->command, xstrdup(o->text));
		break;
	case D2D_OPTION_VOLUME:
	case D2D_OPTION_MOUNT:
		take_volume(m, o);
		break;
	case D2D_OPTION_WORKDIR:
		take_workdir(m, o);
		break;
	case D2D_OPTION_GUI:
		take_gui(m, o);
		break;
	default:
		if (is_allowed(m, o->text))
			put(m->command, xstrdup(o->text));
		else
			refuse(m, o, NULL);
	}
}

static bool is_root(const char *user)
{
	return !user[0] || strcmp(user, "root") == 0 || strcmp(user, "0") == 0
		|| is_prefixed_with(user, "root:") || is_prefixed_with(user, "0:");
}

/* Decides which user the container's processes run as. ASKED is the user option of the image, or NULL. */
static void take_user(struct builder *m, const struct d2d_alias_option *asked)
{
	const struct d2d_alias_caller *caller = m->caller;
	bool folders = m->command->folders != NULL;

	if (asked && folders && caller->uid != 0 && !is_allowed(m, asked->text)) {
		refuse_user(m, asked);
	} else if (asked) {
		if (strcmp(asked->value, "image") != 0)
			put(m->command, xstrdup(asked->text));
	} else if (folders || is_root(m->image->user)) {
		/* An image with its own user that isn't root keeps that user, unless directories of the caller are mounted. */
		put(m->command, xasprintf("--user=%u:%u", (unsigned)caller->uid, (unsigned)caller->gid));
	}
}

static void put_defaults(struct d2d_alias_command *c, const char *container, bool tty)
{
	put(c, xstrdup("docker"));
	if (container) {
		put(c, xstrdup("create"));
		put(c, xasprintf("--name=%s", container));
	} else {
		put(c, xstrdup("run"));
		put(c, xstrdup("--rm"));
	}
	/* A container in the background has an input only if that is a terminal, to which somebody can attach. */
	if (tty || !container)
		put(c, xstrdup(tty ? "-it" : "-i"));
	if (tty && container)
		put(c, xstrdup("--env=TERM=linux"));
	put(c, xstrdup("--pull=never"));
	put(c, xstrdup("--security-opt=no-new-privileges"));
	put(c, xstrdup("--cap-drop=ALL"));
}

static void put_all(struct d2d_alias_command *c, char **words)
{
	for (; words && *words; words++)
		put(c, xstrdup(*words));
}

int d2d_alias_command(const struct d2d_alias_caller *caller, const struct d2d_alias_image *image,
		const struct d2d_alias_request *wish, struct json_object *allowed, char **args,
		struct d2d_alias_command *command)
{
	struct builder m = { .caller = caller, .image = image, .allowed = allowed, .command = command };
	const struct d2d_alias_option *user = NULL;
	unsigned i;

	memset(command, 0, sizeof(*command));
	put_defaults(command, caller->container, caller->tty && !wish->no_tty);
	for (i = 0; i < wish->options.n; i++) {
		take_option(&m, &wish->options.option[i]);
		if (wish->options.option[i].kind == D2D_OPTION_USER)
			user = &wish->options.option[i];
	}
	take_user(&m, user);

	/* A permission belongs to one image ID, and the name may point to another image by now. */
	put(command, xstrdup(m.used_permission ? image->id : image->name));
	put_all(command, wish->args);
	put_all(command, args);
	return command->reasons ? -EACCES : 0;
}

void d2d_alias_command_free(struct d2d_alias_command *command)
{
	d2d_words_free(command->argv);
	llist_free(command->folders, free);
	llist_free(command->refused, free);
	llist_free(command->reasons, free);
}
