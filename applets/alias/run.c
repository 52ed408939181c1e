/*
 * d2dalias run: runs an image with the options that its labels or its sidecar ask for, if they are allowed.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DALIAS) += d2dalias_run.o

#include <json-c/json.h>
#include "d2dalias.h"
#include "d2d_engine.h"

char *d2dalias_tagged(const char *image)
{
	return xasprintf(strchr(bb_basename(image), ':') ? "%s" : "%s:latest", image);
}

void d2dalias_no_engine(int status)
{
	bb_error_msg_and_die("no Docker engine at '%s': %s", d2d_engine_socket(),
			status < 0 ? strerror(-status) : "unexpected reply");
}

int d2dalias_sidecars(const struct d2dalias *d, struct d2d_sidecar **list)
{
	llist_t *bad = NULL;
	int n = d2d_sidecars_read(d->root, list, &bad);

	while (bad) {
		char *line = llist_pop(&bad);

		bb_error_msg("%s", line);
		free(line);
	}
	return n;
}

struct json_object *d2dalias_inspect(const char *image)
{
	struct json_object *reply;
	char *path;
	int status;

	if (!d2d_is_image(image))
		bb_error_msg_and_die("'%s' is not a valid image name", printable_string(image));
	path = xasprintf("/images/%s/json", image);
	status = d2d_engine_get(path, &reply);
	if (status == 404)
		bb_error_msg_and_die("no image '%s'", image);
	if (status != 200)
		d2dalias_no_engine(status);
	free(path);
	return reply;
}

static const char *string_of(struct json_object *object, const char *key)
{
	return d2d_json_text(object, key) ?: "";
}

/* How 'run' was called. */
struct how {
	const char *label;	/* the container has this label, or NULL */
	const char *container;	/* only make a container of this name, or NULL */
	bool print;		/* only print the command line */
	bool tty;		/* the container that is made has a terminal */
	bool own;		/* only the image's labels and sidecars on the store count */
};

static void get_caller(struct d2d_alias_caller *caller, const struct how *how)
{
	const char *home = getenv("HOME");
	struct passwd *pw = getpwuid(geteuid());

	memset(caller, 0, sizeof(*caller));
	caller->home = home && home[0] == '/' ? home : pw ? pw->pw_dir : NULL;
	caller->cwd = getcwd(NULL, 0);
	caller->uid = geteuid();
	caller->gid = getegid();
	caller->container = how->container;
	caller->tty = how->container ? how->tty : isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
	caller->display = getenv("DISPLAY");
	caller->xauthority = getenv("XAUTHORITY");
}

/* Reads what the image asks for from its labels, or from a sidecar if the labels contain nothing about options. Returns 0 or a
 * negative errno, after an error message. */
static int get_wish(const struct d2dalias *d, const char *image, struct json_object *labels, bool own,
		struct d2d_alias_request *wish)
{
	struct d2d_sidecar *list;
	const struct d2d_sidecar *sidecar;
	char *why;
	int n, r;

	if (d2d_alias_has_request(labels)) {
		r = d2d_alias_request(labels, image, NULL, wish, &why);
	} else {
		n = d2dalias_sidecars(d, &list);
		sidecar = d2d_sidecar_for(list, n, image);
		if (sidecar && own && !d2d_sidecar_is_of_store(d->root, sidecar))
			sidecar = NULL;
		r = d2d_alias_request(sidecar ? sidecar->labels : NULL, image,
				sidecar ? bb_basename(sidecar->path) : NULL, wish, &why);
		d2d_sidecars_free(list, n);
	}
	if (r < 0)
		bb_error_msg("%s: %s", image, why);
	free(why);
	return r;
}

static struct json_object *get_allowed(const struct d2dalias *d, const char *id)
{
	struct json_object *all;
	int r = d2d_alias_allowed_read(d->root, &all);

	if (r < 0)
		bb_error_msg("can't read the list of allowed options: %s", strerror(-r));
	return d2d_alias_allowed_for(all, id);
}

static void print_refused(const char *image, struct d2d_alias_command *c)
{
	llist_t *l;
	char *leave = xasprintf("d2d alias --allow %s", image);

	for (l = c->reasons; l; l = l->link)
		bb_error_msg("%s: %s", image, l->data);
	for (l = c->refused; l; l = l->link) {
		char *word = d2d_quoted(l->data), *longer = xasprintf("%s %s", leave, word);

		free(word);
		free(leave);
		leave = longer;
	}
	if (c->refused)
		bb_error_msg("if you trust this image, run as root: %s", leave);
	free(leave);
}

static void print_command(char **argv)
{
	for (; *argv; argv++) {
		char *word = d2d_quoted(*argv);

		printf("%s%c", word, argv[1] ? ' ' : '\n');
		free(word);
	}
}

/* Creates missing directories that will be mounted as volumes. Docker would create them with root as their owner. */
static int make_folders(const llist_t *folders)
{
	int r = 0;

	for (; folders; folders = folders->link)
		if (access(folders->data, F_OK) < 0)
			r |= bb_make_directory(folders->data, 0777 & ~umask(umask(0)), FILEUTILS_RECUR);
	return r;
}

/* Returns whether FOLDER lies below a directory that the container has mounted read-write and that itself lies below HOME. */
static bool can_replace(struct json_object *container, const char *home, const char *folder)
{
	struct json_object *mounts;
	size_t i, n = d2d_json_array(container, "Mounts", &mounts);
	bool can = false;

	for (i = 0; i < n && !can; i++) {
		struct json_object *mount = json_object_array_get_idx(mounts, i);
		char *source = realpath(string_of(mount, "Source"), NULL);
		const char *rest = source ? is_prefixed_with(folder, source) : NULL;

		can = rest && *rest == '/' && strlen(source) > strlen(home)
			&& json_object_get_boolean(json_object_object_get(mount, "RW"));
		free(source);
	}
	return can;
}

/* Docker resolves the path of a volume's directory again, after it was checked here. A running container that can write to a
 * parent directory could replace the directory by a symbolic link in the meantime and so get access to any file. Hence fail
 * while such a container is running. (Passing a file descriptor is no way out: neither Docker nor runc accept one.) Returns
 * 0 or -EBUSY. */
static int refuse_if_replaceable(const char *image, const char *home, const llist_t *folders)
{
	struct json_object *list = NULL, *names;
	char *real = home ? realpath(home, NULL) : NULL;
	size_t i;
	int r = 0, status = folders ? d2d_engine_get("/containers/json", &list) : 200;

	if (status != 200 || (list && !json_object_is_type(list, json_type_array)))
		d2dalias_no_engine(status);
	for (; folders && r == 0; folders = folders->link) {
		for (i = 0; i < d2d_json_length(list) && r == 0; i++) {
			struct json_object *container = json_object_array_get_idx(list, i);

			if (!real || !can_replace(container, real, folders->data))
				continue;
			names = json_object_object_get(container, "Names");
			bb_error_msg("%s: refused while container '%s' is running: it could replace '%s' by a symbolic link", image,
				printable_string(d2d_json_text_at(names, 0) ?: "?"),
				auto_string(xstrdup(printable_string(folders->data))));
			r = -EBUSY;
		}
	}
	json_object_put(list);
	free(real);
	return r;
}

/* Opens an image on a display of its own if its label asks for a window; else returns. 'd2d display' needs root, which sudo gives
 * to user docker. */
static void open_window(const char *name, struct json_object *labels, const struct d2d_alias_request *wish, char **args, bool print)
{
	const char *words = json_object_is_type(labels, json_type_object) ? d2d_json_text(labels, D2D_LABEL"display") : NULL;
	char *base = xstrndup(bb_basename(name), strcspn(bb_basename(name), ":"));
	unsigned i = 0, n = string_array_len(args);
	char **argv = xzalloc((n + 7) * sizeof(*argv));

	if (!ENABLE_D2DDISPLAY || !words || !is_prefixed_with(words, "window"))
		return;
	if (wish->options.n)
		bb_error_msg_and_die("%s: label %s: an image with a window can't have '%s'", name, wish->options.option[0].label,
			wish->options.option[0].text);
	if (geteuid() != 0)
		argv[i++] = (char *)"sudo";
	argv[i++] = (char *)"d2ddisplay";
	argv[i++] = (char *)"window";
	argv[i++] = (char *)"-";
	argv[i++] = base;
	argv[i++] = (char *)name;
	memcpy(argv + i, args, n * sizeof(*argv));
	if (print) {
		print_command(argv);
		exit(EXIT_SUCCESS);
	}
	BB_EXECVP_or_die(argv);
}

/* Adds --label=LABEL to a command line. */
static void add_label(struct d2d_alias_command *command, const char *label)
{
	command->argv = xrealloc(command->argv, (command->n + 2) * sizeof(*command->argv));
	/* behind "docker run" */
	memmove(command->argv + 3, command->argv + 2, (command->n - 1) * sizeof(*command->argv));
	command->argv[2] = xasprintf("--label=%s", label);
	command->n++;
}

static int run_image(const struct d2dalias *d, const char *name, char **args, const struct how *how)
{
	struct json_object *inspected = d2dalias_inspect(name);
	struct json_object *config = json_object_object_get(inspected, "Config");
	struct d2d_alias_image image = {
		.name = name, .id = string_of(inspected, "Id"), .user = string_of(config, "User"),
	};
	struct d2d_alias_caller caller;
	struct d2d_alias_command command;
	struct d2d_alias_request wish;

	if (get_wish(d, name, json_object_object_get(config, "Labels"), how->own, &wish) < 0)
		return EXIT_CANNOT_RUN;
	if (!how->container)
		open_window(name, json_object_object_get(config, "Labels"), &wish, args, how->print);
	get_caller(&caller, how);
	if (d2d_alias_command(&caller, &image, &wish, get_allowed(d, image.id), args, &command) < 0) {
		print_refused(name, &command);
		return EXIT_CANNOT_RUN;
	}
	if (how->label)
		add_label(&command, how->label);
	if (how->print) {
		print_command(command.argv);
		return EXIT_SUCCESS;
	}
	if (refuse_if_replaceable(name, caller.home, command.folders) < 0 || make_folders(command.folders) < 0)
		return EXIT_CANNOT_RUN;
	BB_EXECVP(command.argv[0], command.argv);
	bb_perror_msg("can't execute '%s'", command.argv[0]);
	return EXIT_CANNOT_RUN;
}

int d2dalias_run(struct d2dalias *d, char **argv)
{
	enum { OPT_p = 1 << 0, OPT_t = 1 << 1, OPT_o = 1 << 2 };
	struct how how = { NULL };
	unsigned opts;

	xfunc_error_retval = EXIT_CANNOT_RUN;
	argv--;
	opts = getopt32long(argv, "^+" "ptoL:c:" "\0" "-1", "print\0" No_argument "p" "tty\0" No_argument "t" "own\0" No_argument "o"
		"label\0" Required_argument "L" "create\0" Required_argument "c", &how.label, &how.container);
	if ((opts & (OPT_t | OPT_o)) && !how.container)
		bb_show_usage();
	if (how.container && !d2d_is_command(how.container))
		bb_error_msg_and_die("'%s' can't be the name of a container", printable_string(how.container));
	how.print = opts & OPT_p;
	how.tty = opts & OPT_t;
	how.own = opts & OPT_o;
	argv += optind;
	return run_image(d, d2dalias_tagged(argv[0]), argv + (argv[1] && strcmp(argv[1], "--") == 0 ? 2 : 1), &how);
}
