/*
 * d2ddisplay: the directory of a display below /run/d2d/display, with its settings and its state, and which terminal is free.
 *
 *	settings	JSON: image, words, args, vt, show, ordered, once, on
 *	state		a line of text
 *	cookie		X's cookie, for the application
 *	in/		what the server's container may read: cookie, and "told" when the kernel has named the devices
 *	out/		what the server's container writes: "udev" when its udevd listens
 *	sock/		X's socket; the application's container may read this directory
 *	commands/	the socket by which it opens commands, likewise (commands.c)
 *	nested/, tun	the socket and the device for its engine, likewise (nested.c)
 *	sound/out/	the socket of its sound, if it may have that
 *	shared		"control" or "look" if the display is shown to VNC clients
 *	share/		where they connect: the socket "vnc"
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DDISPLAY) += d2ddisplay_state.o

#include <json-c/json.h>
#include <sys/file.h>
#include "d2ddisplay.h"

void d2ddisplay_set(struct d2ddisplay *d, const char *name)
{
	d->name = xstrdup(name);
	d->dir = d2d_supervisor_dir(d->root, D2DDISPLAY_KIND, name);
}

void d2ddisplay_free(struct d2ddisplay *d)
{
	free(d->name);
	free(d->dir);
	free(d->image);
	free(d->words);
	free(d->on);
	json_object_put(d->args);
	d->name = d->dir = d->image = d->words = d->on = NULL;
	d->args = NULL;
}

int d2ddisplay_load(struct d2ddisplay *d, const char *name)
{
	struct json_object *o;
	char *why;
	int r;

	d2ddisplay_set(d, name);
	r = d2d_supervisor_load(d->dir, &o);
	if (r == 0) {
		d->image = xstrdup(d2d_json_text(o, "image") ?: "");
		d->words = xstrdup(d2d_json_text(o, "words") ?: "");
		d->args = json_object_get(json_object_object_get(o, "args"));
		d->vt = json_object_get_int(json_object_object_get(o, "vt"));
		d->show = json_object_get_boolean(json_object_object_get(o, "show"));
		d->ordered = json_object_get_boolean(json_object_object_get(o, "ordered"));
		d->once = json_object_get_boolean(json_object_object_get(o, "once"));
		if (d2d_json_text(o, "on"))
			d->on = xstrdup(d2d_json_text(o, "on"));
		if (d2ddisplay_words(d->words, &d->wish, &why) < 0
		 || (d->on ? !d2ddisplay_name_ok(d->on) : d->vt < D2DDISPLAY_FIRST || d->vt > D2DDISPLAY_LAST)
		 || !json_object_is_type(d->args, json_type_array))
			r = -EBADMSG;
		free(why);
	}
	json_object_put(o);
	return r;
}

int d2ddisplay_names(const char *root, char ***names)
{
	char **all;
	int i, n = d2d_supervisor_names(root, D2DDISPLAY_KIND, &all), found = 0;

	for (i = 0; i < n; i++) {
		if (d2ddisplay_name_ok(all[i]) && strcmp(all[i], "lock") != 0)
			all[found++] = all[i];
		else
			free(all[i]);
	}
	all[found] = NULL;
	*names = all;
	return found;
}

/* Returns the next free terminal, or 0. */
static unsigned free_terminal(const char *root)
{
	unsigned vt, used = 0;
	char **names;
	int i, n = d2ddisplay_names(root, &names);

	for (i = 0; i < n; i++) {
		struct d2ddisplay d = { .root = root };

		if (d2ddisplay_load(&d, names[i]) == 0)
			used |= 1 << d.vt;
		d2ddisplay_free(&d);
	}
	d2d_dir_list_free(names, n);
	for (vt = D2DDISPLAY_FIRST; vt <= D2DDISPLAY_LAST; vt++)
		if (!(used & 1 << vt))
			return vt;
	return 0;
}

static int write_settings(const struct d2ddisplay *d)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "image", json_object_new_string(d->image));
	json_object_object_add(o, "words", json_object_new_string(d->words));
	json_object_object_add(o, "args", json_object_get(d->args));
	json_object_object_add(o, "vt", json_object_new_int(d->vt));
	json_object_object_add(o, "show", json_object_new_boolean(d->show));
	json_object_object_add(o, "ordered", json_object_new_boolean(d->ordered));
	json_object_object_add(o, "once", json_object_new_boolean(d->once));
	if (d->on)
		json_object_object_add(o, "on", json_object_new_string(d->on));
	return d2d_supervisor_save(d->dir, o);
}

int d2ddisplay_create(struct d2ddisplay *d)
{
	static const struct { char name[8]; mode_t mode; } dirs[] = { { "in", 0755 }, { "out", 0700 }, { "sock", 01777 } };
	char *base = xasprintf("%s"D2DDISPLAY_DIR, d->root), *lock, *path;
	unsigned i;
	int fd, r = 0;

	bb_make_directory(base, 0755, FILEUTILS_RECUR);
	lock = concat_path_file(base, ".lock");
	/* So that two displays don't get the same terminal. */
	fd = open(lock, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0 || flock(fd, LOCK_EX) < 0)
		r = -errno;
	if (r == 0) {
		d->vt = d->on ? 0 : free_terminal(d->root);
		r = !d->vt && !d->on ? -EBUSY : mkdir(d->dir, 0711) < 0 ? -errno : 0;
	}
	if (r == 0) {
		for (i = 0; r == 0 && i < ARRAY_SIZE(dirs); i++) {
			path = concat_path_file(d->dir, dirs[i].name);
			/* chmod(), because of the umask */
			if (mkdir(path, 0700) < 0 || chmod(path, dirs[i].mode) < 0)
				r = -errno;
			free(path);
		}
		r = r ?: write_settings(d);
		if (r < 0)
			d2d_remove_tree(d->dir);
	}
	if (fd >= 0)
		close(fd);
	free(lock);
	free(base);
	return r;
}

void d2ddisplay_set_state(const struct d2ddisplay *d, const char *format, ...)
{
	va_list args;
	char *text;
	int r;

	va_start(args, format);
	text = d2d_vformat(format, args);
	va_end(args);
	r = d2d_supervisor_set_state(d->dir, text);
	if (r < 0)
		bb_error_msg("can't write the state in '%s': %s", d->dir, strerror(-r));
	free(text);
}

char *d2ddisplay_state(const struct d2ddisplay *d)
{
	return d2d_supervisor_state(d->dir);
}
