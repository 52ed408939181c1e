/*
 * d2dautostart: starts the supervisor of an image, and stops it again.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DAUTOSTART) += d2dautostart_start.o

#include "d2dautostart.h"
#include "d2d_image.h"

int d2dautostart_spawn(const struct d2dautostart *a)
{
	if (d2d_supervisor_start(D2DAUTOSTART_KIND, a->name))
		return EXIT_SUCCESS;
	bb_error_msg("the supervisor of '%s' can't be started", a->name);
	return EXIT_FAILURE;
}

static char *console_path(const char *root)
{
	return xasprintf("%s"D2DAUTOSTART_CONSOLE, root);
}

/* Whether A is the one that has tty1; *OTHER is set if another one is. */
static bool has_console(const struct d2dautostart *a, bool *other)
{
	char *path = console_path(a->root), *text = xmalloc_open_read_close(path, NULL);
	bool is;

	if (text)
		chomp(text);
	is = text && strcmp(text, a->name) == 0;
	*other = text && !is;
	free(text);
	free(path);
	return is;
}

int d2dautostart_take_console(const struct d2dautostart *a)
{
	bool other;
	char *path, *line;
	int r;

	if (!a->wish.console || has_console(a, &other))
		return 0;
	if (other)
		return -EBUSY;
	path = console_path(a->root);
	line = xasprintf("%s\n", a->name);
	r = d2d_file_write(path, line);
	free(line);
	free(path);
	return r;
}

/* Ends the supervisor. It leaves the container alone, as at power-off, when Docker stops all. */
static void end_supervisor(const char *root, const char *name)
{
	char *dir = xasprintf("%s"D2D_RUN"/service/"D2DAUTOSTART_KIND"-%s", root, name);

	if (access(dir, F_OK) == 0)
		d2d_supervisor_end(D2DAUTOSTART_KIND, name, 10);
	free(dir);
}

int d2dautostart_stop(const char *root, const char *name)
{
	struct d2dautostart a = { .root = root };
	char *why, *path;
	bool other;
	int r = d2dautostart_load(&a, name);

	if (r == -ENOENT)
		bb_error_msg_and_die("'%s' was not started by itself: 'd2d autostart' lists what was", printable_string(name));
	end_supervisor(root, name);
	r = d2dautostart_remove(name, &why);
	if (r < 0) {
		bb_error_msg("%s", why);
	} else {
		d2dautostart_set_state(&a, "stopped");
		if (has_console(&a, &other)) {
			path = console_path(root);
			unlink(path);
			free(path);
		}
	}
	free(why);
	d2dautostart_free(&a);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* Fills in A from the name of one that was started earlier, or from that of an image. Dies if there is neither. */
static void find(struct d2dautostart *a, const char *what)
{
	char *image = d2d_reference(what), *name = image ? d2dautostart_name(image) : NULL, *why = NULL;
	struct d2dautostart_image *list = NULL;
	int i, n, r = name ? d2dautostart_load(a, name) : -EINVAL;

	if (r == -EINVAL)
		bb_error_msg_and_die("'%s' can't be started: it isn't the name of an image that can be that of a container",
			printable_string(what));
	if (strcmp(what, name) != 0 || r < 0) {
		free(a->image);
		a->image = xstrdup(image);
	}
	n = d2dautostart_images(a->root, &list, &why);
	if (n < 0)
		bb_error_msg_and_die("%s", why);
	for (i = 0; i < n && strcmp(list[i].image, a->image) != 0; i++)
		continue;
	if (i == n)
		bb_error_msg_and_die("there is no image '%s'", a->image);
	if (list[i].display)
		bb_error_msg_and_die("'%s' has a label for a display: 'sudo d2d display start %s %s' starts it", a->image, name, a->image);
	free(a->words);
	/* A newer image may have another label. */
	a->words = xstrdup(list[i].words ?: "yes");
	if (d2dautostart_words(a->words, &a->wish, &why) < 0)
		bb_error_msg_and_die("label "D2DAUTOSTART_LABEL" of '%s': %s", a->image, why);
	d2dautostart_images_free(list, n);
	free(image);
	free(name);
}

/* Says that the image will not be started at the next boot, if so. */
static void warn(const struct d2dautostart *a)
{
	char *why, *wrong;
	struct json_object *image = d2d_engine_image(a->image, &why);

	wrong = image ? d2dautostart_untrusted(a->root, image) : NULL;
	if (wrong)
		bb_error_msg("%s: at the next boot it needs leave: sudo d2d autostart allow %s", a->name, a->image);
	free(wrong);
}

int d2dautostart_start_by_hand(const char *root, const char *what)
{
	struct d2dautostart a = { .root = root, .ordered = true };
	int r;

	find(&a, what);
	a.ordered = true;
	end_supervisor(root, a.name);
	if (d2dautostart_take_console(&a) < 0)
		bb_error_msg_and_die("another image has the console already: 'd2d autostart stop' ends it");
	r = d2dautostart_save(&a);
	if (r < 0)
		bb_error_msg_and_die("can't write '%s': %s", a.dir, strerror(-r));
	d2dautostart_set_state(&a, "starts");
	if (d2dautostart_spawn(&a) != EXIT_SUCCESS)
		return EXIT_FAILURE;
	for (;;) {
		char *state = d2dautostart_state(&a);
		bool done = !is_prefixed_with(state, "starts");

		if (done)
			printf("%s: %s\n", a.name, state);
		r = is_prefixed_with(state, "running") || is_prefixed_with(state, "healthy") || is_prefixed_with(state, "starting")
			? EXIT_SUCCESS : EXIT_FAILURE;
		free(state);
		if (done)
			break;
		usleep(200 * 1000);
	}
	if (r == EXIT_SUCCESS)
		warn(&a);
	d2dautostart_free(&a);
	return r;
}
