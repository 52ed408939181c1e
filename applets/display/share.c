/*
 * d2ddisplay: what an application has besides its image: a home directory that is kept, a directory of user docker's, and the
 * right to open commands.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DDISPLAY) += d2ddisplay_share.o

#include <json-c/json.h>
#include "d2ddisplay.h"
#include "d2d_alias.h"

#define USER_HOME "/home/docker"

/* Returns the home directory that an image names, if it can be the place of a volume, else NULL. The image's object owns it. */
static const char *home_of(struct json_object *image)
{
	struct json_object *env;
	size_t i, n = d2d_json_array(json_object_object_get(image, "Config"), "Env", &env);

	for (i = 0; i < n; i++) {
		const char *home = is_prefixed_with(d2d_json_text_at(env, i) ?: "", "HOME=");
		char *clean;
		bool is_clean;

		if (!home)
			continue;
		clean = home[0] == '/' ? d2d_clean_name(home) : NULL;
		is_clean = clean && strcmp(clean, home + 1) == 0 && strlen(home) < 256 && !home[strcspn(home, ":\\\"")] && d2d_is_utf8(home);
		free(clean);
		return is_clean ? home : NULL;
	}
	return NULL;
}

/* The volume with the home directory, as an option of 'docker run -v', or NULL if there is none. The caller frees it. */
static char *home_volume(const struct d2ddisplay *d, const char *home)
{
	const char *name = d->wish.home[0] ? d->wish.home : d->wish.kind == D2DDISPLAY_DESKTOP ? d->name : NULL;

	return home && name ? xasprintf("display-%s-home:%s", name, home) : NULL;
}

/* Where the directory of the user is in the container: in the home directory, or in the root directory if there is none. */
static char *folder_target(const struct d2ddisplay *d, const char *home)
{
	return xasprintf("%s/%s", home ?: "", d->wish.folder);
}

void d2ddisplay_shares(const struct d2ddisplay *d, struct json_object *image, struct json_object *list)
{
	const char *home = home_of(image);
	char *volume = home_volume(d, home), *target;

	if (volume)
		json_object_array_add(list, json_object_new_string(volume));
	if (d->wish.folder[0]) {
		target = folder_target(d, home);
		free(volume);
		volume = xasprintf("%s"USER_HOME"/%s:%s", d->root, d->wish.folder, target);
		json_object_array_add(list, json_object_new_string(volume));
		free(target);
	}
	free(volume);
}

static bool is_allowed(struct json_object *allowed, const char *option)
{
	size_t i, n = d2d_json_length(allowed);

	for (i = 0; i < n; i++)
		if (strcmp(d2d_json_text_at(allowed, i) ?: "", option) == 0)
			return true;
	return false;
}

bool d2ddisplay_has_leave(const struct d2ddisplay *d, struct json_object *image, const char *option)
{
	struct json_object *all;
	bool has;

	/* A list that can't be read allows nothing. */
	d2d_alias_allowed_read(d->root, &all);
	has = is_allowed(d2d_alias_allowed_for(all, d2d_json_text(image, "Id") ?: ""), option);
	json_object_put(all);
	return has;
}

/* Makes OPTION a part of *MISSING unless root has allowed it. Frees OPTION. */
static void need(struct json_object *allowed, char *option, char **missing)
{
	char *longer, *word;

	if (!is_allowed(allowed, option)) {
		word = d2d_quoted(option);
		longer = xasprintf("%s %s", *missing ?: "", word);
		free(word);
		free(*missing);
		*missing = longer;
	}
	free(option);
}

/* Makes the directory of user docker, unless it is there. Nothing that leads elsewhere is followed. */
static int make_folder(const struct d2ddisplay *d, char **why)
{
	char *home = concat_path_file(d->root, USER_HOME), *path = concat_path_file(home, d->wish.folder);
	struct stat st, owner;
	int r = 0;

	if (stat(home, &owner) < 0 || (mkdir(path, 0700) == 0 && lchown(path, owner.st_uid, owner.st_gid) < 0)
	 || lstat(path, &st) < 0)
		r = d2d_fail(-errno, why, "can't make the directory '%s': %s", path, strerror(errno));
	else if (!S_ISDIR(st.st_mode))
		r = d2d_fail(-ENOTDIR, why, "'%s' isn't a directory", path);
	free(path);
	free(home);
	return r;
}

int d2ddisplay_may_share(const struct d2ddisplay *d, struct json_object *image, char **why)
{
	const char *home = home_of(image);
	char *missing = NULL, *target, *volume;
	struct json_object *all, *allowed;
	int r = 0;

	*why = NULL;
	if (!d->wish.home[0] && !d->wish.folder[0] && !d->wish.nested && !d->wish.sound)
		return 0;
	if (d->wish.home[0] && !home)
		return d2d_fail(-EINVAL, why, "home=%s: the image '%s' doesn't say where its home directory is (ENV HOME=/...)",
			d->wish.home, d->image);
	if (d->wish.nested) {
		r = d2ddisplay_can_nest(d, why);
		if (r < 0)
			return r;
		volume = home_volume(d, home);
		free(volume);
		if (!volume)
			return d2d_fail(-EINVAL, why, "nested: '%s' has no home directory that is kept, for the images of its engine", d->image);
	}
	if (!d->ordered) {
		/* A list that can't be read allows nothing. */
		d2d_alias_allowed_read(d->root, &all);
		allowed = d2d_alias_allowed_for(all, d2d_json_text(image, "Id"));
		if (d->wish.home[0])
			need(allowed, xasprintf("--volume=display-%s-home:%s", d->wish.home, home), &missing);
		if (d->wish.folder[0]) {
			target = folder_target(d, home);
			need(allowed, xasprintf("--volume=~/%s:%s", d->wish.folder, target), &missing);
			free(target);
		}
		if (d->wish.nested)
			need(allowed, xstrdup("--display=nested"), &missing);
		if (d->wish.sound)
			need(allowed, xstrdup(d->wish.microphone ? "--display=microphone" : "--display=sound"), &missing);
		json_object_put(all);
	}
	if (missing)
		r = d2d_fail(-EACCES, why, "the label of '%s' asks for more than a screen; if you trust this image, run as root: "
			"d2d alias --allow %s%s", d->image, d->image, missing);
	else if (d->wish.folder[0])
		r = make_folder(d, why);
	free(missing);
	return r;
}

char *d2ddisplay_commands_refused(struct d2ddisplay *d, struct json_object *image)
{
	static const char option[] ALIGN1 = "--display=commands";
	char *wrong, *why;

	d->commands = d->wish.commands && (d->ordered || d2ddisplay_has_leave(d, image, option));
	if (d->commands || !d->wish.commands)
		return NULL;
	wrong = d2ddisplay_untrusted(d->root, image);
	d->commands = !wrong;
	if (!wrong)
		return NULL;
	why = xasprintf("the label of '%s' asks for the commands of images, which it doesn't get: %s; if you trust this image, "
		"run as root: d2d alias --allow %s %s", d->image, wrong, d->image, option);
	free(wrong);
	return why;
}
