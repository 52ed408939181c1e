/*
 * d2ddisplay: supervises a display. Starts its X server and then the application, waits until one of them ends, and starts both
 * again; after five short runs in a row it gives up and shows a text terminal. A display that was opened for one application ends
 * with it.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DDISPLAY) += d2ddisplay_run.o

#include <json-c/json.h>
#include <sys/file.h>
#include "d2ddisplay_commands.h"
#include "d2ddisplay_sound.h"

enum {
	TRIES = 5,
	QUICK = 60 * 1000,	/* ms: a shorter run counts as a failed one */
	PAUSE = 2000,		/* ms between two tries */
	STEP = 100,		/* ms between two looks for a file */
	UDEV_LIMIT = 180 * 1000,	/* ms until udevd listens */
	X_LIMIT = 180 * 1000,	/* ms until X has its socket: slow in an emulator */
	LOOK = 30 * 1000,	/* ms after which the containers are looked at, also without an event */
};

struct run {
	struct d2ddisplay *d;
	sigset_t open;		/* for d2d_supervisor_pause() */
	char *why;		/* why this run has ended, or NULL */
	bool counts;		/* it has ended because of the display, not because the engine didn't answer */
	bool well;		/* the application has ended with exit status 0 */
	char *server, *client;	/* IDs of the containers, or NULL */
	unsigned before;	/* the terminal that was shown before this display */
	bool shown;		/* its terminal was shown when this run ended */
	pid_t ids;		/* the server of IDs for a nested engine, or 0 */
	pid_t commands;		/* the server that opens commands for the application, or 0 */
	struct d2ddisplay_player player;	/* of its sound */
	int lock;		/* only one display at a time starts its X server, which changes the terminal */
};

/* Sets the reason of the end unless there is one. Frees TEXT. */
static void ended(struct run *run, char *text)
{
	if (run->why)
		free(text);
	else
		run->why = text;
}

/* Whether a container still runs. A dockerd that doesn't answer, because it is just started again, changes nothing. */
static bool runs(struct run *run, const char *id, const char *what)
{
	char *end;
	int r = d2d_engine_is_running(id, &end);

	if (r == 0 && run->client && strcmp(id, run->client) == 0)
		run->well = strcmp(end, "exit status 0") == 0;
	/* So ends Xephyr, when somebody has closed its window. */
	else if (r == 0 && run->client && run->d->on)
		run->well = strcmp(end, "exit status 1") == 0;
	if (r == 0)
		ended(run, xasprintf("%s has ended (%s)", what, end));
	free(end);
	return r != 0;
}

/* Waits until a file exists that the server's container makes. TYPE is its type, as in st_mode. */
static bool await(struct run *run, const char *file, mode_t type, int limit)
{
	char *path = concat_path_file(run->d->dir, file);
	unsigned long long end = d2d_now() + limit, look = d2d_now();
	struct stat st;
	bool there;

	while (!(there = lstat(path, &st) == 0 && (st.st_mode & S_IFMT) == type)) {
		if (d2d_now() > end) {
			ended(run, xasprintf("the X server isn't ready after %u s", limit / 1000));
			break;
		}
		if (d2d_now() >= look) {
			if (!runs(run, run->server, "the X server"))
				break;
			look = d2d_now() + 10 * STEP;
		}
		if (!d2d_supervisor_pause(&run->open, -1, STEP))
			break;
	}
	free(path);
	return there;
}

static void take_lock(struct run *run)
{
	char *path = xasprintf("%s"D2DDISPLAY_DIR"/.start", run->d->root);

	run->lock = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	free(path);
	while (run->lock >= 0 && flock(run->lock, LOCK_EX | LOCK_NB) < 0 && d2d_supervisor_pause(&run->open, -1, STEP))
		continue;
}

static void drop_lock(struct run *run)
{
	if (run->lock >= 0)
		close(run->lock);
	run->lock = -1;
}

/* Starts a container and sets *ID. Returns false and sets why if that fails. */
static bool start(struct run *run, const char *name, struct json_object *config, char **id)
{
	int r = d2ddisplay_start_container(name, config, id, &run->why);

	/* A dockerd that is just started again, or a machine that is very busy, is no fault of this display. */
	if (r < 0 && r != -EIO)
		run->counts = false;
	json_object_put(config);
	return r == 0;
}

/* Removes what an earlier run has left: files in the directories of the server, and the containers. */
static bool clean_up(struct run *run)
{
	static const char *const files[] = { "in/told", "out/udev", "sock/X0" };
	char *names[] = { d2ddisplay_viewer_name(run->d), d2ddisplay_client_name(run->d), d2ddisplay_server_name(run->d),
		run->d->wish.sound ? d2ddisplay_sound_name(run->d) : NULL }, *why;
	unsigned i;
	int r = 0;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		if (r == 0 && names[i])
			r = d2ddisplay_remove_container(names[i], &why);
		free(names[i]);
	}
	if (r < 0)
		ended(run, why);
	if (r < 0 && r != -EIO && r != -EEXIST)
		run->counts = false;
	for (i = 0; i < ARRAY_SIZE(files); i++) {
		char *path = concat_path_file(run->d->dir, files[i]);

		unlink(path);
		free(path);
	}
	return r == 0;
}

/* Tells udevd in the container what devices there are. */
static void tell(struct run *run)
{
	char *told = concat_path_file(run->d->dir, "in/told");

	d2ddisplay_coldplug(run->d->root);
	d2d_file_write(told, "");
	free(told);
}

static bool start_server(struct run *run)
{
	struct d2ddisplay *d = run->d;
	char *id = d2ddisplay_server_id(d->root, &run->why), *name = d2ddisplay_server_name(d);
	bool ready = false;

	run->before = d->on ? 0 : d2ddisplay_active(d->root);
	if (id && start(run, name, d2ddisplay_server(d, id), &run->server)) {
		/* A window has no devices, and so no udevd. */
		ready = d->on || await(run, "out/udev", S_IFREG, UDEV_LIMIT);
		if (ready && !d->on)
			tell(run);
		ready = ready && await(run, "sock/X0", S_IFSOCK, X_LIMIT);
	}
	/* X has shown its terminal. Somebody who reads another one, or a rescue shell, isn't interrupted for longer than that. */
	if (run->before && (!d->show || access(D2D_RUN"/rescue", F_OK) == 0))
		d2ddisplay_activate(d->root, run->before);
	free(name);
	free(id);
	return ready;
}

/* If the application may have a nested engine, starts the server of its IDs. */
static bool serve_ids(struct run *run)
{
	if (run->d->wish.nested)
		run->ids = d2ddisplay_ids_start(run->d);
	if (run->ids < 0)
		ended(run, xasprintf("no IDs for a nested engine: %s", strerror(-run->ids)));
	return run->ids >= 0;
}

static bool start_client(struct run *run)
{
	struct json_object *image = d2d_engine_image(run->d->image, &run->why);
	char *name = d2ddisplay_client_name(run->d);
	bool done = image && d2ddisplay_may_share(run->d, image, &run->why) == 0 && serve_ids(run);

	if (done) {
		run->commands = d2ddisplay_commands_start(run->d, image);
		d2ddisplay_sound_start(run->d, &run->player, &run->open);
		done = start(run, name, d2ddisplay_client(run->d, image, run->server), &run->client);
	}
	json_object_put(image);
	free(name);
	return done;
}

/* Waits until one of the two containers has ended, or this process is to. */
static void watch(struct run *run)
{
	/* All containers of this display have its label. */
	char *request = xasprintf("GET /events?filters=%%7B%%22label%%22:%%5B%%22"D2DDISPLAY_LABEL"-of%%3D%s%%22%%5D,"
		"%%22event%%22:%%5B%%22die%%22%%5D%%7D", run->d->name);
	int fd = -1;

	/* Each time it is looked at the containers themselves, so that no event is missed. */
	do {
		if (fd < 0)
			fd = d2d_engine_stream(request);
		if (!runs(run, run->server, "the X server") || !runs(run, run->client, "the application"))
			break;
		d2ddisplay_sound_look(run->d, &run->player);
		if (!d2d_supervisor_pause(&run->open, fd, fd < 0 ? PAUSE : LOOK))
			break;
		if (fd >= 0)
			d2d_engine_stream_skip(&fd);
	} while (!bb_got_signal);
	if (fd >= 0)
		close(fd);
	free(request);
}

/* Ends all containers. They stay, with their logs, until the next run. */
static void end_containers(struct run *run)
{
	char *ids[] = { run->client, run->player.id, run->server };
	unsigned i;

	run->shown = !run->d->on && d2ddisplay_active(run->d->root) == run->d->vt;

	for (i = 0; i < ARRAY_SIZE(ids); i++) {
		char *request, *why;

		if (!ids[i])
			continue;
		request = xasprintf("POST /containers/%s/stop?t=5", ids[i]);
		d2d_engine_ask(request, NULL, NULL, &why);
		free(why);
		free(request);
		free(ids[i]);
	}
	run->client = run->player.id = run->server = NULL;
	if (run->ids > 0) {
		kill(run->ids, SIGKILL);
		safe_waitpid(run->ids, NULL, 0);
	}
	run->ids = 0;
	d2ddisplay_commands_end(run->d, &run->commands);
	if (run->d->wish.sound)
		d2ddisplay_cards_end(run->d->root, &run->player);
}

/* One run. Returns its length in ms, from the moment when the application was started. */
static unsigned long long once(struct run *run)
{
	unsigned long long began = 0;
	int r;

	run->counts = true;
	d2ddisplay_set_state(run->d, "starts");
	take_lock(run);
	if (!bb_got_signal && clean_up(run)) {
		r = d2ddisplay_cookie(run->d);
		if (r < 0)
			ended(run, xasprintf("can't write a cookie: %s", strerror(-r)));
		else if (start_server(run)) {
			drop_lock(run);
			if (start_client(run)) {
				began = d2d_now();
				d2ddisplay_set_state(run->d, "runs");
				if (!run->d->once)
					bb_error_msg("%s: runs on terminal %u", run->d->name, run->d->vt);
				d2ddisplay_share_again(run->d);
				watch(run);
			}
		}
	}
	drop_lock(run);
	end_containers(run);
	return began ? d2d_now() - began : 0;
}

/* Leaves the terminal as a text terminal. If it was the one that is shown, shows the text terminal, or, when the display was opened for
 * one application, the terminal that was shown before. */
static void leave_terminal(const struct run *run)
{
	const struct d2ddisplay *d = run->d;

	if (d->on)
		return;
	d2ddisplay_restore(d->root, d->vt);
	if (run->shown)
		d2ddisplay_activate(d->root, d->once && run->before ? run->before : D2DDISPLAY_TEXT);
}

static void give_up(struct run *run)
{
	char *why = xstrdup(printable_string(run->why)), *text, *name = d2ddisplay_server_name(run->d);

	d2ddisplay_set_state(run->d, "failed: %s", why);
	text = xasprintf("\r\ndebian2docker: the display '%s' has failed %u times: %s; see 'docker logs %s' and 'd2d display list'\r\n",
		run->d->name, TRIES, why, name);
	d2ddisplay_say(run->d->root, text);
	free(text);
	free(why);
	free(name);
	while (d2d_supervisor_pause(&run->open, -1, INT_MAX))
		continue;
}

int d2ddisplay_run(const char *root, const char *name)
{
	struct d2ddisplay d = { .root = root };
	struct run run = { .d = &d, .lock = -1 };
	unsigned long long lasted;
	unsigned failed = 0;
	int code = EXIT_SUCCESS;

	if (d2ddisplay_load(&d, name) < 0)
		bb_error_msg_and_die("there is no display '%s'", printable_string(name));
	/* One that was opened for one application ends with the session, too. */
	d2d_supervisor_signals(&run.open, d.once);

	while (!bb_got_signal) {
		free(run.why);
		run.why = NULL;
		lasted = once(&run);
		/* Who has gone to another terminal meanwhile stays there. */
		if (lasted)
			d.show = run.shown;
		leave_terminal(&run);
		if (bb_got_signal)
			break;
		if (d.once) {
			if (!run.well) {
				bb_error_msg("%s: %s", d.name, run.why ? printable_string(run.why) : "ended");
				code = EXIT_FAILURE;
			}
			break;
		}
		bb_error_msg("%s: %s", d.name, run.why ? printable_string(run.why) : "ended");
		if (lasted >= QUICK)
			failed = 0;
		else if (run.counts)
			failed++;
		if (failed >= TRIES)
			give_up(&run);
		else
			d2d_supervisor_pause(&run.open, -1, PAUSE);
	}
	clean_up(&run);
	if (d.once)
		d2d_remove_tree(d.dir);
	free(run.why);
	d2ddisplay_free(&d);
	return code;
}
