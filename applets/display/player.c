/*
 * d2ddisplay: looks after the sound of one display: the container with its daemon, and where its socket is.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DDISPLAY) += d2ddisplay_player.o

#include <json-c/json.h>
#include "d2ddisplay_sound.h"

enum {
	PAUSE = 10 * 1000,	/* ms between two starts */
	STEP = 100,		/* ms between two looks for the socket */
	LIMIT = 20 * 1000,	/* ms after which the application is started without a socket, too */
};

/* Makes a directory that is reached by nobody but root, and in it DIR for the socket of a daemon, which UID owns: the directory that a
 * container sees has to be open, and the one above keeps the users of this machine out. */
static int make_dirs(const char *above, const char *dir, unsigned uid)
{
	char *path = concat_path_file(above, dir);
	int r = 0;

	if (bb_make_directory((char *)above, 0700, FILEUTILS_RECUR) < 0 || (mkdir(path, 0755) < 0 && errno != EEXIST)
	 || (geteuid() == 0 && chown(path, uid, uid) < 0))
		r = -errno;
	free(path);
	return r;
}

/* Starts the daemon of a display. Says why if that fails. */
static void start(const struct d2ddisplay *d, struct d2ddisplay_player *p)
{
	char *name = d2ddisplay_sound_name(d), *socket = xasprintf("%s/sound/out/native", d->dir), *why;
	char *id = d2ddisplay_sound_id(d->root, &why);
	struct json_object *config = id ? d2ddisplay_sound(d, id) : NULL;
	int r = id ? d2ddisplay_remove_container(name, &why) : -EACCES;

	unlink(socket);
	p->began = d2d_now();
	if (r == 0)
		r = d2ddisplay_start_container(name, config, &p->id, &why);
	if (r < 0)
		bb_error_msg("%s: no sound: %s", d->name, printable_string(why));
	json_object_put(config);
	free(why);
	free(id);
	free(socket);
	free(name);
}

/* Waits until the socket is there, which takes long in an emulator. */
static void await_socket(const struct d2ddisplay *d, const struct d2ddisplay_player *p, const sigset_t *open)
{
	char *socket = xasprintf("%s/sound/out/native", d->dir), *end = NULL;

	while (!bb_got_signal && access(socket, F_OK) < 0 && d2d_now() - p->began < LIMIT && d2d_engine_is_running(p->id, &end) != 0)
		d2d_supervisor_pause(open, -1, STEP);
	free(end);
	free(socket);
}

void d2ddisplay_sound_start(const struct d2ddisplay *d, struct d2ddisplay_player *p, const sigset_t *open)
{
	char *above = concat_path_file(d->dir, "sound"), *cards = xasprintf("%s"D2DDISPLAY_SOUND_DIR, d->root), *why = NULL;
	unsigned i;
	int r;

	if (d->wish.sound) {
		r = make_dirs(above, "out", D2DDISPLAY_MIXES);
		for (i = 0; r == 0 && i < D2DDISPLAY_ROLES; i++)
			r = make_dirs(cards, d2ddisplay_cards[i].role, d2ddisplay_cards[i].user);
		if (r == 0)
			r = d2ddisplay_cards_start(d, p);
		why = r < 0 ? xstrdup(strerror(-r)) : d2ddisplay_cards_missing(d->root);
		if (why)
			bb_error_msg("%s: no sound: %s", d->name, why);
		start(d, p);
		if (p->id)
			await_socket(d, p, open);
	}
	free(why);
	free(cards);
	free(above);
}

void d2ddisplay_sound_look(const struct d2ddisplay *d, struct d2ddisplay_player *p)
{
	char *end = NULL;

	if (!d->wish.sound || d2d_now() - p->began < PAUSE || (p->id && d2d_engine_is_running(p->id, &end) != 0))
		return;
	if (p->id)
		bb_error_msg("%s: its sound has ended (%s) and is started again", d->name, end);
	free(end);
	free(p->id);
	p->id = NULL;
	start(d, p);
}
