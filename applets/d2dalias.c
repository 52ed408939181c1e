/*
 * d2dalias: writes a command (alias) for each tagged Docker image, and runs the image when the command is called.
 *
 * An alias is a shell script with a marker in its second line; files without the marker are never changed. The script contains
 * nothing from the image but its validated name, because the labels that say how to run the image are read at each run.
 * libd2d/d2d_alias.c chooses the name of each command.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//config:config D2DALIAS
//config:	bool "d2dalias"
//config:	default y
//config:	select D2D_LIBD2D
//config:	select D2DIMPORT
//config:	select LONG_OPTS
//config:	help
//config:	Writes a command into /usr/local/bin for each image that Docker has.
//config:	The command runs the image with the options from its labels, as far
//config:	as these options are allowed.

//applet:IF_D2DALIAS(APPLET(d2dalias, BB_DIR_USR_BIN, BB_SUID_DROP))

//kbuild:lib-$(CONFIG_D2DALIAS) += d2dalias.o

//usage:#define d2dalias_trivial_usage
//usage:       "[-d DIR] [-H SOCKET] [-s STORE] [-R ROOT] [list | add [IMAGE]... |\n"
//usage:       "	remove [NAME]... | bin | watch | run [-p] IMAGE [--] [ARG]... |\n"
//usage:       "	-a IMAGE OPTION... | -n IMAGE | -l]"
//usage:#define d2dalias_full_usage "\n\n"
//usage:       "Manage the commands (aliases) that run Docker images by their names.\n"
//usage:       "'list' (default) prints them. 'add' writes the commands for the given images;\n"
//usage:       "without IMAGE, for all images, and removes commands whose image is gone.\n"
//usage:       "'remove' removes the given commands; without NAME, all. Files that d2dalias did\n"
//usage:       "not write are never changed. 'watch' does 'add' now and whenever images change.\n"
//usage:       "'run' starts an image; the commands call it. 'bin' offers the scripts in d2d/bin\n"
//usage:       "of medium, store and payload volumes as commands\n"
//usage:     "\n	-d DIR	Directory of the commands (/usr/local/bin)"
//usage:     "\n	-H SOCKET	The engine's socket ($DOCKER_HOST or"
//usage:     "\n			/var/run/docker.sock)"
//usage:     "\n	-s,--store STORE	For 'add': read the images from Docker's"
//usage:     "\n			data-root STORE, without an engine"
//usage:     "\n	-R,--root ROOT	Use ROOT/run in place of /run"
//usage:     "\n	-p,--print	For 'run': only print the docker command line"
//usage:     "\n	-a,--allow	Allow IMAGE these options, if its labels ask for them"
//usage:     "\n	-n,--deny	Withdraw all options that were allowed for IMAGE"
//usage:     "\n	-l,--allowed	List the allowed options of all images"
//usage:     "\n"
//usage:     "\nA command is named by a label of its image, else by the last part of the"
//usage:     "\nrepository name. If several images have the same name, the one tagged 'latest'"
//usage:     "\ngets it, and the others are called NAME-TAG. A container gets no privileges,"
//usage:     "\nunless they are allowed with -a (see docs/aliases.md)."
//usage:     "\nExit status of 'run': 125 if it can't start the image, else the program's"

#include <dirent.h>
#include <json-c/json.h>
#include "d2d_import.h"
#include "d2dalias.h"

#define MARKER "#!/bin/sh\n# d2dalias: "

/* Returns the command name from the image's label or else from its sidecar, or NULL if there is none or it is not valid. The
 * caller frees it. */
static char *wanted_name(const char *image, struct json_object *labels, const struct d2d_sidecar *sidecars, int n)
{
	const struct d2d_sidecar *sidecar = d2d_sidecar_for(sidecars, n, image);
	const char *name = d2d_alias_label_name(labels);
	char *shown;

	if (!name && sidecar)
		name = d2d_alias_label_name(sidecar->labels);
	if (!name || d2d_is_command(name))
		return name ? xstrdup(name) : NULL;
	shown = d2d_printable(name, strlen(name));
	bb_error_msg("%s: its label asks for the command name '%s', which is not valid", image, shown);
	free(shown);
	return NULL;
}

static void add_tags(struct d2d_alias **list, int *n, struct json_object *entry, const struct d2d_sidecar *sidecars,
		int count)
{
	struct json_object *tags = json_object_object_get(entry, "RepoTags");
	size_t k;

	for (k = 0; json_object_is_type(tags, json_type_array) && k < json_object_array_length(tags); k++) {
		const char *image = json_object_get_string(json_object_array_get_idx(tags, k));

		if (!image || !d2d_is_image(image))		/* "<none>:<none>" */
			continue;
		*list = xrealloc_vector(*list, 4, *n);
		(*list)[*n].image = xstrdup(image);
		(*list)[(*n)++].wanted = wanted_name(image, json_object_object_get(entry, "Labels"), sidecars, count);
	}
}

static struct json_object *get_list(const struct d2dalias *d)
{
	struct json_object *images;
	int r;

	if (d->store) {
		r = d2d_store_images(d->store, &images);
		if (r < 0)
			bb_error_msg_and_die("can't read the store '%s': %s", printable_string(d->store), strerror(-r));
	} else {
		r = d2d_engine_get("/images/json", &images);
		if (r != 200 || !json_object_is_type(images, json_type_array))
			d2dalias_no_engine(r);
	}
	return images;
}

static int get_images(const struct d2dalias *d, struct d2d_alias **list)
{
	struct json_object *images = get_list(d);
	struct d2d_sidecar *sidecars;
	int n = 0, count;
	size_t i;

	count = d2dalias_sidecars(d, &sidecars);
	*list = NULL;
	for (i = 0; i < json_object_array_length(images); i++)
		add_tags(list, &n, json_object_array_get_idx(images, i), sidecars, count);
	d2d_sidecars_free(sidecars, count);
	json_object_put(images);
	d2d_alias_names(*list, n);
	return n;
}

char *d2dalias_read(const char *path)
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

char *d2dalias_shadowed_by(const char *name)
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
		"# If you delete the line above, this file is yours: d2dalias will never change it again.\n"
		"exec d2dalias run '%s' -- \"$@\"\n", image, image);
	int fd = xmkstemp(tmp);

	/* A new alias is put in place by link(), which fails if somebody has created the file in the meantime; rename() replaces
	 * an old alias. */
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
		bb_error_msg("%s: no command: its name is already taken or is not a valid command name", a->image);
		return r;
	}
	other = d2dalias_shadowed_by(a->name);
	if (other) {
		bb_error_msg("%s: no command: %s already exists", a->image, other);
		free(other);
		return r;
	}
	path = concat_path_file(dir, a->name);
	old = d2dalias_read(path);
	if (old && !old[0]) {
		bb_error_msg("%s: no command: '%s' exists and isn't an alias", a->image, path);
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
	char *image = d2d_is_command(name) ? d2dalias_read(path) : NULL;
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

/* With LIST prints the aliases in DIR, else removes those that are not among the N aliases of KEEP. Returns an exit status. */
static int each_alias(const char *dir, int list, const struct d2d_alias *keep, int n)
{
	struct dirent **files;
	int i, r = EXIT_SUCCESS;
	int count = scandir(dir, &files, has_alias_name, versionsort);

	if (count < 0 && errno != ENOENT)
		bb_perror_msg_and_die("can't read '%s'", dir);
	for (i = 0; i < count; i++) {
		char *path = concat_path_file(dir, files[i]->d_name);
		char *image = d2dalias_read(path);

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
	char *image = d2dalias_tagged(wanted);
	int i;

	for (i = 0; i < n && strcmp(list[i].image, image) != 0; i++)
		continue;
	free(image);
	if (i < n)
		return add_alias(dir, &list[i]);
	bb_error_msg("no image '%s'", printable_string(wanted));
	return EXIT_FAILURE;
}

int d2dalias_add(struct d2dalias *d, char **argv)
{
	struct d2d_alias *list;
	int i, r = EXIT_SUCCESS;
	int n = get_images(d, &list);

	if (bb_make_directory(xstrdup(d->dir), 0755, FILEUTILS_RECUR) < 0)
		return EXIT_FAILURE;
	if (*argv) {
		for (; *argv; argv++)
			r |= add_named(d->dir, list, n, *argv);
		return r;
	}
	/* An image that can't have a command is reported, but that is a failure only for images that the user named. */
	for (i = 0; i < n; i++)
		add_alias(d->dir, &list[i]);
	return each_alias(d->dir, 0, list, n);
}

static int d2dalias_list(struct d2dalias *d, char **argv)
{
	int r;

	if (*argv)
		bb_show_usage();
	r = each_alias(d->dir, 1, NULL, 0);
	d2dalias_print_scripts(d);
	return r;
}

static int d2dalias_remove(struct d2dalias *d, char **argv)
{
	int r = EXIT_SUCCESS;

	if (!*argv)
		return each_alias(d->dir, 0, NULL, 0);
	for (; *argv; argv++)
		r |= remove_alias(d->dir, *argv);
	return r;
}

int d2dalias_main(int argc, char **argv) MAIN_EXTERNALLY_VISIBLE;
int d2dalias_main(int argc UNUSED_PARAM, char **argv)
{
	static const struct {
		char name[8];
		int (*verb)(struct d2dalias *d, char **argv);
	} verbs[] = {
		{ "list", d2dalias_list }, { "add", d2dalias_add }, { "remove", d2dalias_remove },
		{ "run", d2dalias_run }, { "watch", d2dalias_watch }, { "bin", d2dalias_bin },
	};
	enum { OPT_ALLOW = 1 << 3, OPT_DENY = 1 << 4, OPT_ALLOWED = 1 << 5 };
	struct d2dalias d = { .dir = "/usr/local/bin", .root = "" };
	char *where = NULL;
	unsigned opts, i;

	opts = getopt32long(argv, "^+" "d:H:R:anls:" "\0" "a--nl:n--al:l--an",
		"root\0" Required_argument "R" "allow\0" No_argument "a" "deny\0" No_argument "n"
		"allowed\0" No_argument "l" "store\0" Required_argument "s", &d.dir, &where, &d.root, &d.store);
	argv += optind;
	if (where)
		xsetenv("DOCKER_HOST", where[0] == '/' ? xasprintf("unix://%s", where) : where);
	if (opts & OPT_ALLOW)
		return d2dalias_allow(&d, argv);
	if (opts & OPT_DENY)
		return d2dalias_deny(&d, argv);
	if (opts & OPT_ALLOWED)
		return d2dalias_allowed(&d, argv);
	if (!*argv)
		return d2dalias_list(&d, argv);
	for (i = 0; i < ARRAY_SIZE(verbs); i++)
		if (strcmp(*argv, verbs[i].name) == 0)
			return verbs[i].verb(&d, argv + 1);
	bb_show_usage();
}
