/*
 * d2ddisplay share: shows a display to VNC clients elsewhere. A third container, of the image "vnc", is a client of the X server like
 * the application. It has no network: it listens on a socket in the directory of the display, which user docker can connect to, and
 * SSH forwards that. So whoever may log in may see the display, and nobody else.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DDISPLAY) += d2ddisplay_remote.o

#include <json-c/json.h>
#include "d2ddisplay.h"

#define SHARED "shared"		/* the file in the directory of a display that says how it is shared: "control" or "look" */
#define PLACE "share"		/* the directory there that the container writes to */
#define SOCKET PLACE"/vnc"

enum {
	LIMIT = 60 * 1000,	/* ms until the socket is there: slow in an emulator */
	LOOK = 100 * 1000,	/* microseconds */
};

char *d2ddisplay_shared(const struct d2ddisplay *d)
{
	char *path = concat_path_file(d->dir, SHARED), *how;
	size_t len;

	if (d2d_file_read(path, 16, &how, &len) < 0)
		how = NULL;
	free(path);
	if (how && strcmp(how, "control") != 0 && strcmp(how, "look") != 0) {
		free(how);
		how = NULL;
	}
	return how;
}

static void forget(const struct d2ddisplay *d)
{
	char *path = concat_path_file(d->dir, SHARED);

	unlink(path);
	free(path);
	path = concat_path_file(d->dir, SOCKET);
	unlink(path);
	free(path);
}

/* Makes the directory for the socket, which belongs to the container's user. That is user docker's ID, too. */
static int make_place(const struct d2ddisplay *d)
{
	char *path = concat_path_file(d->dir, PLACE);
	int r = (mkdir(path, 0700) < 0 && errno != EEXIST) || lchown(path, D2DDISPLAY_USER, D2DDISPLAY_USER) < 0 ? -errno : 0;

	free(path);
	return r;
}

/* Starts the container as HOW says, beside that of the X server. Returns 0 or a negative errno and sets *WHY. *ID is as for
 * d2ddisplay_start_container(). */
static int start(const struct d2ddisplay *d, const char *how, char **id, char **why)
{
	struct json_object *image = d2d_engine_image(D2DDISPLAY_VNC, why), *config;
	char *name = d2ddisplay_viewer_name(d), *server = d2ddisplay_server_name(d), *socket = concat_path_file(d->dir, SOCKET);
	int r = image ? d2ddisplay_remove_container(name, why) : -ENOENT;

	*id = NULL;
	/* That of an earlier container, to which nobody could connect. */
	unlink(socket);
	free(socket);
	if (r == 0) {
		r = make_place(d);
		if (r < 0)
			*why = xasprintf("can't make '%s/"PLACE"': %s", d->dir, strerror(-r));
	}
	if (r == 0) {
		config = d2ddisplay_viewer(d, image, server, strcmp(how, "look") == 0);
		r = d2ddisplay_start_container(name, config, id, why);
		json_object_put(config);
	}
	json_object_put(image);
	free(server);
	free(name);
	return r;
}

void d2ddisplay_share_again(const struct d2ddisplay *d)
{
	char *how = d2ddisplay_shared(d), *id = NULL, *why = NULL;

	if (how && start(d, how, &id, &why) < 0)
		bb_error_msg("%s: isn't shared any more: %s", d->name, why);
	free(why);
	free(id);
	free(how);
}

/* Waits for the socket. Returns 0, or a negative errno and sets *WHY. */
static int await(const struct d2ddisplay *d, const char *id, char **why)
{
	char *path = concat_path_file(d->dir, SOCKET), *end = NULL;
	unsigned long long limit = d2d_now() + LIMIT;
	struct stat st;
	int r = 0;

	while (r == 0 && !(lstat(path, &st) == 0 && S_ISSOCK(st.st_mode))) {
		if (d2d_engine_is_running(id, &end) == 0)
			r = d2d_fail(-EIO, why, "its container '%s' has ended (%s): see 'docker logs'", D2DDISPLAY_VNC, end);
		else if (d2d_now() > limit)
			r = d2d_fail(-ETIMEDOUT, why, "it isn't ready after %u s", LIMIT / 1000);
		else
			usleep(LOOK);
		free(end);
		end = NULL;
	}
	free(path);
	return r;
}

static int write_how(const struct d2ddisplay *d, const char *how, char **why)
{
	char *path = concat_path_file(d->dir, SHARED);
	int r = d2d_file_write(path, how);

	if (r < 0)
		d2d_fail(r, why, "can't write '%s': %s", path, strerror(-r));
	free(path);
	return r;
}

int d2ddisplay_share(const char *root, const char *name, bool look)
{
	struct d2ddisplay d = { .root = root };
	char *id = NULL, *why = NULL, *viewer, *more;
	int r;

	d2ddisplay_load_running(&d, name);
	forget(&d);
	r = start(&d, look ? "look" : "control", &id, &why);
	if (r == 0)
		r = await(&d, id, &why);
	if (r == 0)
		r = write_how(&d, look ? "look" : "control", &why);
	if (r == 0) {
		printf("%s is shared%s. On the other machine:\n"
			"  ssh -NL 5900:%s/"SOCKET" docker@ADDRESS-OF-THIS-MACHINE\n"
			"and, while that runs, a VNC viewer for localhost, port 5900.\n", name, look ? ", to be looked at only" : "", d.dir);
	} else {
		viewer = d2ddisplay_viewer_name(&d);
		if (id && d2ddisplay_remove_container(viewer, &more) < 0)
			free(more);
		free(viewer);
		bb_error_msg("%s can't be shared: %s", name, why);
		if (is_prefixed_with(why, "there is no image"))
			bb_error_msg("'make image NAME=vnc' makes this image; put the .d2i file into d2d/images of a stick");
	}
	free(why);
	free(id);
	d2ddisplay_free(&d);
	return r == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int d2ddisplay_unshare(const char *root, const char *name)
{
	struct d2ddisplay d = { .root = root };
	char *viewer, *why, *how;
	int r;

	if (d2ddisplay_load(&d, name) == -ENOENT)
		bb_error_msg_and_die("there is no display '%s'", name);
	how = d2ddisplay_shared(&d);
	if (!how)
		bb_error_msg_and_die("the display '%s' isn't shared", name);
	forget(&d);
	viewer = d2ddisplay_viewer_name(&d);
	r = d2ddisplay_remove_container(viewer, &why);
	if (r < 0)
		bb_error_msg("%s", why);
	free(why);
	free(viewer);
	free(how);
	d2ddisplay_free(&d);
	return r == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
