/*
 * d2dalias: writes a command for each tagged image, so that an image runs by its name.
 *
 * An alias is a script with a marker in its second line; what has no marker is never touched. How it gets its name
 * stands in libd2d/d2d_alias.c.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//config:config D2DALIAS
//config:	bool "d2dalias"
//config:	default y
//config:	select D2D_LIBD2D
//config:	help
//config:	Writes a command into /usr/local/bin for each image that Docker has.

//applet:IF_D2DALIAS(APPLET(d2dalias, BB_DIR_USR_BIN, BB_SUID_DROP))

//kbuild:lib-$(CONFIG_D2DALIAS) += d2dalias.o

//usage:#define d2dalias_trivial_usage
//usage:       "[-d DIR] [-H SOCKET] [list | add [IMAGE]... | remove [NAME]...]"
//usage:#define d2dalias_full_usage "\n\n"
//usage:       "Commands for Docker's images: list them (default), write them, remove them.\n"
//usage:       "'add' without IMAGE writes all and removes those whose image is gone;\n"
//usage:       "'remove' without NAME removes all. Other files are never touched\n"
//usage:     "\n	-d DIR	Where they are (/usr/local/bin)"
//usage:     "\n	-H SOCKET	The engine's socket ($DOCKER_HOST or /var/run/docker.sock)"
//usage:     "\n"
//usage:     "\nA command is named by the last part of the repository. Of several images with"
//usage:     "\none name 'latest' gets it and the others are NAME-TAG"

#include <dirent.h>
#include <json-c/json.h>
#include "d2d_alias.h"

#define MARKER "#!/bin/sh\n# d2dalias: "

static int get_images(struct d2d_alias **list)
{
	struct json_object *images, *tags;
	int n = 0, status = d2d_engine_get("/images/json", &images);
	size_t i, k;

	if (status != 200 || !json_object_is_type(images, json_type_array))
		bb_error_msg_and_die("no Docker engine at '%s': %s", d2d_engine_socket(),
				status < 0 ? strerror(-status) : "it isn't one");
	*list = NULL;
	for (i = 0; i < json_object_array_length(images); i++) {
		tags = json_object_object_get(json_object_array_get_idx(images, i), "RepoTags");
		if (!json_object_is_type(tags, json_type_array))
			continue;
		for (k = 0; k < json_object_array_length(tags); k++) {
			const char *image = json_object_get_string(json_object_array_get_idx(tags, k));

			if (!image || !d2d_is_image(image))		/* "<none>:<none>" */
				continue;
			*list = xrealloc_vector(*list, 4, n);
			(*list)[n++].image = xstrdup(image);
		}
	}
	json_object_put(images);
	d2d_alias_names(*list, n);
	return n;
}

/* The image of an alias, "" for a file that is none of ours, NULL for no file. */
static char *read_alias(const char *path)
{
	char buf[sizeof(MARKER) + D2D_IMAGE_MAX + 1];
	struct stat st;
	ssize_t n = -1;
	char *image;

	if (lstat(path, &st) < 0)
		return errno == ENOENT ? NULL : xstrdup("");
	if (S_ISREG(st.st_mode))
		n = open_read_close(path, buf, sizeof(buf) - 1);
	buf[MAX(n, 0)] = '\0';
	image = is_prefixed_with(buf, MARKER);
	if (!image)
		return xstrdup("");
	strchrnul(image, '\n')[0] = '\0';
	return xstrdup(d2d_is_image(image) ? image : "");
}

/* A command that this one would hide, or that would hide it. */
static char *shadowed_by(const char *name)
{
	static const char dirs[] ALIGN1 = "/usr/bin\0" "/usr/sbin\0" "/bin\0" "/sbin\0";
	const char *dir;
	char *path;

	for (dir = dirs; *dir; dir += strlen(dir) + 1) {
		path = concat_path_file(dir, name);
		if (access(path, F_OK) == 0)
			return path;
		free(path);
	}
	return find_applet_by_name(name) >= 0 ? xasprintf("busybox %s", name) : NULL;
}

static void write_alias(const char *path, const char *image, int is_new)
{
	char *tmp = xasprintf("%s.XXXXXX", path);
	char *text = xasprintf(MARKER"%s\n"
		"# Without the line above this file is yours: d2dalias won't touch it again.\n"
		"[ -t 0 ] && [ -t 1 ] && t=t || t=\n"
		"exec docker run --rm -i$t '%s' \"$@\"\n", image, image);
	int fd = xmkstemp(tmp);

	/* link() doesn't replace what came in between; rename() does, for an alias of ours */
	if (full_write(fd, text, strlen(text)) != (ssize_t)strlen(text) || fchmod(fd, 0755) < 0 || close(fd) < 0
	 || (is_new ? link(tmp, path) : rename(tmp, path)) < 0
	) {
		bb_perror_msg("can't write '%s'", path);
		unlink(tmp);
		xfunc_die();
	}
	if (is_new)
		unlink(tmp);
	free(text);
	free(tmp);
}

static int add_alias(const char *dir, const struct d2d_alias *a)
{
	char *path, *old, *other;
	int r = EXIT_FAILURE;

	if (!a->name) {
		bb_error_msg("%s: no command: its name is taken or isn't fit for one", a->image);
		return r;
	}
	other = shadowed_by(a->name);
	if (other) {
		bb_error_msg("%s: no command: %s is one already", a->image, other);
		free(other);
		return r;
	}
	path = concat_path_file(dir, a->name);
	old = read_alias(path);
	if (old && !old[0]) {
		bb_error_msg("%s: no command: '%s' isn't an alias", a->image, path);
	} else {
		if (!old || strcmp(old, a->image) != 0) {
			write_alias(path, a->image, !old);
			printf("%s: runs %s\n", a->name, a->image);
		}
		r = EXIT_SUCCESS;
	}
	free(old);
	free(path);
	return r;
}

static int remove_alias(const char *dir, const char *name)
{
	char *path = concat_path_file(dir, name);
	char *image = d2d_is_command(name) ? read_alias(path) : NULL;
	int r = EXIT_FAILURE;

	if (!image)
		bb_error_msg("no alias '%s'", printable_string(name));
	else if (!image[0])
		bb_error_msg("'%s' isn't an alias", path);
	else if (unlink(path) < 0)
		bb_perror_msg("can't remove '%s'", path);
	else {
		printf("%s: removed\n", name);
		r = EXIT_SUCCESS;
	}
	free(image);
	free(path);
	return r;
}

static int has_alias_name(const struct dirent *d)
{
	return d2d_is_command(d->d_name);
}

/* Lists the aliases in DIR, or removes those that aren't among the n to keep. */
static int each_alias(const char *dir, int list, const struct d2d_alias *keep, int n)
{
	struct dirent **files;
	int i, r = EXIT_SUCCESS;
	int count = scandir(dir, &files, has_alias_name, versionsort);

	if (count < 0 && errno != ENOENT)
		bb_perror_msg_and_die("can't read '%s'", dir);
	for (i = 0; i < count; i++) {
		char *path = concat_path_file(dir, files[i]->d_name);
		char *image = read_alias(path);

		if (image && image[0]) {
			if (list)
				printf("%s %s\n", files[i]->d_name, image);
			else if (!d2d_alias_taken(keep, n, files[i]->d_name))
				r |= remove_alias(dir, files[i]->d_name);
		}
		free(image);
		free(path);
	}
	return r;
}

static int add_named(const char *dir, const struct d2d_alias *list, int n, const char *wanted)
{
	char *image = xasprintf(strchr(bb_basename(wanted), ':') ? "%s" : "%s:latest", wanted);
	int i;

	for (i = 0; i < n && strcmp(list[i].image, image) != 0; i++)
		continue;
	free(image);
	if (i < n)
		return add_alias(dir, &list[i]);
	bb_error_msg("no image '%s'", printable_string(wanted));
	return EXIT_FAILURE;
}

int d2dalias_main(int argc, char **argv) MAIN_EXTERNALLY_VISIBLE;
int d2dalias_main(int argc UNUSED_PARAM, char **argv)
{
	static const char verbs[] ALIGN1 = "list\0" "add\0" "remove\0";
	enum { LIST, ADD, REMOVE };
	char *dir = (char *)"/usr/local/bin", *where = NULL;
	struct d2d_alias *list;
	int verb = LIST, n, i, r = EXIT_SUCCESS;

	getopt32(argv, "d:H:", &dir, &where);
	argv += optind;
	if (where)
		xsetenv("DOCKER_HOST", where);
	if (*argv)
		verb = index_in_strings(verbs, *argv++);
	if (verb < 0 || (verb == LIST && *argv))
		bb_show_usage();

	if (verb == LIST)
		return each_alias(dir, 1, NULL, 0);
	if (verb == REMOVE) {
		if (!*argv)
			return each_alias(dir, 0, NULL, 0);
		for (; *argv; argv++)
			r |= remove_alias(dir, *argv);
		return r;
	}

	n = get_images(&list);
	if (bb_make_directory(xstrdup(dir), 0755, FILEUTILS_RECUR) < 0)
		return EXIT_FAILURE;
	if (*argv) {
		for (; *argv; argv++)
			r |= add_named(dir, list, n, *argv);
		return r;
	}
	/* what can't have a command is told, and no failure when nobody asked for it by name */
	for (i = 0; i < n; i++)
		add_alias(dir, &list[i]);
	return each_alias(dir, 0, list, n);
}
