/*
 * d2dautostart: makes, starts and removes the container of an image. d2dalias makes it, as user docker, so that it gets exactly what
 * the image's command would get.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DAUTOSTART) += d2dautostart_container.o

#include <json-c/json.h>
#include "d2dautostart.h"
#include "d2d_image.h"

enum { MESSAGES_MAX = 8 * 1024 };	/* bytes of what d2dalias and docker say */

/* An engine that doesn't answer, because it is just started again, is asked again later. */
static int again(int r)
{
	return r < 0 && r != -ENOENT && r != -EIO && r != -EEXIST ? -EAGAIN : r;
}

/* Returns the engine's description of the image NAME, or of the one with that ID. */
static struct json_object *describe(const char *name, char **why)
{
	return name ? d2d_engine_image(name, why) : NULL;
}

bool d2dautostart_is_current(const struct d2dautostart *a, struct json_object *container)
{
	char *why = NULL;
	struct json_object *image = describe(a->image, &why);
	const char *id = d2d_json_text(image, "Id"), *runs = d2d_json_text(container, "Image");
	bool is = id && runs && strcmp(id, runs) == 0 && strcmp(d2d_engine_container_label(container, D2DAUTOSTART_OF) ?: "", a->name) == 0;

	free(why);
	json_object_put(image);
	return is;
}

int d2dautostart_remove(const char *name, char **why)
{
	/* It may have to write what it has in memory. */
	struct d2d_engine_owner owner = { "d2d autostart", D2DAUTOSTART_OF, name, true };

	return again(d2d_engine_container_remove(name, &owner, why));
}

/* The child process: becomes user docker, with standard error where its output goes, and executes d2dalias. */
static void be_alias(const struct d2dautostart *a, bool own) NORETURN;
static void be_alias(const struct d2dautostart *a, bool own)
{
	struct passwd *pw = getpwnam("docker");
	char *label = xasprintf(D2DAUTOSTART_OF"=%s", a->name);
	char *argv[16], **p = argv;

	dup2(STDOUT_FILENO, STDERR_FILENO);
	if (pw && geteuid() == 0) {
		change_identity(pw);
		xsetenv("HOME", pw->pw_dir);
		xsetenv("USER", pw->pw_name);
		if (chdir(pw->pw_dir) < 0)
			xchdir("/");
	}
	*p++ = (char *)"d2dalias";
	if (a->root[0]) {
		*p++ = (char *)"-R";
		*p++ = (char *)a->root;
	}
	*p++ = (char *)"run";
	*p++ = (char *)"-c";
	*p++ = a->name;
	*p++ = (char *)"-L";
	*p++ = label;
	if (a->wish.console)
		*p++ = (char *)"-t";
	if (own)
		*p++ = (char *)"-o";
	*p++ = a->image;
	*p = NULL;
	BB_EXECVP(argv[0], argv);
	bb_perror_msg("can't execute '%s'", argv[0]);
	_exit(127);
}

/* Runs d2dalias. Returns 0, or -EIO and sets *why to the first line that it has printed. */
static int create(const struct d2dautostart *a, bool own, char **why)
{
	size_t size = MESSAGES_MAX;
	char *text, *line;
	int out;
	pid_t pid;

	fflush_all();
	pid = d2d_fork_piped(STDOUT_FILENO, &out);
	if (pid == 0)
		be_alias(a, own);
	text = xmalloc_read(out, &size);
	close(out);
	if (wait4pid(pid) == 0) {
		free(text);
		return 0;
	}
	/* All of it is in the log. */
	if (text)
		bb_error_msg("%s", text);
	line = text ? xstrndup(text, strcspn(text, "\n")) : xstrdup("");
	free(text);
	text = is_prefixed_with(line, "d2dalias: ") ? line + strlen("d2dalias: ") : line;
	d2d_fail(-EIO, why, "%s", *text ? text : "its container can't be made");
	free(line);
	return -EIO;
}

/* Whether the image of the container that was just made may run. It is asked about this one, as its name may be that of another one by
 * now. Returns 0, -EAGAIN or -EACCES. */
static int check_leave(const struct d2dautostart *a, char **why)
{
	int r = 0;
	struct json_object *container = d2d_engine_container(a->name, &r), *image;
	char *wrong = NULL;

	if (!container)
		return -EAGAIN;
	image = describe(d2d_json_text(container, "Image"), &wrong);
	if (!image) {
		r = -EAGAIN;
	} else {
		free(wrong);
		wrong = d2dautostart_untrusted(a->root, image);
		if (wrong)
			r = d2d_fail(-EACCES, why, "'%s' isn't started without leave beside an encrypted volume: %s; 'sudo d2d autostart "
				"allow %s' gives it", a->image, wrong, a->image);
	}
	free(wrong);
	json_object_put(image);
	json_object_put(container);
	return r;
}

int d2dautostart_make(const struct d2dautostart *a, char **why)
{
	char *trusted, *more;
	bool own = false;
	int r = d2dautostart_remove(a->name, why);

	if (r < 0)
		return r == -EEXIST ? -EIO : r;
	if (!a->ordered) {
		trusted = d2d_trusted_images(a->root);
		/* A file of a stick must not say how an image runs that has leave. */
		own = strcmp(trusted, "any") != 0;
		free(trusted);
	}
	r = create(a, own, why);
	if (r == 0 && !a->ordered)
		r = check_leave(a, why);
	if (r < 0) {
		d2dautostart_remove(a->name, &more);
		free(more);
	}
	return r;
}

int d2dautostart_start(const struct d2dautostart *a, char **why)
{
	return again(d2d_engine_container_start(a->name, why));
}

void d2dautostart_remove_old(const char *root)
{
	struct json_object *list;
	char *why;
	size_t i;

	if (d2d_engine_ask("GET /containers/json?all=1&filters=%7B%22label%22:%5B%22"D2DAUTOSTART_OF"%22%5D%7D", NULL, &list, &why) == 200)
		for (i = 0; i < d2d_json_length(list); i++) {
			struct json_object *names = json_object_object_get(json_object_array_get_idx(list, i), "Names");
			const char *name = d2d_json_text_at(names, 0);
			struct d2dautostart a = { .root = root };

			if (!name || name[0] != '/' || strchr(name + 1, '/'))
				continue;
			if (d2dautostart_load(&a, name + 1) == -ENOENT) {
				free(why);
				if (d2dautostart_remove(name + 1, &why) == 0)
					printf("%s: the container of an earlier boot was removed\n", printable_string(name + 1));
			}
			d2dautostart_free(&a);
		}
	free(why);
	json_object_put(list);
}
