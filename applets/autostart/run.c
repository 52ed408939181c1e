/*
 * d2dautostart: keeps a container up. Makes it, starts it, says on the consoles how it is, and starts it again when it has ended, after a
 * pause that grows; when it keeps failing, gives up. When this process is told to end, it leaves the container alone: at power-off
 * Docker stops it, in the time that its image asks for.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DAUTOSTART) += d2dautostart_run.o

#include <json-c/json.h>
#include "d2dautostart.h"

enum {
	TRIES = 5,
	WINDOW = 10 * 60 * 1000,	/* ms: so many failures within this time end it */
	WELL = 10 * 1000,		/* ms: a shorter run is a failure, also with exit status 0 */
	LASTED = 60 * 1000,		/* ms: after a longer run the pauses begin anew */
	FIRST_PAUSE = 2000,		/* ms; each further one is twice as long */
	LAST_PAUSE = 60 * 1000,
	TERMINAL = 15 * 1000,		/* ms that the login of tty1 has to start the container */
	STEP = 200,			/* ms between two looks whether it has */
	RETRY = 2000,			/* ms until the engine is asked again that didn't answer */
	LOOK = 30 * 1000,		/* ms after which the container is looked at, also without an event */
	TOLD_MAX = 32,			/* characters of the health that was last said */
};

struct run {
	struct d2dautostart *a;
	sigset_t open;			/* for d2d_supervisor_pause() */
	unsigned long long failed[TRIES];	/* when the last failures were, as a ring */
	unsigned n_failed;
	int pause;			/* ms before the next start */
	char told[TOLD_MAX];		/* what was last said on the consoles about this run */
	char *why;			/* why it has ended or can't be started; or NULL */
	bool made;			/* the container is there */
};

static void wait_for_end(struct run *run)
{
	while (d2d_supervisor_pause(&run->open, -1, INT_MAX))
		continue;
}

/* Sets the state, and says it, too, unless HEALTH is what was said last. */
static void tell(struct run *run, const char *health, const char *text)
{
	d2dautostart_set_state(run->a, text);
	if (strcmp(run->told, health) != 0)
		d2dautostart_say(run->a, text);
	safe_strncpy(run->told, health, sizeof(run->told));
}

/* How a running container is: what its health check says, if it has one. */
static void tell_health(struct run *run, struct json_object *container)
{
	struct json_object *state = json_object_object_get(container, "State"), *check = NULL;
	const char *health = NULL;
	char *address, *text;

	if (json_object_object_get_ex(state, "Health", &check) && json_object_is_type(check, json_type_object))
		health = d2d_json_text(check, "Status");
	if (!health || strcmp(health, "none") == 0)
		health = "running";
	address = d2dautostart_address(container);
	text = xasprintf("%s%s%s", strcmp(health, "starting") == 0 ? "starting" : health, address[0] ? ", " : "", address);
	/* Until the first check has succeeded or failed, there is nothing to say. */
	if (strcmp(health, "starting") == 0)
		d2dautostart_set_state(run->a, text);
	else
		tell(run, health, text);
	free(text);
	free(address);
}

/* Waits until the container has ended, or this process is to. Sets why. Returns whether its exit status was 0. */
static bool watch(struct run *run)
{
	char *request = xasprintf("GET /events?filters=%%7B%%22label%%22:%%5B%%22"D2DAUTOSTART_OF"%%3D%s%%22%%5D,"
		"%%22event%%22:%%5B%%22die%%22,%%22health_status%%22,%%22destroy%%22%%5D%%7D", run->a->name);
	struct json_object *container;
	char *end;
	bool runs = true, well = false;
	int fd = -1, err;

	/* Each time it is looked at the container itself, so that no event is missed. */
	while (runs && !bb_got_signal) {
		if (fd < 0)
			fd = d2d_engine_stream(request);
		container = d2d_engine_container(run->a->name, &err);
		if (container) {
			runs = d2d_engine_container_runs(container);
			if (runs) {
				tell_health(run, container);
			} else {
				end = d2d_engine_container_end(container);
				well = strcmp(end, "exit status 0") == 0;
				run->why = xasprintf("it has ended (%s)", end);
				free(end);
			}
		} else if (err == -ENOENT) {
			runs = run->made = false;
			run->why = xstrdup("its container was removed");
		}
		json_object_put(container);
		if (!runs)
			break;
		d2d_supervisor_pause(&run->open, fd, fd < 0 ? RETRY : LOOK);
		if (fd >= 0)
			d2d_engine_stream_skip(&fd);
	}
	if (fd >= 0)
		close(fd);
	free(request);
	return well;
}

/* Whether the container runs already, of the image that has its name now: this process is not the first one to look after it. */
static bool runs_already(struct run *run)
{
	int err;
	struct json_object *o = d2d_engine_container(run->a->name, &err);
	bool runs = o && d2d_engine_container_runs(o) && d2dautostart_is_current(run->a, o);

	json_object_put(o);
	return runs;
}

/* What a container writes before somebody has attached to it may never be seen: the log has complete lines only, and a prompt is none. So
 * one with the console is started by the login of tty1 (boot-scripts/attach), if that is there in time. */
static void wait_for_terminal(struct run *run)
{
	unsigned long long limit = d2d_now() + TERMINAL;

	d2dautostart_set_state(run->a, "starts on tty1");
	while (!bb_got_signal && d2d_now() < limit) {
		int err;
		struct json_object *o = d2d_engine_container(run->a->name, &err);
		bool runs = o && d2d_engine_container_runs(o);

		json_object_put(o);
		if (runs)
			return;
		d2d_supervisor_pause(&run->open, -1, STEP);
	}
}

/* Makes the container if need be, and starts it. Returns 0 or a negative errno; -EIO: it may work later. */
static int begin(struct run *run)
{
	int r;

	if (!run->made) {
		r = d2dautostart_make(run->a, &run->why);
		if (r < 0)
			return r == -EIO ? -EINVAL : r;
		run->made = true;
	}
	if (run->a->wish.console)
		wait_for_terminal(run);
	if (bb_got_signal)
		return -EAGAIN;
	r = d2dautostart_start(run->a, &run->why);
	if (r == -EIO) {
		char *said = run->why;

		run->why = xasprintf("it can't be started (%s)", said);
		free(said);
	} else if (r == -ENOENT) {
		run->made = false;
		r = -EAGAIN;
	}
	return r;
}

/* Says what is wrong, and waits for the end of this process: nothing but root can help. */
static void give_up(struct run *run, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void give_up(struct run *run, const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = d2d_vformat(format, args);
	va_end(args);
	d2dautostart_set_state(run->a, text);
	d2dautostart_say(run->a, text);
	free(text);
	wait_for_end(run);
}

/* Counts a failure. Returns whether there were too many within the window. */
static bool too_many(struct run *run)
{
	unsigned long long now = d2d_now();

	/* The oldest of the last ones is in the place of the next one. */
	run->failed[run->n_failed++ % TRIES] = now;
	return run->n_failed >= TRIES && now - run->failed[run->n_failed % TRIES] < WINDOW;
}

/* After a run of LENGTH ms. */
static void after(struct run *run, bool well, unsigned long long length)
{
	char *text;

	if (length >= LASTED)
		run->pause = FIRST_PAUSE;
	if (!(well && length >= WELL) && too_many(run)) {
		give_up(run, "failed %u times within %u minutes: %s; 'docker logs %s' may say why, 'sudo d2d autostart start %s' tries it again",
			TRIES, WINDOW / 60000, run->why, run->a->name, run->a->name);
		return;
	}
	text = xasprintf("%s, and is started again in %d s", run->why, run->pause / 1000);
	tell(run, "ended", text);
	free(text);
	d2d_supervisor_pause(&run->open, -1, run->pause);
	run->pause = MIN(run->pause * 2, LAST_PAUSE);
}

int d2dautostart_run(const char *root, const char *name)
{
	struct d2dautostart a = { .root = root };
	struct run run = { .a = &a, .pause = FIRST_PAUSE };
	unsigned long long began;
	char *lacks;
	bool well;
	int r;

	if (d2dautostart_load(&a, name) < 0)
		bb_error_msg_and_die("'%s' was not started by itself", printable_string(name));
	d2d_supervisor_signals(&run.open, false);

	lacks = d2dautostart_lacks(root, &a.wish);
	if (lacks)
		give_up(&run, "waits: %s", lacks);
	if (!bb_got_signal)
		run.made = runs_already(&run);
	while (!bb_got_signal) {
		free(run.why);
		run.why = NULL;
		began = d2d_now();
		r = begin(&run);
		if (r == -EAGAIN) {
			/* A dockerd that is just started again is no fault of the image. */
			d2d_supervisor_pause(&run.open, -1, RETRY);
			continue;
		}
		if (r < 0 && r != -EIO) {
			give_up(&run, "failed: %s", run.why ?: strerror(-r));
			break;
		}
		run.told[0] = '\0';
		well = r == 0 && watch(&run);
		if (!bb_got_signal)
			after(&run, well, r == 0 ? d2d_now() - began : 0);
	}
	free(lacks);
	free(run.why);
	d2dautostart_free(&a);
	return EXIT_SUCCESS;
}
