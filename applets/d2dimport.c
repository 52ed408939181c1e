/*
 * d2dimport: puts the images of docker-save archives into Docker, through the engine's API. What is there already
 * is not sent again; what is no archive, or not a whole one, is named and does not keep the others out.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//config:config D2DIMPORT
//config:	bool "d2dimport"
//config:	default y
//config:	select D2D_LIBD2D
//config:	select TAR
//config:	select FEATURE_TAR_AUTODETECT
//config:	select FEATURE_TAR_GNU_EXTENSIONS
//config:	select FEATURE_SEAMLESS_GZ
//config:	select FEATURE_SEAMLESS_XZ
//config:	select XZ
//config:	help
//config:	Imports archives made by 'docker save' into Docker, skips images
//config:	that are there already, shows progress. (The engine itself runs
//config:	'xz' to unpack archives compressed so.)

//applet:IF_D2DIMPORT(APPLET(d2dimport, BB_DIR_USR_BIN, BB_SUID_DROP))

//kbuild:lib-$(CONFIG_D2DIMPORT) += d2dimport.o

//usage:#define d2dimport_trivial_usage
//usage:       "[-qfn] [-H SOCKET] FILE|DIR..."
//usage:#define d2dimport_full_usage "\n\n"
//usage:       "Import docker-save archives (plain, gzip, xz, bzip2, zstd) into Docker.\n"
//usage:       "Of a DIR: *.tar, *.tar.gz, *.tgz, *.tar.xz, *.txz, *.tar.zst, *.tzst in it\n"
//usage:     "\n	-q	No progress"
//usage:     "\n	-f	Import also what is there already, or does not look whole"
//usage:     "\n	-n	Only read the archives and tell what they hold"
//usage:     "\n	-H SOCKET	The engine's socket ($DOCKER_HOST or /var/run/docker.sock)"
//usage:     "\n"
//usage:     "\nExit code: 0 all images are in Docker, 1 some archive failed"

#include <dirent.h>
#include <json-c/json.h>
#include "libd2d.h"
#include "bb_archive.h"

enum {
	OPT_H = 1 << 0,
	OPT_q = 1 << 1,
	OPT_f = 1 << 2,
	OPT_n = 1 << 3,
	LOG_SECONDS = 2,
};

struct progress {
	const char *name;
	int tty;
	unsigned long long start, last;		/* ms */
	unsigned tenth;				/* of the size, last told */
};

/* On a terminal one line that is written over; elsewhere a line each 10 %, if it takes long. */
static void show_progress(void *arg, off_t done, off_t size)
{
	struct progress *p = arg;
	unsigned long long now = monotonic_ms();
	unsigned percent = done * 100 / size;
	unsigned rate = done / 1000 / (now - p->start + 1);

	if (p->tty) {
		if (done < size && now - p->last < 100)
			return;
	} else if (percent / 10 == p->tenth || now - p->last < LOG_SECONDS * 1000) {
		return;
	}
	p->last = now;
	p->tenth = percent / 10;
	if (p->tty && done == size)
		fprintf(stderr, "\r%s: 100 %%, Docker unpacks it\033[K", p->name);
	else
		fprintf(stderr, "%s%s: %u %%, %u MB/s%s", p->tty ? "\r" : "", p->name, percent, rate,
				p->tty ? "\033[K" : "\n");
}

/* What Docker calls hello:latest, others may have saved as docker.io/library/hello:latest. */
static const char *short_name(const char *name)
{
	const char *rest = is_prefixed_with(name, "docker.io/");

	if (!rest)
		return name;
	return is_prefixed_with(rest, "library/") ? rest + sizeof("library/") - 1 : rest;
}

static int has_tag(struct json_object *tags, const char *wanted)
{
	const char *tag;
	size_t i;

	for (i = 0; json_object_is_type(tags, json_type_array) && i < json_object_array_length(tags); i++) {
		tag = json_object_get_string(json_object_array_get_idx(tags, i));
		if (tag && strcmp(tag, short_name(wanted)) == 0)
			return 1;
	}
	return 0;
}

/* Whether the engine has an image under all names that the archive gives it. */
static int is_there(struct json_object *image)
{
	struct json_object *reply, *tags = json_object_object_get(image, "tags");
	char *path = xasprintf("/images/%s/json", json_object_get_string(json_object_object_get(image, "id")));
	int there = d2d_engine_get(path, &reply) == 200;
	size_t i;

	for (i = 0; there && i < json_object_array_length(tags); i++)
		there = has_tag(json_object_object_get(reply, "RepoTags"),
				json_object_get_string(json_object_array_get_idx(tags, i)));
	json_object_put(reply);
	free(path);
	return there;
}

static int all_there(struct json_object *images)
{
	size_t i;

	for (i = 0; i < json_object_array_length(images); i++)
		if (!is_there(json_object_array_get_idx(images, i)))
			return 0;
	return 1;
}

/* The images' names, or their IDs where they have none. */
static void print_images(const char *file, struct json_object *images, const char *what)
{
	size_t i, k, n;

	for (i = 0; i < json_object_array_length(images); i++) {
		struct json_object *image = json_object_array_get_idx(images, i);
		struct json_object *tags = json_object_object_get(image, "tags");

		n = json_object_array_length(tags);
		if (n == 0)
			printf("%s: %s%s\n", file, json_object_get_string(json_object_object_get(image, "id")), what);
		for (k = 0; k < n; k++)
			printf("%s: %s%s\n", file, printable_string(short_name(
				json_object_get_string(json_object_array_get_idx(tags, k)))), what);
	}
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

static int load(const char *file, int fd, off_t size)
{
	struct progress p = { .name = file, .tty = isatty(STDERR_FILENO) };
	struct d2d_body body = { .fd = fd, .size = size, .arg = &p };
	char *reply, *error;
	int status;

	p.start = p.last = monotonic_ms();
	if (!(option_mask32 & OPT_q))
		body.sent = show_progress;
	status = d2d_engine_request("POST /images/load?quiet=1", &body, &reply);
	if (body.sent && p.tty)
		fputs("\r\033[K", stderr);
	if (status < 0) {
		bb_error_msg("%s: sending it failed: %s", file, strerror(-status));
		return EXIT_FAILURE;
	}
	error = read_reply(file, reply);
	free(reply);
	if (!error)
		return EXIT_SUCCESS;
	bb_error_msg("%s: Docker refused it: %s", file, error);
	free(error);
	return EXIT_FAILURE;
}

static int import_open(const char *file, int fd, off_t size)
{
	struct json_object *images;
	off_t unpacked;
	char *why;
	int zstd = d2d_is_zstd(fd);
	int r = d2d_archive_images(fd, &images, &unpacked, &why);

	/* by force Docker may have its own word, but of zstd it mustn't see anything */
	if (r < 0 && ((option_mask32 & (OPT_f | OPT_n)) != OPT_f || r != -EBADMSG || zstd)) {
		bb_error_msg("%s: %s", file, why ? printable_string(why) : strerror(-r));
		r = EXIT_FAILURE;
	} else if (option_mask32 & OPT_n) {
		print_images(file, images, "");
		r = EXIT_SUCCESS;
	} else if (images && !(option_mask32 & OPT_f) && all_there(images)) {
		print_images(file, images, " is already here");
		r = EXIT_SUCCESS;
	} else {
		xlseek(fd, 0, SEEK_SET);
		if (zstd)
			fork_transformer_with_sig(fd, d2d_unpack_zstd, "unzstd");
		r = load(file, fd, zstd ? unpacked : size);
	}
	json_object_put(images);
	free(why);
	return r;
}

static int import_file(const char *path, int flags)
{
	char *name = xstrdup(printable_string(path));
	struct stat st;
	int r = EXIT_FAILURE;
	/* O_NONBLOCK: a FIFO is refused, not waited for */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | flags);

	if (fd < 0 && errno == ELOOP && flags)
		bb_error_msg("%s: a symbolic link, not followed", name);
	else if (fd < 0 || fstat(fd, &st) < 0)
		bb_perror_msg("%s", name);
	else if (!S_ISREG(st.st_mode))
		bb_error_msg("%s: not a regular file", name);
	else
		r = import_open(name, fd, st.st_size);
	if (fd >= 0)
		close(fd);
	free(name);
	fflush_all();
	return r;
}

static int has_archive_name(const struct dirent *d)
{
	static const char suffixes[] ALIGN1 =
		".tar\0" ".tar.gz\0" ".tgz\0" ".tar.xz\0" ".txz\0" ".tar.zst\0" ".tzst\0";
	size_t len = strlen(d->d_name);
	const char *s;

	/* other systems leave "._NAME.tar" and the like on sticks */
	if (d->d_name[0] == '.')
		return 0;
	for (s = suffixes; *s; s += strlen(s) + 1)
		if (len > strlen(s) && strcasecmp(d->d_name + len - strlen(s), s) == 0)
			return 1;
	return 0;
}

static int import_dir(const char *dir)
{
	struct dirent **list;
	int i, r = EXIT_SUCCESS;
	int n = scandir(dir, &list, has_archive_name, versionsort);

	if (n < 0) {
		bb_perror_msg("can't read '%s'", printable_string(dir));
		return EXIT_FAILURE;
	}
	if (n == 0)
		bb_error_msg("no archives in '%s'", printable_string(dir));
	for (i = 0; i < n; i++) {
		char *path = concat_path_file(dir, list[i]->d_name);

		/* a volume's links would lead out of it */
		r |= import_file(path, O_NOFOLLOW);
		free(path);
		free(list[i]);
	}
	free(list);
	return r;
}

int d2dimport_main(int argc, char **argv) MAIN_EXTERNALLY_VISIBLE;
int d2dimport_main(int argc UNUSED_PARAM, char **argv)
{
	char *where, *text;
	struct stat st;
	int r;

	getopt32(argv, "^" "H:qfn" "\0" "-1", &where);
	argv += optind;
	if (option_mask32 & OPT_H)
		xsetenv("DOCKER_HOST", where);
	if (!(option_mask32 & OPT_n)) {
		r = d2d_engine_request("GET /_ping", NULL, &text);
		if (r != 200)
			bb_error_msg_and_die("no Docker engine at '%s': %s", d2d_engine_socket(),
					r < 0 ? strerror(-r) : "it isn't one");
		free(text);
	}

	r = EXIT_SUCCESS;
	for (; *argv; argv++)
		r |= stat(*argv, &st) == 0 && S_ISDIR(st.st_mode) ? import_dir(*argv) : import_file(*argv, 0);
	return r;
}
