/*
 * d2ddisplay: starts the supervisor of a display, and stops it again.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DDISPLAY) += d2ddisplay_start.o

#include "d2ddisplay_sound.h"

enum { LOOK = 200 * 1000 };	/* microseconds */

int d2ddisplay_spawn(const struct d2ddisplay *d)
{
	if (d2d_supervisor_start(D2DDISPLAY_KIND, d->name))
		return EXIT_SUCCESS;
	bb_error_msg("the supervisor of the display '%s' can't be started", d->name);
	return EXIT_FAILURE;
}

int d2ddisplay_wait(const struct d2ddisplay *d)
{
	for (;;) {
		char *state = d2ddisplay_state(d);
		int r = strcmp(state, "runs") == 0 ? EXIT_SUCCESS : is_prefixed_with(state, "failed: ") ? EXIT_FAILURE : -1;

		if (r == EXIT_FAILURE)
			bb_error_msg("%s: %s", d->name, state);
		free(state);
		if (r >= 0)
			return r;
		/* 'd2d display stop', meanwhile */
		if (access(d->dir, F_OK) < 0)
			bb_error_msg_and_die("the display '%s' was stopped", d->name);
		usleep(LOOK);
	}
}

/* Removes a container and frees its name. Says why if that fails. */
static bool removed(char *container)
{
	char *why;
	int r = d2ddisplay_remove_container(container, &why);

	if (r < 0)
		bb_error_msg("%s", why);
	free(why);
	free(container);
	return r >= 0;
}

int d2ddisplay_stop(const char *root, const char *name)
{
	struct d2ddisplay d = { .root = root };
	struct d2ddisplay_player player = { NULL };
	int r = d2ddisplay_load(&d, name), code = EXIT_SUCCESS;

	if (r == -ENOENT)
		bb_error_msg_and_die("there is no display '%s'", printable_string(name));
	/* One that was opened for one application has no service; its supervisor ends when the containers do. */
	if (!d.once)
		d2d_supervisor_end(D2DDISPLAY_KIND, name, 60);
	/* The supervisor has done this, unless it was killed. */
	if (!removed(d2ddisplay_viewer_name(&d)))
		code = EXIT_FAILURE;
	if (!removed(d2ddisplay_client_name(&d)))
		code = EXIT_FAILURE;
	if (d.wish.sound && !removed(d2ddisplay_sound_name(&d)))
		code = EXIT_FAILURE;
	if (!removed(d2ddisplay_server_name(&d)))
		code = EXIT_FAILURE;
	if (code == EXIT_SUCCESS && d2d_remove_tree(d.dir) < 0) {
		bb_perror_msg("can't remove '%s'", d.dir);
		code = EXIT_FAILURE;
	}
	if (d.wish.sound)
		d2ddisplay_cards_end(root, &player);
	d2ddisplay_free(&d);
	return code;
}
